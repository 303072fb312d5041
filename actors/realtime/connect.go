package realtime

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"kapoor.example/desk/protocol/engineio"
	"kapoor.example/desk/protocol/socketio"
)

// The messages by which a socket is admitted to a namespace: the middleware has run, the user's room has taken it, its
// shard has sent the CONNECT answer and entered it into the index.
type (
	admitted struct {
		socket *Socket
		err    error
	}
	entered struct {
		socket *Socket
		ok     bool
	}
	attached struct {
		socket  *Socket
		refused Reason // why the connection has to end
	}
)

// ConnectError refuses a CONNECT: the client gets a CONNECT_ERROR packet with this message and data, and a stock client
// does not try again.
type ConnectError struct {
	Message string
	Data    any // left out when nil
}

// Error implements error.
func (e *ConnectError) Error() string { return e.Message }

// ErrClose, in the chain of a middleware's error, closes the connection instead of refusing the CONNECT: the client
// comes back by itself. It is for trouble of the server's own.
var ErrClose = errors.New("close the connection")

// message handles a Socket.IO packet, or a part of one.
func (a *sessionActor) message(p engineio.Packet) {
	if handle := a.s.server.options.OnMessage; handle != nil {
		handle(a.s, p.Data, p.Binary)
		return
	}
	var packet socketio.Packet
	var complete bool
	var err error
	if p.Binary {
		packet, complete, err = a.decoder.Binary(p.Data)
	} else {
		packet, complete, err = a.decoder.Text(p.Data)
	}
	if err != nil {
		a.violation(err)
		return
	}
	if complete {
		a.dispatch(packet)
	}
}

// What a client does that closes its connection, besides the errors of the decoder.
var (
	errSecondConnect     = errors.New("second CONNECT to a namespace")
	errNotJoined         = errors.New("packet for a namespace that was not joined")
	errBeforeConnect     = errors.New("packet before CONNECT was answered")
	errServersOnly       = errors.New("packet only servers send")
	errTooManyNamespaces = errors.New("too many namespaces")
)

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
	a.end(ReasonForcedClose, StatusNone)
}

