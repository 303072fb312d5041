package storetest

import (
	"fmt"
	"testing"

	"kapoor.example/desk/booking"
)

// walk follows cursors from the first page to the last; between is called after every page.
func (d *desk) walk(q booking.Query, between func()) []booking.Booking {
	d.t.Helper()
	var all []booking.Booking
	for range 1000 {
		page := d.list(q)
		all = append(all, page.Bookings...)
		if page.Next == nil {
			return all
		}
		if len(page.Bookings) != booking.Size(q.Limit) {
			d.t.Fatalf("a page of %d has a next one", len(page.Bookings))
		}
		// As clients carry it.
		next, err := booking.ParseCursor(page.Next.Encode())
		must(d.t, "ParseCursor", err)
		q.After = next
		between()
	}
	d.t.Fatal("the walk does not end")
	return nil
}

func (s suite) cursors(t *testing.T) {
	t.Run("give each booking once", func(t *testing.T) {
		d := s.desk(t)
		all := d.shelf(42)
		for _, filter := range []booking.Query{{}, {Owner: d.alice.ID}, {Status: booking.Pending, Brand: "lg"}} {
			for _, sort := range sorts() {
				for _, limit := range []int{1, 7, 42} {
					q := filter
					q.Sort, q.Asc, q.Limit, q.NoTotal = sort.Sort, sort.Asc, limit, true
					if limit == 1 && filter.Status == "" {
						continue // many round trips, nothing new
					}
					name := fmt.Sprintf("by %q, ascending %v, in pages of %d", q.Sort, q.Asc, limit)
					equal(t, name, ids(d.walk(q, func() {})), ids(expected(all, q)))
				}
			}
		}
	})

	for _, sort := range []booking.Query{{}, {Asc: true}, {Sort: booking.SortPreferredDateTime}, {Sort: booking.SortUpdatedAt}} {
		t.Run(fmt.Sprintf("while new ones come, by %q, ascending %v", sort.Sort, sort.Asc), func(t *testing.T) {
			d := s.desk(t)
			all := d.shelf(24)
			seen := map[string]int{}
			sort.Limit = 5
			added := 0
			for _, b := range d.walk(sort, func() {
				if added++; added <= 10 { // ascending, the walk meets them all
					d.create(d.alice)
				}
			}) {
				seen[b.ID]++
			}
			for _, b := range all {
				if seen[b.ID] != 1 {
					t.Fatalf("booking %s came %d times", b.ID, seen[b.ID])
				}
			}
			for id, n := range seen {
				if n != 1 {
					t.Fatalf("booking %s came %d times", id, n)
				}
			}
		})
	}

	t.Run("lead on from a booking that has moved", func(t *testing.T) {
		d := s.desk(t)
		all := d.shelf(12)
		q := booking.Query{Limit: 4, Sort: booking.SortUpdatedAt}
		page := d.list(q)
		last := d.load(page.Bookings[3].ID)
		d.do(last, d.sam, booking.AddMessage{Message: "moves to the front"})
		q.After = page.Next
		equal(t, "second page", ids(d.list(q).Bookings), ids(expected(all, q)[4:8]))
	})

	t.Run("keep the total of the whole", func(t *testing.T) {
		d := s.desk(t)
		d.shelf(12)
		q := booking.Query{Limit: 5}
		q.After = d.list(q).Next
		if page := d.list(q); page.Total != 12 {
			t.Fatalf("total %d", page.Total)
		}
	})

	t.Run("lead from a place where nothing is", func(t *testing.T) {
		d := s.desk(t)
		d.shelf(6)
		for _, value := range []int64{0, -1, 1 << 40, -1 << 61, booking.NoValue, 1<<63 - 1} {
			for _, sort := range sorts()[2:] {
				sort.After = &booking.Cursor{Sort: sort.Sort, Asc: sort.Asc, Value: value, ID: d.id()}
				if page := d.list(sort); page.Bookings == nil || len(page.Bookings) > 6 {
					t.Fatalf("got %s", encoded(page))
				}
			}
		}
	})
}
