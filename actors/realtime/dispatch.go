package realtime

import (
	"errors"
	"slices"

	"kapoor.example/desk/protocol/engineio"
	"kapoor.example/desk/protocol/socketio"
)

// misplaced is a packet that is one, but not now. Besides the errors of the decoder it is what closes a connection.
type misplaced string

// Error implements error.
func (m misplaced) Error() string { return string(m) }

const (
	errSecondConnect misplaced = "second CONNECT to a namespace"
	errNotJoined     misplaced = "packet for a namespace that was not joined"
	errBeforeConnect misplaced = "packet before CONNECT was answered"
	errServersOnly   misplaced = "packet only servers send"
)

// message handles a Socket.IO packet, or a part of one.
func (a *sessionActor) message(p engineio.Packet) {
	if handle := a.s.server.options.OnMessage; handle != nil {
		handle(a.s, p.Data, p.Binary)
		return
	}
	var packet socketio.Packet
	var complete bool
	var err error
	var fresh socketio.Decoder
	decoder := a.decoder
	if decoder == nil {
		fresh.MaxBytes = a.s.server.options.MaxPacket
		decoder = &fresh
	}
	if p.Binary {
		packet, complete, err = decoder.Binary(p.Data)
	} else {
		packet, complete, err = decoder.Text(p.Data)
	}
	switch {
	case complete || err != nil:
		a.decoder = nil
	case a.decoder == nil:
		begun := fresh
		a.decoder = &begun
		// What nobody would be given is not collected: whoever has joined nothing holds nothing.
		if pending, _ := begun.Pending(); !a.behind() {
			err = a.outOfPlace(pending.Namespace)
		}
	}
	if err != nil {
		a.violation(err)
		return
	}
	if complete {
		a.dispatch(packet)
		return
	}
	a.s.inbound.hold(cost(p))
}

// violation ends a connection whose client does not keep to the protocol. Its sockets hear of it first.
func (a *sessionActor) violation(err error) {
	if a.postpone(ReasonForcedClose, func() { a.violation(err) }) {
		return
	}
	a.s.server.options.Logger.Warn().Str("sid", a.s.sid).Str("violation", err.Error()).Msg("Client broke the protocol")
	for _, socket := range a.sockets {
		if socket.state == socketConnected {
			socket.failed(err)
		}
	}
	reason := ReasonForcedClose
	var m misplaced
	if errors.As(err, &m) && a.transport == nil {
		reason = ReasonForcedServerClose // rows 96 and 129: as Node, which over a WebSocket takes the reason of the transport
	}
	a.end(reason, StatusNone)
}

// dispatch handles a packet, or puts it aside: where it is for a socket that is being attached the client has its CONNECT
// answer already, and the news of it is behind this packet in the inbox. What follows keeps its place behind it.
func (a *sessionActor) dispatch(p socketio.Packet) {
	if len(a.early()) > 0 || a.attaching(p.Namespace) {
		put := a.putAside()
		put.early = append(put.early, p)
		return
	}
	a.handle(p)
}

// attaching reports whether the socket of a namespace is being attached.
func (a *sessionActor) attaching(namespace string) bool {
	i := a.find(namespace)
	return i >= 0 && a.sockets[i].state == socketAttaching
}

// find returns the place of a namespace's socket among the session's, -1 when there is none.
func (a *sessionActor) find(namespace string) int {
	return slices.IndexFunc(a.sockets, func(s *Socket) bool { return s.namespace.name == namespace })
}

// handleEarly handles what was put aside, until it comes to a socket that is being attached still.
func (a *sessionActor) handleEarly() {
	postponed := a.postponed // what it does came later than all that
	a.postponed = nil
	for len(a.early()) > 0 && !a.attaching(a.early()[0].Namespace) {
		p := a.aside.early[0]
		a.aside.early = a.aside.early[1:]
		a.handle(p)
		if a.ended || a.postponed != nil { // what is behind a violation is dropped
			a.dropEarly()
			return
		}
	}
	if len(a.early()) == 0 {
		a.dropEarly()
	}
	a.postponed = postponed
}

// outOfPlace returns what is wrong about a packet for a namespace now, unless it is a CONNECT.
func (a *sessionActor) outOfPlace(namespace string) error {
	i := a.find(namespace)
	if i >= 0 && a.sockets[i].state < socketAttaching {
		return errBeforeConnect
	}
	if _, left := a.left[namespace]; i < 0 && !left { // otherwise it crossed the DISCONNECT
		return errNotJoined
	}
	return nil
}

func (a *sessionActor) handle(p socketio.Packet) {
	i := a.find(p.Namespace)
	if p.Type == socketio.Connect {
		if i >= 0 {
			a.violation(errSecondConnect)
			return
		}
		delete(a.left, p.Namespace)
		a.join(p)
		return
	}
	if err := a.outOfPlace(p.Namespace); err != nil {
		a.violation(err)
		return
	}
	if i >= 0 {
		a.deliver(a.sockets[i], p)
	}
}

func (a *sessionActor) deliver(socket *Socket, p socketio.Packet) {
	if socket.leaving.Load() {
		return
	}
	switch p.Type {
	case socketio.Event, socketio.BinaryEvent:
		socket.receiveEvent(p)
	case socketio.Ack, socketio.BinaryAck:
		socket.receiveAck(p)
	case socketio.Disconnect:
		a.remove(socket, ReasonClientDisconnect)
	default:
		a.violation(errServersOnly)
	}
}
