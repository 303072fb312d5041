package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"kapoor.example/desk/booking"
)

func TestDemoIsMadeOnce(t *testing.T) {
	store := newMemory()
	hash := (&world{}).fakeParts().hash
	var together sync.WaitGroup
	for range 8 { // several starts at once, and again
		together.Go(func() {
			if err := seedDemo(context.Background(), store, hash, clock(), zerolog.Nop()); err != nil {
				t.Error(err)
			}
		})
	}
	together.Wait()
	if len(store.users) != 3 || len(store.bookings) != 5 {
		t.Fatalf("%d users, %d bookings", len(store.users), len(store.bookings))
	}
	passwords := map[string]string{"admin@example.com": "admin123", "staff@example.com": "staff123", "customer@example.com": "password123"}
	for email, password := range passwords {
		if user := store.users[email]; user.PasswordHash != "hashed:"+password || !user.Active || !booking.ValidID(user.ID) {
			t.Errorf("%s: %+v", email, user)
		}
	}
	statuses, assigned, messages, read := map[booking.Status]bool{}, 0, 0, 0
	for _, b := range store.bookings {
		checkBooking(t, b, clock())
		if code, ok := booking.NormalCode(b.Code); !ok || code != b.Code {
			t.Errorf("code %q", b.Code)
		}
		if b.CreatedBy != store.users["customer@example.com"].ID {
			t.Errorf("%s belongs to %s", b.Code, b.CreatedBy)
		}
		statuses[b.Status] = true
		if b.AssignedTo != nil {
			assigned++
		}
		for _, e := range b.Updates {
			if e.Kind == booking.EntryMessage {
				messages++
			}
			read += len(e.ReadBy)
		}
	}
	if len(statuses) != len(booking.Statuses()) || assigned == 0 || messages < 2 || read == 0 {
		t.Errorf("statuses %v, %d assigned, %d messages, %d receipts", statuses, assigned, messages, read)
	}
}

func TestDemoLeavesChangesAlone(t *testing.T) {
	store := newMemory()
	changed := booking.User{ID: booking.NewID(clock()), Email: "Admin@Example.com", Role: booking.Customer, PasswordHash: "hashed:another"}
	if err := store.CreateUser(t.Context(), changed); err != nil {
		t.Fatal(err)
	}
	if err := seedDemo(t.Context(), store, (&world{}).fakeParts().hash, clock(), zerolog.Nop()); err != nil {
		t.Fatal(err)
	}
	if got := store.users["admin@example.com"]; got != changed {
		t.Errorf("changed to %+v", got)
	}
}

func TestDemoReportsFailures(t *testing.T) {
	store := newMemory()
	store.onImport = func() error { return errors.New("disk full") }
	if err := seedDemo(t.Context(), store, (&world{}).fakeParts().hash, clock(), zerolog.Nop()); err == nil {
		t.Error("a failed import")
	}
	broken := func(string) (string, error) { return "", errors.New("no memory") }
	if err := seedDemo(t.Context(), newMemory(), broken, clock(), zerolog.Nop()); err == nil {
		t.Error("a failed hash")
	}
}

// checkBooking checks that a made-up booking is one the desk could have made until now.
func checkBooking(t *testing.T, b booking.Booking, now time.Time) {
	t.Helper()
	status, at, changes, receipts := booking.Pending, b.CreatedAt, uint64(1), uint64(0)
	for _, e := range b.Updates {
		if e.Timestamp.Before(at.Time) || e.Timestamp.After(now) {
			t.Errorf("%s: entry at %s, after one at %s", b.ID, e.Timestamp, at)
		}
		if e.Status != "" {
			if e.OldStatus != status {
				t.Errorf("%s: chain broken at %s: %s → %s", b.ID, status, e.OldStatus, e.Status)
			}
			status = e.Status
		}
		at = e.Timestamp
		changes++
		receipts += uint64(len(e.ReadBy))
	}
	if status != b.Status || b.Version != changes || b.Revision != changes+receipts || !b.UpdatedAt.Equal(at.Time) {
		t.Errorf("%s: status %s but chain ends at %s; version %d of %d changes; revision %d with %d receipts", b.ID, b.Status, status, b.Version, changes, b.Revision, receipts)
	}
	if !booking.ValidID(b.ID) || b.CreatedAt.After(now) || b.CreatedAt.Before(now.Add(-seedSpan-24*time.Hour)) {
		t.Errorf("%s: created at %s", b.ID, b.CreatedAt)
	}
}

