package realtime

import (
	"context"
	"errors"
	"sync/atomic"

	"kapoor.example/desk/actors"
	"kapoor.example/desk/protocol"
	"kapoor.example/desk/protocol/engineio"
)

// Session is one Engine.IO connection: over polling, over a WebSocket, or over the one and then the other. Transports
// call its exported methods, from any goroutine; the session's actor does the rest.
type Session struct {
	server    *Server
	sid       string
	request   Request
	pid       *actors.PID
	out       outbox
	inbound   credit
	websocket atomic.Bool  // the transport is a WebSocket
	closing   atomic.Bool  // Close was called, or it has ended: nothing more is handled
	posting   atomic.Bool  // a polling body is being received
	first     Socket       // touched before it is used by the actor only
	actor     sessionActor // touched only by the actor
}

// ErrGone says that the session has ended.
var ErrGone = errors.New("session has ended")

// failed implements outboxOwner.
func (s *Session) failed(reason Reason) { s.server.system.Send(s.pid, closing{reason: reason}) }

// done implements outboxOwner.
func (s *Session) done() { s.server.system.Send(s.pid, closeDue{}) }

// gone returns what is closed when the session has ended.
func (s *Session) gone() <-chan struct{} { return s.inbound.done() }

// Request returns the first request of the connection; an upgrade does not change it.
func (s *Session) Request() Request { return s.request }

// Sid returns the Engine.IO session id.
func (s *Session) Sid() string { return s.sid }

// TransportName returns the name of the present transport.
func (s *Session) TransportName() string {
	if s.websocket.Load() {
		return WebSocket
	}
	return Polling
}

// OpenPacket returns the handshake for the client, section "Handshake" of the Engine.IO protocol.
func (s *Session) OpenPacket() []byte {
	o := s.server.options
	h := engineio.Handshake{Sid: s.sid, PingInterval: o.PingInterval, PingTimeout: o.PingTimeout, MaxPayload: o.MaxPayload}
	if !s.websocket.Load() && o.upgradable() {
		h.Upgrades = []string{WebSocket}
	}
	return h.Append(nil)
}

// Start makes t the transport of a session that was opened over a WebSocket and sends the handshake. Receive for t may
// only be called after it, from the same goroutine.
func (s *Session) Start(t Transport) {
	s.server.system.Send(s.pid, started{t})
	s.out.begin(t, protocol.Text(s.OpenPacket()))
}

// Probe announces a WebSocket that wants to take over from polling. It reports false where the session already has one
// or is probing another: the caller closes t then.
func (s *Session) Probe(t Transport) bool {
	reply := make(chan bool, 1)
	s.server.system.Send(s.pid, probe{transport: t, reply: reply})
	select {
	case ok := <-reply:
		return ok
	case <-s.gone():
		return false
	}
}

// Receive handles one message from a WebSocket: a text or a binary frame's payload, which is the session's from now on.
// It waits while the session has too much to handle, and reports false when the transport is to be given up.
func (s *Session) Receive(t Transport, data []byte, binary bool) bool {
	packet := engineio.Packet{Type: engineio.Message, Binary: true, Data: data}
	if !binary {
		var err error
		if packet, err = engineio.Decode(data); err != nil {
			s.Lost(t, ReasonParseError)
			return false
		}
	}
	size := cost(packet)
	if !s.inbound.take(size, s.server.options.MaxInbound) {
		return false
	}
	s.server.counted.received(len(packet.Data))
	s.server.system.Send(s.pid, inbound{transport: t, packet: packet, size: size})
	return true
}

// Lost says that a transport is no more, or misbehaved.
func (s *Session) Lost(t Transport, reason Reason) {
	s.server.system.Send(s.pid, lost{transport: t, reason: reason})
}

// Fail ends a polling session: two polls at once, a cut request, a body that is none.
func (s *Session) Fail(reason Reason) { s.server.system.Send(s.pid, closing{reason: reason}) }

// Poll registers a poll; its answer comes through the channel. With ErrPolling another poll is waiting: then both are at
// fault, and the session ends. With ErrUpgraded the transport has become a WebSocket.
func (s *Session) Poll() (<-chan PollAnswer, error) {
	answer, err := s.out.wait()
	if errors.Is(err, ErrPolling) {
		s.Fail(ReasonTransportError)
	}
	return answer, err
}

