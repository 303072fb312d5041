package realtime

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"

	"kapoor.example/desk/protocol/cluster"
	"kapoor.example/desk/protocol/cluster/bustest"
)

// lateBus is a bus that delivers only when it is let, and may be full.
type lateBus struct {
	cluster.Bus
	full    atomic.Bool
	deliver chan struct{} // closed when it may deliver
}

func (b *lateBus) Publish(namespace string, body cluster.Body, published func(cluster.Position, error)) (uint64, error) {
	if b.full.Load() {
		return 0, cluster.ErrFull
	}
	return b.Bus.Publish(namespace, body, published)
}

func (b *lateBus) Run(ctx context.Context, r cluster.Receiver) error {
	return b.Bus.Run(ctx, lateReceiver{r, b, ctx})
}

type lateReceiver struct {
	cluster.Receiver
	bus *lateBus
	ctx context.Context
}

func (r lateReceiver) Deliver(entries []cluster.Entry) {
	select {
	case <-r.bus.deliver:
		r.Receiver.Deliver(entries)
	case <-r.ctx.Done():
	}
}

func late(t *testing.T) (*lateBus, *Server) {
	t.Helper()
	bus := &lateBus{Bus: bustest.NewMemory().Join(), deliver: make(chan struct{})}
	t.Cleanup(func() {
		if err := bus.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return bus, setup(t, Options{Bus: bus}, func(s *Server) { s.Of("/") })
}

// TestFullBusKeepsTheOrder: what a full bus did not take reached this server's sockets at once, before what had been emitted
// earlier and was still on its way through the log.
func TestFullBusKeepsTheOrder(t *testing.T) {
	bus, s := late(t)
	c := connect(t, s, "")
	emit := func(name string) {
		t.Helper()
		if err := s.Of("/").Emit(name); err != nil {
			t.Fatal(err)
		}
	}
	emit("first")
	emit("second")
	bus.full.Store(true)
	emit("third")
	c.receives(t, `42["third"]`)
	bus.full.Store(false)
	close(bus.deliver)
	emit("end")
	got := c.until(t, "the end", func(messages []string, _ bool) bool { return slices.Contains(messages, `42["end"]`) })
	got = slices.DeleteFunc(got, func(m string) bool { return m[:2] != "42" })
	if want := []string{`42["first"]`, `42["second"]`, `42["third"]`, `42["end"]`}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

// countingBus takes everything and delivers, once it is let, as many entries of this server one by one.
type countingBus struct {
	*lateBus
	ticket atomic.Uint64
}

func (b *countingBus) Publish(string, cluster.Body, func(cluster.Position, error)) (uint64, error) {
	return b.ticket.Add(1), nil
}

func (b *countingBus) Run(ctx context.Context, r cluster.Receiver) error {
	select {
	case <-b.deliver:
	case <-ctx.Done():
		return nil
	}
	for n := range b.ticket.Load() {
		r.Deliver([]cluster.Entry{{Message: cluster.Message{Sender: b.Name(), Namespace: "/"}, Ticket: n + 1}})
	}
	<-ctx.Done()
	return nil
}

// TestManyUnderway: each delivery of one's own entry used to move all those behind it, under the lock that emitting needs. With
// 100,000 on their way, as many as the bus takes, that took twenty seconds and more.
func TestManyUnderway(t *testing.T) {
	bus := &countingBus{lateBus: &lateBus{Bus: bustest.NewMemory().Join(), deliver: make(chan struct{})}}
	t.Cleanup(func() {
		if err := bus.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	s := setup(t, Options{Bus: bus}, func(s *Server) { s.Of("/") })
	const many = 100_000
	for range many {
		if err := s.Of("/").Emit("e"); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience/2)
	defer cancel()
	close(bus.deliver)
	if err := s.link.settle(ctx); err != nil {
		t.Fatal(err)
	}
}