func (a *sessionActor) dispatch(p socketio.Packet) {
	i := slices.IndexFunc(a.sockets, func(s *Socket) bool { return s.namespace.name == p.Namespace })
	if i >= 0 && a.sockets[i].state == socketAttaching {
		// The client has its CONNECT answer already; the news of it is behind this packet in the inbox.
		a.sockets[i].early = append(a.sockets[i].early, p)
		return
	}
	if p.Type == socketio.Connect {
		if i >= 0 {
			a.violation(errSecondConnect)
			return
		}
		delete(a.left, p.Namespace)
		a.join(p)
		return
	}
	if i < 0 {
		if _, left := a.left[p.Namespace]; !left {
			a.violation(errNotJoined)
		}
		return // it crossed the DISCONNECT
	}
	socket := a.sockets[i]
	if socket.state != socketConnected {
		a.violation(errBeforeConnect)
		return
	}
	a.deliver(socket, p)
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

// join begins to admit a socket to a namespace.
func (a *sessionActor) join(p socketio.Packet) {
	if len(a.sockets) >= a.s.server.options.MaxNamespaces {
		a.violation(errTooManyNamespaces)
		return
	}
	namespace := a.s.server.use(p.Namespace, p.Data)
	if namespace == nil {
		a.refuse(p.Namespace, &ConnectError{Message: "Invalid namespace"})
		return
	}
	socket := newSocket(a.s, namespace, p.Data)
	a.sockets = append(a.sockets, socket)
	if a.s.server.keeper != nil {
		a.resume(socket)
		return
	}
	a.admit(socket)
}

// resume looks whether the client was here before.
func (a *sessionActor) resume(socket *Socket) {
	if a.ended || socket.state != socketAdmitting {
		return
	}
	server := a.s.server
	socket.pid = newSid()
	if pid, offset, ok := resumption(socket.auth); ok {
		r, wait := server.keeper.claim(pid, socket)
		if wait {
			return
		}
		// What the history does not know in full is never sent in part: the client begins anew.
		if r != nil && server.history.covers(r, offset) {
			socket.resume(r, offset)
		}
	}
	if socket.record != nil && !server.keeper.options.RunMiddleware {
		a.admitted(admitted{socket: socket})
		return
	}
	a.admit(socket)
}

// admit begins to run the middleware.
func (a *sessionActor) admit(socket *Socket) {
	if len(socket.namespace.middleware) == 0 {
		a.admitted(admitted{socket: socket})
		return
	}
	go a.s.server.admit(socket)
}

// admit runs the namespace's middleware. It may wait: for a slot, and for whatever the middleware waits for.
func (s *Server) admit(socket *Socket) {
	ctx, cancel := context.WithTimeout(context.Background(), s.options.ConnectTimeout)
	defer cancel()
	err := s.admissions.Acquire(ctx, 1)
	if err != nil {
		err = errors.Join(ErrClose, err)
	} else {
		err = socket.namespace.run(ctx, socket)
		s.admissions.Release(1)
	}
	s.system.Send(socket.session.pid, admitted{socket, err})
}

func (a *sessionActor) admitted(m admitted) {
	if a.ended {
		return
	}
	if m.err != nil {
		a.rejected(m)
		return
	}
	if r := m.socket.record; r != nil {
		identified := a.s.server.keeper.options.RunMiddleware
		if identified && r.user.ID != m.socket.user.ID {
			a.s.server.keeper.giveBack(r)
			m.socket.begin()
		} else {
			m.socket.restore(identified)
		}
	}
	if m.socket.user.ID == "" {
		a.attach(m.socket)
		return
	}
	m.socket.state = socketEntering
	a.s.server.hub.enter(m.socket)
}

func (a *sessionActor) rejected(m admitted) {
	a.forget(m.socket)
	if r := m.socket.record; r != nil {
		a.s.server.keeper.giveBack(r)
	}
	m.socket.state = socketGone
	m.socket.clearRooms()
	a.s.server.disuse(m.socket.namespace)
	if errors.Is(m.err, ErrClose) {
		a.s.server.options.Logger.Warn().Str("sid", a.s.sid).Err(m.err).Msg("Socket could not be admitted")
		a.end(ReasonOverload, StatusNone)
		return
	}
	a.refuse(m.socket.namespace.name, m.err)
}

func (a *sessionActor) refuse(namespace string, err error) {
	refusal := struct {
		Message string `json:"message"`
		Data    any    `json:"data,omitempty"`
	}{Message: err.Error()}
	var refused *ConnectError
	if errors.As(err, &refused) {
		refusal.Message, refusal.Data = refused.Message, refused.Data
	}
	data, err := json.Marshal(refusal)
	if err != nil {
		data = []byte(`{"message":"refused"}`)
	}
	a.write(socketio.Packet{Type: socketio.ConnectError, Namespace: namespace, Data: data})
}

func (a *sessionActor) entered(m entered) {
	switch {
	case a.ended: // drop has told the room already
	case m.ok:
		a.attach(m.socket)
	default:
		a.end(ReasonOverload, StatusNone)
	}
}

// attach hands the socket to its shard, which answers the CONNECT and begins to deliver.
func (a *sessionActor) attach(socket *Socket) {
	socket.state = socketAttaching
	socket.member = newMember(socket)
	if k := a.s.server.keeper; k != nil {
		k.connected(socket)
	}
	socket.enter(func(rooms []string) {
		a.s.server.shardOf(a.s.sid).send(attach{member: socket.member, rooms: rooms})
	})
}

func (a *sessionActor) attached(m attached) {
	socket := m.socket
	if a.ended {
		return
	}
	if m.refused != "" {
		a.end(m.refused, StatusNone)
		return
	}
	a.connect.Stop()
	socket.state = socketConnected
	socket.connected.Store(true)
	if expires := socket.user.ExpiresAt; !expires.IsZero() {
		a.expiry.Stop()
		a.expiry = a.s.server.system.After(expires.Sub(a.s.server.options.Now()), a.s.pid, expired{})
	}
	for _, handler := range socket.namespace.onConnection {
		handler(socket)
	}
	early := socket.early
	socket.early = nil
	for _, p := range early {
		if a.ended {
			return
		}
		a.dispatch(p)
	}
	a.catchUp()
}

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
		targets = slices.Clone(a.sockets)
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
		a.connect.Reset(a.s.server.options.ConnectTimeout)
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
	safely := func(f func()) { a.s.server.system.Safely(sessionKind, a.s.sid, f) }
	if was == socketConnected {
		for _, hook := range socket.namespace.onDisconnecting {
			safely(func() { hook(socket, reason) })
		}
		for _, hook := range heard(socket, func(l *listeners) list[func(Reason)] { return l.disconnecting }) {
			safely(func() { (*hook)(reason) })
		}
	}
	switch {
	case was == socketAttaching || was == socketConnected: // before that the socket may be the middleware's still
		a.s.server.shardOf(a.s.sid).send(detach{socket.member, socket.recordAt(reason)})
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
