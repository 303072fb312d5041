package sqlite

import (
	"context"
	"math"
	"slices"
	"strings"

	"kapoor.example/desk/booking"
)

const (
	// maxTerms is more words than the searched fields of a booking have.
	maxTerms = 200
	// fewRows is what is sooner read and compared than looked up: the bookings of a customer, those with a rare status.
	fewRows = 1000
)

// searching is one search. Three ways lead to its page; the cheapest is taken:
//
//   - The filters leave few bookings: all of them are read and compared.
//   - By default, newest first, the search index is read in the order of n until the page is full.
//   - In another order, the bookings that the index names are gathered and sorted; where they are many, the list is read
//     in its order instead: of many that match, the next ones are never far.
type searching struct {
	*session
	query booking.Query
	selection
	terms []string
}

func (s *searching) page(ctx context.Context) (booking.Page, error) {
	none := booking.Page{Bookings: []booking.Booking{}}
	if len(s.terms) > maxTerms {
		return none, nil
	}
	few := 0
	if len(s.where) > 0 || len(s.statuses) == 1 {
		text, args := s.selection.count(fewRows + 1)
		if _, err := s.one(ctx, text, args, &few); err != nil {
			return none, err
		}
		if few <= fewRows {
			return s.compareAll(ctx, few)
		}
	}
	total := booking.CountCap + 1
	if inOrder := s.column == "created_at"; !inOrder || !s.query.NoTotal {
		if err := s.count(ctx, &total); err != nil || total == 0 {
			return none, err
		}
	}
	var rows []found
	var err error
	switch {
	case s.column == "created_at":
		rows, err = s.stream(ctx)
	case total <= booking.CountCap:
		rows, err = s.gather(ctx)
	default:
		rows, err = s.walk(ctx)
	}
	if err != nil {
		return none, err
	}
	return s.finish(ctx, rows, total)
}

// compareAll reads every booking that the filters leave.
func (s *searching) compareAll(ctx context.Context, few int) (booking.Page, error) {
	rows, err := s.matching(ctx, nil, few)
	if err != nil {
		return booking.Page{}, err
	}
	total := len(rows.matching)
	return s.finish(ctx, rows.matching, total)
}

// stream reads the index in the order of n, which is that of created_at but for bookings of one millisecond: it ends when
// those of the page's last millisecond are complete.
func (s *searching) stream(ctx context.Context) ([]found, error) {
	than, direction, bound := "<", " DESC", int64(math.MaxInt64)
	if s.asc {
		than, direction, bound = ">", "", math.MinInt64
	}
	if after := s.query.After; after != nil {
		bound = millisecond(after.Value)
		if !s.asc {
			bound += maxCounter
		}
		than += "="
	}
	need := s.need()
	var rows []found
	for {
		from, args := s.from()
		query := "SELECT b.n, b.created_at, b.id" + withBookings(from) + " AND f.rowid " + than + " ? ORDER BY f.rowid" + direction + " LIMIT ?"
		read := 0
		err := s.each(ctx, query, append(args, bound, need), func(scan scanner) error {
			f := found{value: new(int64)}
			err := scan(&f.n, f.value, &f.id)
			read, bound = read+1, f.n
			if s.follows(f) {
				rows = append(rows, f)
			}
			return err
		})
		if err != nil || read < need {
			return rows, err
		}
		if len(rows) >= need && rows[need-1].n>>counterBits != bound>>counterBits {
			return rows, nil
		}
		than = strings.TrimSuffix(than, "=")
	}
}

// gather reads all that the index names.
func (s *searching) gather(ctx context.Context) ([]found, error) {
	var rows []found
	from, args := s.from()
	err := s.each(ctx, "SELECT b.n, b."+s.column+", b.id"+withBookings(from), args, func(scan scanner) error {
		var f found
		err := scan(&f.n, &f.value, &f.id)
		rows = append(rows, f)
		return err
	})
	return rows, err
}

