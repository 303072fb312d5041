package sqlite

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"kapoor.example/desk/booking"
)

// setup opens a store for one test. Its clock is now.
func setup(t *testing.T, now func() time.Time) *Store {
	t.Helper()
	s, err := Open(Options{Path: filepath.Join(t.TempDir(), "desk.db"), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// commit plans a new booking of owner's at a moment.
func commit(owner string, at time.Time) booking.Commit {
	c, err := booking.Plan(booking.Booking{}, booking.Command{
		ID: booking.NewID(at), BookingID: booking.NewID(at), By: booking.Principal{ID: owner, Name: owner, Role: booking.Customer},
		Do: booking.Create{Code: booking.NewCode(), Details: booking.Details{
			CustomerName: "Ravi Kumar", ContactNumber: "555 0101", Address: "12 Hill Road", Brand: "Samsung", Model: "Frame 55",
		}},
		Key: &booking.IdempotencyKey{UserID: owner, Key: booking.NewID(at), BodyHash: "h"},
	}, at, booking.Policy{})
	if err != nil {
		panic(err) // everything is filled in
	}
	return c
}

// hold stops the writer until release is called, so that what is sent meanwhile is one batch.
func hold(t *testing.T, s *Store) (release func()) {
	t.Helper()
	holding, done := make(chan struct{}), make(chan struct{})
	go func() {
		_ = s.write(context.Background(), "hold", func(*batch) error {
			close(holding)
			<-done
			return nil
		})
	}()
	<-holding
	return sync.OnceFunc(func() { close(done) })
}

// queued waits until so many jobs wait for the writer.
func queued(t *testing.T, s *Store, n int) {
	t.Helper()
	deadline := time.After(10 * time.Second)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for len(s.writer.jobs) < n {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%d jobs wait, not %d", len(s.writer.jobs), n)
		}
	}
}

func count(t *testing.T, s *Store, table string) (n int) {
	t.Helper()
	err := s.read(t.Context(), "count", func(q *session) error {
		_, err := q.one(t.Context(), "SELECT count(*) FROM "+table, nil, &n)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestBadWriteSpoilsNoOther puts writes that fail, are refused or are given up into one batch with good ones.
func TestBadWriteSpoilsNoOther(t *testing.T) {
	s := setup(t, time.Now)
	first := commit("alice", time.Now())
	if err := s.Append(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	release := hold(t, s)
	defer release()
	broken := errors.New("broken")
	gone, leave := context.WithCancel(t.Context())
	writes := map[string]func() error{
		"failing": func() error {
			return s.write(t.Context(), "fail", func(b *batch) error {
				if err := b.exec(`INSERT INTO users SELECT 'u', 'u', 'u', 'u', 'u', '', 'staff', 1, 1, '', 0, 0`); err != nil {
					return err
				}
				if err := b.publish(booking.LogEntry{EventID: "never", Rooms: []string{"u"}}); err != nil {
					return err
				}
				return broken
			})
		},
		"violating": func() error { // its event id exists
			c := commit("alice", time.Now())
			c.Notices[1].ID = first.Notices[0].ID
			return s.Append(t.Context(), c)
		},
		"stale":    func() error { return s.Append(t.Context(), first) },
		"given up": func() error { return s.Append(gone, commit("alice", time.Now())) },
	}
	results := make(chan error, 20)
	failures := map[string]chan error{}
	for range cap(results) {
		go func() { results <- s.Append(t.Context(), commit("bob", time.Now())) }()
	}
	for name, write := range writes {
		result := make(chan error, 1)
		failures[name] = result
		go func() { result <- write() }()
	}
	queued(t, s, cap(results)+len(writes))
	leave()
	release()
	for range cap(results) {
		if err := <-results; err != nil {
			t.Errorf("a good write: %v", err)
		}
	}
	if err := <-failures["failing"]; !errors.Is(err, broken) {
		t.Errorf("failing: %v", err)
	}
	if err := <-failures["violating"]; err == nil || booking.CodeOf(err) != booking.CodeInternal {
		t.Errorf("violating: %v", err)
	}
	var used *booking.KeyUsedError
	if err := <-failures["stale"]; !errors.As(err, &used) {
		t.Errorf("stale: %v", err)
	}
	if err := <-failures["given up"]; !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
	for table, want := range map[string]int{
		"bookings": 21, "log": 42, "audience": 63, "users": 0, "idempotency_keys": 21, "search WHERE search MATCH 'ravi'": 21,
	} {
		if got := count(t, s, table); got != want {
			t.Errorf("%s has %d rows, want %d", table, got, want)
		}
	}
}

// TestFullDisk lets the file grow no more: a write fails whole, and when there is space again the store goes on.
func TestFullDisk(t *testing.T) {
	s := setup(t, time.Now)
	limit := func(pages int) {
		t.Helper()
		err := s.write(t.Context(), "limit", func(b *batch) error { return b.exec(fmt.Sprintf("PRAGMA max_page_count = %d", pages)) })
		if err != nil {
			t.Fatal(err)
		}
	}
	limit(1) // SQLite makes it what there is
	accepted := 0
	var err error
	for err == nil && accepted < 1000 {
		if err = s.Append(t.Context(), commit("alice", time.Now())); err == nil {
			accepted++
		}
	}
	if err == nil || !strings.Contains(err.Error(), "full") || booking.CodeOf(err) != booking.CodeInternal {
		t.Fatalf("after %d bookings: %v", accepted, err)
	}
	if err := s.Import(t.Context(), many(2000)); err == nil || booking.CodeOf(err) != booking.CodeInternal {
		t.Fatalf("Import: %v", err)
	}
	if n := count(t, s, "bookings"); n != accepted {
		t.Fatalf("%d bookings, %d were accepted", n, accepted)
	}
	if n := count(t, s, "log"); n != 2*accepted {
		t.Fatalf("%d log entries of %d bookings", n, accepted)
	}
	limit(1 << 30)
	if err := s.Append(t.Context(), commit("alice", time.Now())); err != nil {
		t.Fatal(err)
	}
}

// TestFollowFromTheTable holds a follower up until the feed has forgotten what it has not seen.
func TestFollowFromTheTable(t *testing.T) {
	s := setup(t, time.Now)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	const each, batches = 3 * followBatch, 7 // of two entries each: more than the feed ever keeps
	reached, held := make(chan struct{}), make(chan struct{})
	var got []booking.LogEntry
	done := make(chan error, 1)
	go func() {
		once := sync.OnceFunc(func() { close(reached); <-held })
		done <- s.Follow(ctx, booking.Position{}, func(entries []booking.LogEntry) error {
			got = append(got, entries...)
			once()
			if len(got) >= 2*(each*batches+1) {
				cancel()
			}
			return nil
		})
	}()
	publish := func(n int) {
		t.Helper()
		err := s.write(t.Context(), "publish", func(b *batch) error {
			for range n {
				for range 2 {
					if err := b.publish(booking.LogEntry{EventID: booking.NewID(b.now), Name: "x", Rooms: []string{"r"}, Payload: []byte("{}")}); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	publish(1)
	<-reached
	for range batches {
		publish(each)
	}
	if _, floor, _ := s.feed.after(0); pack(got[0].Position) >= floor {
		t.Fatal("the feed has not forgotten anything: the test proves nothing")
	}
	close(held)
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	last := int64(0)
	seen := map[string]bool{}
	for _, e := range got {
		if p := pack(e.Position); p <= last {
			t.Fatalf("position %v comes behind %v", e.Position, unpack(last))
		} else {
			last = p
		}
		seen[e.EventID] = true
	}
	if len(got) != 2*(each*batches+1) || len(seen) != len(got) {
		t.Fatalf("%d entries, %d different, of %d", len(got), len(seen), 2*(each*batches+1))
	}
}

// TestFollowPastATrimmedLog follows a log whose entries are gone: only the highest position is remembered.
func TestFollowPastATrimmedLog(t *testing.T) {
	s := setup(t, time.Now)
	if err := s.Append(t.Context(), commit("alice", time.Now())); err != nil {
		t.Fatal(err)
	}
	err := s.write(t.Context(), "trim", func(b *batch) error {
		if err := b.exec(`DELETE FROM log`); err != nil {
			return err
		}
		return b.exec(`DELETE FROM audience`)
	})
	if err != nil {
		t.Fatal(err)
	}
	head := s.feed.newest()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := Open(Options{Path: s.path, Now: func() time.Time { return time.Unix(0, 0) }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := again.Close(); err != nil {
			t.Error(err)
		}
	}()
	stop := errors.New("stop")
	done := make(chan error, 1)
	var entries []booking.LogEntry
	go func() {
		done <- again.Follow(t.Context(), booking.Position{}, func(batch []booking.LogEntry) error {
			entries = append(entries, batch...)
			return stop
		})
	}()
	if err := again.Append(t.Context(), commit("alice", time.Now())); err != nil {
		t.Fatal(err)
	}
	if err := <-done; !errors.Is(err, stop) || pack(entries[0].Position) != head+1 {
		t.Fatalf("%v: %+v", err, entries)
	}
}

// TestPruning lets a year pass: what has lived its time goes, a few rows with each write.
func TestPruning(t *testing.T) {
	now := time.Date(2026, time.March, 10, 9, 0, 0, 0, time.UTC)
	s := setup(t, func() time.Time { return now })
	notify := func() {
		t.Helper()
		c := commit("alice", now)
		c.Notifications = []booking.Notification{{ID: c.Notices[0].ID, UserID: "alice", BookingID: c.After.ID, Timestamp: booking.At(now)}}
		if err := s.Append(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		err := s.RevokeToken(t.Context(), booking.Revocation{UserID: "alice", TokenID: c.After.ID, ExpiresAt: booking.At(now.Add(time.Hour))})
		if err != nil {
			t.Fatal(err)
		}
	}
	for range 60 {
		notify()
	}
	now = now.Add(booking.NotificationTTL + time.Minute)
	for range 60 {
		notify()
	}
	for table, want := range map[string]int{"notifications": 60, "idempotency_keys": 60, "revoked_tokens": 60, "bookings": 120} {
		if got := count(t, s, table); got != want {
			t.Errorf("%s has %d rows, want %d", table, got, want)
		}
	}
}

// TestPositions packs what can come from outside.
func TestPositions(t *testing.T) {
	for _, tt := range []struct {
		name string
		p    booking.Position
		want int64
	}{
		{"zero", booking.Position{}, 0},
		{"first", booking.Position{Seq: 1}, 1},
		{"usual", booking.Position{Ms: 3, Seq: 2}, 3<<20 + 2},
		{"counter too high", booking.Position{Ms: 3, Seq: 1 << 60}, 4<<20 - 1},
		{"the last one", booking.Position{Ms: maxMs, Seq: maxCounter}, 1<<63 - 1},
		{"beyond", booking.Position{Ms: 1 << 63}, 1<<63 - 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := pack(tt.p); got != tt.want {
				t.Errorf("got %d", got)
			}
		})
	}
	last := int64(5)<<20 + maxCounter
	for _, now := range []int64{-1, 0, 5, 4} {
		if next := nextPosition(last, time.UnixMilli(now)); unpack(next) != (booking.Position{Ms: 6}) {
			t.Errorf("after a full counter, at %d: %v", now, unpack(next))
		}
	}
}
