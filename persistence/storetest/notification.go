package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"kapoor.example/desk/booking"
)

// notes returns all notifications of p on one page.
func (d *desk) notes(p booking.Principal, unread bool) booking.NotificationPage {
	d.t.Helper()
	page, err := d.store.Notifications(d.ctx, booking.NotificationQuery{UserID: p.ID, Unread: unread, Limit: booking.MaxLimit})
	must(d.t, "Notifications", err)
	if page.Notifications == nil {
		d.t.Fatal("Notifications: nil")
	}
	return page
}

// told fails unless p has exactly these entries, newest first, with so many unread.
func (d *desk) told(p booking.Principal, unread int, entries ...string) {
	d.t.Helper()
	page := d.notes(p, false)
	got := []string{}
	for _, n := range page.Notifications {
		got = append(got, n.ID)
	}
	equal(d.t, "notifications of "+p.Name, got, append([]string{}, entries...))
	if page.Unread != unread || page.Next != "" {
		d.t.Fatalf("%s: %d unread, want %d; next %q", p.Name, page.Unread, unread, page.Next)
	}
}

func (s suite) notifications(t *testing.T) {
	t.Run("none", func(t *testing.T) {
		d := s.desk(t)
		d.create(d.alice)
		for _, p := range []booking.Principal{d.alice, d.sam, d.anna, {ID: "nobody"}, {}} {
			d.told(p, 0)
		}
	})

	t.Run("tell the participants what others did", func(t *testing.T) {
		d := s.desk(t)
		last := func(b booking.Booking) string { return b.Updates[len(b.Updates)-1].ID }
		step := func(b booking.Booking, by booking.Principal, op booking.Operation) booking.Booking {
			d.clock.advance(time.Second)
			return d.do(b, by, op)
		}
		b := step(d.create(d.alice), d.anna, booking.ChangeStatus{Status: booking.Scheduled, Assignee: assign(d.sam)})
		scheduled := last(b)
		d.told(d.alice, 1, scheduled)
		d.told(d.sam, 1, scheduled) // who is assigned is told so
		d.told(d.anna, 0)           // not of one's own deeds
		b = step(b, d.alice, booking.AddMessage{Message: "hello"})
		said := last(b)
		d.told(d.alice, 1, scheduled)
		d.told(d.sam, 2, said, scheduled)
		b = step(b, d.anna, booking.ChangeStatus{Assignee: assign(d.sonia)})
		moved := last(b)
		d.told(d.sam, 3, moved, said, scheduled) // who was assigned is told, and that is the end
		d.told(d.sonia, 1, moved)
		d.told(d.alice, 2, moved, scheduled)
		b = step(b, d.sonia, booking.Edit{Address: new("9 New Road")})
		edited := last(b)
		d.told(d.sam, 3, moved, said, scheduled)
		d.told(d.sonia, 1, moved)
		d.told(d.alice, 3, edited, moved, scheduled)
		d.told(d.anna, 0)

		got := d.notes(d.alice, false).Notifications[1]
		entry := b.Entry(moved)
		equal(t, "notification", got, booking.Notification{
			ID: moved, UserID: d.alice.ID, BookingID: b.ID, Code: b.Code, Brand: b.Brand, Model: b.Model, Kind: booking.EntryAssignment,
			Message: entry.Message, Status: booking.Scheduled, OldStatus: booking.Scheduled, Timestamp: entry.Timestamp,
			UpdatedBy: d.anna.ID, UpdatedByName: d.anna.Name,
		})
		if got.UserID != d.alice.ID {
			t.Fatalf("user %q", got.UserID)
		}

		// Reading an entry reads the notification, the reader's only.
		b = d.do(b, d.alice, booking.MarkRead{EntryID: moved})
		d.told(d.alice, 2, edited, moved, scheduled)
		d.told(d.sonia, 1, moved)
		if page := d.notes(d.alice, true); page.Unread != 2 || len(page.Notifications) != 2 || page.Notifications[0].ID != edited || page.Notifications[1].ID != scheduled {
			t.Fatalf("unread: %s", encoded(page))
		}
		if page := d.notes(d.alice, false); page.Notifications[0].Read || !page.Notifications[1].Read || page.Notifications[2].Read {
			t.Fatalf("read: %s", encoded(page))
		}
		b = d.do(b, d.sonia, booking.MarkRead{EntryID: moved})
		d.told(d.sonia, 0, moved)
		d.do(b, d.anna, booking.MarkRead{EntryID: said}) // has none
		d.reopen()
		d.told(d.alice, 2, edited, moved, scheduled)
		d.told(d.sam, 3, moved, said, scheduled)
	})

	t.Run("are kept for their time", func(t *testing.T) {
		d := s.desk(t)
		b := d.do(d.create(d.alice), d.sam, booking.AddMessage{Message: "hello"})
		d.clock.advance(booking.NotificationTTL - time.Hour)
		d.reopen()
		d.told(d.alice, 1, b.Updates[0].ID)
	})

	t.Run("come in pages", func(t *testing.T) {
		d := s.desk(t)
		b, other := d.create(d.alice), d.create(d.bob)
		var want, unread []string
		for i := range 25 {
			if i%3 > 0 { // some at the same moment
				d.clock.advance(time.Millisecond)
			}
			b = d.do(b, d.sam, booking.AddMessage{Message: fmt.Sprint(i)})
			other = d.do(other, d.sam, booking.AddMessage{Message: fmt.Sprint(i)})
			want = append(want, b.Updates[i].ID)
		}
		for i, id := range want {
			if i%2 == 0 {
				b = d.do(b, d.alice, booking.MarkRead{EntryID: id})
			} else {
				unread = append(unread, id)
			}
		}
		walk := func(only bool, limit int) []string {
			q := booking.NotificationQuery{UserID: d.alice.ID, Unread: only, Limit: limit}
			var got []string
			for range 100 {
				page, err := d.store.Notifications(d.ctx, q)
				must(t, "Notifications", err)
				if page.Unread != 12 || len(page.Notifications) > booking.Size(limit) {
					t.Fatalf("%d unread on a page of %d", page.Unread, len(page.Notifications))
				}
				for i, n := range page.Notifications {
					if i > 0 && n.Timestamp.After(page.Notifications[i-1].Timestamp.Time) {
						t.Fatalf("not newest first: %s", encoded(page))
					}
					got = append(got, n.ID)
				}
				if page.Next == "" {
					break
				}
				q.After = page.Next
			}
			slices.Sort(got)
			return got
		}
		slices.Sort(want)
		slices.Sort(unread)
		for _, limit := range []int{0, 1, 5, 100, 1000} {
			equal(t, fmt.Sprintf("all, %d a page", limit), walk(false, limit), want)
			equal(t, fmt.Sprintf("unread, %d a page", limit), walk(true, limit), unread)
		}
	})

	t.Run("go on only from one's own", func(t *testing.T) {
		d := s.desk(t)
		d.do(d.create(d.alice), d.sam, booking.AddMessage{Message: "hello"})
		for _, after := range hostile()[1:] {
			_, err := d.store.Notifications(d.ctx, booking.NotificationQuery{UserID: d.alice.ID, After: after})
			if code := booking.CodeOf(err); code != "" && code != booking.CodeInvalid && code != booking.CodeNotFound {
				t.Fatalf("Notifications: %v", err)
			}
		}
	})
}

