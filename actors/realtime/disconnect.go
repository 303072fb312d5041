package realtime

import (
	"slices"

	"kapoor.example/desk/protocol/socketio"
)

// disconnect asks a session to end one of its sockets (all of the connection with close).
type disconnect struct {
	socket *Socket
	close  bool
}

func (a *sessionActor) disconnect(m disconnect) {
	if a.ended {
		return
	}
	targets := []*Socket{m.socket}
	if m.close {
		// A client is told of those that it was told are connected; end drops the others.
		targets = slices.DeleteFunc(slices.Clone(a.sockets), func(s *Socket) bool { return s.state < socketAttaching })
	}
	for _, socket := range targets {
		if socket.state == socketAttaching { // its CONNECT is being answered: that has to come first
			socket.leave = &m
			return
		}
	}
	for _, socket := range targets {
		if slices.Contains(a.sockets, socket) {
			a.write(socketio.Packet{Type: socketio.Disconnect, Namespace: socket.namespace.name})
			a.remove(socket, ReasonServerDisconnect)
		}
	}
	if m.close {
		a.end(ReasonServerDisconnect, StatusNone)
	}
}

// remove ends one socket; the connection goes on, for a while also without any namespace.
func (a *sessionActor) remove(socket *Socket, reason Reason) {
	a.forget(socket)
	if len(a.left) < a.s.server.options.MaxNamespaces {
		if a.left == nil {
			a.left = map[string]struct{}{}
		}
		a.left[socket.namespace.name] = struct{}{}
	}
	a.drop(socket, reason)
	if len(a.sockets) == 0 {
		a.unjoined()
	}
}

func (a *sessionActor) forget(socket *Socket) {
	a.sockets = slices.DeleteFunc(a.sockets, func(s *Socket) bool { return s == socket })
}

// drop takes a socket out of everything that knows it.
func (a *sessionActor) drop(socket *Socket, reason Reason) {
	was := socket.state
	if was == socketGone {
		return
	}
	socket.state = socketGone
	socket.connected.Store(false)
	socket.stopAdmission()
	safely := func(f func()) { a.s.server.system.Safely(sessionKind, a.s.sid, f) }
	if was == socketConnected {
		for _, hook := range socket.namespace.onDisconnecting {
			safely(func() { hook(socket, reason) })
		}
		for _, hook := range heard(socket, func(l *listeners) list[func(Reason)] { return l.disconnecting }) {
			safely(func() { (*hook)(reason) })
		}
	}
	if was < socketAttaching {
		socket.clearRooms() // and it gets no record from now on
	}
	switch {
	case was == socketAttaching || was == socketConnected: // before that the socket may be the middleware's still
		a.s.server.shardOf(a.s.sid).send(detach{socket.member, socket.recordAt(reason)})
	case socket.record != nil && a.s.server.resumption != nil:
		a.s.server.resumption.leave(socket.id, socket, farewell{left: socket.record.left})
	case socket.record != nil:
		a.s.server.keeper.giveBack(socket.record)
	}
	if was >= socketEntering && socket.user.ID != "" {
		a.s.server.hub.leave(socket)
	}
	socket.clearRooms()
	for _, pending := range socket.takeAcks() {
		safely(func() { pending.answer(socketio.Args{}, ErrNotConnected) })
	}
	if was == socketConnected {
		for _, hook := range socket.namespace.onDisconnect {
			safely(func() { hook(socket, reason) })
		}
		for _, hook := range heard(socket, func(l *listeners) list[func(Reason)] { return l.disconnect }) {
			safely(func() { (*hook)(reason) })
		}
	}
	a.s.server.disuse(socket.namespace)
}
