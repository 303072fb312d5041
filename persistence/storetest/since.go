package storetest

import (
	"testing"

	"kapoor.example/desk/booking"
)

func (s suite) since(t *testing.T) {
	d := s.desk(t)
	f := d.follow(booking.Position{})
	n := 0
	step := func(b booking.Booking, by booking.Principal, op booking.Operation, policy booking.Policy) booking.Booking {
		c, err := booking.Plan(b, booking.Command{ID: d.id(), BookingID: d.id(), By: by, Do: op}, d.clock.Now(), policy)
		must(t, "Plan", err)
		n += len(c.Notices)
		d.append(c)
		f.wait(n)
		return c.After
	}
	a := step(booking.Booking{}, d.alice, newBooking(), booking.Policy{})
	b := step(booking.Booking{}, d.bob, newBooking(), booking.Policy{})
	a = step(a, d.sam, booking.ChangeStatus{Status: booking.Scheduled, Assignee: assign(d.sonia)}, booking.Policy{})
	step(b, d.sam, booking.AddMessage{Message: "hello"}, booking.Policy{})
	step(booking.Booking{}, d.bob, newBooking(), booking.Policy{Everyone: true}) // one notice is for everyone
	step(a, d.alice, booking.AddMessage{Message: "hello"}, booking.Policy{})
	log := f.all(n)

	// addressed is what Since must return.
	addressed := func(after booking.Position, rooms []string, limit int) []booking.LogEntry {
		var out []booking.LogEntry
		for _, e := range log {
			if len(out) < limit && e.Position.Compare(after) > 0 && e.Revocation == nil && meets(e.Rooms, rooms) {
				out = append(out, e)
			}
		}
		return out
	}
	tests := []struct {
		name  string
		rooms []string
		limit int
	}{
		{"a customer", []string{d.alice.ID}, 100},
		{"another customer", []string{d.bob.ID}, 100},
		{"staff", []string{d.sonia.ID, booking.StaffRoom}, 100},
		{"an admin", []string{d.anna.ID, booking.StaffRoom, booking.AdminRoom}, 100},
		{"no room", nil, 100},
		{"a stranger", []string{d.id()}, 100},
		{"a room twice", []string{d.alice.ID, d.alice.ID}, 100},
		{"hostile rooms", append(hostile()[:4], `{"$ne":1}`, "staff-room' OR '1'='1"), 100},
		{"limited to one", []string{booking.StaffRoom, booking.AdminRoom, d.alice.ID}, 1},
		{"limited to three", []string{booking.StaffRoom, booking.AdminRoom, d.alice.ID}, 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			after := booking.Position{}
			for i := -1; i < len(log); i++ {
				if i >= 0 {
					after = log[i].Position
				}
				got, err := d.store.Since(d.ctx, after, tt.rooms, tt.limit)
				must(t, "Since", err)
				// The marker of all may be in the answer: it is behind the log.
				for len(got) > 0 && got[len(got)-1].Position.Compare(log[len(log)-1].Position) > 0 {
					got = got[:len(got)-1]
				}
				equal(t, "after "+after.String(), eventIDs(got), eventIDs(addressed(after, tt.rooms, tt.limit)))
				for j, e := range addressed(after, tt.rooms, tt.limit) {
					equal(t, "entry", got[j], e)
				}
			}
		})
	}

	t.Run("walking in pages gives everything once", func(t *testing.T) {
		rooms := []string{booking.StaffRoom, booking.AdminRoom}
		var walked []booking.LogEntry
		after := booking.Position{}
		for {
			page, err := d.store.Since(d.ctx, after, rooms, 2)
			must(t, "Since", err)
			if len(page) == 0 {
				break
			}
			walked, after = append(walked, page...), page[len(page)-1].Position
		}
		whole, err := d.store.Since(d.ctx, booking.Position{}, rooms, 1000)
		must(t, "Since", err)
		equal(t, "walk", walked, whole)
	})

	t.Run("a position of the future", func(t *testing.T) {
		got, err := d.store.Since(d.ctx, booking.Position{Ms: 1 << 60, Seq: 1 << 60}, []string{booking.StaffRoom}, 10)
		if len(got) != 0 || err != nil {
			t.Fatalf("Since: %v %v", got, err)
		}
	})
}

// meets reports whether what is addressed to one list of rooms reaches another.
func meets(to, rooms []string) bool {
	for _, room := range to {
		if room == booking.EveryoneRoom {
			return true
		}
		for _, r := range rooms {
			if r == room {
				return true
			}
		}
	}
	return false
}
