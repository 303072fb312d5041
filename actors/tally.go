package actors

import (
	"context"
	"sync"
	"sync/atomic"
)

// Tally counts actors that run. Its methods may be called from any goroutine; the zero value counts none.
type Tally struct {
	running atomic.Int64

	mu   sync.Mutex
	none chan struct{} // non-nil while somebody waits for the last one to stop; closed then
}

func (t *Tally) started() { t.running.Add(1) }

func (t *Tally) stopped() {
	if t.running.Add(-1) > 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.none != nil {
		close(t.none)
		t.none = nil
	}
}

// Await waits until none of the actors is running, or ctx ends. Their owner has ended them, and spawns no more.
func (t *Tally) Await(ctx context.Context) error {
	for {
		t.mu.Lock()
		if t.running.Load() == 0 {
			t.mu.Unlock()
			return nil
		}
		if t.none == nil {
			t.none = make(chan struct{})
		}
		none := t.none
		t.mu.Unlock()
		select {
		case <-none:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
