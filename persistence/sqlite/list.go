package sqlite

import (
	"cmp"
	"context"
	"slices"

	"kapoor.example/desk/booking"
)

// List implements booking.Bookings.
func (s *Store) List(ctx context.Context, q booking.Query) (booking.Page, error) {
	if q.Sort == "" {
		q.Sort = booking.SortCreatedAt
	}
	page := booking.Page{Bookings: []booking.Booking{}}
	if !q.Sort.Valid() || q.After != nil && (q.After.Sort != q.Sort || q.After.Asc != q.Asc) {
		return page, booking.Invalid("cursor", "belongs to another list")
	}
	if q.After != nil {
		q.Skip = 0
	}
	q.Skip = min(max(q.Skip, 0), booking.MaxSkip)
	err := s.read(ctx, "list bookings", func(r *session) error {
		return r.snapshot(func() error {
			found, err := r.list(ctx, q)
			page = found
			return err
		})
	})
	return page, err
}

func (q *session) list(ctx context.Context, query booking.Query) (booking.Page, error) {
	terms := words(query.Search)
	query.Search = ""
	sel := selectionOf(query)
	if len(sel.statuses) == 0 {
		return booking.Page{Bookings: []booking.Booking{}}, nil
	}
	if len(terms) > 0 {
		return (&searching{session: q, query: query, selection: sel, terms: terms}).page(ctx)
	}
	text, args := sel.page(bookingColumns, query.After, booking.Size(query.Limit)+1, query.Skip)
	var rows []found
	err := q.each(ctx, text, args, func(scan scanner) error {
		f := found{}
		var err error
		_, f.booking, err = scanBooking(func(to ...any) error { return scan(append([]any{&f.value}, to...)...) })
		f.id = f.booking.ID
		rows = append(rows, f)
		return err
	})
	if err != nil {
		return booking.Page{}, err
	}
	slices.SortFunc(rows, sel.compare)
	page := pageOf(rows, query)
	if query.NoTotal {
		return page, nil
	}
	if query.After == nil && page.Next == nil && (len(rows) > 0 || query.Skip == 0) {
		return capped(page, query.Skip+len(rows)), nil
	}
	total, err := q.count(ctx, sel)
	return capped(page, total), err
}

// found is a booking of a list with what it is sorted by: nil for one without a preferred time.
type found struct {
	n       int64
	id      string
	value   *int64
	booking booking.Booking
}

// compare orders found bookings as the selection does.
func (s selection) compare(x, y found) int {
	switch {
	case x.value == nil && y.value != nil:
		return 1
	case x.value != nil && y.value == nil:
		return -1
	}
	c := cmp.Compare(x.id, y.id)
	if x.value != nil && *x.value != *y.value {
		c = cmp.Compare(*x.value, *y.value)
	}
	if !s.asc {
		c = -c
	}
	return c
}

// cursor returns the end of a page at f.
func (f found) cursor(q booking.Query) *booking.Cursor {
	c := &booking.Cursor{Sort: q.Sort, Asc: q.Asc, Value: booking.NoValue, ID: f.id}
	if f.value != nil {
		c.Value = *f.value
	}
	return c
}

// pageOf makes a page of sorted rows that begin with it: one row more than fits says that there is another page.
func pageOf(rows []found, q booking.Query) booking.Page {
	size := booking.Size(q.Limit)
	page := booking.Page{Bookings: make([]booking.Booking, 0, min(len(rows), size))}
	for _, f := range rows[:min(len(rows), size)] {
		page.Bookings = append(page.Bookings, f.booking)
	}
	if len(rows) > size {
		page.Next = rows[size-1].cursor(q)
	}
	return page
}

// capped returns page with a total that was counted up to one more than CountCap.
func capped(page booking.Page, total int) booking.Page {
	page.Total, page.Capped = min(total, booking.CountCap), total > booking.CountCap
	return page
}

// count counts what a query without a search matches, up to one more than CountCap. Without filters, or with a status
// only, the counters know.
func (q *session) count(ctx context.Context, sel selection) (total int, err error) {
	if len(sel.where) > 0 {
		text, args := sel.count(booking.CountCap + 1)
		_, err := q.one(ctx, text, args, &total)
		return total, err
	}
	statuses, err := q.statusCounts(ctx)
	for _, status := range sel.statuses {
		total += statuses[status]
	}
	return total, err
}
