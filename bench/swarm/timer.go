package swarm

import "errors"

// ErrTimeout says that a connect took too long.
var ErrTimeout = errors.New("timeout")

// timer is something due for one attempt of a client: the end of its patience, or the next attempt.
type timer struct {
	at      int64
	client  *Client
	attempt uint32
}

// timers is a heap, the earliest first.
type timers []timer

func (t *timers) push(x timer) {
	h := append(*t, x)
	for i := len(h) - 1; i > 0; {
		parent := (i - 1) / 2
		if h[parent].at <= h[i].at {
			break
		}
		h[parent], h[i] = h[i], h[parent]
		i = parent
	}
	*t = h
}

// pop takes the earliest; there must be one.
func (t *timers) pop() timer {
	h := *t
	first, last := h[0], len(h)-1
	h[0] = h[last]
	h[last] = timer{}
	h = h[:last]
	for i := 0; ; {
		child := 2*i + 1
		if child >= len(h) {
			break
		}
		if child+1 < len(h) && h[child+1].at < h[child].at {
			child++
		}
		if h[i].at <= h[child].at {
			break
		}
		h[i], h[child] = h[child], h[i]
		i = child
	}
	*t = h
	return first
}
