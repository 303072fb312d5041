package faults

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"kapoor.example/desk/bench/swarm"
)

// setting is a desk with watchers and writers.
type setting struct {
	*desk
	watchers *watchers
	writers  *writers
	admin    string
	before   map[string]bool
}

func set(t *testing.T, clients, writers int, pause time.Duration, backoff func(int) time.Duration, env ...string) *setting {
	t.Helper()
	s := &setting{desk: startDesk(t, env...)}
	s.admin = s.login("admin@example.com", "admin123")
	s.before = ids(s.all(s.admin))
	s.watchers = newWatchers(t, s.address(), clients, same(s.login("staff@example.com", "staff123")), backoff)
	s.writers = s.write(t, writers, pause)
	return s
}

// after stops the writers, and compares.
func (s *setting) after(t *testing.T) {
	t.Helper()
	s.writers.end()
	s.watchers.compare(t, expected(s.all(s.admin), s.before))
	s.bounded(t, len(s.watchers.ledgers), 0)
}

// while does something so many times, each after a random while.
func while(t *testing.T, n int, least, most time.Duration, do func(round int)) {
	t.Helper()
	for round := range n {
		pass(t, least+rand.N(most-least))
		do(round)
	}
}

// pass lets time pass: how long something lasts is what the test is about.
func pass(t *testing.T, d time.Duration) {
	t.Helper()
	select {
	case <-time.After(d):
	case <-t.Context().Done():
	}
}

// TestCuts: clients that are cut again and again while bookings change get everything, once and in order.
func TestCuts(t *testing.T) {
	clients, rounds, gone, every, pause := 150, 4, 300*time.Millisecond, 1500*time.Millisecond, 20*time.Millisecond
	if long() {
		clients, rounds, gone, every, pause = 1000, 8, 2*time.Second, 15*time.Second, 200*time.Millisecond
	}
	s := set(t, clients, 4, pause, soon)
	// Each client is cut once in a round, at a moment of its own.
	var all sync.WaitGroup
	for range rounds {
		for i := range clients {
			at := rand.N(every)
			all.Go(func() {
				select {
				case <-time.After(at):
				case <-t.Context().Done():
					return
				}
				s.watchers.swarm.Post(i, func(c *swarm.Client) {
					if c.Phase() == swarm.Connected {
						c.Cut(rand.IntN(2) == 0)
						c.ConnectAfter(gone)
					}
				})
			})
		}
		all.Wait()
	}
	s.after(t)
}

// TestKills: a server that is killed at any moment loses no event that was committed, and tells none that was not.
func TestKills(t *testing.T) {
	s := set(t, amount(40, 50), 8, 0, soon)
	while(t, amount(6, 200), 50*time.Millisecond, 500*time.Millisecond, func(int) {
		s.end(syscall.SIGKILL)
		s.start()
	})
	s.after(t)
	t.Logf("%d bookings made, %d changed", s.writers.created.Load(), s.writers.changed.Load())
}

// TestStops: a client that repeats its requests with their keys over restarts has exactly its bookings in the end.
func TestStops(t *testing.T) {
	s := set(t, amount(100, 500), 8, 0, soon)
	while(t, 5, 300*time.Millisecond, 800*time.Millisecond, func(int) {
		s.end(syscall.SIGTERM)
		s.start()
	})
	s.after(t)
	keyed := map[string]string{}
	for _, b := range s.all(s.admin) {
		if s.before[b.ID] {
			continue
		}
		if other := keyed[b.Invoice]; other != "" {
			t.Errorf("key %s made %s and %s", b.Invoice, other, b.ID)
		}
		keyed[b.Invoice] = b.ID
	}
	for key, id := range s.writers.keys {
		if keyed[key] != id {
			t.Errorf("key %s was answered with %s, but there is %q", key, id, keyed[key])
		}
	}
	if len(keyed) != len(s.writers.keys) {
		t.Errorf("%d bookings for %d keys", len(keyed), len(s.writers.keys))
	}
	t.Logf("%d bookings, one for each key", len(keyed))
}

// TestRestart: thousands that lose the server at once are all back, and have recovered.
func TestRestart(t *testing.T) {
	clients := amount(600, 5000)
	s := set(t, clients, 2, time.Duration(amount(20, 200))*time.Millisecond, stock)
	back := make(chan int64, clients)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := s.watchers.swarm.Each(ctx, func(*swarm.Client) { s.watchers.onReturn = func(_ int, at int64) { back <- at } }); err != nil {
		t.Fatal(err)
	}
	down := s.watchers.clock()
	s.end(syscall.SIGKILL)
	s.start()
	ready := s.watchers.clock()
	var took []time.Duration
	for range clients {
		select {
		case at := <-back:
			took = append(took, time.Duration(at-ready))
		case <-ctx.Done():
			t.Fatalf("%d of %d are back", len(took), clients)
		}
	}
	s.after(t)
	slices.Sort(took)
	t.Logf("down for %v; back after readiness: p50 %v, p95 %v, last %v",
		time.Duration(ready-down).Round(time.Millisecond), percentile(took, .5), percentile(took, .95), percentile(took, 1))
}
