package mongo

import (
	"sort"
	"sync"

	"kapoor.example/desk/booking"
)

// ringSize is how many events are kept in memory for those who follow closely.
const ringSize = 2048

// ring is the newest part of the log, in memory: every event from some number on, without gaps, whichever process wrote
// it. Those who follow read here, and from the database only what is older.
type ring struct {
	mu     sync.Mutex
	floor  head    // what comes before events[0]
	events []event // numbered floor.n+1, floor.n+2 …
	more   chan struct{}
}

func newRing(floor head) *ring {
	return &ring{floor: floor, more: make(chan struct{})}
}

// end returns the head of the log as far as the ring knows.
func (r *ring) end() head {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last()
}

func (r *ring) last() head {
	if len(r.events) == 0 {
		return r.floor
	}
	h, err := r.events[len(r.events)-1].head()
	if err != nil {
		panic(err) // add has checked it
	}
	return h
}

// add puts events behind the end, in order. Those that the ring has are left out; it stops at a gap.
func (r *ring) add(events []event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	grown := false
	for _, e := range events {
		switch end := r.last().n; {
		case e.N <= end:
			continue
		case e.N > end+1:
			return nil // somebody is between: whoever tails the collection brings all of them
		}
		if _, err := e.head(); err != nil {
			return err
		}
		r.events, grown = append(r.events, e), true
	}
	if !grown {
		return nil
	}
	// Cut in large steps, so that adding stays cheap.
	if surplus := len(r.events) - ringSize; surplus > ringSize/4 {
		floor, err := r.events[surplus-1].head()
		if err != nil {
			return err
		}
		r.floor, r.events = floor, append([]event(nil), r.events[surplus:]...)
	}
	close(r.more)
	r.more = make(chan struct{})
	return nil
}

// restart forgets everything, and goes on behind a head.
func (r *ring) restart(floor head) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.floor, r.events = floor, nil
	close(r.more)
	r.more = make(chan struct{})
}

// after returns up to limit events with entries after a position, and a channel that is closed when there are more. ok is
// false when the ring does not reach back that far.
func (r *ring) after(p booking.Position, limit int) (events []event, more <-chan struct{}, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p.Compare(r.floor.position) < 0 {
		return nil, nil, false
	}
	at := place(p)
	from := sort.Search(len(r.events), func(i int) bool { return r.events[i].ID > at })
	return r.events[from:min(from+limit, len(r.events))], r.more, true
}
