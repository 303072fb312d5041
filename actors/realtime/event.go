package realtime

import (
	"errors"
	"strconv"
	"sync/atomic"
	"time"

	"kapoor.example/desk/actors"
	"kapoor.example/desk/protocol/socketio"
)

// Event is something a client emitted.
type Event struct {
	Name string
	Args socketio.Args

	socket *Socket
	id     string
	acked  atomic.Bool
}

// WantsAck reports whether the client waits for an answer.
func (e *Event) WantsAck() bool { return e.id != "" }

// Ack answers the event: once, from any goroutine; later calls and events that want no answer change nothing.
func (e *Event) Ack(args ...any) error {
	if e.id == "" || !e.acked.CompareAndSwap(false, true) {
		return nil
	}
	data, attachments, err := socketio.EncodeArgs(args...)
	if err != nil {
		return err
	}
	e.socket.session.write(socketio.Packet{Type: socketio.Ack, Namespace: e.socket.namespace.name, ID: e.id, Data: data, Attachments: attachments}, false)
	return nil
}

func (s *Socket) receiveEvent(p socketio.Packet) {
	name, args, err := p.Event()
	if err != nil {
		s.session.actor.violation(err.Error())
		return
	}
	handler := s.namespace.handlers[name]
	if handler == nil {
		handler = s.namespace.fallback
	}
	if handler == nil {
		return
	}
	handler(s, &Event{Name: name, Args: socketio.Args{Raw: args, Attachments: p.Attachments}, socket: s, id: p.ID})
}

// ErrAckTimeout says that a client did not answer in time.
var ErrAckTimeout = errors.New("operation has timed out")

// pendingAck waits for a client's answer.
type pendingAck struct {
	answer func(socketio.Args, error)
	timer  *actors.Timer
}

type ackDue struct {
	socket *Socket
	id     uint64
}

// EmitWithAck sends an event and calls answer once with what the client acknowledges it with, with ErrAckTimeout after
// timeout, or with ErrNotConnected when the socket ends before. A timeout of zero waits for ever. answer is called on the
// session's actor and must not block.
func (s *Socket) EmitWithAck(timeout time.Duration, answer func(socketio.Args, error), name string, args ...any) error {
	if !s.connected.Load() {
		return ErrNotConnected
	}
	s.mu.Lock()
	id := s.nextAck
	s.nextAck++
	if s.acks == nil {
		s.acks = map[uint64]*pendingAck{}
	}
	pending := &pendingAck{answer: answer}
	if timeout > 0 {
		pending.timer = s.session.server.system.After(timeout, s.session.pid, ackDue{s, id})
	}
	s.acks[id] = pending
	s.mu.Unlock()
	if err := s.emit(name, strconv.FormatUint(id, 10), args); err != nil {
		s.takeAck(id)
		return err
	}
	return nil
}

func (s *Socket) receiveAck(p socketio.Packet) {
	id, err := strconv.ParseUint(p.ID, 10, 64)
	if err != nil {
		return // an id this server never gave out: ignored, as any unknown one
	}
	pending := s.takeAck(id)
	if pending == nil {
		return
	}
	args, err := p.Args()
	if err != nil {
		s.session.actor.violation(err.Error())
		return
	}
	pending.answer(args, nil)
}

func (s *Socket) expireAck(id uint64) {
	if pending := s.takeAck(id); pending != nil {
		pending.answer(socketio.Args{}, ErrAckTimeout)
	}
}

func (s *Socket) takeAck(id uint64) *pendingAck {
	s.mu.Lock()
	defer s.mu.Unlock()
	pending := s.acks[id]
	if pending != nil {
		pending.timer.Stop()
		delete(s.acks, id)
	}
	return pending
}

// takeAcks takes every answer that is waited for; none is from now on.
func (s *Socket) takeAcks() map[uint64]*pendingAck {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := s.acks
	s.acks = nil
	for _, pending := range taken {
		pending.timer.Stop()
	}
	return taken
}