// Post handles a polling body, which is the session's from now on, and returns when its packets were handled: with nil
// also when the body was no payload, or closed the session, with ErrGone when the session had ended before, or with the
// context's error.
func (s *Session) Post(ctx context.Context, body []byte) error {
	var packets []engineio.Packet
	err := engineio.DecodePayload(body, s.server.options.MaxPackets, func(p engineio.Packet) error {
		packets = append(packets, p)
		return nil
	})
	done := make(chan struct{})
	for i, p := range packets {
		size := cost(p)
		if !s.inbound.take(size, s.server.options.MaxInbound) {
			if i == 0 {
				return ErrGone
			}
			return nil // an earlier packet ended it
		}
		s.server.counted.received(len(p.Data))
		m := inbound{packet: p, size: size}
		if i == len(packets)-1 && err == nil {
			m.done = done
		}
		s.server.system.Send(s.pid, m)
	}
	if err != nil {
		s.server.system.Send(s.pid, closing{reason: ReasonParseError, done: done})
	}
	select {
	case <-done:
		return nil
	case <-s.gone():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// cost is what a packet counts in the inbound budget: its bytes and what holding it takes.
func cost(p engineio.Packet) int { return len(p.Data) + 256 }

// The messages of a session actor, besides those of connect.go and socket.go.
type (
	inbound struct {
		transport Transport // nil for polling
		packet    engineio.Packet
		size      int
		done      chan struct{} // closed when handled
	}
	lost struct {
		transport Transport
		reason    Reason
	}
	closing struct {
		reason Reason
		status int // of the WebSocket close frame
		done   chan struct{}
	}
	started struct{ transport Transport }
	probe   struct {
		transport Transport
		reply     chan bool
	}
	heartbeatDue  struct{}
	connectDue    struct{}
	upgradeDue    struct{ transport Transport }
	releaseDue    struct{ transport Transport }
	candidatePong struct {
		transport Transport
		frame     *protocol.Frame
		size      int // of the ping
	}
	closeDue struct{} // what close waited for is out, or has had its time
	opened   struct{}
	expired  struct{ socket *Socket }
)

// Send sends an Engine.IO message, for a server with OnMessage. Text must be UTF-8. After Close it does nothing. Any
// goroutine may call it.
func (s *Session) Send(data []byte, binary bool) {
	if s.closing.Load() {
		return
	}
	if binary {
		s.send(protocol.Binary(data), false)
		return
	}
	s.send(protocol.Message(data, nil), false)
}

// Writable reports whether a packet would leave at once: a poll is waiting, or nothing is queued for the WebSocket.
func (s *Session) Writable() bool { return s.out.writable() }

// Close ends the connection once what is queued is out, at most CloseTimeout from now: a polling client is told at its next
// poll, one that is upgrading over its WebSocket. What the client sends from now on is dropped.
func (s *Session) Close() {
	if s.closing.CompareAndSwap(false, true) {
		if !s.websocket.Load() {
			s.out.close(StatusNone) // at once: a poll that comes now must find it closing
		}
		s.Fail(ReasonForcedClose)
	}
}

// Yield answers the poll that waits, with nothing, so that the client sends the next one: the way by which it came is no
// more soon. It does nothing where none waits.
func (s *Session) Yield() { s.out.release(engineio.Noop) }

// Leave closes the WebSocket of a session, whose way is no more soon, so that the client connects again: as Server.Drain
// does. It does nothing while the transport is polling.
func (s *Session) Leave(status int) {
	if s.websocket.Load() {
		s.server.system.Send(s.pid, closing{reason: ReasonShutdown, status: status})
	}
}

// SendPong answers a ping frame of the WebSocket protocol (not of Engine.IO). Like Receive it waits while the session has too
// much to handle.
func (s *Session) SendPong(t Transport, payload []byte) {
	frame := protocol.WebSocketPong(payload)
	if s.websocket.Load() {
		s.send(frame, true)
		return
	}
	// The transport is a candidate still: nobody else writes to it but the session that answers its probe.
	size := cost(engineio.Packet{Data: payload})
	if s.inbound.take(size, s.server.options.MaxInbound) {
		s.server.system.Send(s.pid, candidatePong{t, frame, size})
	}
}

// BeginPost marks that a polling body is being received. Two at once are an error of the transport (row 32): it reports
// false then, and the session ends.
func (s *Session) BeginPost() bool {
	if s.posting.CompareAndSwap(false, true) {
		return true
	}
	s.Fail(ReasonTransportError)
	return false
}

// EndPost follows BeginPost.
func (s *Session) EndPost() { s.posting.Store(false) }

// send writes or queues a frame, and counts it.
func (s *Session) send(f *protocol.Frame, volatile bool) {
	s.server.counted.sent(sent{1, 1, f.Size()})
	s.out.send(f, volatile)
}
