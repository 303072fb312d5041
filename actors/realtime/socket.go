package realtime

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"kapoor.example/desk/protocol/socketio"
)

// Socket is one client in one namespace. Its methods may be called from any goroutine unless they say otherwise.
type Socket struct {
	id        string
	namespace *Namespace
	session   *Session
	auth      json.RawMessage
	user      User // set by the middleware, fixed afterwards

	// The session's actor only.
	state  socketState
	early  []socketio.Packet
	member *member

	connected atomic.Bool
	mu        sync.Mutex
	rooms     map[string]struct{}
	acks      map[uint64]*pendingAck
	nextAck   uint64
	data      any
}

type socketState int

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

func newSocket(s *Session, n *Namespace, auth json.RawMessage) *Socket {
	return &Socket{id: newSid(), namespace: n, session: s, auth: slices.Clone(auth), rooms: map[string]struct{}{}}
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

// Connected reports whether the socket is connected.
func (s *Socket) Connected() bool { return s.connected.Load() }

// Identify says whose the socket is. Only a middleware may call it.
func (s *Socket) Identify(u User) { s.user = u }

// User returns what Identify said.
func (s *Socket) User() User { return s.user }

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

// Join enters rooms. What the caller emits to them from now on reaches the socket, what it emitted before does not.
func (s *Socket) Join(rooms ...string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.connected.Load() {
		return ErrNotConnected
	}
	var fresh []string
	for _, room := range rooms {
		if _, in := s.rooms[room]; !in {
			fresh = append(fresh, room)
		}
	}
	if len(s.rooms)+len(fresh) > s.session.server.options.MaxRooms {
		return ErrTooManyRooms
	}
	for _, room := range fresh {
		s.rooms[room] = struct{}{}
	}
	if len(fresh) > 0 {
		s.session.server.adapter.send(join{s.member, fresh})
	}
	return nil
}

// Leave leaves rooms. Leaving one the socket is not in is fine.
func (s *Socket) Leave(rooms ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var left []string
	for _, room := range rooms {
		if _, in := s.rooms[room]; in {
			delete(s.rooms, room)
			left = append(left, room)
		}
	}
	if len(left) > 0 && s.connected.Load() {
		s.session.server.adapter.send(leave{s.member, left})
	}
}

// In reports whether the socket is in a room.
func (s *Socket) In(room string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, in := s.rooms[room]
	return in
}

// Rooms returns the rooms the socket is in, sorted.
func (s *Socket) Rooms() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.rooms))
}

func (s *Socket) clearRooms() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.rooms)
}

// Emit sends an event to this client. It fails when an argument cannot be encoded or the name is reserved; that the
// client gets it is not promised.
func (s *Socket) Emit(name string, args ...any) error { return s.emit(name, "", args) }

func (s *Socket) emit(name, id string, args []any) error {
	data, attachments, err := socketio.EncodeEvent(name, args...)
	if err != nil {
		return fmt.Errorf("emit %q: %w", name, err)
	}
	s.session.write(socketio.Packet{Type: socketio.Event, Namespace: s.namespace.name, ID: id, Data: data, Attachments: attachments}, false)
	return nil
}

// To addresses rooms of the socket's namespace, without the socket itself.
func (s *Socket) To(rooms ...string) Broadcast { return s.Broadcast().To(rooms...) }

// Broadcast addresses everybody in the namespace but the socket itself.
func (s *Socket) Broadcast() Broadcast {
	return Broadcast{namespace: s.namespace, except: []string{s.id}}
}

// Disconnect ends the socket with a DISCONNECT packet: a stock client does not come back by itself. With close the whole
// connection ends.
func (s *Socket) Disconnect(close bool) {
	s.session.server.system.Send(s.session.pid, disconnect{s, close})
}

// Close ends the connection without a DISCONNECT packet: a stock client comes back by itself.
func (s *Socket) Close(reason Reason) {
	s.session.server.system.Send(s.session.pid, closing{reason: reason})
}
