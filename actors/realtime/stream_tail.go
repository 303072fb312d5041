package realtime

import (
	"slices"
	"sync"
	"time"

	"kapoor.example/desk/protocol"
)

// streamTail is the newest part of the bus's log, encoded: who was gone for a moment is served from here. The adapter adds, in the
// order of the log; others read.
type streamTail struct {
	keep                time.Duration
	maxEvents, maxBytes int
	now                 func() time.Time

	mu      sync.RWMutex
	entries []tailEntry
	bytes   int
	floors  map[string]Position // by namespace: entries are all that came after it; without one nothing is known
}

type tailEntry struct {
	namespace     string
	at            *position
	rooms, except []string
	frame         *protocol.Frame
	when          time.Time
}

// add appends an entry. What is too old, or too much, is forgotten.
func (t *streamTail) add(e tailEntry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, known := t.floors[e.namespace]; !known {
		t.floors[e.namespace] = e.at.place
	}
	e.when = t.now()
	t.entries = append(t.entries, e)
	t.bytes += e.frame.Size()
	n := 0
	for ; n < len(t.entries)-1; n++ {
		old := t.entries[n]
		if len(t.entries)-n <= t.maxEvents && t.bytes <= t.maxBytes && e.when.Sub(old.when) <= t.keep {
			break
		}
		t.bytes -= old.frame.Size()
		t.floors[old.namespace] = old.at.place
	}
	clear(t.entries[:n])
	t.entries = t.entries[n:]
}

// forget drops what is known of a namespace, which was left, or of all: something may be missing.
func (t *streamTail) forget(namespaces ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.entries = slices.DeleteFunc(t.entries, func(e tailEntry) bool {
		gone := slices.Contains(namespaces, e.namespace)
		if gone {
			t.bytes -= e.frame.Size()
		}
		return gone
	})
	for _, n := range namespaces {
		delete(t.floors, n)
	}
}

// since returns what stands after one position of a namespace, up to another, for rooms, and the last of it. ok is false
// where that is not known.
func (t *streamTail) since(namespace string, after, upTo Position, rooms []string) (frames []*protocol.Frame, last *position, ok bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	floor, known := t.floors[namespace]
	if !known || after.Compare(floor) < 0 {
		return nil, nil, false
	}
	in := func(list []string) bool {
		return slices.ContainsFunc(list, func(room string) bool { return slices.Contains(rooms, room) })
	}
	for i := len(t.entries) - 1; i >= 0; i-- {
		e := &t.entries[i]
		if e.namespace != namespace || e.at.place.Compare(upTo) > 0 {
			continue
		}
		if e.at.place.Compare(after) <= 0 {
			break
		}
		if in(e.except) || len(e.rooms) > 0 && !in(e.rooms) {
			continue
		}
		if frames = append(frames, e.frame); last == nil {
			last = e.at
		}
	}
	slices.Reverse(frames)
	return frames, last, true
}

// holds reports whether a position is that of an event, and everything after it is here.
func (t *streamTail) holds(namespace string, at Position) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	for i := len(t.entries) - 1; i >= 0; i-- {
		if e := &t.entries[i]; e.namespace == namespace && e.at.place.Compare(at) <= 0 {
			return e.at.place == at
		}
	}
	return false
}
