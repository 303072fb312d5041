// Package bustest is what a cluster.Bus promises, as tests: a bus is right when Run passes on it. Memory is a bus within one
// process, for the tests of those who use one.
package bustest

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"kapoor.example/desk/protocol/cluster"
)

// Harness is a cluster without servers, and what a test may do to it. A nil function is something that cannot be done to
// it; the tests that need it are skipped, and fail when CI=true.
type Harness struct {
	// Join opens the bus of one more server. The test closes it.
	Join func(t *testing.T) cluster.Bus
	// Cut makes the log unreachable for every server, and Heal reachable again.
	Cut, Heal func(t *testing.T)
	// Lose makes the log forget everything, also that it ever was.
	Lose func(t *testing.T)
	// Trim makes the log forget everything it holds because of its age.
	Trim func(t *testing.T)
}

// Run tests everything that a bus promises, each test on a cluster of its own.
func Run(t *testing.T, open func(t *testing.T) Harness) {
	s := suite{open}
	t.Run("Order", s.order)
	t.Run("Bodies", s.bodies)
	t.Run("Namespaces", s.namespaces)
	t.Run("Published", s.published)
	t.Run("Refused", s.refused)
	t.Run("Signals", s.signals)
	t.Run("Asking", s.asking)
	t.Run("Unanswered", s.unanswered)
	t.Run("Acks", s.acks)
	t.Run("Since", s.since)
	t.Run("SinceInPages", s.pages)
	t.Run("SinceUnknown", s.unknown)
	t.Run("SinceTrimmed", s.trimmed)
	t.Run("Marks", s.marks)
	t.Run("Outage", s.outage)
	t.Run("Loss", s.loss)
	t.Run("Close", s.closing)
}

type suite struct{ open func(t *testing.T) Harness }

// patience is how long anything may take that has to happen.
const patience = 20 * time.Second

func (s suite) need(t *testing.T, what string, f func(*testing.T)) {
	t.Helper()
	if f != nil {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("this harness cannot %s, and nothing else proves it", what)
	}
	t.Skipf("This harness cannot %s.", what)
}

// join opens a server's bus and has a probe receive what comes over it.
func join(t *testing.T, h Harness, namespaces ...string) *probe {
	t.Helper()
	p := &probe{t: t, bus: h.Join(t), more: make(chan struct{}, 1)}
	for _, n := range namespaces {
		p.bus.Enter(n)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.bus.Run(ctx, p) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
		closing, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := p.bus.Close(closing); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return p
}

// event returns a broadcast that carries a number.
func event(n int, rooms ...string) cluster.Broadcast {
	return cluster.Broadcast{To: cluster.Target{Rooms: rooms}, Data: fmt.Appendf(nil, `["e",%d]`, n)}
}

func mustPublish(t *testing.T, b cluster.Bus, namespace string, body cluster.Body) uint64 {
	t.Helper()
	ticket, err := b.Publish(namespace, body, nil)
	if err != nil {
		t.Fatalf("Publish: %v", err)
	}
	if ticket == 0 {
		t.Fatal("ticket 0 is nobody's")
	}
	return ticket
}

// gather makes sure that servers know of each other: each can ask all the others.
func gather(t *testing.T, namespace string, all ...*probe) {
	t.Helper()
	for _, p := range all {
		p.eventually("the others to be there", func() bool {
			heard := map[string]bool{}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			err := p.bus.Ask(ctx, namespace, cluster.FetchSockets{}, func(sender string, _ cluster.Body) { heard[sender] = true })
			return err == nil && len(heard) == len(all)-1
		})
	}
}
