package http_test

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	nethttp "net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kapoor.example/desk/auth"
	"kapoor.example/desk/booking"
	"kapoor.example/desk/http"
)

func ids(r reply) []string {
	var found []string
	data, _ := r.body["data"].([]any)
	for _, one := range data {
		found = append(found, one.(map[string]any)["_id"].(string))
	}
	return found
}

func TestLists(t *testing.T) {
	a := setup(t)
	var mine, all []string
	for i := range 25 {
		who := owner
		if i%5 == 4 {
			who = other
		}
		b := a.mustBooking(who)
		all = append([]string{b.ID}, all...)
		if who == owner {
			mine = append([]string{b.ID}, mine...)
		}
	}
	for _, tt := range []struct {
		who, path string
		want      []string
		numbers   string // count, totalCount, totalPages, currentPage
	}{
		{owner, "/api/v1/bookings/user", mine, "20 20 1 1"},
		{owner, "/api/v1/bookings/user?limit=6", mine[:6], "6 20 4 1"},
		{owner, "/api/v1/bookings/user?limit=6&skip=18", mine[18:], "2 20 4 4"},
		{owner, "/api/v1/bookings/user?skip=10000", nil, "0 20 1 501"},
		{staff, "/api/v1/bookings/user", nil, "0 0 0 1"},
		{staff, "/api/v1/bookings?limit=100", all, "25 25 1 1"},
		{staff, "/api/v1/bookings?limit=3&order=asc&sort=createdAt", []string{all[24], all[23], all[22]}, "3 25 9 1"},
		{admin, "/api/v1/bookings?status=Completed", nil, "0 0 0 1"},
		{admin, "/api/v1/bookings?brand=lg&limit=1", all[:1], "1 25 25 1"},
		{admin, "/api/v1/bookings?search=nothing+such", nil, "0 0 0 1"},
		{admin, "/api/v1/bookings?assignedTo=" + booking.NewID(a.now()), nil, "0 0 0 1"},
		{admin, "/api/v1/bookings?from=2025-03-01&to=2025-03-01&limit=1", all[:1], "1 25 25 1"},
		{admin, "/api/v1/bookings?from=2025-03-02", nil, "0 0 0 1"},
		{admin, "/api/v1/bookings?to=2025-03-01T12:00:00Z", nil, "0 0 0 1"},
		{admin, "/api/v1/bookings?from=2025-03-01T12:00:00.025Z", all[:1], "1 1 1 1"},
	} {
		t.Run(tt.who+" "+tt.path, func(t *testing.T) {
			r := a.ask(tt.who, "GET", tt.path, nil)
			wantStatus(t, r, 200)
			if got := ids(r); !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
			if got := fmt.Sprint(r.at("count"), r.at("totalCount"), r.at("totalPages"), r.at("currentPage")); got != tt.numbers {
				t.Errorf("count, totalCount, totalPages, currentPage: %s, want %s", got, tt.numbers)
			}
			if strings.Contains(r.raw, `"updates"`) || strings.Contains(r.raw, "null") {
				t.Errorf("got %s", r)
			}
		})
	}
	for _, list := range []string{"/api/v1/bookings?limit=4", "/api/v1/bookings?limit=4&sort=updatedAt&order=asc", "/api/v1/bookings?limit=4&sort=preferredDateTime"} {
		var walked []string
		for cursor := ""; ; {
			r := a.ask(staff, "GET", list+"&cursor="+url.QueryEscape(cursor), nil)
			wantStatus(t, r, 200)
			walked = append(walked, ids(r)...)
			next, more := r.at("nextCursor").(string)
			if !more {
				break
			}
			if cursor != "" && r.at("currentPage") != 0.0 {
				t.Errorf("currentPage %v with a cursor", r.at("currentPage"))
			}
			cursor = next
		}
		slices.Sort(walked)
		if want := slices.Sorted(slices.Values(all)); !slices.Equal(walked, want) {
			t.Errorf("%s: walked %d of %d", list, len(walked), len(want))
		}
	}
}

func TestCappedTotal(t *testing.T) {
	a := setup(t, func(o *http.Options, _ *auth.Options) { o.Store = capped{o.Store} })
	r := a.ask(admin, "GET", "/api/v1/bookings", nil)
	if r.at("totalCount") != 10_000.0 || r.at("totalCountCapped") != true {
		t.Errorf("%s", r)
	}
}

type capped struct{ http.Store }

func (c capped) List(ctx context.Context, q booking.Query) (booking.Page, error) {
	page, err := c.Store.List(ctx, q)
	page.Total, page.Capped = booking.CountCap, true
	return page, err
}

func TestCreateInParallel(t *testing.T) {
	a := setup(t)
	var wg sync.WaitGroup
	var mu sync.Mutex
	made := map[string]int{}
	for i := range 20 {
		wg.Go(func() {
			r := a.ask(owner, "POST", "/api/v1/bookings", filledIn, "Idempotency-Key", "same")
			if r.status != 200 {
				t.Errorf("%d: %s", i, r)
				return
			}
			mu.Lock()
			made[r.at("booking._id").(string)]++
			mu.Unlock()
		})
	}
	wg.Wait()
	if len(made) != 1 || len(a.store.told()) != 2 {
		t.Errorf("%d bookings", len(made))
	}
}

func TestCodesThatAreTaken(t *testing.T) {
	var mu sync.Mutex
	taken := 3
	a := setup(t)
	a.store.failing(func(method string) error {
		mu.Lock()
		defer mu.Unlock()
		if taken--; method == "Execute" && taken >= 0 {
			return fmt.Errorf("append: %w", &booking.CodeTakenError{Code: "x"})
		}
		return nil
	})
	wantStatus(t, a.ask(owner, "POST", "/api/v1/bookings", filledIn), 200)
	a.store.failing(func(method string) error { return &booking.CodeTakenError{Code: "x"} })
	wantFailure(t, a.ask(owner, "POST", "/api/v1/bookings", filledIn), 500, "internal")
}