func (s suite) related(t *testing.T) {
	d := s.desk(t)
	want := func(what string, f func() ([]string, error), ids ...string) {
		t.Helper()
		got, err := f()
		must(t, what, err)
		slices.Sort(got)
		slices.Sort(ids)
		if !slices.Equal(got, ids) {
			t.Fatalf("%s: %v, want %v", what, got, ids)
		}
	}
	owners := func(p booking.Principal) func() ([]string, error) {
		return func() ([]string, error) { return d.store.OpenOwners(d.ctx, p.ID) }
	}
	assignees := func(p booking.Principal) func() ([]string, error) {
		return func() ([]string, error) { return d.store.OpenAssignees(d.ctx, p.ID) }
	}
	want("nobody yet", owners(d.sam))
	want("nobody yet", assignees(d.alice))
	a := d.do(d.create(d.alice), d.anna, booking.ChangeStatus{Assignee: assign(d.sam)})
	again := d.do(d.create(d.alice), d.anna, booking.ChangeStatus{Status: booking.Scheduled, Assignee: assign(d.sam)})
	b := d.do(d.create(d.bob), d.anna, booking.ChangeStatus{Assignee: assign(d.sam)})
	d.do(d.create(d.alice), d.anna, booking.ChangeStatus{Assignee: assign(d.sonia)})
	d.create(d.alice) // nobody's
	want("owners, each once", owners(d.sam), d.alice.ID, d.bob.ID)
	want("assignees, each once", assignees(d.alice), d.sam.ID, d.sonia.ID)
	want("not the assignee's own", assignees(d.sam))
	want("not the owner's", owners(d.alice))
	d.do(b, d.anna, booking.ChangeStatus{Status: booking.Completed})
	want("without the completed", owners(d.sam), d.alice.ID)
	want("without the completed", assignees(d.bob))
	d.do(a, d.anna, booking.ChangeStatus{Status: booking.Cancelled})
	want("another one is open", owners(d.sam), d.alice.ID)
	again = d.do(again, d.anna, booking.ChangeStatus{Assignee: &booking.Assignment{}})
	want("none is open", owners(d.sam))
	want("the other assignee stays", assignees(d.alice), d.sonia.ID)
	d.do(again, d.anna, booking.ChangeStatus{Assignee: assign(d.sam)})
	want("assigned again", owners(d.sam), d.alice.ID)
	want("unknown", owners(booking.Principal{ID: "$ne"}))
	want("empty", owners(booking.Principal{}))
	want("empty", assignees(booking.Principal{}))

	t.Run("are bounded", func(t *testing.T) {
		d := s.desk(t)
		many := make([]booking.Booking, booking.MaxRelated+5)
		for i := range many {
			b := d.fresh().After
			b.CreatedBy, b.AssignedTo = d.id(), assign(d.sam).To
			many[i] = b
		}
		must(t, "Import", d.store.Import(d.ctx, many))
		got, err := d.store.OpenOwners(d.ctx, d.sam.ID)
		must(t, "OpenOwners", err)
		if slices.Sort(got); len(slices.Compact(got)) != booking.MaxRelated {
			t.Fatalf("%d owners", len(got))
		}
	})
}
