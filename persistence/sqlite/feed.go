package sqlite

import (
	"slices"
	"sort"
	"sync"

	"kapoor.example/desk/booking"
)

const (
	// feedSize is how many of the newest entries are kept in memory for those who follow the log closely.
	feedSize = 4096
	// followBatch bounds what is delivered at once.
	followBatch = 256
)

// feed hands what the writer commits to those who follow the log. It never waits for them: who falls behind by more than
// it keeps reads the table.
type feed struct {
	mu      sync.Mutex
	entries []booking.LogEntry // the newest, oldest first; what lies below the length is never written again
	floor   int64              // entries holds all after this position
	head    int64              // the newest position
	changed chan struct{}      // closed with the next entry
}

func newFeed(head int64) *feed {
	return &feed{floor: head, head: head, changed: make(chan struct{})}
}

// publish takes committed entries, in their order. Only the writer calls it.
func (f *feed) publish(entries []booking.LogEntry) {
	if len(entries) == 0 {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.entries = append(f.entries, entries...)
	if len(f.entries) > 2*feedSize {
		old := len(f.entries) - feedSize
		f.floor = pack(f.entries[old-1].Position)
		f.entries = slices.Clone(f.entries[old:])
	}
	f.head = pack(entries[len(entries)-1].Position)
	close(f.changed)
	f.changed = make(chan struct{})
}

func (f *feed) newest() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.head
}

// after returns copies of the entries after a position, followBatch at most. When there is none yet, changed is closed as
// soon as there is. A position before floor is too far back: what is between the two is in the table.
func (f *feed) after(position int64) (entries []booking.LogEntry, floor int64, changed <-chan struct{}) {
	f.mu.Lock()
	kept, floor, changed := f.entries, f.floor, f.changed
	f.mu.Unlock()
	if position < floor {
		return nil, floor, changed
	}
	first := sort.Search(len(kept), func(i int) bool { return pack(kept[i].Position) > position })
	for _, e := range kept[first:min(first+followBatch, len(kept))] {
		entries = append(entries, copyOf(e))
	}
	return entries, floor, changed
}

// copyOf returns an entry that shares nothing with e: what is delivered belongs to whom it is delivered to.
func copyOf(e booking.LogEntry) booking.LogEntry {
	e.Rooms, e.Payload = slices.Clone(e.Rooms), slices.Clone(e.Payload)
	if e.Revocation != nil {
		revocation := *e.Revocation
		e.Revocation = &revocation
	}
	return e
}
