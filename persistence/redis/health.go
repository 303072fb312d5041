package redis

import (
	"sync"
	"time"

	"kapoor.example/desk/protocol/cluster"
)

// health is whether the log can be read and written.
type health struct {
	now    func() time.Time
	healed func()

	mu       sync.Mutex
	troubles [2]string // of reading and of writing, empty where all is well
	since    time.Time
	told     func(cluster.State) // Receiver.Changed
	telling  sync.Mutex          // held while it is called, so that the calls are in order
}

const (
	reading = iota
	writing
)

func (h *health) init(now func() time.Time, healed func()) {
	h.now, h.healed, h.since = now, healed, now()
}

// tell has changes told to a receiver from now on, or to nobody.
func (h *health) tell(told func(cluster.State)) {
	h.telling.Lock()
	defer h.telling.Unlock()
	h.mu.Lock()
	h.told = told
	state := h.stateLocked()
	h.mu.Unlock()
	if told != nil && state.Degraded {
		told(state)
	}
}

// report says how one of the two goes, in a sentence or with nothing where all is well.
func (h *health) report(which int, trouble string) {
	h.telling.Lock()
	defer h.telling.Unlock()
	h.mu.Lock()
	was := h.stateLocked().Degraded
	h.troubles[which] = trouble
	state := h.stateLocked()
	if changed := state.Degraded != was; !changed {
		h.mu.Unlock()
		return
	}
	h.since = h.now()
	state.Since = h.since
	told := h.told
	h.mu.Unlock()
	if !state.Degraded {
		h.healed()
	}
	if told != nil {
		told(state)
	}
}

func (h *health) state() cluster.State {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.stateLocked()
}

func (h *health) stateLocked() cluster.State {
	reason := h.troubles[writing]
	if reason == "" {
		reason = h.troubles[reading]
	}
	return cluster.State{Degraded: reason != "", Reason: reason, Since: h.since}
}