// walk reads the list and compares, until the page is full.
func (s *searching) walk(ctx context.Context) ([]found, error) {
	const step = 500
	var rows []found
	after := s.query.After
	for len(rows) < s.need() {
		part, err := s.matching(ctx, after, step)
		if err != nil {
			return nil, err
		}
		rows = append(rows, part.matching...)
		if part.read < step {
			break
		}
		after = part.last.cursor(s.query)
	}
	return rows, nil
}

// part is what of a stretch of the list matches the terms.
type part struct {
	matching []found
	read     int
	last     found
}

func (s *searching) matching(ctx context.Context, after *booking.Cursor, limit int) (p part, err error) {
	text, args := s.selection.page("p.n, b.id, b.customer_name, b.brand, b.model, b.code, b.invoice_number", after, limit, 0)
	err = s.each(ctx, text, args, func(scan scanner) error {
		var name, brand, model, code, invoice string
		p.last, p.read = found{}, p.read+1
		if err := scan(&p.last.value, &p.last.n, &p.last.id, &name, &brand, &model, &code, &invoice); err != nil {
			return err
		}
		if matches(wordsOf(name, brand, model, code, invoice), s.terms) {
			p.matching = append(p.matching, p.last)
		}
		return nil
	})
	return p, err
}

// from returns the FROM and WHERE of a search: f is the search index.
func (s *searching) from() (text string, args []any) {
	terms := slices.Clone(s.terms)
	if s.query.Owner != "" {
		terms = append(terms, ownerTerm(s.query.Owner))
	}
	if s.query.AssignedTo != "" {
		terms = append(terms, assigneeTerm(s.query.AssignedTo))
	}
	if s.query.Brand != "" {
		terms = append(terms, brandTerm(s.query.Brand))
	}
	if s.query.Status != "" {
		terms = append(terms, statusTerm(s.query.Status))
	}
	text, args = " FROM search f WHERE f.search MATCH ?", []any{expression(terms)}
	if s.ranged {
		text, args = text+" AND f.rowid >= ? AND f.rowid < ?", append(args, millisecond(s.selection.from), millisecond(s.to))
	}
	return text, args
}

// withBookings adds the bookings that the index names, as b.
func withBookings(from string) string {
	return strings.Replace(from, " WHERE ", " CROSS JOIN bookings b ON b.n = f.rowid WHERE ", 1)
}

// count counts the matches, up to one more than CountCap.
func (s *searching) count(ctx context.Context, total *int) error {
	from, args := s.from()
	_, err := s.one(ctx, "SELECT count(*) FROM (SELECT 1"+from+" LIMIT ?)", append(args, booking.CountCap+1), total)
	return err
}

// need is how many rows from the cursor on show the page and whether another follows.
func (s *searching) need() int { return s.query.Skip + booking.Size(s.query.Limit) + 1 }

// follows reports whether f is behind the query's cursor.
func (s *searching) follows(f found) bool {
	after := s.query.After
	if after == nil {
		return true
	}
	end := found{id: after.ID, value: &after.Value}
	if after.Value == booking.NoValue {
		end.value = nil
	}
	return s.compare(f, end) > 0
}

// finish makes the page of all rows up to its end, in any order.
func (s *searching) finish(ctx context.Context, rows []found, total int) (booking.Page, error) {
	rows = slices.DeleteFunc(rows, func(f found) bool { return !s.follows(f) })
	slices.SortFunc(rows, s.compare)
	rows = rows[min(s.query.Skip, len(rows)):min(s.need(), len(rows))]
	for i := range rows[:min(len(rows), booking.Size(s.query.Limit))] {
		err := s.each(ctx, `SELECT `+bookingColumns+` FROM bookings b WHERE b.n = ?`, []any{rows[i].n}, func(scan scanner) (err error) {
			_, rows[i].booking, err = scanBooking(scan)
			return err
		})
		if err != nil {
			return booking.Page{}, err
		}
	}
	page := pageOf(rows, s.query)
	if s.query.NoTotal {
		return page, nil
	}
	return capped(page, total), nil
}
