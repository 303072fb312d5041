package storetest

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"kapoor.example/desk/booking"
)

// payload reads the parts of a payload that tests compare.
func payload(t *testing.T, e booking.LogEntry) (p booking.UpdatedPayload) {
	t.Helper()
	must(t, "payload", json.Unmarshal(e.Payload, &p))
	return p
}

func (s suite) timelines(t *testing.T) {
	t.Run("a booking's life is kept exactly", func(t *testing.T) {
		d := s.desk(t)
		preferred := booking.At(start.Add(50*time.Hour + 123*time.Millisecond))
		b := d.create(d.alice, func(c *booking.Create) {
			c.Details.Email, c.Details.InvoiceNumber, c.Details.PreferredDateTime = "ravi@example.com", "INV-7/26", &preferred
		})
		d.stored(b)
		step := func(by booking.Principal, op booking.Operation) {
			t.Helper()
			d.clock.advance(1234567 * time.Microsecond)
			b = d.do(b, by, op)
			d.stored(b)
		}
		step(d.sam, booking.ChangeStatus{Status: booking.Scheduled, Message: "  we come at nine ", Assignee: assign(d.sonia)})
		step(d.alice, booking.AddMessage{Message: "thank you", ClientID: "client-1"})
		step(d.sonia, booking.MarkRead{EntryID: b.Updates[1].ID})
		step(d.sam, booking.MarkRead{EntryID: b.Updates[1].ID})
		step(d.alice, booking.MarkRead{EntryID: b.Updates[0].ID})
		step(d.sam, booking.ChangeStatus{Assignee: assign(d.sam)})
		step(d.sam, booking.ChangeStatus{Assignee: &booking.Assignment{}})
		step(d.sam, booking.Edit{Address: new("9 New Road"), Email: new(""), InvoiceNumber: new(""), PreferredDateTime: &booking.Time{}})
		step(d.sam, booking.Edit{ContactNumber: new("555 0199"), Email: new("r@example.com"), PreferredDateTime: &preferred})
		step(d.sam, booking.ChangeStatus{Status: booking.Cancelled})
		step(d.anna, booking.ChangeStatus{Status: booking.Pending, Message: "reopened"})
		step(d.alice, booking.MarkRead{EntryID: b.Updates[len(b.Updates)-1].ID})
		d.reopen()
		d.stored(b)
		step(d.sam, booking.ChangeStatus{Status: booking.Completed})
		if b.Version != 10 || b.Revision != 14 {
			t.Fatalf("version %d, revision %d", b.Version, b.Revision)
		}
	})

	t.Run("text is kept as it is", func(t *testing.T) {
		d := s.desk(t)
		for _, text := range []string{
			"line\nline\ttab", `"quotes" 'single' \back\ {"$set":1} $.x`, "नमस्ते 🙏🏽 Ü ß", "\u202ertl\u202c", "nul\x00byte", "\u2028\u2029<b>&amp;",
			strings.Repeat("ü", booking.MaxMessageLength),
		} {
			b := d.create(d.alice, func(c *booking.Create) { c.Details.CustomerName, c.Details.Address = "N "+text, "A "+text })
			b = d.do(b, d.sam, booking.AddMessage{Message: text, ClientID: text})
			b = d.do(b, d.alice, booking.MarkRead{EntryID: b.Updates[0].ID})
			d.stored(b)
		}
	})

	t.Run("a full timeline is kept", func(t *testing.T) {
		d := s.desk(t)
		b := d.create(d.alice)
		b.Updates = nil
		for i := range booking.MaxEntries - 1 {
			b.Updates = append(b.Updates, booking.Entry{
				ID: d.id(), Kind: booking.EntryMessage, Message: strings.Repeat("m", 200), Timestamp: booking.At(start.Add(time.Duration(i) * time.Second)),
				UpdatedBy: d.alice.ID, UpdatedByName: d.alice.Name, ReadBy: []booking.Receipt{},
			})
		}
		b.ID, b.Code, b.Version, b.Revision = d.id(), booking.NewCode(), booking.MaxEntries, booking.MaxEntries
		must(t, "Import", d.store.Import(d.ctx, []booking.Booking{b}))
		b = d.do(b, d.alice, booking.AddMessage{Message: "the last one"})
		b = d.do(b, d.sam, booking.MarkRead{EntryID: b.Updates[booking.MaxEntries-1].ID})
		b = d.do(b, d.sam, booking.MarkRead{EntryID: b.Updates[0].ID})
		d.stored(b)
	})
}
