package storetest

import (
	"strings"
	"testing"

	"kapoor.example/desk/booking"
)

// hostile is text from outside that must find nothing and break nothing.
func hostile() []string {
	return []string{
		"", " ", "x", "000000", "'; DROP TABLE bookings; --", `" OR 1=1`, "%", "_", "*", "$ne", `{"$gt":""}`, "a\x00b", "\xff\xfe",
		"\u202egnp", "नमस्ते", strings.Repeat("a", 100_000), strings.Repeat("0", 26), "../../etc/passwd", "ＡＢＣ２３４",
	}
}

func (s suite) loading(t *testing.T) {
	t.Run("by id", func(t *testing.T) {
		d := s.desk(t)
		b := d.do(d.create(d.alice), d.sam, booking.AddMessage{Message: "hello"})
		d.stored(b)
		got, err := d.store.Find(d.ctx, b.ID)
		must(t, "Find", err)
		d.same(got, b)
	})

	t.Run("by code in either case", func(t *testing.T) {
		d := s.desk(t)
		b := d.create(d.alice, func(c *booking.Create) { c.Code = "ABC234" })
		d.create(d.alice, func(c *booking.Create) { c.Code = "ABC235" })
		for _, code := range []string{"ABC234", "abc234", "aBc234"} {
			got, err := d.store.Find(d.ctx, code)
			must(t, "Find", err)
			d.same(got, b)
		}
		_, err := d.store.Load(d.ctx, "ABC234")
		wantCode(t, "Load by code", err, booking.CodeNotFound)
	})

	t.Run("unknown and malformed", func(t *testing.T) {
		d := s.desk(t)
		b := d.create(d.alice)
		for _, ref := range append(hostile(), d.id(), strings.ToUpper(b.ID), b.ID+" ", b.ID[:25], b.Code+"A", " "+b.Code) {
			_, err := d.store.Load(d.ctx, ref)
			wantCode(t, "Load "+ref[:min(len(ref), 40)], err, booking.CodeNotFound)
			_, err = d.store.Find(d.ctx, ref)
			wantCode(t, "Find "+ref[:min(len(ref), 40)], err, booking.CodeNotFound)
		}
	})
}
