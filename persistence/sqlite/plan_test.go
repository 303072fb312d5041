package sqlite

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"kapoor.example/desk/booking"
)

// allowed are the scans and sorts that are meant. None of them is on bookings, log, audience or notifications.
var allowed = []struct{ query, plan, why string }{
	{`FROM status_counts`, `SCAN status_counts`, "four rows"},
	{`FROM brand_counts`, `SCAN brand_counts USING (COVERING )?INDEX brand_counts_top`, "reads the first ones in order and stops"},
	{`FROM model_counts`, `SCAN model_counts USING (COVERING )?INDEX model_counts_top`, "reads the first ones in order and stops"},
	{`FROM search`, `SCAN f VIRTUAL TABLE INDEX \d+:.*M`, "a look-up in the search index"},
	{`^DELETE FROM search`, `SCAN search VIRTUAL TABLE INDEX 0:=`, "a look-up by number"},
	{`UNION|count\(\*\)|LIMIT|SELECT`, `SCAN (p|a|\(subquery-\d+\))$`, "the rows that the inner query found"},
	{`SELECT 1 FROM`, `SCAN CONSTANT ROW`, "one row"},
	{`name_key >= \?`, `USE TEMP B-TREE FOR ORDER BY`, "sorts the accounts that a beginning of name or e-mail finds"},
	{regexp.QuoteMeta(recountQuery), `SCAN bookings`, "once after a change of the time zone"},
	{`DELETE FROM day_counts$`, `SCAN day_counts`, "once after a change of the time zone"},
	{`FROM users .*UNION ALL`, `SCAN \(subquery-\d+\)`, "the rows that the inner query found"},
}

