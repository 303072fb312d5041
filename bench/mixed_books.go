package main

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"kapoor.example/desk/bench/result"
	"kapoor.example/desk/bench/swarm"
)

// books are the bookings of a run.
type books struct {
	mu   sync.RWMutex
	all  []*booked
	open []*booked // those that still change
	ids  map[string]*booked
}

// booked is one of them.
type booked struct {
	id      string
	owner   int          // client
	entries atomic.Int64 // of its timeline, about
	typing  atomic.Int64 // when its owner began to type and nobody has seen it yet

	mu        sync.Mutex // held while its status is being changed
	scheduled bool
	over      bool
}

// longTimeline is how many entries a booking gets until it is completed.
const longTimeline = 60

func (l *books) add(id string, owner int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ids == nil {
		l.ids = map[string]*booked{}
	}
	b := &booked{id: id, owner: owner}
	l.all, l.open = append(l.all, b), append(l.open, b)
	l.ids[id] = b
}

// retire leaves a booking alone.
func (l *books) retire(b *booked) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open = slices.DeleteFunc(l.open, func(other *booked) bool { return other == b })
}

// pick returns one that still changes, nil where there is none.
func (l *books) pick(random *rand.Rand) *booked {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if len(l.open) == 0 {
		return nil
	}
	return l.open[random.IntN(len(l.open))]
}

func (l *books) byID(id string) *booked {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.ids[id]
}

// of returns those of a customer.
func (l *books) of(owner int) []*booked {
	l.mu.RLock()
	defer l.mu.RUnlock()
	var own []*booked
	for _, b := range l.all {
		if b.owner == owner {
			own = append(own, b)
		}
	}
	return own
}

func (l *books) list() []*booked {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return slices.Clone(l.all)
}

func (l *books) count() int {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return len(l.all)
}

// settle waits until everybody is back and has what is due, or until patience is over, and notes in the result what is
// missing.
func (m *mixed) settle(ctx context.Context) error {
	end := m.clock() + int64(m.common.Timeout)
	const look = 100 * time.Millisecond
	for m.away.Load() > 0 && m.clock() < end {
		if err := pause(ctx, look); err != nil {
			return err
		}
	}
	m.requests.Wait()
	if n := m.away.Load(); n > 0 {
		m.result.Note("%d customers were not back after %s.", n, m.common.Timeout)
	}
	states, err := m.states(ctx)
	if err != nil {
		return err
	}
	for {
		if m.result.Counts, err = m.check(ctx, states); err != nil {
			return err
		}
		if m.result.Counts.Lost == 0 || m.clock() >= end {
			return nil
		}
		if err := pause(ctx, look); err != nil {
			return err
		}
	}
}

// states reads all bookings.
func (m *mixed) states(ctx context.Context) ([]bookingState, error) {
	list := m.books.list()
	states := make([]bookingState, len(list))
	var reading sync.WaitGroup
	var failed failures
	for i, b := range list {
		m.slots <- struct{}{}
		reading.Go(func() {
			defer func() { <-m.slots }()
			var err error
			if states[i], err = m.api.booking(m.admin.token, b.id); err != nil {
				failed.add(err)
			}
		})
		if ctx.Err() != nil {
			break
		}
	}
	reading.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return states, failed.first()
}

// check compares what every client has received with what REST says.
func (m *mixed) check(ctx context.Context, states []bookingState) (result.Counts, error) {
	var mu sync.Mutex
	var total result.Counts
	err := m.swarm.Each(ctx, func(c *swarm.Client) {
		in := &m.inboxes[c.Index()]
		var counts result.Counts
		for _, state := range states {
			if !m.isCustomer(c.Index()) || m.books.byID(state.ID).owner == c.Index() {
				add(&counts, in.of(state.ID).compare(state, m.isCustomer(c.Index()), m.isCustomer(c.Index()) || m.isAdmin(c.Index())))
			}
		}
		mu.Lock()
		defer mu.Unlock()
		add(&total, counts)
	})
	return total, err
}

// Kinds of timeline entries.
const (
	entryStatus  = "status"
	entryMessage = "message"
)

// compare says what of a booking's events a client has. Each entry of the timeline is a version, from 2 on. Owners are told
// the text of a change of status besides the change; staff hear of messages only where they are assigned, which a timeline
// does not tell, so that only owners and admins are asked for them.
func (d *diary) compare(state bookingState, owner, messages bool) result.Counts {
	c := result.Counts{Doubled: d.doubled, OutOfOrder: d.mixedUp}
	must := func(has bool) {
		c.Expected++
		if has {
			c.Received++
		} else {
			c.Lost++
		}
	}
	if d.known < 1 {
		must(d.created)
	}
	for i, entry := range state.Updates {
		version := uint32(i + 2)
		if version <= d.known {
			continue
		}
		_, told := d.entries[entry.ID]
		if entry.Kind == entryMessage {
			if messages {
				must(told)
			}
			continue
		}
		_, updated := d.updated[version]
		must(updated)
		if owner && entry.Kind == entryStatus {
			must(told)
		}
	}
	return c
}
