package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kapoor.example/desk/booking"
)

// shelf fills a desk with bookings that differ in everything a list looks at, oldest first. Several share each time.
func (d *desk) shelf(n int) []booking.Booking {
	d.t.Helper()
	brands := []string{"Samsung", "LG", "Sony", "samsung"}
	var all []booking.Booking
	for i := range n {
		if i%3 == 0 {
			d.clock.advance(time.Hour)
		}
		owner := d.alice
		if i%4 == 0 {
			owner = d.bob
		}
		b := d.create(owner, func(c *booking.Create) {
			c.Details.Brand = brands[i%len(brands)]
			if i%5 > 1 {
				at := booking.At(start.Add(time.Duration(i*7%11) * 24 * time.Hour))
				c.Details.PreferredDateTime = &at
			}
		})
		switch i % 6 {
		case 1:
			b = d.do(b, d.sam, booking.ChangeStatus{Assignee: assign(d.sonia)})
		case 2:
			b = d.do(b, d.sam, booking.ChangeStatus{Status: booking.Scheduled, Assignee: assign(d.sam)})
		case 3:
			b = d.do(b, d.sam, booking.ChangeStatus{Status: booking.Completed, Assignee: assign(d.sonia)})
		case 4:
			b = d.do(b, d.sam, booking.ChangeStatus{Status: booking.Cancelled})
		}
		all = append(all, b)
	}
	for i := 0; i < n; i += 7 { // so that updatedAt is not in the order of createdAt
		if i%2 == 0 {
			d.clock.advance(time.Minute)
		}
		all[i] = d.do(all[i], d.sam, booking.AddMessage{Message: "hello"})
	}
	return all
}

// expected is what a list must return, worked out the slow way.
func expected(all []booking.Booking, q booking.Query) []booking.Booking {
	out := []booking.Booking{}
	for _, b := range all {
		if (q.Owner == "" || b.CreatedBy == q.Owner) && (q.AssignedTo == "" || b.AssigneeID() == q.AssignedTo) &&
			(q.Status == "" || b.Status == q.Status) && (q.Brand == "" || strings.EqualFold(b.Brand, q.Brand)) &&
			(q.From.IsZero() || !b.CreatedAt.Before(q.From)) && (q.To.IsZero() || b.CreatedAt.Before(q.To)) {
			out = append(out, b.Summary())
		}
	}
	slices.SortFunc(out, func(a, b booking.Booking) int { return order(a, b, q) })
	return out
}

func order(a, b booking.Booking, q booking.Query) int {
	key := func(b booking.Booking) *booking.Time {
		switch q.Sort {
		case booking.SortUpdatedAt:
			return &b.UpdatedAt
		case booking.SortPreferredDateTime:
			return b.PreferredDateTime
		}
		return &b.CreatedAt
	}
	ka, kb := key(a), key(b)
	if (ka == nil) != (kb == nil) { // absent ones last, whatever the order
		if ka == nil {
			return 1
		}
		return -1
	}
	c := strings.Compare(a.ID, b.ID)
	if ka != nil && !ka.Equal(kb.Time) {
		c = ka.Compare(kb.Time)
	}
	if !q.Asc {
		return -c
	}
	return c
}

func (d *desk) list(q booking.Query) booking.Page {
	d.t.Helper()
	page, err := d.store.List(d.ctx, q)
	must(d.t, "List", err)
	return page
}

// sorts are all orders of a list.
func sorts() []booking.Query {
	return []booking.Query{
		{}, {Asc: true},
		{Sort: booking.SortCreatedAt}, {Sort: booking.SortCreatedAt, Asc: true},
		{Sort: booking.SortUpdatedAt}, {Sort: booking.SortUpdatedAt, Asc: true},
		{Sort: booking.SortPreferredDateTime}, {Sort: booking.SortPreferredDateTime, Asc: true},
	}
}

