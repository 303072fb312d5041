package actors

import (
	"runtime/debug"
	"time"

	"github.com/anthdm/hollywood/actor"
)

// guard stands between Hollywood and a Receiver. Only its actor's goroutine uses it.
type guard struct {
	system   *System
	kind     Kind
	counts   *counts
	id       string
	receiver Receiver
	failures []time.Time // of the last Window, oldest first
	ended    bool        // stopped by directive: what still comes is failed
	stopped  bool        // Hollywood may deliver Stopped twice
}

// Receive implements actor.Receiver. It never panics.
func (g *guard) Receive(c *actor.Context) {
	msg := c.Message()
	switch msg.(type) {
	case actor.Initialized:
		return
	case actor.Stopped:
		if g.stopped {
			return
		}
		g.stopped = true
		if g.kind.Tally != nil {
			defer g.kind.Tally.stopped() // after the counts, which whoever awaited it may compare
		}
		defer g.counts.stopped()
	default:
		if g.ended {
			g.tell(msg)
			return
		}
	}
	g.deliver(c, msg)
}

func (g *guard) deliver(c *actor.Context, msg any) {
	defer func() {
		if reason := recover(); reason != nil {
			g.failed(c, msg, reason, debug.Stack())
		}
	}()
	if d, ok := msg.(Detonate); ok {
		panic(d.Reason)
	}
	g.receiver.Receive(c)
}

// failed applies the kind's directive after a panic.
func (g *guard) failed(c *actor.Context, msg, reason any, stack []byte) {
	g.counts.panics.Add(1)
	g.system.log.Error().Str("kind", g.kind.Name).Str("actor_id", g.id).Type("message_type", msg).
		Interface("panic", reason).Bytes("stack", stack).Msg("Actor panicked")
	g.tell(msg)
	if g.stopped {
		return
	}
	gaveUp := g.tooMany()
	if gaveUp {
		g.failures = nil
		g.counts.gaveUp.Add(1)
		g.system.log.Error().Str("kind", g.kind.Name).Str("actor_id", g.id).Msg("Actor gave up after too many panics")
	}
	switch {
	case gaveUp && g.kind.Singleton, !gaveUp && g.kind.Directive == Reset:
		g.reset()
	case gaveUp, g.kind.Directive == Stop:
		g.ended = true
		c.Engine().Stop(c.PID())
	}
}

// tooMany notes a failure and reports whether the window holds more than the kind survives.
func (g *guard) tooMany() bool {
	now := g.system.now()
	from := now.Add(-g.kind.Window)
	for len(g.failures) > 0 && g.failures[0].Before(from) {
		g.failures = g.failures[1:]
	}
	g.failures = append(g.failures, now)
	return len(g.failures) > g.kind.MaxFailures
}

func (g *guard) tell(msg any) {
	if f, ok := g.receiver.(Failer); ok {
		g.system.Safely(g.kind, g.id, func() { f.Failed(msg) })
	}
}

func (g *guard) reset() {
	g.counts.restarts.Add(1)
	if r, ok := g.receiver.(Resetter); ok {
		g.system.Safely(g.kind, g.id, r.Reset)
	}
}

// Safely runs a part of an actor's work that must not keep the rest from being done, such as a hook while it cleans up:
// a panic in it is logged and counted, nothing more.
func (s *System) Safely(kind Kind, id string, f func()) {
	defer func() {
		if reason := recover(); reason != nil {
			s.counts(kind.Name).panics.Add(1)
			s.log.Error().Str("kind", kind.Name).Str("actor_id", id).Interface("panic", reason).
				Bytes("stack", debug.Stack()).Msg("Actor panicked in a part of its work")
		}
	}()
	f()
}