func TestSeedMakesWhatWasAskedFor(t *testing.T) {
	w := newWorld(t, map[string]string{"TIME_ZONE": "Asia/Kolkata", "SEED_PASSWORD": "password123"})
	code := run(t.Context(), []string{"seed", "-bookings", "2500", "-users", "40", "-staff", "3", "-batch", "300"}, w.surroundings)
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, w.errout.String())
	}
	if len(w.store.bookings) != 2500 || len(w.store.users) != 43 || w.store.imports < 9 || !w.store.closed {
		t.Fatalf("%d bookings, %d users, %d imports, closed %v", len(w.store.bookings), len(w.store.users), w.store.imports, w.store.closed)
	}
	months, statuses, brands, ids := map[string]int{}, map[booking.Status]int{}, map[string]bool{}, map[string]bool{}
	last := time.Time{}
	for _, b := range w.store.bookings {
		checkBooking(t, b, clock())
		months[b.CreatedAt.Format("2006-01")]++
		statuses[b.Status]++
		brands[b.Brand] = true
		ids[b.ID] = true
		if b.CreatedAt.Before(last) {
			t.Errorf("%s was made before the one before it", b.ID)
		}
		last = b.CreatedAt.Time
	}
	if len(months) < 12 || len(statuses) != 4 || len(brands) < 10 || len(ids) != 2500 || statuses[booking.Completed] < 1500 {
		t.Errorf("months %v, statuses %v, %d brands, %d ids", months, statuses, len(brands), len(ids))
	}
	if user := w.store.users["customer00040@example.com"]; user.PasswordHash != "hashed:password123" || user.Role != booking.Customer {
		t.Errorf("user %+v", user)
	}
	if out := w.out.String(); !strings.HasPrefix(out, "Made 2500 bookings of 40 customers in ") || !strings.Contains(out, " Completed, ") {
		t.Errorf("summary %q", out)
	}
	if lines := w.errout.String(); strings.Count(lines, "\n") > 10 || !strings.HasSuffix(lines, "2500 of 2500 bookings (100 %)\n") || strings.Contains(lines, "\r") {
		t.Errorf("progress %q", lines)
	}
}

func TestSeedAgainUsesTheSamePeople(t *testing.T) {
	w := newWorld(t, nil)
	for range 2 {
		if code := run(t.Context(), []string{"seed", "-bookings=50", "-users=3", "-staff=1"}, w.surroundings); code != 0 {
			t.Fatal(w.errout.String())
		}
	}
	if len(w.store.bookings) != 100 || len(w.store.users) != 4 {
		t.Fatalf("%d bookings, %d users", len(w.store.bookings), len(w.store.users))
	}
	content := func(b booking.Booking) string {
		b.ID, b.Code = "", ""
		for i := range b.Updates {
			b.Updates[i].ID = ""
		}
		encoded, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		return string(encoded)
	}
	for i := range 50 {
		if first, again := content(w.store.bookings[i]), content(w.store.bookings[50+i]); first != again {
			t.Fatalf("the same seed makes\n%s\nand\n%s", first, again)
		}
	}
	if user := w.store.users["customer00001@example.com"]; len(user.PasswordHash) < len("hashed:")+20 {
		t.Error("the accounts can be signed in to")
	}
}

func TestSeedDrawsAnotherCodeForOneThatIsTaken(t *testing.T) {
	w := newWorld(t, nil)
	refuse := 3
	w.store.onImport = func() error {
		if refuse--; refuse >= 0 {
			return &booking.CodeTakenError{Code: "of nobody"}
		}
		return nil
	}
	if code := run(t.Context(), []string{"seed", "-bookings=10"}, w.surroundings); code != 0 || len(w.store.bookings) != 10 {
		t.Errorf("exit code %d, %d bookings: %s", code, len(w.store.bookings), w.errout.String())
	}
	g := newGenerator(1, nil, nil, clock())
	batch := []booking.Booking{{Code: "AAAAAA"}, {Code: "CCCCCC"}}
	store := newMemory()
	store.codes["CCCCCC"] = true
	if err := importBatch(t.Context(), store, batch, g); err != nil || batch[0].Code != "AAAAAA" || batch[1].Code == "CCCCCC" {
		t.Errorf("codes %s and %s, %v", batch[0].Code, batch[1].Code, err)
	}
}

