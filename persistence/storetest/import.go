package storetest

import (
	"errors"
	"testing"
	"time"

	"kapoor.example/desk/booking"
)

// history returns finished bookings that were never stored, each with a timeline.
func (d *desk) history(n int) []booking.Booking {
	d.t.Helper()
	all := make([]booking.Booking, n)
	for i := range all {
		d.clock.advance(time.Second)
		b := d.plan(booking.Booking{}, d.alice, newBooking()).After
		b = d.plan(b, d.sam, booking.ChangeStatus{Status: booking.Scheduled, Assignee: assign(d.sonia)}).After
		b = d.plan(b, d.alice, booking.MarkRead{EntryID: b.Updates[0].ID}).After
		all[i] = d.plan(b, d.sonia, booking.ChangeStatus{Status: booking.Completed, Message: "done"}).After
	}
	return all
}

func (s suite) imports(t *testing.T) {
	t.Run("nothing", func(t *testing.T) {
		d := s.desk(t)
		must(t, "Import", d.store.Import(d.ctx, nil))
	})

	t.Run("writes all, and tells nobody", func(t *testing.T) {
		d := s.desk(t)
		f := d.follow(booking.Position{})
		b := d.create(d.alice)
		all := d.history(30)
		must(t, "Import", d.store.Import(d.ctx, all))
		for _, b := range all {
			d.stored(b)
			found, err := d.store.Find(d.ctx, b.Code)
			must(t, "Find", err)
			d.same(found, b)
		}
		f.all(2)
		d.told(d.alice, 0)
		d.told(d.sonia, 0)
		if page := d.list(booking.Query{Owner: d.alice.ID, Status: booking.Completed, Search: "frame"}); page.Total != 30 {
			t.Fatalf("total %d", page.Total)
		}
		d.do(all[3], d.sam, booking.MarkRead{EntryID: all[3].Updates[1].ID}) // they live on
		d.reopen()
		d.stored(b)
		d.stored(all[29])
	})

	t.Run("is all or nothing", func(t *testing.T) {
		d := s.desk(t)
		b := d.create(d.alice)
		d.counted([]booking.Booking{b}, d.clock.Now(), time.UTC)
		refused := func(name string, spoil func(all []booking.Booking), check func(error) bool) {
			t.Helper()
			all := d.history(20)
			spoil(all)
			if err := d.store.Import(d.ctx, all); !check(err) {
				t.Fatalf("%s: %v", name, err)
			}
			equal(t, name, d.list(booking.Query{}).Bookings, []booking.Booking{b.Summary()})
			_, err := d.store.Load(d.ctx, all[0].ID)
			wantCode(t, name, err, booking.CodeNotFound)
			d.counted([]booking.Booking{b}, d.clock.Now(), time.UTC)
			d.stored(b)
		}
		taken := func(err error) bool {
			var e *booking.CodeTakenError
			return errors.As(err, &e) && e.Code != ""
		}
		stale := func(err error) bool { return booking.CodeOf(err) == booking.CodeStale }
		refused("an id exists", func(all []booking.Booking) { all[19].ID = b.ID }, stale)
		refused("a code exists", func(all []booking.Booking) { all[19].Code = b.Code }, taken)
		refused("an id twice", func(all []booking.Booking) { all[19].ID = all[18].ID }, stale)
		refused("a code twice", func(all []booking.Booking) { all[19].Code = all[18].Code }, taken)
	})
}
