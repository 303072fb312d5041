package actors

import (
	"runtime/debug"
	"slices"
	"time"
)

// guard stands between an inbox and a Receiver. Only its actor's goroutine uses it.
type guard struct {
	*species
	receiver Receiver
	failures *[]time.Time // of the last Window, oldest first; nil before the first
	ended    bool         // stopped by directive: what still comes is failed
	over     bool         // Stopped is being handled
}

// deliver handles one message. It never panics.
func (p *process) deliver(c *Context) {
	defer func() {
		if reason := recover(); reason != nil {
			p.failed(c.message, reason, debug.Stack())
		}
	}()
	if p.ended && !p.over {
		p.tell(c.message)
		return
	}
	if d, ok := c.message.(Detonate); ok {
		panic(d.Reason)
	}
	p.receiver.Receive(c)
}

// stopped delivers the last message of all.
func (p *process) stopped() {
	p.over = true
	if p.Tally != nil {
		defer p.Tally.stopped() // after the counts, which whoever awaited it may compare
	}
	defer p.counts.stopped()
	p.deliver(&Context{message: Stopped{}, pid: &p.pid})
}

// failed applies the kind's directive after a panic.
func (p *process) failed(msg, reason any, stack []byte) {
	p.counts.panics.Add(1)
	p.system.log.Error().Str("kind", p.Name).Str("actor_id", p.id()).Type("message_type", msg).
		Interface("panic", reason).Bytes("stack", stack).Msg("Actor panicked")
	p.tell(msg)
	if p.over {
		return
	}
	gaveUp := p.tooMany()
	if gaveUp {
		p.failures = nil
		p.counts.gaveUp.Add(1)
		p.system.log.Error().Str("kind", p.Name).Str("actor_id", p.id()).Msg("Actor gave up after too many panics")
	}
	switch {
	case gaveUp && p.Singleton, !gaveUp && p.Directive == Reset:
		p.reset()
	case gaveUp, p.Directive == Stop:
		p.ended = true
	}
}

// tooMany notes a failure and reports whether the window holds more than the kind survives.
func (p *process) tooMany() bool {
	now := p.system.now()
	from := now.Add(-p.Window)
	if p.failures == nil {
		p.failures = &[]time.Time{}
	}
	late := slices.DeleteFunc(*p.failures, func(at time.Time) bool { return at.Before(from) })
	*p.failures = append(late, now)
	return len(*p.failures) > p.MaxFailures
}

func (p *process) tell(msg any) {
	if f, ok := p.receiver.(Failer); ok {
		p.system.Safely(p.Kind, p.id(), func() { f.Failed(msg) })
	}
}

func (p *process) reset() {
	p.counts.restarts.Add(1)
	if r, ok := p.receiver.(Resetter); ok {
		p.system.Safely(p.Kind, p.id(), r.Reset)
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
