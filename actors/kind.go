package actors

import (
	"time"

	"github.com/anthdm/hollywood/actor"
)

// Directive says what happens to an actor that panicked, besides that its caller is told (Failer).
type Directive int

// The directives.
const (
	Stop   Directive = iota // the actor ends; messages that still come are answered by Failer
	Reset                   // the actor drops its state (Resetter) and goes on
	Resume                  // the actor goes on with the state it has
)

// Kind is a sort of actor.
type Kind struct {
	Name      string // in logs, metrics and PIDs
	Directive Directive
	// MaxFailures is how many panics within Window an actor survives; one more gives it up. Zero means 30.
	MaxFailures int
	// Window is where MaxFailures are counted. Zero means 10 s.
	Window time.Duration
	// Singleton marks an actor the server cannot be without: given up, it is Reset and goes on instead of ending.
	Singleton bool
	// Tally, if not nil, counts these actors besides the system's counts: an owner awaits its own with it, where others own
	// actors of the same name.
	Tally *Tally
}

func (k Kind) withDefaults() Kind {
	if k.MaxFailures == 0 {
		k.MaxFailures = 30
	}
	if k.Window == 0 {
		k.Window = 10 * time.Second
	}
	return k
}

// species is what the actors of a kind share.
type species struct {
	Kind
	system *System
	counts *counts
}

// Receiver is an actor: one message at a time, its state touched by nobody else.
type Receiver interface{ Receive(c *Context) }

// Context is what a Receiver gets with a message. It is good only during Receive.
type Context struct {
	message any
	pid     *PID
}

// Message returns the message.
func (c *Context) Message() any { return c.message }

// PID returns the receiver's own address.
func (c *Context) PID() *PID { return c.pid }

// PID addresses an actor.
type PID = actor.PID

// The messages every actor gets: Started before the first of its own, Stopped as the last one, once.
type (
	Started = actor.Started
	Stopped = actor.Stopped
)

// Failer is an actor that wants to know of a message it could not handle: to answer whoever waits for it. Failed is
// called after a panic and, once the actor was stopped by its directive, for every message still in its inbox.
type Failer interface{ Failed(msg any) }

// Resetter is an actor that can drop its state and begin anew.
type Resetter interface{ Reset() }

// Detonate makes the guard of whoever receives it panic: tests send it to see what the server survives.
type Detonate struct{ Reason string }

// NewPID returns the address an actor of this kind and id has, or will have.
func NewPID(kind Kind, id string) *PID {
	return actor.NewPID(actor.LocalLookupAddr, kind.Name+separator+id)
}
