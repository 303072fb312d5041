package bustest

import (
	"context"
	"errors"
	"testing"

	"kapoor.example/desk/protocol/cluster"
)

// outage: what is published while the log is out of reach is there afterwards, once and in order.
func (s suite) outage(t *testing.T) {
	const n = 100
	h := s.open(t)
	s.need(t, "cut the log off", h.Cut)
	a, b := join(t, h, "/"), join(t, h, "/")
	gather(t, "/", a, b)
	mustPublish(t, a.bus, "/", event(0))
	a.delivered(1)
	b.delivered(1)
	a.eventually("nothing to wait", func() bool { return a.bus.State().Waiting == 0 })
	h.Cut(t)
	for i := 1; i < n; i++ {
		mustPublish(t, a.bus, "/", event(i))
	}
	for _, p := range []*probe{a, b} {
		p.until("word of the outage", func() bool { return len(p.changes) > 0 && p.changes[len(p.changes)-1].Degraded })
		if state := p.bus.State(); !state.Degraded || state.Reason == "" || state.Since.IsZero() {
			t.Errorf("state %+v", state)
		}
	}
	if state := a.bus.State(); state.Waiting != n-1 || state.WaitingBytes == 0 {
		t.Errorf("state %+v", state)
	}
	if err := a.bus.Ask(t.Context(), "/", cluster.FetchSockets{}, nil); !errors.Is(err, cluster.ErrUnavailable) {
		t.Errorf("Ask: %v", err)
	}
	if _, err := a.bus.Since(t.Context(), cluster.Query{Namespace: "/", Epoch: a.bus.Epoch()}); !errors.Is(err, cluster.ErrUnavailable) {
		t.Errorf("Since: %v", err)
	}
	h.Heal(t)
	for _, p := range []*probe{a, b} {
		got := p.delivered(n)
		for i, e := range got {
			if want := payloads([]cluster.Entry{{Message: cluster.Message{Body: event(i)}}}); payloads(got[i:i+1]) != want {
				t.Fatalf("%s instead of %s", payloads(got[i:i+1]), want)
			}
			if (e.Ticket != 0) != (p == a) {
				t.Fatalf("entry %d has ticket %d", i, e.Ticket)
			}
		}
		p.until("word of the end", func() bool { return !p.changes[len(p.changes)-1].Degraded })
		if state := p.bus.State(); state.Degraded || state.Reason != "" {
			t.Errorf("state %+v", state)
		}
		if len(p.missed) > 0 {
			t.Errorf("missed %v", p.missed)
		}
	}
	gather(t, "/", a, b)
}

// loss: a log that has lost what it held has another epoch, goes on, and knows no position of before.
func (s suite) loss(t *testing.T) {
	h := s.open(t)
	s.need(t, "lose the log", h.Lose)
	a, b := join(t, h, "/"), join(t, h, "/")
	for i := range 3 {
		mustPublish(t, a.bus, "/", event(i))
	}
	old := b.delivered(3)
	a.delivered(3)
	epoch := a.bus.Epoch()
	h.Lose(t)
	mustPublish(t, a.bus, "/", event(3))
	mustPublish(t, b.bus, "/", event(4))
	for _, p := range []*probe{a, b} {
		got := p.delivered(5)
		if last := payloads(got[3:]); last != `["e",3] ["e",4]` && last != `["e",4] ["e",3]` {
			t.Errorf("got %s", payloads(got))
		}
		p.eventually("another epoch", func() bool { return p.bus.Epoch() != epoch && p.bus.Epoch() != "" })
		q := cluster.Query{Namespace: "/", After: old[1].Position, Epoch: epoch, Rooms: []string{"s"}}
		if got, err := p.bus.Since(t.Context(), q); !errors.Is(err, cluster.ErrUnknownPosition) {
			t.Errorf("%+v %v", got, err)
		}
		q = cluster.Query{Namespace: "/", After: got[3].Position, Epoch: epoch, Rooms: []string{"s"}}
		if got, err := p.bus.Since(t.Context(), q); err != nil || len(got.Entries) != 1 {
			t.Errorf("after an entry that is there: %+v %v", got, err)
		}
	}
	if a.bus.Epoch() != b.bus.Epoch() {
		t.Errorf("epochs %s and %s", a.bus.Epoch(), b.bus.Epoch())
	}
}

// closing: a closed bus says so, and has written what it could.
func (s suite) closing(t *testing.T) {
	h := s.open(t)
	p := join(t, h, "/")
	b := h.Join(t)
	const n = 50
	told := make(chan error, n)
	for i := range n {
		if _, err := b.Publish("/", event(i), func(_ cluster.Position, err error) { told <- err }); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for range 2 {
		if err := b.Close(ctx); err != nil {
			t.Fatal(err)
		}
	}
	for range n {
		if err := <-told; err != nil {
			t.Errorf("published: %v", err)
		}
	}
	p.delivered(n)
	if err := publish(b, event(0)); !errors.Is(err, cluster.ErrClosed) {
		t.Errorf("Publish: %v", err)
	}
	if err := b.Signal("/", event(0)); !errors.Is(err, cluster.ErrClosed) {
		t.Errorf("Signal: %v", err)
	}
	if err := b.Ask(ctx, "/", cluster.FetchSockets{}, nil); !errors.Is(err, cluster.ErrClosed) {
		t.Errorf("Ask: %v", err)
	}
	if err := b.Run(ctx, p); err != nil {
		t.Errorf("Run: %v", err)
	}
	if h.Cut == nil {
		return
	}
	c := h.Join(t)
	h.Cut(t)
	if _, err := c.Publish("/", event(0), func(_ cluster.Position, err error) { told <- err }); err != nil {
		t.Fatal(err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if err := c.Close(ended); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("Close: %v", err)
	}
	if err := <-told; !errors.Is(err, cluster.ErrClosed) {
		t.Errorf("published: %v", err)
	}
	h.Heal(t)
}