// TestPlans reads the plan of every query the package can run: none may read a table from end to end, or sort.
func TestPlans(t *testing.T) {
	s, err := Open(Options{Path: filepath.Join(t.TempDir(), "desk.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	everyShape(t, s)

	queries := map[string]bool{recountQuery: true, `DELETE FROM day_counts`: true}
	collect := func(q *session) {
		for text := range q.statements {
			queries[text] = true
		}
	}
	collect(s.writer.session)
	readers := make([]*session, cap(s.readers))
	for i := range readers {
		readers[i] = <-s.readers
		collect(readers[i])
	}
	explained := 0
	for text := range queries {
		if regexp.MustCompile(`^(BEGIN|COMMIT|ROLLBACK)`).MatchString(text) {
			continue
		}
		explained++
		for _, step := range plan(t, readers[0], text) {
			checkStep(t, text, step)
		}
	}
	for _, r := range readers {
		s.readers <- r
	}
	if explained < 250 {
		t.Errorf("only %d queries were seen: the shapes below leave some out", explained)
	}
}

func checkStep(t *testing.T, text, step string) {
	t.Helper()
	if !strings.HasPrefix(step, "SCAN") && !strings.Contains(step, "TEMP B-TREE") && !strings.Contains(step, "AUTOMATIC") {
		return
	}
	flat := strings.Join(strings.Fields(text), " ")
	for _, a := range allowed {
		if regexp.MustCompile(a.query).MatchString(flat) && regexp.MustCompile(`^`+a.plan).MatchString(step) {
			return
		}
	}
	t.Errorf("%s\n  of %s", step, flat)
}

// plan returns the steps of a query's plan.
func plan(t *testing.T, q *session, text string) (steps []string) {
	t.Helper()
	args := make([]any, strings.Count(text, "?"))
	for i := range args {
		args[i] = "1"
	}
	rows, err := q.conn.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+text, args...)
	if err != nil {
		t.Fatalf("%v\n  of %s", err, text)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, step)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return steps
}

// everyShape runs everything the store can do, in every form that has a query of its own.
func everyShape(t *testing.T, s *Store) {
	t.Helper()
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	owner := booking.Principal{ID: "owner", Name: "Alice", Role: booking.Customer}
	admin := booking.Principal{ID: "admin", Name: "Anna", Role: booking.Admin}
	var b booking.Booking
	step := func(by booking.Principal, do booking.Operation, key *booking.IdempotencyKey) {
		t.Helper()
		now := time.Now()
		c, err := booking.Plan(b, booking.Command{ID: booking.NewID(now), BookingID: "b", By: by, Do: do, Key: key}, now, booking.Policy{})
		must(err)
		must(s.Append(ctx, c))
		b = c.After
	}
	step(owner, booking.Create{Code: "ABC234", Details: booking.Details{
		CustomerName: "Alice", ContactNumber: "1", Address: "2", Brand: "Samsung", Model: "Frame",
	}}, &booking.IdempotencyKey{UserID: "owner", Key: "k"})
	step(admin, booking.ChangeStatus{Status: booking.Scheduled, Assignee: &booking.Assignment{To: &booking.Person{ID: "sam"}}}, nil)
	step(admin, booking.ChangeStatus{Message: "hello"}, nil)
	step(admin, booking.AddMessage{Message: "hello"}, nil)
	invoice := "INV-1"
	step(admin, booking.Edit{InvoiceNumber: &invoice}, nil)
	step(owner, booking.MarkRead{EntryID: b.Updates[0].ID}, nil)
	must(s.Import(ctx, many(1200)))

	must(s.CreateUser(ctx, booking.User{ID: "u", Email: "u@example.com", Role: booking.Admin, Active: true}))
	must(s.CreateUser(ctx, booking.User{ID: "v", Email: "v@example.com", Role: booking.Admin, Active: true}))
	staff := booking.Staff
	_, err := s.UpdateUser(ctx, "u", booking.UserChange{Role: &staff})
	must(err)
	_, err = s.UserByEmail(ctx, "u@example.com")
	must(err)
	for _, roles := range [][]booking.Role{nil, {booking.Staff}, {booking.Staff, booking.Admin}} {
		for _, active := range []bool{false, true} {
			for _, search := range []string{"", "u"} {
				_, err := s.ListUsers(ctx, booking.UserQuery{Roles: roles, ActiveOnly: active, Search: search})
				must(err)
			}
		}
	}
	must(s.RevokeToken(ctx, booking.Revocation{UserID: "u", TokenID: "t"}))
	_, err = s.TokenRevoked(ctx, "t")
	must(err)
	for n := range maxRooms {
		_, err = s.Since(ctx, booking.Position{}, strings.Split("abcdefghijk", "")[:n], 10)
		must(err)
	}
	_, err = s.entriesAfter(ctx, 0)
	must(err)
	_, err = s.Keyed(ctx, "u", "k", time.Now())
	must(err)
	_, err = s.Find(ctx, "ABC234")
	must(err)
	_, err = s.Overview(ctx, time.Now())
	must(err)
	_, err = s.Daily(ctx, time.Now())
	must(err)
	_, err = s.OpenOwners(ctx, "sam")
	must(err)
	_, err = s.OpenAssignees(ctx, "owner")
	must(err)
	for _, q := range []booking.NotificationQuery{{}, {Unread: true}, {After: b.Updates[0].ID}} {
		q.UserID = "owner"
		_, err = s.Notifications(ctx, q)
		must(err)
	}
	for _, q := range queries() {
		_, err := s.List(ctx, q)
		must(err)
		searchEveryWay(ctx, t, s, q)
	}
}

// queries are lists in every shape that has a query text of its own.
func queries() (all []booking.Query) {
	for shape := range 1 << 6 {
		pick := func(bit int, value string) string {
			if shape>>bit&1 == 1 {
				return value
			}
			return ""
		}
		q := booking.Query{
			Owner: pick(0, "owner"), AssignedTo: pick(1, "sam"), Brand: pick(2, "samsung"), Status: booking.Status(pick(3, "Pending")),
			Asc: pick(5, "asc") != "",
		}
		if pick(4, "from") != "" {
			q.From, q.To = time.UnixMilli(0), time.Now().Add(time.Hour)
		}
		for _, q.Sort = range []booking.SortKey{booking.SortCreatedAt, booking.SortUpdatedAt, booking.SortPreferredDateTime} {
			for _, value := range []*int64{nil, new(int64), new(booking.NoValue)} {
				q.After = nil
				if value != nil {
					q.After = &booking.Cursor{Sort: q.Sort, Asc: q.Asc, Value: *value, ID: "b"}
				}
				all = append(all, q)
			}
		}
	}
	return all
}

// searchEveryWay takes each of the ways of a search, whatever it would choose by itself.
func searchEveryWay(ctx context.Context, t *testing.T, s *Store, q booking.Query) {
	t.Helper()
	err := s.read(ctx, "search", func(r *session) error {
		search := &searching{session: r, query: q, selection: selectionOf(q), terms: []string{"sam"}}
		total := 0
		if err := search.count(ctx, &total); err != nil {
			return err
		}
		if _, err := search.compareAll(ctx, 10); err != nil {
			return err
		}
		if q.Sort == booking.SortCreatedAt {
			_, err := search.stream(ctx)
			return err
		}
		if _, err := search.gather(ctx); err != nil {
			return err
		}
		_, err := search.walk(ctx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// many returns finished bookings of different times.
func many(n int) []booking.Booking {
	all := make([]booking.Booking, n)
	for i := range all {
		at := booking.FromMillis(int64(1_700_000_000_000 + i/3*1000)) // three of each moment
		all[i] = booking.Booking{
			ID: fmt.Sprintf("many%05d", i), Code: fmt.Sprintf("M%05d", i), CustomerName: "Ravi Kumar", ContactNumber: "1", Address: "2",
			Brand: "Samsung", Model: fmt.Sprint("Frame ", i%7), Status: booking.Statuses()[i%4], CreatedBy: "owner", Version: 1, Revision: 1,
			Updates: []booking.Entry{}, CreatedAt: at, UpdatedAt: booking.FromMillis(at.UnixMilli() + int64(i*7919%5000)),
		}
		if i%3 > 0 {
			all[i].PreferredDateTime = &booking.Time{Time: at.Add(time.Duration(i%50) * time.Hour)}
		}
		if i%2 > 0 {
			all[i].AssignedTo = &booking.Person{ID: "sam"}
		}
	}
	return all
}

// TestSearchWaysAgree compares the ways a search can take: whichever is chosen, the page is the same.
func TestSearchWaysAgree(t *testing.T) {
	s, err := Open(Options{Path: filepath.Join(t.TempDir(), "desk.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := s.Import(t.Context(), many(1500)); err != nil {
		t.Fatal(err)
	}
	ids := func(p booking.Page) (ids []string) {
		for _, b := range p.Bookings {
			ids = append(ids, b.ID)
		}
		return ids
	}
	for _, q := range queries() {
		if q.After != nil {
			continue
		}
		q.Limit = 37
		err := s.read(t.Context(), "search", func(r *session) error {
			for pages := 0; pages < 3; pages++ {
				search := func() *searching {
					return &searching{session: r, query: q, selection: selectionOf(q), terms: []string{"fr", "3", "kum"}}
				}
				total := 0
				if err := search().count(t.Context(), &total); err != nil {
					return err
				}
				want, err := search().compareAll(t.Context(), 1500)
				if err != nil {
					return err
				}
				ways := map[string]func(context.Context) ([]found, error){"gather": search().gather, "walk": search().walk}
				if q.Sort == booking.SortCreatedAt {
					ways["stream"] = search().stream
				}
				for name, way := range ways {
					rows, err := way(t.Context())
					if err != nil {
						return err
					}
					got, err := search().finish(t.Context(), rows, total)
					if err != nil {
						return err
					}
					if !slices.Equal(ids(got), ids(want)) || got.Total != want.Total || (got.Next == nil) != (want.Next == nil) {
						t.Errorf("%s of %+v:\n got %v (%d)\nwant %v (%d)", name, q, ids(got), got.Total, ids(want), want.Total)
					}
				}
				if q.After = want.Next; q.After == nil {
					break
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
