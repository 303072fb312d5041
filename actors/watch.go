package actors

import (
	"sync/atomic"
	"time"
)

// watch notices actors that are busy with one batch of messages for longer than they should: a handler that hangs, a lock
// that is not given back. An actor that begins takes a slot; where all are taken it is not watched.
type watch struct {
	slots [64]slot
	began time.Time
	stuck atomic.Int64
	end   chan struct{}
}

type slot struct {
	actor atomic.Pointer[process]
	since atomic.Int64 // nanoseconds after began; 0 while nobody has the slot
	told  bool         // touched only by look
}

const (
	// stuckAfter is how long an actor may be busy with what it has taken out of its inbox.
	stuckAfter = 10 * time.Second
	lookEvery  = 2 * time.Second
)

func newWatch() *watch { return &watch{began: time.Now(), end: make(chan struct{})} }

// enter notes that an actor begins. The slot is given back with leave; nil is none.
func (w *watch) enter(p *process) *slot {
	for i := range w.slots {
		s := &w.slots[i]
		if s.actor.Load() == nil && s.actor.CompareAndSwap(nil, p) {
			s.since.Store(max(1, int64(time.Since(w.began))))
			return s
		}
	}
	return nil
}

// again notes that it begins with the next batch.
func (w *watch) again(s *slot) {
	if s != nil {
		s.since.Store(max(1, int64(time.Since(w.began))))
	}
}

func (w *watch) leave(s *slot) {
	if s != nil {
		s.since.Store(0)
		s.actor.Store(nil)
	}
}

// run looks until the system ends.
func (w *watch) run(s *System) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			w.look(s, time.Since(w.began))
		case <-w.end:
			return
		}
	}
}

func (w *watch) stop() { close(w.end) }

// look says which actors are stuck: each once, and when it is over.
func (w *watch) look(s *System, now time.Duration) {
	stuck := int64(0)
	for i := range w.slots {
		slot := &w.slots[i]
		p, since := slot.actor.Load(), time.Duration(slot.since.Load())
		busy := now - since
		if p == nil || since == 0 || busy < stuckAfter {
			slot.told = false
			continue
		}
		stuck++
		if !slot.told {
			slot.told = true
			s.log.Error().Str("actor", p.pid.ID).Int64("busy_ms", busy.Milliseconds()).Msg("Actor is stuck")
		}
	}
	w.stuck.Store(stuck)
}

// Stuck returns how many actors have been busy with one batch of messages for more than ten seconds. Each has its line in
// the log.
func (s *System) Stuck() int64 { return s.watch.stuck.Load() }