func TestExport(t *testing.T) {
	a := setup(t)
	for i := range 250 {
		b := a.mustBooking(owner)
		if i == 7 {
			a.store.mu.Lock()
			b.CustomerName, b.Address, b.Brand, b.Model, b.InvoiceNumber = "=1+1", "@cmd", "-2", "+3", `a "quoted", 'text'`
			a.store.bookings[b.ID] = b
			a.store.mu.Unlock()
		}
	}
	r := a.ask(admin, "GET", "/api/v1/bookings/export.csv?order=asc", nil)
	if r.status != 200 || r.header.Get("Content-Type") != "text/csv; charset=utf-8" ||
		r.header.Get("Content-Disposition") != `attachment; filename="bookings-2025-03-01.csv"` {
		t.Fatalf("%d %v", r.status, r.header)
	}
	rows, err := csv.NewReader(strings.NewReader(r.raw)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 251 || rows[0][0] != "code" {
		t.Errorf("%d rows, the first %v", len(rows), rows[0])
	}
	armed := strings.Join(rows[8], "|")
	for _, cell := range []string{"|'=1+1|", "|'@cmd|", "|'-2|", "|'+3|", `|a "quoted", 'text'|`, "|'+91 1|"} {
		if !strings.Contains(armed, cell) {
			t.Errorf("no %s in %s", cell, armed)
		}
	}
	seen := map[string]bool{}
	for _, row := range rows[1:] {
		seen[row[len(row)-1]] = true
	}
	if len(seen) != 250 {
		t.Errorf("%d different bookings", len(seen))
	}
	a.log.until(t, "Bookings exported", `"rows":250`, `"complete":true`)
	if r := a.ask(admin, "GET", "/api/v1/bookings/export.csv?status=Completed", nil); strings.Count(r.raw, "\r\n") != 1 {
		t.Errorf("an empty export: %s", r)
	}
	old := a.raw("GET /api/v1/bookings/export.csv HTTP/1.0\r\nAuthorization: Bearer "+a.tokens[admin]+"\r\n\r\n", false)
	if old == nil || old.ContentLength < 0 || strings.Count(drain(old.Body), "\r\n") != 251 {
		t.Errorf("HTTP/1.0: %v", old)
	}
}

// Half an export must not look like a whole one: the connection ends without the last chunk.
func TestExportCutShort(t *testing.T) {
	for name, stop := range map[string]func() error{
		"an error": func() error { return errOnFire },
		"a panic":  func() error { panic("store") },
	} {
		t.Run(name, func(t *testing.T) {
			a := setup(t)
			for range 350 {
				a.mustBooking(owner)
			}
			pages := 0
			a.store.failing(func(method string) error {
				if method == "List" {
					if pages++; pages == 3 {
						return stop()
					}
				}
				return nil
			})
			request, err := nethttp.NewRequest("GET", "http://"+a.addr+"/api/v1/bookings/export.csv", nil)
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Authorization", "Bearer "+a.tokens[admin])
			response, err := a.client.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			text, err := io.ReadAll(response.Body)
			if err == nil {
				t.Errorf("%d bytes that look whole", len(text))
			}
			if n := strings.Count(string(text), "\r\n"); n < 100 || n > 201 {
				t.Errorf("%d lines", n)
			}
			a.log.until(t, "Bookings exported", `"rows":200`, `"complete":false`, `"level":"error"`)
			a.store.failing(nil)
			wantStatus(t, a.ask(admin, "GET", "/api/v1/auth/me", nil), 200)
		})
	}
}

// Each page of an export has the whole WriteTimeout: a long one takes longer than that altogether.
func TestLongExport(t *testing.T) {
	a := setup(t, func(o *http.Options, _ *auth.Options) { o.WriteTimeout = 300 * time.Millisecond })
	for range 450 {
		a.mustBooking(owner)
	}
	a.store.failing(func(method string) error {
		if method == "List" {
			<-time.After(150 * time.Millisecond) // a slow store
		}
		return nil
	})
	r := a.ask(admin, "GET", "/api/v1/bookings/export.csv", nil)
	if n := strings.Count(r.raw, "\r\n"); n != 451 {
		t.Errorf("%d lines", n)
	}
}

// Where the clock is put forward at midnight the day before has its last hour, and the day itself begins at one.
func TestDaysThatDoNotBeginAtMidnight(t *testing.T) {
	santiago, err := time.LoadLocation("America/Santiago")
	if err != nil {
		t.Fatal(err)
	}
	a := setup(t, func(o *http.Options, ao *auth.Options) { o.TimeZone, ao.TTL = santiago, 365*24*time.Hour })
	book := func(at string) string {
		t.Helper()
		moment, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		a.advance(moment.Sub(a.now()))
		return a.mustBooking(owner).ID
	}
	before := book("2025-09-06T23:30:00-04:00")
	after := book("2025-09-07T01:00:00-03:00")
	for query, want := range map[string]string{
		"from=2025-09-07": after, "to=2025-09-06": before, "from=2025-09-06&to=2025-09-06": before, "from=2025-09-07&to=2025-09-07": after,
	} {
		if got := ids(a.ask(admin, "GET", "/api/v1/bookings?"+query, nil)); !slices.Equal(got, []string{want}) {
			t.Errorf("%s: %v, want %s", query, got, want)
		}
	}
}
