package mongotest

import (
	"context"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"kapoor.example/desk/booking"
)

// heldUp: a process is held up with an event on its way to the log. Meanwhile another one finds the event in its outbox and
// logs it, and the log is trimmed. When the first goes on, its number is free again and so is the event's key: the event was
// written once more. And the first waited for ever for the events that it had not read before they were trimmed.
func (s Server) heldUp(t *testing.T) {
	_, server, ok := through(s.URI, "")
	if !ok {
		t.Skip("a gate cannot be put in front of this server: it needs one address without TLS")
	}
	d := s.desk(t)
	gate, err := OpenGate(server, GateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer gate.Close()
	uri, _, _ := through(s.URI, gate.Addr())
	first := d.open(uri)
	follow := func(store booking.Store) <-chan booking.LogEntry {
		ctx, cancel := context.WithCancel(d.ctx)
		entries, ended := make(chan booking.LogEntry, 100), make(chan struct{})
		t.Cleanup(func() { cancel(); <-ended })
		go func() {
			defer close(ended)
			_ = store.Follow(ctx, booking.Position{}, func(batch []booking.LogEntry) error { // until it is ended
				for _, e := range batch {
					entries <- e
				}
				return nil
			})
		}()
		return entries
	}
	atFirst := follow(first)
	commit := func(store booking.Store) string {
		t.Helper()
		c := d.plan(booking.Booking{}, d.alice, create())
		if err := store.Append(d.ctx, c); err != nil {
			t.Fatal(err)
		}
		return c.After.ID
	}
	held, release := gate.Hold("insert", "events")
	stuck := commit(first)
	<-held
	second := d.open(s.URI) // and sweeps
	atSecond := follow(second)
	told := map[<-chan booking.LogEntry]map[string]bool{atFirst: {}, atSecond: {}}
	until := func(entries <-chan booking.LogEntry, last string) {
		t.Helper()
		for seen := ""; seen != last; {
			select {
			case e := <-entries:
				if told[entries][e.EventID] {
					t.Errorf("%s came twice", e.EventID)
				}
				told[entries][e.EventID], seen = true, e.BookingID
			case <-d.ctx.Done():
				t.Fatalf("the event of %s never came", last)
			}
		}
	}
	until(atSecond, stuck)
	commit(second)
	until(atSecond, commit(second))
	head, err := second.Head(d.ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := second.Trim(d.ctx, head, 100); err != nil {
		t.Fatal(err)
	}
	release()
	last := commit(first)
	until(atFirst, last)
	until(atSecond, last)
	d.eventually("what was written late is taken out", func() bool {
		return d.count("events", bson.D{{Key: "bookingId", Value: stuck}}) == 0
	})
	if n := d.count("events", bson.D{}); n != 2 {
		t.Errorf("%d events are in the log", n)
	}
}

// sweeper: one process at a time publishes what others left, the one that was opened last.
func (s Server) sweeper(t *testing.T) {
	d := s.desk(t)
	holder := func() (name string, token int64) {
		var lease struct {
			Holder string
			Token  int64
		}
		if err := d.db.Collection("meta").FindOne(d.ctx, bson.D{{Key: "_id", Value: "sweeper"}}).Decode(&lease); err != nil {
			t.Fatal(err)
		}
		return lease.Holder, lease.Token
	}
	settle := func(store booking.Store) { // until its first sweep is over
		if _, err := store.Notifications(d.ctx, booking.NotificationQuery{UserID: d.alice.ID}); err != nil {
			t.Fatal(err)
		}
	}
	first := d.open(s.URI)
	settle(first)
	a, token := holder()
	second := d.open(s.URI)
	settle(second)
	b, later := holder()
	if a == "" || b == "" || a == b || later <= token {
		t.Fatalf("%q had token %d, %q has %d", a, token, b, later)
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	if left, _ := holder(); left != "" {
		t.Errorf("%q has ended and still sweeps", left)
	}
	d.eventually("the other takes over", func() bool { name, _ := holder(); return name == a })
}
