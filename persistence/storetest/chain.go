package storetest

import (
	"strconv"
	"testing"

	"kapoor.example/desk/booking"
)

// other is the status that 20 writers flip a booking to and fro with.
func other(b booking.Booking) booking.Operation {
	if b.Status == booking.Pending {
		return booking.ChangeStatus{Status: booking.Scheduled}
	}
	return booking.ChangeStatus{Status: booking.Pending}
}

func (s suite) chains(t *testing.T) {
	t.Run("twenty status changes at once are one chain", func(t *testing.T) {
		d := s.desk(t)
		d.needs(Contention)
		f := d.follow(booking.Position{})
		b := d.create(d.alice)
		parallel(t, 20, func(int) error { return d.retried(b.ID, d.sam, other) })
		b = d.load(b.ID)
		if b.Version != 21 || b.Revision != 21 || len(b.Updates) != 20 {
			t.Fatalf("version %d, revision %d, %d entries", b.Version, b.Revision, len(b.Updates))
		}
		status, version := booking.Pending, uint64(1)
		for _, e := range f.all(2 + 40) {
			if e.Name != booking.EventBookingUpdated {
				continue
			}
			change := payload(t, e)
			if version++; change.OldStatus != status || change.Version != version {
				t.Fatalf("event %s breaks the chain at version %d, %s", e.Payload, version, status)
			}
			status = change.Status
		}
		if status != b.Status || version != b.Version {
			t.Fatalf("the chain ends at %s, version %d; stored is %s, version %d", status, version, b.Status, b.Version)
		}
		was := booking.Pending
		for i, e := range b.Updates {
			if e.OldStatus != was {
				t.Fatalf("entry %d goes from %s, not from %s", i, e.OldStatus, was)
			}
			was = e.Status
		}
	})

	t.Run("messages and receipts at once are all kept", func(t *testing.T) {
		d := s.desk(t)
		d.needs(Contention)
		b := d.do(d.create(d.alice), d.sam, booking.AddMessage{Message: "hello"})
		first := b.Updates[0].ID
		readers := []booking.Principal{d.alice, d.sonia, d.anna, d.person("Uma", booking.Staff)}
		parallel(t, 12, func(i int) error {
			if i < len(readers) {
				return d.retried(b.ID, readers[i], func(booking.Booking) booking.Operation { return booking.MarkRead{EntryID: first} })
			}
			return d.retried(b.ID, d.sam, func(booking.Booking) booking.Operation { return booking.AddMessage{Message: strconv.Itoa(i)} })
		})
		b = d.load(b.ID)
		said := map[string]bool{}
		for _, e := range b.Updates {
			said[e.Message] = true
		}
		if len(b.Updates) != 9 || len(said) != 9 || len(b.Updates[0].ReadBy) != 4 || b.Version != 10 || b.Revision != 14 {
			t.Fatalf("got %s", written(b))
		}
	})
}
