package realtime

import (
	"slices"
	"time"

	"kapoor.example/desk/actors"
	"kapoor.example/desk/protocol/engineio"
	"kapoor.example/desk/protocol/socketio"
)

var sessionKind = actors.Kind{Name: "session", Directive: actors.Stop}

// sessionActor is the state of a session that only its actor touches.
type sessionActor struct {
	s         *Session
	decoder   *socketio.Decoder   // of a packet whose attachments have not all come; nil otherwise
	sockets   []*Socket           // joined or joining
	left      map[string]struct{} // namespaces that were left: what still comes for them is dropped
	heartbeat actors.Deadline
	awaiting  bool             // a pong
	connect   *actors.Deadline // nil while a socket is there
	candidate Transport        // probing
	upgrade   *actors.Timer
	release   *actors.Timer // of polls while probing
	transport Transport     // nil while polling
	expiry    *actors.Timer
	hold      *actors.Timer // bounds a close that waits for the queue
	ended     bool
	aside     *aside // nil where nothing is
	// What ends the session once those sockets are connected whose CONNECT was answered already: their clients may have
	// sent something before, and that is handled first.
	postponed func()
}

// aside is what was received and has to wait until a socket is connected whose CONNECT was answered already.
type aside struct {
	early     []socketio.Packet
	unsettled []inbound
}

// early returns the packets that were put aside.
func (a *sessionActor) early() []socketio.Packet {
	if a.aside == nil {
		return nil
	}
	return a.aside.early
}

// putAside returns where things are put.
func (a *sessionActor) putAside() *aside {
	if a.aside == nil {
		a.aside = new(aside)
	}
	return a.aside
}

// dropEarly forgets the packets that were put aside.
func (a *sessionActor) dropEarly() {
	if a.aside != nil {
		a.aside.early = nil
	}
}

// Receive implements actors.Receiver.
func (a *sessionActor) Receive(c *actors.Context) {
	switch m := c.Message().(type) {
	case actors.Started:
		a.s.pid = c.PID()
		a.start()
	case inbound:
		a.receive(m)
	case lost:
		a.lost(m)
	case closing:
		a.end(m.reason, m.status)
		if m.done != nil {
			close(m.done)
		}
	case started:
		a.started(m)
	case probe:
		m.reply <- a.probe(m.transport)
	case heartbeatDue:
		a.beat()
	case connectDue:
		if a.connect != nil && !a.connect.Waits() {
			a.end(ReasonConnectTimeout, StatusNone)
		}
	case upgradeDue:
		a.abandon(m.transport)
	case candidatePong:
		a.candidatePong(m)
	case releaseDue:
		a.releasePolls(m.transport)
	case expired:
		a.expired(m)
	case closeDue:
		a.finish()
	case resume:
		a.resume(m.socket)
	case anew:
		a.anew(m.socket)
	case retrieved:
		a.retrieved(m)
	case reread:
		a.reread(m)
	case opened:
		a.s.server.options.OnOpen(a.s)
	case admitted:
		a.admitted(m)
	case entered:
		a.entered(m)
	case attached:
		a.attached(m)
	case disconnect:
		a.disconnect(m)
	case ackDue:
		m.socket.expireAck(m.id)
	case outgoing:
		m.tell()
	}
}

// Failed implements actors.Failer: a handler panicked, or a message came after that.
func (a *sessionActor) Failed(msg any) {
	if m, ok := msg.(inbound); ok {
		a.settle(m)
	}
	a.end(ReasonPanic, StatusNone)
	a.finish()
}

func (a *sessionActor) start() {
	a.s.server.pings.Begin(&a.heartbeat, a.s.pid)
	if a.s.server.options.OnMessage == nil {
		a.unjoined()
	}
}

// unjoined bounds how long the session may be without a socket. joined says that it has one, or ends.
func (a *sessionActor) unjoined() {
	if a.connect == nil {
		a.connect = new(actors.Deadline)
	}
	a.s.server.connects.Begin(a.connect, a.s.pid)
}

func (a *sessionActor) joined() {
	if a.connect != nil {
		a.connect.Stop()
		a.connect = nil
	}
}

// settle says that a message was handled.
func (a *sessionActor) settle(m inbound) {
	a.s.inbound.give(m.size)
	if m.done != nil {
		close(m.done)
	}
}

func (a *sessionActor) receive(m inbound) {
	collecting := a.decoder != nil
	switch {
	case m.transport != a.transport:
		a.candidatePacket(m)
	case !a.ended && !a.s.closing.Load() && a.postponed == nil:
		a.packet(m.packet)
	case m.packet.Type == engineio.Close:
		a.finish()
	}
	if collecting && a.decoder == nil {
		m.size += a.s.inbound.release() // its attachments are all there, or are not waited for any more
	}
	if a.behind() {
		put := a.putAside()
		put.unsettled = append(put.unsettled, m)
		return
	}
	a.settle(m)
}

