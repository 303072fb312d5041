package realtime

import (
	"context"
	"encoding/json"
	"errors"

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
	// Reason is what Figures count it as: one of few, and nothing that a client has made up. Defaults to "not admitted".
	Reason string
}

// Error implements error.
func (e *ConnectError) Error() string { return e.Message }

// ErrClose, in the chain of a middleware's error, closes the connection instead of refusing the CONNECT: the client
// comes back by itself. It is for trouble of the server's own.
var ErrClose = errors.New("close the connection")

// join begins to admit a socket to a namespace.
func (a *sessionActor) join(p socketio.Packet) {
	if len(a.sockets) >= a.s.server.options.MaxNamespaces {
		a.refuse(p.Namespace, &ConnectError{Message: "Too many namespaces"})
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
	if server.resumption != nil {
		a.claim(socket)
		return
	}
	socket.pid = newSid()
	if pid, offset, ok := wanted(socket.auth); ok {
		r, wait := server.keeper.claim(pid, socket)
		if wait {
			return
		}
		if server.stream != nil {
			server.system.Go(retrieval{socket, pid, offset})
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
	ctx, cancel := context.WithTimeout(context.Background(), a.s.server.options.ConnectTimeout)
	socket.giveUp = cancel
	a.s.server.system.Go(admission{ctx, socket})
}

// admission runs the middleware of a socket's namespace. It may wait: for a slot, and for whatever the middleware waits
// for, until the context ends, which it does with the socket.
type admission struct {
	ctx    context.Context
	socket *Socket
}

// Run implements actors.Task.
func (a admission) Run() {
	s := a.socket.session.server
	err := s.admissions.Acquire(a.ctx, 1)
	if err != nil {
		err = errors.Join(ErrClose, err)
	} else {
		err = a.socket.namespace.run(a.ctx, a.socket)
		s.admissions.Release(1)
	}
	s.system.Send(a.socket.session.pid, admitted{a.socket, err})
}

// stopAdmission says that a socket's middleware is through, or that nobody waits for it any more: it is not to keep its
// slot from others.
func (s *Socket) stopAdmission() {
	if s.giveUp != nil {
		s.giveUp()
		s.giveUp = nil
	}
}

func (a *sessionActor) admitted(m admitted) {
	if a.ended || m.socket.state != socketAdmitting {
		return // it was disconnected meanwhile
	}
	m.socket.stopAdmission()
	if m.err != nil {
		a.rejected(m)
		return
	}
	if a.s.server.resumption.serves(m.socket) {
		a.claim(m.socket)
		return
	}
	if m.socket.record != nil && a.s.server.stream != nil {
		a.readmitted(m.socket)
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
	a.enter(m.socket)
}

// enter has the user's room decide about a socket.
func (a *sessionActor) enter(socket *Socket) {
	if socket.user.ID == "" {
		a.attach(socket)
		return
	}
	socket.state = socketEntering
	a.s.server.hub.enter(socket)
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
	a.s.server.counted.refused.add(refusalOf(m.err))
	a.refuse(m.socket.namespace.name, m.err)
}

// refusalOf returns what a refused CONNECT counts as.
func refusalOf(err error) string {
	var refused *ConnectError
	if errors.As(err, &refused) && refused.Reason != "" {
		return refused.Reason
	}
	return "not admitted"
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
	case a.ended, m.socket.state != socketEntering: // drop has told the room already
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
	if r := a.s.server.resumption; r.serves(socket) {
		if socket.record == nil {
			r.enter(socket)
		} else {
			socket.member.resuming = &resuming{}
		}
	}
	socket.enter(func(rooms []string) {
		a.s.server.shardOf(a.s.sid).send(attach{member: socket.member, rooms: rooms})
	})
}

func (a *sessionActor) attached(m attached) {
	socket := m.socket
	if a.ended || socket.state != socketAttaching {
		return
	}
	if m.refused != "" {
		a.end(m.refused, StatusNone)
		return
	}
	a.joined()
	socket.state = socketConnected
	socket.connected.Store(true)
	a.watchExpiry()
	for _, handler := range socket.namespace.onConnection {
		handler(socket)
	}
	a.handleEarly()
	if socket.leave != nil && !a.ended {
		a.disconnect(*socket.leave)
	}
	a.catchUp()
}