func (s suite) lists(t *testing.T) {
	t.Run("an empty store", func(t *testing.T) {
		page := s.desk(t).list(booking.Query{})
		if page.Bookings == nil || len(page.Bookings) > 0 || page.Total != 0 || page.Capped || page.Next != nil {
			t.Fatalf("got %s", encoded(page))
		}
	})

	t.Run("filters and orders", func(t *testing.T) {
		d := s.desk(t)
		all := d.shelf(42)
		from, to := all[9].CreatedAt.Time, all[30].CreatedAt.Time
		filters := []struct {
			name string
			q    booking.Query
		}{
			{"none", booking.Query{}},
			{"owner", booking.Query{Owner: d.alice.ID}},
			{"unknown owner", booking.Query{Owner: d.id()}},
			{"assignee", booking.Query{AssignedTo: d.sonia.ID}},
			{"status", booking.Query{Status: booking.Scheduled}},
			{"brand", booking.Query{Brand: "SAMSUNG"}},
			{"not a prefix of a brand", booking.Query{Brand: "Sam"}},
			{"from", booking.Query{From: from}},
			{"to", booking.Query{To: to}},
			{"from and to", booking.Query{From: from, To: to}},
			{"from between two milliseconds", booking.Query{From: from.Add(time.Microsecond), To: to.Add(time.Microsecond)}},
			{"from in another zone", booking.Query{From: from.In(time.FixedZone("", 19800))}},
			{"empty span", booking.Query{From: to, To: from}},
			{"owner and status", booking.Query{Owner: d.alice.ID, Status: booking.Completed}},
			{"owner, status and brand", booking.Query{Owner: d.alice.ID, Status: booking.Pending, Brand: "lg"}},
			{"assignee, status and span", booking.Query{AssignedTo: d.sam.ID, Status: booking.Scheduled, From: from, To: to}},
			{"all of them", booking.Query{Owner: d.alice.ID, AssignedTo: d.sonia.ID, Status: booking.Completed, Brand: "samsung", From: from, To: to}},
			{"unknown status", booking.Query{Status: "Lost"}},
			{"hostile brand", booking.Query{Brand: `' OR 1=1 --`}},
			{"pattern as brand", booking.Query{Brand: "S%"}},
		}
		for _, f := range filters {
			t.Run(f.name, func(t *testing.T) {
				for _, sort := range sorts() {
					q := f.q
					q.Sort, q.Asc, q.Limit = sort.Sort, sort.Asc, booking.MaxLimit
					want := expected(all, q)
					page, err := d.store.List(d.ctx, q)
					must(t, "List", err)
					name := fmt.Sprintf("sorted by %q, ascending %v", q.Sort, q.Asc)
					equal(t, name, ids(page.Bookings), ids(want))
					equal(t, name, page.Bookings, want)
					if page.Bookings == nil || page.Total != len(want) || page.Capped || page.Next != nil {
						t.Fatalf("%s: total %d, next %v, want %d", name, page.Total, page.Next, len(want))
					}
				}
			})
		}

		pages := []struct {
			name        string
			skip, limit int
			from, to    int // of the 42
		}{
			{"default limit", 0, 0, 0, 20},
			{"negative limit", 0, -5, 0, 20},
			{"one", 0, 1, 0, 1},
			{"over the largest limit", 0, 1 << 30, 0, 42},
			{"skip", 5, 10, 5, 15},
			{"last page", 40, 10, 40, 42},
			{"exactly the end", 32, 10, 32, 42},
			{"behind the end", 42, 10, 42, 42},
			{"far behind the end", booking.MaxSkip, 10, 42, 42},
		}
		for _, p := range pages {
			t.Run(p.name, func(t *testing.T) {
				page, err := d.store.List(d.ctx, booking.Query{Skip: p.skip, Limit: p.limit})
				must(t, "List", err)
				equal(t, "page", ids(page.Bookings), ids(expected(all, booking.Query{})[p.from:p.to]))
				if page.Total != 42 || page.Bookings == nil || (page.Next != nil) != (p.to < 42) {
					t.Fatalf("total %d, next %v", page.Total, page.Next)
				}
			})
		}

		t.Run("no total when not asked for", func(t *testing.T) {
			if page := d.list(booking.Query{NoTotal: true, Limit: 3}); page.Total != 0 || page.Capped || len(page.Bookings) != 3 || page.Next == nil {
				t.Fatalf("got %s", encoded(page))
			}
		})
	})

	t.Run("shows a change at once", func(t *testing.T) {
		d := s.desk(t)
		b := d.create(d.alice)
		d.create(d.alice)
		b = d.do(b, d.sam, booking.ChangeStatus{Status: booking.Scheduled, Assignee: assign(d.sonia)})
		equal(t, "list", d.list(booking.Query{AssignedTo: d.sonia.ID}).Bookings, []booking.Booking{b.Summary()})
		d.clock.advance(time.Second)
		b = d.do(b, d.sam, booking.ChangeStatus{Status: booking.Completed, Assignee: &booking.Assignment{}})
		if page := d.list(booking.Query{AssignedTo: d.sonia.ID}); len(page.Bookings) != 0 {
			t.Fatalf("still assigned: %s", encoded(page))
		}
		equal(t, "list", d.list(booking.Query{Sort: booking.SortUpdatedAt, Limit: 1}).Bookings, []booking.Booking{b.Summary()})
	})

	t.Run("totals beyond the cap", func(t *testing.T) {
		d := s.desk(t)
		d.needs(Volume)
		import1000 := func(n, size int) {
			for range n {
				batch := make([]booking.Booking, size)
				for i := range batch {
					batch[i] = d.fresh().After
				}
				must(t, "Import", d.store.Import(d.ctx, batch))
			}
		}
		import1000(10, booking.CountCap/10)
		if page := d.list(booking.Query{}); page.Total != booking.CountCap || page.Capped {
			t.Fatalf("total %d, capped %v", page.Total, page.Capped)
		}
		import1000(1, 1)
		if page := d.list(booking.Query{Owner: d.alice.ID, Skip: booking.MaxSkip}); page.Total != booking.CountCap || !page.Capped || len(page.Bookings) != 1 {
			t.Fatalf("total %d, capped %v, %d bookings", page.Total, page.Capped, len(page.Bookings))
		}
	})
}
