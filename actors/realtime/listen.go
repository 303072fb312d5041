package realtime

import (
	"sync"

	"kapoor.example/desk/protocol/socketio"
)

// listeners are what was set on one socket. Most have none: what is the same for all sockets is set on the namespace.
type listeners struct {
	events        map[string]list[func(*Event)]
	any           list[func(*Event)]
	outgoing      list[func(name string, args socketio.Args)]
	middleware    list[func(*Event) error]
	errors        list[func(error)]
	disconnecting list[func(Reason)]
	disconnect    list[func(Reason)]
}

// On adds a listener for an event of this socket, after the namespace's handlers, and returns what takes it off again.
// Listeners are called on the session's actor and must not block. What does not differ between sockets costs less on the
// namespace (Namespace.On).
func (s *Socket) On(name string, f func(*Event)) (off func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.listenersLocked()
	if l.events == nil {
		l.events = map[string]list[func(*Event)]{}
	}
	added, entry := l.events[name].with(f, false)
	l.events[name] = added
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if l.events[name] = l.events[name].without(entry); len(l.events[name]) == 0 {
			delete(l.events, name)
		}
	}
}

// Once is On for the next such event only.
func (s *Socket) Once(name string, f func(*Event)) (off func()) {
	var once sync.Once
	off = s.On(name, func(e *Event) {
		once.Do(func() {
			off()
			f(e)
		})
	})
	return off
}

// OnAny adds a listener for every event of this socket, called before those of On and after those added before.
func (s *Socket) OnAny(f func(*Event)) (off func()) {
	return listen(s, func(l *listeners) *list[func(*Event)] { return &l.any }, f, false)
}

// PrependAny is OnAny before those added so far.
func (s *Socket) PrependAny(f func(*Event)) (off func()) {
	return listen(s, func(l *listeners) *list[func(*Event)] { return &l.any }, f, true)
}

// OnAnyOutgoing adds a listener for every event that is sent to this socket, broadcasts included. It is called on the
// session's actor, in the order of the events, and must not block. It costs every broadcast a message to the session.
func (s *Socket) OnAnyOutgoing(f func(name string, args socketio.Args)) (off func()) {
	return s.listenOutgoing(f, false)
}

// PrependAnyOutgoing is OnAnyOutgoing before those added so far.
func (s *Socket) PrependAnyOutgoing(f func(name string, args socketio.Args)) (off func()) {
	return s.listenOutgoing(f, true)
}

func (s *Socket) listenOutgoing(f func(string, socketio.Args), first bool) (off func()) {
	off = listen(s, func(l *listeners) *list[func(string, socketio.Args)] { return &l.outgoing }, f, first)
	s.watched.Store(true)
	return off
}

// Use adds a middleware for the events of this socket, after those of Namespace.UsePacket. It may change the event; its
// error goes to OnError, and the event is dropped.
func (s *Socket) Use(f func(*Event) error) (off func()) {
	return listen(s, func(l *listeners) *list[func(*Event) error] { return &l.middleware }, f, false)
}

// OnError adds a listener that is told what a middleware of Use refused, and what the client sent that is no packet.
func (s *Socket) OnError(f func(error)) (off func()) {
	return listen(s, func(l *listeners) *list[func(error)] { return &l.errors }, f, false)
}

// OnDisconnecting adds a listener that is called when the socket no longer is connected, with its rooms still there.
func (s *Socket) OnDisconnecting(f func(Reason)) (off func()) {
	return listen(s, func(l *listeners) *list[func(Reason)] { return &l.disconnecting }, f, false)
}

// OnDisconnect adds a listener that is called when the socket has left everything.
func (s *Socket) OnDisconnect(f func(Reason)) (off func()) {
	return listen(s, func(l *listeners) *list[func(Reason)] { return &l.disconnect }, f, false)
}

func listen[F any](s *Socket, of func(*listeners) *list[F], f F, first bool) (off func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := of(s.listenersLocked())
	added, entry := l.with(f, first)
	*l = added
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		*l = l.without(entry)
	}
}

func (s *Socket) listenersLocked() *listeners {
	if s.listeners == nil {
		s.listeners = &listeners{}
	}
	return s.listeners
}

// heard returns what there is of one kind of listener.
func heard[F any](s *Socket, of func(*listeners) list[F]) list[F] {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listeners == nil {
		return nil
	}
	return of(s.listeners)
}

// failed tells the error listeners.
func (s *Socket) failed(err error) {
	for _, f := range s.namespace.onError {
		f(s, err)
	}
	for _, f := range heard(s, func(l *listeners) list[func(error)] { return l.errors }) {
		(*f)(err)
	}
}

// outgoing is an event that was sent to a socket somebody listens to.
type outgoing struct {
	socket *Socket
	name   string
	args   socketio.Args
}

func (m outgoing) tell() {
	for _, f := range heard(m.socket, func(l *listeners) list[func(string, socketio.Args)] { return l.outgoing }) {
		(*f)(m.name, m.args)
	}
}

// watch tells the listeners of a socket of a payload that is being sent to it.
func (s *Socket) watch(data []byte, attachments [][]byte) {
	name, args, err := socketio.Packet{Type: socketio.Event, Data: data}.Event()
	if err == nil { // always: EncodeEvent made it
		s.session.server.system.Send(s.session.pid, outgoing{s, name, socketio.Args{Raw: args, Attachments: attachments}})
	}
}