func TestSeedStopsBetweenBatches(t *testing.T) {
	w := newWorld(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w.store.onImport = func() error {
		if w.store.imports == 2 {
			cancel()
		}
		return nil
	}
	code := run(ctx, []string{"seed", "-bookings=500", "-batch=100"}, w.surroundings)
	if code != exitAtOnce || len(w.store.bookings) != 200 || !w.store.closed {
		t.Errorf("exit code %d, %d bookings, closed %v", code, len(w.store.bookings), w.store.closed)
	}
	if !strings.HasSuffix(w.errout.String(), "stopped after 200 of 500 bookings: context canceled\n") {
		t.Errorf("told %q", w.errout.String())
	}
}

func TestSeedRefuses(t *testing.T) {
	tests := []struct {
		name string
		env  map[string]string
		args []string
		with func(*world)
		code int
		want string
	}{
		{"none", nil, []string{"-bookings=0"}, nil, exitUsage, `--bookings is "0", but must be a whole number from 1 to 10000000.`},
		{"no staff", nil, []string{"-staff=0"}, nil, exitUsage, `--staff is "0", but must be a whole number from 1 to 1000.`},
		{"production", map[string]string{"APP_ENV": production}, nil, nil, exitUsage, `APP_ENV is "production", but must be development to seed made-up bookings, unless --force is given.`},
		{"import that fails", nil, []string{"-bookings=5"}, func(w *world) {
			w.store.onImport = func() error { return errors.New("disk full") }
		}, exitFailed, "import bookings 1 to 5: disk full"},
		{"hash that fails", map[string]string{"SEED_PASSWORD": "unhashable"}, nil, nil, exitFailed, "hash password: no memory"},
		{"codes that are all taken", nil, []string{"-bookings=1"}, func(w *world) {
			w.store.onImport = func() error { return &booking.CodeTakenError{Code: "AAAAAA"} }
		}, exitFailed, "import bookings 1 to 1: booking code AAAAAA is taken"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, test.env)
			if test.with != nil {
				test.with(w)
			}
			code := run(t.Context(), append([]string{"seed"}, test.args...), w.surroundings)
			if got := strings.TrimSpace(w.errout.String()); code != test.code || got != test.want || len(w.store.bookings) != 0 {
				t.Errorf("exit code %d, %d bookings, told %q", code, len(w.store.bookings), got)
			}
		})
	}
	t.Run("production when forced", func(t *testing.T) {
		w := newWorld(t, map[string]string{"APP_ENV": production})
		if code := run(t.Context(), []string{"seed", "--force", "-bookings=5"}, w.surroundings); code != 0 || len(w.store.bookings) != 5 {
			t.Errorf("exit code %d: %s", code, w.errout.String())
		}
	})
}

func TestStoryReportsWhatTheDomainRefuses(t *testing.T) {
	customer := booking.Principal{ID: "c", Name: "C", Role: booking.Customer}
	details := booking.Details{CustomerName: "C", ContactNumber: "1", Address: "a", Brand: "b", Model: "m"}
	s := begin(customer, clock(), "AAAAAA", details).
		then(customer, clock(), booking.ChangeStatus{Status: booking.Completed}).
		then(customer, clock(), booking.AddMessage{Message: "after the failure"})
	if booking.CodeOf(s.err) != booking.CodeForbidden || len(s.booking.Updates) != 0 {
		t.Errorf("got %v with %d entries", s.err, len(s.booking.Updates))
	}
}

func TestProgressWritesLinesElsewhere(t *testing.T) {
	var out bytes.Buffer
	p := newProgress(&out, 3)
	p.add(1)
	p.add(2)
	p.end()
	if out.String() != "1 of 3 bookings (30 %)\n3 of 3 bookings (100 %)\n" {
		t.Errorf("got %q", out.String())
	}
}

func BenchmarkGenerator(b *testing.B) {
	people := []booking.User{{ID: booking.NewID(clock()), Name: "P", Phone: "1", Role: booking.Customer}}
	staff := []booking.User{{ID: booking.NewID(clock()), Name: "S", Phone: "2", Role: booking.Staff}}
	g := newGenerator(1, people, staff, clock())
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := g.booking(g.at(i%1_000_000, 1_000_000)); err != nil {
			b.Fatal(err)
		}
	}
}
