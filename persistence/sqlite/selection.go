package sqlite

import (
	"math"
	"slices"
	"strings"

	"kapoor.example/desk/booking"
)

// selection is a Query as SQL: which index leads to its bookings, and in which order.
//
// Every index begins with one filter (or none) and the status. Without a status the ranges of the four are read side by
// side and merged, so that no order needs sorting. A second filter besides the status is checked row by row in the range of
// the first: owner before assignee before brand, the narrower before the wider.
type selection struct {
	lead     string // "", "owner", "assignee" or "brand": the filter that names the index
	column   string // the column of the order
	asc      bool
	statuses []int
	where    []string // conditions of the filters, the status apart
	args     []any
	ranged   bool // From or To is given
	from, to int64
}

func selectionOf(q booking.Query) selection {
	s := selection{column: "created_at", asc: q.Asc, statuses: []int{0, 1, 2, 3}}
	switch q.Sort {
	case booking.SortUpdatedAt:
		s.column = "updated_at"
	case booking.SortPreferredDateTime:
		s.column = "preferred_at"
	}
	if q.Status != "" {
		number, err := numberOf(q.Status)
		if err != nil {
			s.statuses = nil // nothing has a status that does not exist
			return s
		}
		s.statuses = []int{number}
	}
	filter := func(name, column, value string) {
		if value == "" {
			return
		}
		if s.lead == "" {
			s.lead = name
		}
		s.where, s.args = append(s.where, column+" = ?"), append(s.args, value)
	}
	filter("owner", "owner", q.Owner)
	filter("assignee", "assignee", q.AssignedTo)
	filter("brand", "brand_key", strings.ToLower(q.Brand))
	if !q.From.IsZero() || !q.To.IsZero() {
		s.ranged, s.from, s.to = true, math.MinInt64, math.MaxInt64
		if !q.From.IsZero() {
			s.from = millis(q.From)
		}
		if !q.To.IsZero() {
			s.to = millis(q.To)
		}
		s.where, s.args = append(s.where, "created_at >= ? AND created_at < ?"), append(s.args, s.from, s.to)
	}
	return s
}

// index returns the index for an order.
func (s selection) index(column string) string {
	name := "bookings_" + strings.TrimSuffix(column, "_at")
	if s.lead != "" {
		name = "bookings_" + s.lead + "_" + strings.TrimSuffix(column, "_at")
	}
	return name
}

// page returns a query of v (the sort value) and columns of the bookings after a cursor, in order. columns are of the
// bookings b and the page p, which has their n.
func (s selection) page(columns string, after *booking.Cursor, limit, skip int) (query string, args []any) {
	than, direction, value, id := "<", " DESC", int64(math.MaxInt64), ""
	if s.asc {
		than, direction, value = ">", "", math.MinInt64
	}
	if after != nil {
		value, id = after.Value, after.ID
	}
	if s.column != "preferred_at" {
		query, args = s.merge(s.column, "("+s.column+", id) "+than+" (?, ?)", value, id)
		query += " ORDER BY v" + direction + ", id" + direction
	} else {
		// Bookings without a time come last in either direction: a list of its own behind the first. Each is cut by itself,
		// which also keeps SQLite from reading the second when the first fills the page.
		var bound any = id
		if after == nil || after.Value != booking.NoValue {
			bound = s.firstID()
			query, args = s.merge(s.column, "(preferred_at, id) "+than+" (?, ?)", value, id)
			query = "SELECT * FROM (" + query + " ORDER BY v" + direction + ", id" + direction + " LIMIT ?) UNION ALL "
			args = append(args, skip+limit)
		}
		without, bounds := s.merge("NULL", "preferred_at IS NULL AND id "+than+" ?", bound)
		query += "SELECT * FROM (" + without + " ORDER BY id" + direction + " LIMIT ?)"
		args = append(append(args, bounds...), skip+limit)
	}
	query = "SELECT p.v, " + columns + " FROM (" + query + " LIMIT ? OFFSET ?) p CROSS JOIN bookings b ON b.n = p.n"
	return query, append(args, limit, skip)
}

// merge returns a query of n, v and id, to be ordered: one range for each status.
func (s selection) merge(v, condition string, bounds ...any) (query string, args []any) {
	where := strings.Join(append(slices.Clone(s.where), "status = ?", condition), " AND ")
	arm := "SELECT n, " + v + " AS v, id FROM bookings INDEXED BY " + s.index(s.column) + " WHERE " + where
	for _, status := range s.statuses {
		args = append(append(append(args, s.args...), status), bounds...)
	}
	return strings.TrimSuffix(strings.Repeat(arm+" UNION ALL ", len(s.statuses)), " UNION ALL "), args
}

// firstID returns a value that every id is behind, in the selection's direction. A blob is greater than every text.
func (s selection) firstID() any {
	if s.asc {
		return ""
	}
	return []byte{}
}

// count returns a query of the number of bookings, counted up to limit.
func (s selection) count(limit int) (query string, args []any) {
	marks := strings.TrimSuffix(strings.Repeat("?, ", len(s.statuses)), ", ")
	where := append(slices.Clone(s.where), "status IN ("+marks+")")
	args = slices.Clone(s.args)
	for _, status := range s.statuses {
		args = append(args, status)
	}
	query = "SELECT count(*) FROM (SELECT 1 FROM bookings INDEXED BY " + s.index("created_at") + " WHERE " +
		strings.Join(where, " AND ") + " LIMIT ?)"
	return query, append(args, limit)
}
