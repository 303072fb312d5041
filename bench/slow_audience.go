package main

import (
	"context"
	"sync/atomic"

	"kapoor.example/desk/bench/swarm"
)

// slowAudience is an audience whose last members may stop reading. They are never counted: only what the others get is.
// When they read on, what they find is.
type slowAudience struct {
	audience
	healthy int
	ends    failures     // how the connections of the stopped ended
	found   atomic.Int64 // broadcasts that they read when they read on
	reading atomic.Bool  // they have begun to
	news    atomic.Int64 // packets and ends that came to them since
}

func newSlowAudience(clients, healthy, loops int) *slowAudience {
	return &slowAudience{audience: *newAudience(healthy, loops), healthy: healthy}
}

// Packet implements swarm.Observer.
func (a *slowAudience) Packet(c *swarm.Client, at int64, packet []byte) {
	if c.Index() < a.healthy {
		a.audience.Packet(c, at, packet)
		return
	}
	if a.reading.Load() {
		a.news.Add(1)
		a.found.Add(1)
	}
}

// Closed implements swarm.Observer.
func (a *slowAudience) Closed(c *swarm.Client, at int64, why *swarm.CloseError) {
	if c.Index() < a.healthy || why.Phase < swarm.Connected {
		a.audience.Closed(c, at, why)
		return
	}
	a.news.Add(1)
	a.ends.add(why)
}

// stop lets a client stop reading if it is one of those that do.
func (a *slowAudience) stop(c *swarm.Client) {
	if c.Index() >= a.healthy {
		c.Pause()
	}
}

// resume lets the stopped read on, until nothing more comes to them or all are closed, and tells what they found.
func (a *slowAudience) resume(ctx context.Context, t *trial, s *swarm.Swarm) error {
	a.reading.Store(true)
	stopped := s.Clients() - a.healthy
	if err := s.Each(ctx, func(c *swarm.Client) { c.Resume() }); err != nil {
		return err
	}
	const looks = 20
	for before := int64(-1); a.ends.count() < stopped && before != a.news.Load(); {
		before = a.news.Load()
		for range looks {
			if err := pause(ctx, t.common.Timeout/(looks*looks)); err != nil {
				return err
			}
			if a.ends.count() == stopped {
				break
			}
		}
	}
	t.result.Note("%d of %d that had stopped were closed by the server; they read %d broadcasts when they read on.",
		a.ends.count(), stopped, a.found.Load())
	for _, end := range a.ends.most() {
		t.result.Note("%d × %s", end.times, end.text)
	}
	return nil
}
