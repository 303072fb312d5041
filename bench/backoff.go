package main

import (
	"math/rand/v2"
	"time"
)

// backoff is how long the stock client waits before it connects again: twice as long after each failure, more or less by
// up to half, five seconds at most.
type backoff struct {
	random *rand.Rand
}

const (
	backoffFirst = time.Second
	backoffMost  = 5 * time.Second
	backoffSpan  = 0.5
)

func newBackoff(seed uint64) backoff { return backoff{rand.New(rand.NewPCG(seed, 0))} }

// after returns the wait after so many failures in a row; 0 is the first one after a connection was lost.
func (b backoff) after(failures int) time.Duration {
	d := backoffFirst
	for range failures {
		if d *= 2; d >= backoffMost {
			d = backoffMost
			break
		}
	}
	d += time.Duration((2*b.random.Float64() - 1) * backoffSpan * float64(d))
	return min(d, backoffMost)
}
