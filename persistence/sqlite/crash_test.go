package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"kapoor.example/desk/booking"
	"kapoor.example/desk/persistence/sqlite"
)

// victimPath tells a copy of this test binary to be the victim of TestSurvivesKill.
const victimPath = "SQLITE_TEST_VICTIM_PATH"

// TestVictim is no test: it writes to a store until it is killed, and prints what was acknowledged.
func TestVictim(t *testing.T) {
	path := os.Getenv(victimPath)
	if path == "" {
		return // it is not the victim
	}
	store, err := sqlite.Open(sqlite.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	acknowledged := make(chan booking.Booking)
	for range 4 {
		go func() {
			for {
				var b booking.Booking
				for i := range 3 {
					c := plan(b, []booking.Operation{order(), booking.AddMessage{Message: "hello"}, booking.ChangeStatus{Status: booking.Completed}}[i])
					if err := store.Append(context.Background(), c); err != nil {
						fmt.Fprintln(os.Stdout, "error", err)
						return
					}
					b = c.After
					acknowledged <- b
				}
			}
		}()
	}
	for b := range acknowledged {
		fmt.Fprintln(os.Stdout, "ack", b.ID, b.Revision)
	}
}

// order is a new booking that is filled in.
func order() booking.Create {
	return booking.Create{Code: booking.NewCode(), Details: booking.Details{
		CustomerName: "Ravi Kumar", ContactNumber: "555 0101", Address: "12 Hill Road", Brand: "Samsung", Model: "Frame 55",
	}}
}

// plan decides an operation of a member of staff against b; the zero Booking makes a new one.
func plan(b booking.Booking, do booking.Operation) booking.Commit {
	now := time.Now()
	c := booking.Command{ID: booking.NewID(now), BookingID: b.ID, By: booking.Principal{ID: "sam", Name: "Sam", Role: booking.Staff}, Do: do}
	if c.BookingID == "" {
		c.BookingID = booking.NewID(now)
	}
	commit, err := booking.Plan(b, c, now, booking.Policy{})
	if err != nil {
		panic(err) // every operation here is allowed
	}
	return commit
}

// TestSurvivesKill kills a writing process again and again: whatever it was told is written must be there, whole.
func TestSurvivesKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "desk.db")
	revisions := map[string]uint64{} // the highest acknowledged one of each booking
	rounds := 6
	if testing.Short() {
		rounds = 2
	}
	for range rounds {
		kill(t, path, 20+rand.IntN(200), revisions)
		survived(t, path, revisions)
	}
	t.Logf("%d bookings were acknowledged", len(revisions))
}

// kill starts a victim, and ends it as soon as it has printed so many lines.
func kill(t *testing.T, path string, lines int, revisions map[string]uint64) {
	t.Helper()
	victim := exec.Command(os.Args[0], "-test.run=^TestVictim$")
	victim.Env = append(os.Environ(), victimPath+"="+path)
	out, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	deadline := time.AfterFunc(time.Minute, func() { _ = victim.Process.Kill() })
	defer deadline.Stop()
	printed := bufio.NewScanner(out)
	seen := 0
	for printed.Scan() {
		// The last line may be cut.
		fields := strings.Fields(printed.Text())
		if len(fields) != 3 || fields[0] != "ack" || !booking.ValidID(fields[1]) {
			if len(fields) > 0 && fields[0] != "ack" {
				t.Errorf("the victim says %q", printed.Text())
			}
			continue
		}
		revision, err := strconv.ParseUint(fields[2], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		revisions[fields[1]] = max(revisions[fields[1]], revision)
		if seen++; seen == lines {
			if err := victim.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = victim.Wait() // it was killed, and says so
	if seen < lines {
		t.Fatalf("the victim ended by itself after %d lines", seen)
	}
}

// survived compares what was acknowledged with what is stored, and what is stored with its log.
func survived(t *testing.T, path string, revisions map[string]uint64) {
	t.Helper()
	store, err := sqlite.Open(sqlite.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}()
	head, err := store.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]map[uint64]bool{} // the versions that the log tells of each booking
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	last := booking.Position{}
	err = store.Follow(ctx, last, func(entries []booking.LogEntry) error {
		for _, e := range entries {
			if e.Position.Compare(last) <= 0 {
				t.Errorf("position %v comes behind %v", e.Position, last)
			}
			last = e.Position
			if told[e.BookingID] == nil {
				told[e.BookingID] = map[uint64]bool{}
			}
			switch e.Name {
			case booking.EventBookingCreated:
				told[e.BookingID][1] = true
			case booking.EventBookingMessage:
				told[e.BookingID][2] = true
			case booking.EventBookingUpdated:
				told[e.BookingID][3] = true
			}
		}
		if last.Compare(head) >= 0 {
			cancel()
		}
		return nil
	})
	if ctx.Err() == nil {
		t.Fatalf("Follow: %v", err)
	}
	stored := 0
	q := booking.Query{Limit: booking.MaxLimit, Search: "ravi"} // by the search index, which must have them all, too
	for {
		page, err := store.List(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		stored += len(page.Bookings)
		if q.After = page.Next; q.After == nil {
			break
		}
	}
	if stored != len(told) {
		t.Errorf("%d bookings are found and the log tells of %d", stored, len(told))
	}
	overview, err := store.Overview(t.Context(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if overview.TotalBookings != stored {
		t.Errorf("%d bookings are found and %d are counted", stored, overview.TotalBookings)
	}
	for id, revision := range revisions {
		b, err := store.Load(t.Context(), id)
		if err != nil {
			t.Fatalf("booking %s was acknowledged: %v", id, err)
		}
		if b.Revision < revision || len(b.Updates) != int(b.Revision)-1 || len(told[id]) != int(b.Revision) {
			t.Errorf("booking %s: revision %d was acknowledged, %d is stored with %d entries, the log tells of %d", id, revision, b.Revision, len(b.Updates), len(told[id]))
		}
	}
}
