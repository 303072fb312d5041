package realtime

import (
	"fmt"
	"strconv"
	"time"

	"kapoor.example/desk/actors"
	"kapoor.example/desk/protocol"
	"kapoor.example/desk/protocol/socketio"
)

// Sender says how an event is sent to one socket. It is immutable: its operators return copies.
type Sender struct {
	socket   *Socket
	volatile bool
	plain    bool
	timeout  time.Duration
}

// Volatile returns a Sender whose events are dropped unless the connection can take them at once.
func (s *Socket) Volatile() Sender { return Sender{socket: s}.Volatile() }

// Compress returns a Sender whose events make the polling answer they are in compressible, or not. Without it they do.
func (s *Socket) Compress(on bool) Sender { return Sender{socket: s}.Compress(on) }

// Timeout returns a Sender that waits so long for an ack.
func (s *Socket) Timeout(d time.Duration) Sender { return Sender{socket: s}.Timeout(d) }

// Emit sends an event to this client. It fails when an argument cannot be encoded or the name is reserved; that the
// client gets it is not promised.
func (s *Socket) Emit(name string, args ...any) error { return Sender{socket: s}.Emit(name, args...) }

// Send emits a "message".
func (s *Socket) Send(args ...any) error { return s.Emit(messageEvent, args...) }

// Write is Send.
func (s *Socket) Write(args ...any) error { return s.Send(args...) }

// EmitWithAck is Sender.EmitWithAck without a timeout.
func (s *Socket) EmitWithAck(answer func(socketio.Args, error), name string, args ...any) error {
	return Sender{socket: s}.EmitWithAck(answer, name, args...)
}

// messageEvent is what Send and Write emit.
const messageEvent = "message"

// Volatile is Socket.Volatile.
func (t Sender) Volatile() Sender {
	t.volatile = true
	return t
}

// Compress is Socket.Compress.
func (t Sender) Compress(on bool) Sender {
	t.plain = !on
	return t
}

// Timeout is Socket.Timeout.
func (t Sender) Timeout(d time.Duration) Sender {
	t.timeout = d
	return t
}

// Emit is Socket.Emit.
func (t Sender) Emit(name string, args ...any) error { return t.emit(name, "", args) }

func (t Sender) emit(name, id string, args []any) error {
	data, attachments, err := socketio.EncodeEvent(name, args...)
	if err != nil {
		return fmt.Errorf("emit %q: %w", name, err)
	}
	if h := t.socket.session.server.history; h != nil && id == "" && !t.volatile {
		// It gets its place among the events that can be replayed.
		to := Broadcast{namespace: t.socket.namespace, rooms: []string{t.socket.id}, plain: t.plain}
		t.socket.session.server.adapter.send(broadcast{Broadcast: to, data: data, attachments: attachments})
		return nil
	}
	if st := t.socket.session.server.stream; st != nil && id == "" && !t.volatile {
		st.direct(t, data, attachments)
		return nil
	}
	p := socketio.Packet{Type: socketio.Event, Namespace: t.socket.namespace.name, ID: id, Data: data, Attachments: attachments}
	t.socket.write(frameOf(p, t.plain), t.volatile, func() ([]byte, [][]byte) { return data, attachments })
	return nil
}

// write sends a frame to the socket, after everything that the caller has emitted before. event is what listeners are
// told of it, nil for what is no event.
func (s *Socket) write(f *protocol.Frame, volatile bool, event func() (data []byte, attachments [][]byte)) {
	if s.flying.Load() > 0 {
		s.session.server.link.behind(s.namespace.name, func() { s.writeNow(f, volatile, event) })
		return
	}
	s.writeNow(f, volatile, event)
}

func (s *Socket) writeNow(f *protocol.Frame, volatile bool, event func() (data []byte, attachments [][]byte)) {
	if m := s.behind(); m != nil {
		s.session.server.adapter.send(direct{member: m, frame: f, volatile: volatile, event: event})
		return
	}
	if event != nil && s.watched.Load() {
		s.watch(event()) // first: who reads the event may already cause the next one
	}
	s.session.send(f, volatile)
}

// behind returns the socket's member when emits are on their way that may be for it, else nil: what is written directly
// then overtakes nothing. The adapter hands over to the shards before it counts down, so it is asked first.
func (s *Socket) behind() *member {
	server := s.session.server
	if server.adapter.backlog.Load() == 0 && server.shardOf(s.session.sid).backlog.Load() == 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.entered {
		return nil
	}
	return s.member
}

// frameOf encodes a packet. Plain frames are not worth compressing.
func frameOf(p socketio.Packet, plain bool) *protocol.Frame {
	f := protocol.Message(socketio.Append(nil, p), p.Attachments)
	if plain {
		return f.Plain()
	}
	return f
}

// EmitWithAck sends an event and calls answer once: with what the client acknowledges it with, with ErrAckTimeout after
// the timeout, or with ErrNotConnected when the socket ends before. A timeout of zero waits for ever. answer is called on
// the session's actor and must not block.
func (t Sender) EmitWithAck(answer func(socketio.Args, error), name string, args ...any) error {
	s := t.socket
	id := s.namespace.nextID.Add(1) - 1
	if !s.expect(id, answer, t.timeout) {
		return ErrNotConnected
	}
	if err := t.emit(name, strconv.FormatUint(id, 10), args); err != nil {
		s.takeAck(id)
		return err
	}
	return nil
}

// pendingAck waits for a client's answer.
type pendingAck struct {
	answer func(socketio.Args, error)
	timer  *actors.Timer
}

type ackDue struct {
	socket *Socket
	id     uint64
}

// expect notes that the answer with an id is waited for. It reports false where none can come.
func (s *Socket) expect(id uint64, answer func(socketio.Args, error), timeout time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.entered {
		return false
	}
	if s.acks == nil {
		s.acks = map[uint64]*pendingAck{}
	}
	pending := &pendingAck{answer: answer}
	if timeout > 0 {
		pending.timer = s.session.server.system.After(timeout, s.session.pid, ackDue{s, id})
	}
	s.acks[id] = pending
	return true
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
		s.session.actor.violation(err)
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

// takeAcks takes every answer that is waited for.
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
