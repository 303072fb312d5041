package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"kapoor.example/desk/bench/result"
	"kapoor.example/desk/bench/swarm"
)

// returners are clients that come back. They implement swarm.Observer.
type returners struct {
	failures              // of connects, before and after the storm
	broken   failures     // connections that nobody cut
	comeBack atomic.Bool  // lost connections and failed connects are tried again
	since    atomic.Int64 // from when the way back is timed, by clock
	missing  atomic.Int64 // that are not back yet
	back     chan struct{}

	lost       []bool // by client: its return counts
	attempts   []int  // by client: failures in a row
	backoffs   []backoff
	histograms []*result.Histogram // by loop, of the way back
}

func newReturners(clients, loops int) *returners {
	r := &returners{back: make(chan struct{}, 1), lost: make([]bool, clients), attempts: make([]int, clients)}
	for i := range loops {
		r.backoffs = append(r.backoffs, newBackoff(uint64(i)))
		r.histograms = append(r.histograms, result.NewHistogram())
	}
	return r
}

// Connected implements swarm.Observer.
func (r *returners) Connected(c *swarm.Client, at int64, _ []byte) {
	i := c.Index()
	r.attempts[i] = 0
	if !r.lost[i] {
		return
	}
	r.lost[i] = false
	r.histograms[i%len(r.histograms)].Record(time.Duration(at - r.since.Load()))
	if r.missing.Add(-1) == 0 {
		r.back <- struct{}{}
	}
}

// Packet implements swarm.Observer.
func (r *returners) Packet(*swarm.Client, int64, []byte) {}

// Closed implements swarm.Observer.
func (r *returners) Closed(c *swarm.Client, _ int64, why *swarm.CloseError) {
	i := c.Index()
	switch {
	case why.Phase < swarm.Connected:
		r.add(why)
	case !r.lost[i]:
		r.broken.add(why)
	}
	if r.comeBack.Load() {
		c.ConnectAfter(r.backoffs[i%len(r.backoffs)].after(r.attempts[i]))
		r.attempts[i]++
	}
}

// storm cuts all and waits until they are back: figures are called after name.
func (r *returners) storm(ctx context.Context, t *trial, s *swarm.Swarm, name string, cut func() error) error {
	if err := s.Each(ctx, func(c *swarm.Client) { r.lost[c.Index()] = true }); err != nil {
		return err
	}
	r.comeBack.Store(true)
	r.missing.Store(int64(s.Clients()))
	before := r.count()
	if err := cut(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	stop := t.progress.watch(func() string { return fmt.Sprintf("%s: %d are not back yet", name, r.missing.Load()) })
	defer stop()
	patience := time.NewTimer(t.common.Timeout)
	defer patience.Stop()
	select {
	case <-r.back:
	case <-patience.C:
		t.result.Note("%s: %d were not back after %s.", name, r.missing.Load(), t.common.Timeout)
	case <-ctx.Done():
		return ctx.Err()
	}
	return r.report(ctx, t, s, name, before)
}

// report adds what the way back took to the result, and forgets it.
func (r *returners) report(ctx context.Context, t *trial, s *swarm.Swarm, name string, before int) error {
	all := result.NewHistogram()
	taken := make([]*result.Histogram, len(r.histograms))
	err := s.Each(ctx, func(c *swarm.Client) { // on the loops, which may still be at work
		if i := c.Index(); i < len(taken) {
			taken[i], r.histograms[i] = r.histograms[i], result.NewHistogram()
		}
	})
	if err != nil {
		return err
	}
	for _, h := range taken {
		if h != nil {
			all.Merge(h)
		}
	}
	l := all.Latency(name + "_back")
	t.result.Latencies = append(t.result.Latencies, l)
	t.result.Add(name+"_back_p50", result.Seconds, seconds(l.P50))
	t.result.Add(name+"_back_p95", result.Seconds, all.At(95).Seconds())
	t.result.Add(name+"_back_last", result.Seconds, seconds(l.Max))
	t.result.Add(name+"_failed_attempts", result.Count, float64(r.count()-before))
	counts := &t.result.Counts
	counts.Expected += uint64(s.Clients())
	counts.Received += uint64(l.Count)
	counts.Lost += uint64(s.Clients()) - uint64(l.Count)
	counts.Errors = uint64(r.broken.count())
	return nil
}

func seconds(microseconds float64) float64 { return microseconds / 1e6 }
