package realtime

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Socket is one client in one namespace. Its methods may be called from any goroutine unless they say otherwise.
type Socket struct {
	id        string  // fixed once the middleware has run, as are the next three
	pid       string  // by which it can be resumed, "" without recovery
	record    *record // of what it resumes, nil for a new one
	offset    string  // the last event that the client has of it
	namespace *Namespace
	session   *Session
	auth      json.RawMessage
	issued    int64 // when the CONNECT came, in milliseconds
	user      *User // set by the middleware, fixed afterwards

	// The session's actor only.
	state  socketState
	giveUp context.CancelFunc // of the middleware; nil while none runs
	leave  *disconnect        // asked for while it was being attached
	member *member            // nil until it is attached; own then, unless it has begun anew

	connected atomic.Bool
	leaving   atomic.Bool  // Disconnect was called: what the client sends is dropped
	flying    atomic.Int32 // events to it that are on their way over the stream
	watched   atomic.Bool  // somebody listens to what is sent

	mu        sync.Mutex
	entered   bool // the shard has been told of the socket
	gone      bool // it is in no room, and enters none any more
	rooms     roomSet
	moving    map[string]int // joins and leaves that are on their way to the shard
	acks      map[uint64]*pendingAck
	listeners *listeners
	data      any

	own member // in one piece with the socket: there are very many of both
}

type socketState uint8

const (
	socketAdmitting socketState = iota // the middleware runs
	socketEntering                     // the user's room decides
	socketAttaching                    // the shard answers
	socketConnected
	socketGone
)

// User is whom a socket belongs to, as the middleware found out.
type User struct {
	ID    string   // also a room; "" for nobody
	Rooms []string // the rooms the socket starts in, the user's own among them
	// Rights and TokenID are what a Revocation compares. ExpiresAt ends the connection; the zero time never does.
	Rights    uint64
	TokenID   string
	ExpiresAt time.Time
	Data      any
}

// ErrTooManyRooms says that a socket is in MaxRooms rooms.
var ErrTooManyRooms = errors.New("socket is in too many rooms")

// ErrNotConnected says that a socket is not, or no longer, connected.
var ErrNotConnected = errors.New("socket is not connected")

// newSocket returns a socket of a session. The first one is a part of the session: nearly all have no other.
func newSocket(s *Session, n *Namespace, auth json.RawMessage) *Socket {
	socket := &s.first
	if s.first.session != nil {
		socket = &Socket{}
	}
	socket.id, socket.namespace, socket.session, socket.user = newSid(), n, s, s.server.nobody
	socket.auth, socket.issued = slices.Clone(auth), s.server.options.Now().UnixMilli()
	return socket
}

// ID returns the socket's id, which is also the name of its own room.
func (s *Socket) ID() string { return s.id }

// Namespace returns the namespace the socket is in.
func (s *Socket) Namespace() *Namespace { return s.namespace }

// Auth returns the payload of the CONNECT packet: a JSON object, or nil.
func (s *Socket) Auth() json.RawMessage { return s.auth }

// Request returns the first request of the connection.
func (s *Socket) Request() Request { return s.session.request }

// Transport returns the name of the connection's present transport.
func (s *Socket) Transport() string { return s.session.TransportName() }

// Recovered reports whether the socket resumed a lost connection.
func (s *Socket) Recovered() bool { return s.record != nil }

// Connected reports whether the socket is connected.
func (s *Socket) Connected() bool { return s.connected.Load() }

// Identify says whose the socket is. Only a middleware may call it.
func (s *Socket) Identify(u User) { s.user = &u }

// User returns what Identify said.
func (s *Socket) User() User { return *s.user }

// Data returns what SetData kept.
func (s *Socket) Data() any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.data
}

// SetData keeps anything with the socket.
func (s *Socket) SetData(data any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.data = data
}

// To addresses rooms of the socket's namespace, without the socket itself.
func (s *Socket) To(rooms ...string) Broadcast { return s.Broadcast().To(rooms...) }

// In is To.
func (s *Socket) In(rooms ...string) Broadcast { return s.To(rooms...) }

// Except addresses everybody in the namespace but the socket itself and those in rooms.
func (s *Socket) Except(rooms ...string) Broadcast { return s.Broadcast().Except(rooms...) }

// Broadcast addresses everybody in the namespace but the socket itself.
func (s *Socket) Broadcast() Broadcast {
	return Broadcast{namespace: s.namespace, except: []string{s.id}}
}

// Disconnect ends the socket with a DISCONNECT packet: a stock client does not come back by itself. With close the whole
// connection ends. What the client has sent and nobody has handled yet is dropped.
func (s *Socket) Disconnect(close bool) {
	s.leaving.Store(true)
	if s.flying.Load() > 0 {
		s.session.server.link.behind(s.namespace.name, func() { s.disconnectNow(close) })
		return
	}
	s.disconnectNow(close)
}

func (s *Socket) disconnectNow(close bool) {
	if m := s.behind(); m != nil {
		s.session.server.adapter.send(direct{member: m, then: disconnect{s, close}})
		return
	}
	s.session.server.system.Send(s.session.pid, disconnect{s, close})
}

// Close ends the connection without a DISCONNECT packet: a stock client comes back by itself.
func (s *Socket) Close(reason Reason) {
	s.session.server.system.Send(s.session.pid, closing{reason: reason})
}
