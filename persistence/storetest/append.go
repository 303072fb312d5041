package storetest

import (
	"errors"
	"fmt"
	"testing"

	"kapoor.example/desk/booking"
)

func (s suite) append(t *testing.T) {
	t.Run("writes all parts of a commit", func(t *testing.T) {
		d := s.desk(t)
		f := d.follow(booking.Position{})
		c := d.planCommand(booking.Booking{}, booking.Command{
			ID: d.id(), By: d.alice, Do: newBooking(), Key: &booking.IdempotencyKey{UserID: d.alice.ID, Key: "k", BodyHash: "h"},
		})
		b := d.append(c)
		d.stored(b)
		used, err := d.store.Keyed(d.ctx, d.alice.ID, "k", d.clock.Now())
		must(t, "Keyed", err)
		equal(t, "key", used, &booking.KeyUsedError{BookingID: b.ID, BodyHash: "h"})
		change := d.plan(b, d.sam, booking.ChangeStatus{Status: booking.Scheduled, Message: "Tuesday", Assignee: assign(d.sonia)})
		b = d.append(change)
		d.stored(b)
		if page := d.notes(d.alice, false); page.Unread != 1 || page.Notifications[0].ID != change.After.Updates[0].ID {
			t.Fatalf("notifications of the owner: %s", encoded(page))
		}
		entries := f.all(5)
		equal(t, "log", eventIDs(entries), told(c, change))
		for i, n := range append(c.Notices, change.Notices...) {
			want := booking.LogEntry{Position: entries[i].Position, EventID: n.ID, Name: n.Name, Rooms: n.Rooms, BookingID: b.ID, Payload: n.Payload}
			equal(t, "entry", entries[i], want)
		}
	})

	t.Run("survives a restart", func(t *testing.T) {
		d := s.desk(t)
		b := d.do(d.create(d.alice), d.sam, booking.ChangeStatus{Status: booking.Scheduled, Assignee: assign(d.sonia)})
		d.reopen()
		d.stored(b)
		if entries := d.follow(booking.Position{}).all(5); entries[4].Name != booking.EventJobAssigned {
			t.Fatalf("log\n%s", listing(entries))
		}
		d.stored(d.do(b, d.sam, booking.ChangeStatus{Status: booking.Completed}))
	})

	t.Run("refuses a stale revision and writes nothing", func(t *testing.T) {
		d := s.desk(t)
		f := d.follow(booking.Position{})
		first := d.create(d.alice)
		second := d.do(first, d.sam, booking.ChangeStatus{Status: booking.Scheduled})
		for name, op := range map[string]booking.Operation{
			"status":  booking.ChangeStatus{Status: booking.Cancelled},
			"message": booking.AddMessage{Message: "too late"},
			"edit":    booking.Edit{Address: new("1 Old Lane")},
			"same":    booking.ChangeStatus{Status: booking.Scheduled}, // as was stored meanwhile
		} {
			wantCode(t, name, d.store.Append(d.ctx, d.plan(first, d.sam, op)), booking.CodeStale)
		}
		future := second
		future.Revision += 5
		wantCode(t, "future", d.store.Append(d.ctx, d.plan(future, d.sam, booking.AddMessage{Message: "hi"})), booking.CodeStale)
		d.stored(second)
		if page := d.notes(d.alice, false); page.Unread != 1 {
			t.Fatalf("a refused commit left a notification: %s", encoded(page))
		}
		f.all(4)
	})

	t.Run("counts receipts as revisions", func(t *testing.T) {
		d := s.desk(t)
		b := d.do(d.create(d.alice), d.sam, booking.AddMessage{Message: "hello"})
		read := d.do(b, d.alice, booking.MarkRead{EntryID: b.Updates[0].ID})
		if read.Revision != b.Revision+1 || read.Version != b.Version {
			t.Fatalf("revision %d, version %d", read.Revision, read.Version)
		}
		wantCode(t, "from before the receipt", d.store.Append(d.ctx, d.plan(b, d.sam, booking.AddMessage{Message: "again"})), booking.CodeStale)
		d.stored(read)
	})

	t.Run("refuses a change of an unknown booking", func(t *testing.T) {
		d := s.desk(t)
		unknown := d.plan(booking.Booking{}, d.alice, newBooking()).After
		err := d.store.Append(d.ctx, d.plan(unknown, d.alice, booking.AddMessage{Message: "hello"}))
		if code := booking.CodeOf(err); code != booking.CodeStale && code != booking.CodeNotFound {
			t.Fatalf("Append: %v", err)
		}
		_, err = d.store.Load(d.ctx, unknown.ID)
		wantCode(t, "Load", err, booking.CodeNotFound)
	})

	t.Run("refuses a new booking whose id exists", func(t *testing.T) {
		d := s.desk(t)
		f := d.follow(booking.Position{})
		b := d.create(d.alice)
		again := d.planCommand(booking.Booking{}, booking.Command{ID: d.id(), BookingID: b.ID, By: d.bob, Do: newBooking()})
		wantCode(t, "Append", d.store.Append(d.ctx, again), booking.CodeStale)
		d.stored(b)
		_, err := d.store.Find(d.ctx, again.After.Code)
		wantCode(t, "Find", err, booking.CodeNotFound)
		f.all(2)
	})

	t.Run("refuses a new booking whose code is taken", func(t *testing.T) {
		d := s.desk(t)
		f := d.follow(booking.Position{})
		b := d.create(d.alice)
		c := d.planCommand(booking.Booking{}, booking.Command{
			ID: d.id(), By: d.bob, Do: func() booking.Create { c := newBooking(); c.Code = b.Code; return c }(),
			Key: &booking.IdempotencyKey{UserID: d.bob.ID, Key: "k"},
		})
		var taken *booking.CodeTakenError
		if err := d.store.Append(d.ctx, c); !errors.As(err, &taken) || taken.Code != b.Code {
			t.Fatalf("Append: %v", err)
		}
		_, err := d.store.Load(d.ctx, c.After.ID)
		wantCode(t, "Load", err, booking.CodeNotFound)
		used, err := d.store.Keyed(d.ctx, d.bob.ID, "k", d.clock.Now())
		if used != nil || err != nil {
			t.Fatalf("the key was kept: %v %v", used, err)
		}
		f.all(2)
		c.After.Code = booking.NewCode()
		d.stored(d.append(c)) // with another code, the same commit is fine
	})

	t.Run("writes nothing for a commit without an event", func(t *testing.T) {
		d := s.desk(t)
		f := d.follow(booking.Position{})
		b := d.create(d.alice)
		d.append(d.plan(b, d.sam, booking.ChangeStatus{Status: booking.Pending}))
		d.append(booking.Commit{Expected: 99, Before: b, After: b}) // whatever the revision
		d.append(booking.Commit{})
		d.stored(b)
		f.all(2)
	})

	t.Run("what it returns is the caller's", func(t *testing.T) {
		d := s.desk(t)
		b := d.do(d.create(d.alice), d.sam, booking.AddMessage{Message: "hello"})
		b = d.do(b, d.alice, booking.MarkRead{EntryID: b.Updates[0].ID})
		one := d.load(b.ID)
		one.Updates[0].Message, one.Updates[0].ReadBy[0].UserID = "changed", "changed"
		d.stored(b)
	})

	t.Run("takes fifty new bookings at once", func(t *testing.T) {
		d := s.desk(t)
		f := d.follow(booking.Position{})
		commits := make([]booking.Commit, 50)
		for i := range commits {
			commits[i] = d.plan(booking.Booking{}, d.alice, newBooking())
		}
		parallel(t, len(commits), func(i int) error { return d.store.Append(d.ctx, commits[i]) })
		seen := map[string]int{}
		for _, e := range f.all(100) {
			seen[e.EventID]++
		}
		for _, c := range commits {
			d.stored(c.After)
			if seen[c.Notices[0].ID] != 1 || seen[c.Notices[1].ID] != 1 {
				t.Fatalf("events of %s: %v", c.After.ID, seen)
			}
		}
	})
}

// retried changes a booking in the way every writer does: load, plan, append, and again when another was first.
func (d *desk) retried(id string, by booking.Principal, op func(booking.Booking) booking.Operation) error {
	for {
		b, err := d.store.Load(d.ctx, id)
		if err != nil {
			return fmt.Errorf("load: %w", err)
		}
		c, err := booking.Plan(b, booking.Command{ID: d.id(), BookingID: id, By: by, Do: op(b)}, d.clock.Now(), booking.Policy{})
		if err != nil {
			return fmt.Errorf("plan: %w", err)
		}
		if err = d.store.Append(d.ctx, c); booking.CodeOf(err) != booking.CodeStale {
			return err
		}
	}
}
