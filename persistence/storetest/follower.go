package storetest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"kapoor.example/desk/booking"
)

// follower collects what Follow delivers.
type follower struct {
	d      *desk
	cancel context.CancelFunc
	ended  chan error

	mu      sync.Mutex
	entries []booking.LogEntry
	more    chan struct{} // closed and replaced at each delivery
}

// follow follows the log after a position until the test ends. deliver, if given, is called with each batch first.
func (d *desk) follow(after booking.Position, deliver ...func([]booking.LogEntry) error) *follower {
	d.t.Helper()
	ctx, cancel := context.WithCancel(d.ctx)
	f := &follower{d: d, cancel: cancel, ended: make(chan error, 1), more: make(chan struct{})}
	store := d.store
	go func() {
		f.ended <- store.Follow(ctx, after, func(batch []booking.LogEntry) error {
			for _, g := range deliver {
				if err := g(batch); err != nil {
					return err
				}
			}
			f.mu.Lock()
			defer f.mu.Unlock()
			f.entries = append(f.entries, batch...)
			close(f.more)
			f.more = make(chan struct{})
			return nil
		})
	}()
	d.t.Cleanup(cancel)
	return f
}

// wait returns the first n entries as soon as they are there.
func (f *follower) wait(n int) []booking.LogEntry {
	f.d.t.Helper()
	deadline := time.After(patience)
	for {
		f.mu.Lock()
		entries, more := f.entries, f.more
		f.mu.Unlock()
		if len(entries) >= n {
			return entries[:n:n]
		}
		select {
		case <-more:
		case err := <-f.ended:
			f.d.t.Fatalf("Follow ended after %d entries of %d: %v", len(entries), n, err)
		case <-deadline:
			f.d.t.Fatalf("Follow delivered %d entries of %d within %v", len(entries), n, patience)
		}
	}
}

// all commits one more booking, waits for it and returns everything before it: n entries, no more and no fewer.
func (f *follower) all(n int) []booking.LogEntry {
	f.d.t.Helper()
	last := f.d.create(f.d.person("Marker", booking.Customer))
	entries := f.wait(n + 2) // a new booking has two notices
	for i, e := range entries {
		if (e.BookingID == last.ID) != (i >= n) {
			f.d.t.Fatalf("entry %d of %d is %s of booking %s: something came twice or is missing\n%s", i, n, e.Name, e.BookingID, listing(entries))
		}
	}
	f.ascending(entries)
	return entries[:n]
}

// ascending fails unless positions rise strictly.
func (f *follower) ascending(entries []booking.LogEntry) {
	f.d.t.Helper()
	for i := 1; i < len(entries); i++ {
		if entries[i-1].Position.Compare(entries[i].Position) >= 0 {
			f.d.t.Fatalf("position %v comes behind %v", entries[i].Position, entries[i-1].Position)
		}
	}
}

// stop ends the following and returns what Follow returned.
func (f *follower) stop() error {
	f.d.t.Helper()
	f.cancel()
	return f.end()
}

// end returns what Follow returned, once it did.
func (f *follower) end() error {
	f.d.t.Helper()
	select {
	case err := <-f.ended:
		f.ended <- err
		return err
	case <-time.After(patience):
		f.d.t.Fatal("Follow did not return")
		return nil
	}
}

func listing(entries []booking.LogEntry) string {
	var s string
	for _, e := range entries {
		s += fmt.Sprintf("%v %s %s %s\n", e.Position, e.EventID, e.Name, e.BookingID)
	}
	return s
}

// told lists the log's ids of the notices of commits, in order.
func told(commits ...booking.Commit) []string {
	var ids []string
	for _, c := range commits {
		for _, n := range c.Notices {
			ids = append(ids, n.ID)
		}
	}
	return ids
}

func eventIDs(entries []booking.LogEntry) []string {
	var ids []string
	for _, e := range entries {
		ids = append(ids, e.EventID)
	}
	return ids
}
