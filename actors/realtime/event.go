package realtime

import (
	"errors"
	"fmt"
	"sync/atomic"

	"kapoor.example/desk/protocol/socketio"
)

// Event is something a client emitted. A middleware may change its Name and Args.
type Event struct {
	Name string
	Args socketio.Args

	socket *Socket
	id     string
	acked  atomic.Bool
}

// Socket returns the socket it came from.
func (e *Event) Socket() *Socket { return e.socket }

// WantsAck reports whether the client waits for an answer.
func (e *Event) WantsAck() bool { return e.id != "" }

// Ack answers the event: once, from any goroutine; later calls and events that want no answer change nothing. It fails
// when an argument cannot be encoded: the event is not answered then, and still can be.
func (e *Event) Ack(args ...any) error {
	if e.id == "" || e.acked.Load() {
		return nil
	}
	data, attachments, err := socketio.EncodeArgs(args...)
	if err != nil {
		return fmt.Errorf("ack %q: %w", e.Name, err)
	}
	if !e.acked.CompareAndSwap(false, true) {
		return nil
	}
	p := socketio.Packet{Type: socketio.Ack, Namespace: e.socket.namespace.name, ID: e.id, Data: data, Attachments: attachments}
	e.socket.write(frameOf(p, false), false, nil)
	return nil
}

// receiveEvent passes an event through the middleware to its listeners.
func (s *Socket) receiveEvent(p socketio.Packet) {
	name, args, err := p.Event()
	if err != nil {
		s.session.actor.violation(err)
		return
	}
	e := &Event{Name: name, Args: socketio.Args{Raw: args, Attachments: p.Attachments}, socket: s, id: p.ID}
	if err := s.admits(e); err != nil {
		s.failed(err)
		return
	}
	for _, f := range s.namespace.onAny {
		f(s, e)
	}
	for _, f := range heard(s, func(l *listeners) list[func(*Event)] { return l.any }) {
		(*f)(e)
	}
	own := heard(s, func(l *listeners) list[func(*Event)] { return l.events[e.Name] })
	handlers := s.namespace.handlers[e.Name]
	for _, f := range handlers {
		f(s, e)
	}
	for _, f := range own {
		(*f)(e)
	}
	if len(handlers)+len(own) == 0 && s.namespace.unhandled != nil {
		s.namespace.unhandled(s, e)
	}
}

// admits runs the middleware of an event.
func (s *Socket) admits(e *Event) error {
	for _, f := range s.namespace.packets {
		if err := f(s, e); err != nil {
			return err
		}
	}
	for _, f := range heard(s, func(l *listeners) list[func(*Event) error] { return l.middleware }) {
		if err := (*f)(e); err != nil {
			return err
		}
	}
	return nil
}

// ErrAckTimeout says that a client did not answer in time.
var ErrAckTimeout = errors.New("operation has timed out")
