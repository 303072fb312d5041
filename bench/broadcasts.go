package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"kapoor.example/desk/bench/swarm"
)

// broadcasts sends to an audience, at a rate or as fast as it receives.
type broadcasts struct {
	*trial
	audience *audience
	swarm    *swarm.Swarm
	caster   *caster
	rate     float64       // writes per second; 0: the next one when all have the last
	burst    int           // broadcasts in one write
	until    atomic.Int64  // when the part ends, by clock, unless there is a rate
	over     atomic.Bool   // the last broadcast of a part with a rate is out
	done     chan struct{} // a token when a part is over and all of it has come
}

// newBroadcasts sends through client 0 of the swarm.
func newBroadcasts(t *trial, s *swarm.Swarm, a *audience, size int) *broadcasts {
	b := &broadcasts{
		trial: t, audience: a, swarm: s, burst: 1, done: make(chan struct{}, 1),
		caster: &caster{clock: t.clock, audience: a, clients: len(a.ledgers), size: size},
	}
	a.drained = b.drained
	return b
}

// warmUp broadcasts for a while and forgets it. It fails where something does not come.
func (b *broadcasts) warmUp(ctx context.Context, d time.Duration) error {
	if d > 0 {
		complete, err := b.part(ctx, d, "warming up")
		if err != nil {
			return err
		}
		if !complete {
			return fmt.Errorf("warming up: %d deliveries did not come: does the server answer fan with %s?", b.audience.pending.Load(), broadcastEvent)
		}
	}
	first := b.caster.seq
	return b.swarm.Each(ctx, func(c *swarm.Client) { b.audience.restart(c, first) })
}

// part broadcasts for a while and waits until all has come. It reports whether it has.
func (b *broadcasts) part(ctx context.Context, d time.Duration, what string) (complete bool, err error) {
	began := b.clock()
	stop := b.progress.watch(func() string {
		return fmt.Sprintf("%s: %.0f of %.0f s, %d deliveries to come, %d errors",
			what, time.Duration(b.clock()-began).Seconds(), d.Seconds(), b.audience.pending.Load(), b.audience.count())
	})
	defer stop()
	if b.rate > 0 {
		err = b.pace(ctx, d)
	} else {
		b.until.Store(b.clock() + int64(d))
		b.next()
	}
	if err != nil {
		return false, err
	}
	patience := time.NewTimer(b.common.Timeout)
	defer patience.Stop()
	if b.rate == 0 {
		patience.Reset(d + b.common.Timeout)
	}
	select {
	case <-b.done:
		return true, nil
	case <-patience.C:
		return false, nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

// drained is called on a loop when everybody has received everything that was sent.
func (b *broadcasts) drained() {
	switch {
	case b.rate > 0:
		b.finishPaced()
	case b.clock() < b.until.Load():
		b.next()
	default:
		b.finish()
	}
}

// finish says that the part is over.
func (b *broadcasts) finish() {
	select {
	case b.done <- struct{}{}:
	default:
	}
}

// finishPaced is finish if the last broadcast is out and has come. With several loops, one may still be at the end of the
// broadcast before while the last one is being sent.
func (b *broadcasts) finishPaced() {
	if b.over.Load() && b.audience.pending.Load() == 0 {
		b.finish()
	}
}

// pace sends the broadcasts at their times, the last one when d is over.
func (b *broadcasts) pace(ctx context.Context, d time.Duration) error {
	interval := time.Duration(float64(time.Second) / b.rate)
	n := max(int(d/interval), 1)
	b.over.Store(false)
	began := b.clock()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for i := range n {
		timer.Reset(time.Duration(began + int64(i+1)*int64(interval) - b.clock()))
		select {
		case <-timer.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		b.swarm.Post(0, func(c *swarm.Client) {
			b.caster.cast(c, b.burst)
			if i == n-1 {
				b.over.Store(true)
				b.finishPaced()
			}
		})
	}
	return nil
}

// next sends what is to be sent when everybody has the last.
func (b *broadcasts) next() {
	b.swarm.Post(0, func(c *swarm.Client) { b.caster.cast(c, b.burst) })
}