// behind reports whether something that was received waits to be handled until a socket is connected.
func (a *sessionActor) behind() bool {
	return a.postponed != nil || len(a.early()) > 0
}

// settleAll settles what had to wait.
func (a *sessionActor) settleAll() {
	if a.aside == nil {
		return
	}
	for _, m := range a.aside.unsettled {
		a.settle(m)
	}
	if a.aside.unsettled = nil; len(a.aside.early) == 0 {
		a.aside = nil
	}
}

// packet handles an Engine.IO packet of the present transport.
func (a *sessionActor) packet(p engineio.Packet) {
	switch p.Type {
	case engineio.Message:
		a.message(p)
	case engineio.Pong:
		a.pong()
	case engineio.Close:
		a.s.out.release(engineio.Noop)
		a.end(ReasonTransportClose, StatusNone)
	case engineio.Ping, engineio.Open, engineio.Upgrade:
		// Row 56: a ping from an EIO 4 client is an error of the transport; so are the others here.
		a.end(ReasonTransportError, StatusNone)
	case engineio.Noop:
	}
}

func (a *sessionActor) lost(m lost) {
	switch {
	case m.transport == a.transport:
		a.end(m.reason, StatusNone)
	case m.transport == a.candidate:
		a.abandon(m.transport)
	}
}

// end begins the end of the session: its sockets are disconnected, and its connection is closed once what is queued is
// out, at most CloseTimeout from now (at once where the line is broken anyway). Until then it is read on, and what comes
// is dropped; a WebSocket that is being probed may still become the transport and be closed in order (row 76).
func (a *sessionActor) end(reason Reason, status int) {
	if a.ended {
		if reason == ReasonShutdown || broken(reason) {
			a.finish() // it was held for what it would still have taken
		}
		return
	}
	if a.postpone(reason, func() { a.end(reason, status) }) {
		return
	}
	a.ended = true
	a.s.server.counted.ended.add(reason)
	a.s.closing.Store(true)
	a.heartbeat.Stop()
	a.joined()
	a.expiry.Stop()
	for _, socket := range a.sockets {
		a.drop(socket, reason)
	}
	a.sockets = nil
	a.dropEarly()
	a.settleAll()
	a.decoder = nil
	if closed := a.s.server.options.OnClose; closed != nil {
		a.s.server.system.Safely(sessionKind, a.s.sid, func() { closed(a.s, reason) })
	}
	// A polling client that is told by nobody (row 41: a server that stops discards its queue) finds out at its next poll.
	if broken(reason) || reason == ReasonShutdown && a.transport == nil {
		a.s.out.abort()
	}
	if a.s.out.close(status) {
		a.finish()
		return
	}
	hold := a.s.server.options.CloseTimeout
	if reason == ReasonShutdown {
		hold = min(hold, shutdownHold)
	}
	a.hold = a.s.server.system.After(hold, a.s.pid, closeDue{})
}

// postpone puts off what a client caused while one of its sockets is being attached. It reports false where it is to
// happen at once.
func (a *sessionActor) postpone(reason Reason, end func()) bool {
	switch reason {
	case ReasonTransportClose, ReasonTransportError, ReasonParseError, ReasonForcedClose:
	default:
		return false
	}
	if !slices.ContainsFunc(a.sockets, func(s *Socket) bool { return s.state == socketAttaching }) {
		return false
	}
	if a.postponed == nil {
		a.postponed = end
	}
	return true
}

// catchUp does what was postponed. If another socket is being attached, it is put off again.
func (a *sessionActor) catchUp() {
	if end := a.postponed; end != nil {
		a.postponed = nil
		end()
	}
	if !a.behind() {
		a.settleAll()
	}
}

// shutdownHold is how long a connection may take what is queued for it when the server stops: it resumes elsewhere anyway.
const shutdownHold = 2 * time.Second

// broken reports whether a connection that ends for this reason takes nothing more.
func broken(r Reason) bool {
	switch r {
	case ReasonTransportClose, ReasonTransportError, ReasonPingTimeout, ReasonSlowConsumer, ReasonParseError, ReasonPanic:
		return true
	}
	return false
}

// finish ends what end began: the connection is closed, and the supervisor forgets the session.
func (a *sessionActor) finish() {
	if a.s.pid == nil || !a.ended {
		return
	}
	a.hold.Stop()
	a.abandon(a.candidate)
	a.s.inbound.close()
	a.s.out.abort()
	a.s.server.ended(a.s)
}

// write sends a Socket.IO packet.
func (a *sessionActor) write(p socketio.Packet) { a.s.send(frameOf(p, false), false) }
