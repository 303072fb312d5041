package realtime

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"kapoor.example/desk/protocol/cluster"
	"kapoor.example/desk/protocol/socketio"
)

// RemoteSocket is a socket of the namespace as FetchSockets found it, on whatever server it is.
type RemoteSocket struct {
	ID      string
	Rooms   []string // sorted
	Request Request
	Auth    json.RawMessage // the payload of its CONNECT, nil for none
	Issued  time.Time       // when that came, to the millisecond
	Data    any

	namespace *Namespace
	timeout   time.Duration
}

// Emit sends an event to the socket, if it is still there.
func (r RemoteSocket) Emit(name string, args ...any) error { return r.to().Emit(name, args...) }

// Timeout returns a RemoteSocket whose EmitWithAck waits so long.
func (r RemoteSocket) Timeout(d time.Duration) RemoteSocket {
	r.timeout = d
	return r
}

// EmitWithAck sends an event to the socket and calls answer once: with what the client acknowledges it with, with
// ErrAckTimeout after the timeout, or with ErrNotConnected when the socket is not there any more. A timeout of zero waits
// for ever. answer is called on a goroutine of its own.
func (r RemoteSocket) EmitWithAck(answer func(socketio.Args, error), name string, args ...any) error {
	return r.to().Timeout(r.timeout).EmitWithAck(func(all []socketio.Args, err error) {
		switch {
		case len(all) > 0: // nobody else is in the room of its id, or their answers would do
			answer(all[0], nil)
		case err == nil:
			answer(socketio.Args{}, ErrNotConnected)
		default:
			answer(socketio.Args{}, err)
		}
	}, name, args...)
}

// Join enters the socket into rooms, as Broadcast.SocketsJoin does.
func (r RemoteSocket) Join(rooms ...string) { r.to().SocketsJoin(rooms...) }

// Leave takes the socket out of rooms.
func (r RemoteSocket) Leave(rooms ...string) { r.to().SocketsLeave(rooms...) }

// Disconnect ends the socket, or with close its whole connection.
func (r RemoteSocket) Disconnect(close bool) { r.to().DisconnectSockets(close) }

func (r RemoteSocket) to() Broadcast { return r.namespace.To(r.ID) }

// FetchSockets returns the addressed sockets, in no order, as they are after everything the caller did before. It waits
// for that and must not be called from a handler. The error is the context's or, with the sockets found so far, that of
// the other servers that have not answered: they have 5 s, or the broadcast's timeout where that is longer. They answer
// when they are asked, maybe before what the caller did has reached them.
func (b Broadcast) FetchSockets(ctx context.Context) ([]RemoteSocket, error) {
	l := b.namespace.server.link
	if l != nil && !b.local {
		if err := l.settle(ctx); err != nil {
			return nil, err
		}
	}
	done := make(chan []RemoteSocket, 1)
	b.gather(func(found []RemoteSocket) { done <- found })
	select {
	case found := <-done:
		if l == nil || b.local {
			return found, nil
		}
		others, err := b.fetchEverywhere(ctx)
		return append(found, others...), err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// gather calls done with the addressed sockets of this server. It does not wait.
func (b Broadcast) gather(done func([]RemoteSocket)) {
	var mu sync.Mutex
	found := []RemoteSocket{}
	b.visit(func(_ *namespaceIndex, m *member) {
		s := m.socket
		one := RemoteSocket{ID: s.id, Rooms: s.Rooms(), Request: s.Request(), Auth: s.auth, Issued: time.UnixMilli(s.issued), Data: s.Data(), namespace: s.namespace}
		mu.Lock()
		defer mu.Unlock()
		found = append(found, one)
	}, func() { done(found) })
}

// FetchSockets returns all sockets of the namespace. See Broadcast.FetchSockets.
func (n *Namespace) FetchSockets(ctx context.Context) ([]RemoteSocket, error) {
	return n.All().FetchSockets(ctx)
}

// SocketsJoin enters the addressed sockets into rooms: what the caller emits to these from now on reaches them. A socket
// that is in MaxRooms rooms enters no more.
func (b Broadcast) SocketsJoin(rooms ...string) {
	b.everywhere(cluster.Join{To: b.target(), Rooms: rooms}, func(b Broadcast) { b.joinHere(rooms) })
}

func (b Broadcast) joinHere(rooms []string) {
	b.visit(func(index *namespaceIndex, m *member) {
		for _, room := range rooms {
			if m.joined() >= m.socket.session.server.options.MaxRooms {
				return
			}
			index.join(m, []string{room})
			m.socket.settle(room, true)
		}
	}, nil)
}

// SocketsJoin enters all sockets of the namespace into rooms.
func (n *Namespace) SocketsJoin(rooms ...string) { n.All().SocketsJoin(rooms...) }

// SocketsLeave takes the addressed sockets out of rooms.
func (b Broadcast) SocketsLeave(rooms ...string) {
	b.everywhere(cluster.Leave{To: b.target(), Rooms: rooms}, func(b Broadcast) { b.leaveHere(rooms) })
}

func (b Broadcast) leaveHere(rooms []string) {
	b.visit(func(index *namespaceIndex, m *member) {
		index.leave(m, rooms)
		for _, room := range rooms {
			m.socket.settle(room, false)
		}
	}, nil)
}

// SocketsLeave takes all sockets of the namespace out of rooms.
func (n *Namespace) SocketsLeave(rooms ...string) { n.All().SocketsLeave(rooms...) }

// DisconnectSockets ends the addressed sockets with a DISCONNECT packet, or with close their whole connections. What the
// caller emitted before still reaches them.
func (b Broadcast) DisconnectSockets(close bool) {
	b.everywhere(cluster.Disconnect{To: b.target(), Close: close}, func(b Broadcast) {
		b.visit(func(_ *namespaceIndex, m *member) { m.socket.Disconnect(close) }, nil)
	})
}

// DisconnectSockets ends all sockets of the namespace.
func (n *Namespace) DisconnectSockets(close bool) { n.All().DisconnectSockets(close) }

// visit is an operation on sockets. It passes the adapter, as emits do, so that it keeps its place among them.
type visit struct {
	namespace     string
	rooms, except []string
	each          func(*namespaceIndex, *member) // on the member's shard
	done          func()                         // of one shard, may be nil
}

// visit has every addressed member visited once, and calls done when that is so, if there is one.
func (b Broadcast) visit(each func(*namespaceIndex, *member), done func()) {
	targets := b.namespace.targets()
	server := b.namespace.server
	if done != nil {
		left := len(targets) * len(server.shards)
		if left == 0 {
			done()
			return
		}
		var mu sync.Mutex
		all := done
		done = func() {
			mu.Lock()
			defer mu.Unlock()
			if left--; left == 0 {
				all()
			}
		}
	}
	for _, n := range targets {
		server.adapter.send(visit{namespace: n.name, rooms: b.rooms, except: b.except, each: each, done: done})
	}
}

// visit calls each with every addressed member.
func (s *shard) visit(v visit) {
	if v.done != nil {
		defer v.done()
	}
	index := s.index[v.namespace]
	if index == nil {
		return
	}
	s.excluding(index, v.except)
	var found []*member
	take := func(r *roomIndex) {
		for _, m := range r.members {
			if m.mark != s.mark && !m.holds() {
				m.mark = s.mark
				found = append(found, m)
			}
		}
	}
	if len(v.rooms) == 0 {
		take(index.all)
	}
	for _, name := range slices.Compact(v.rooms) {
		if r := index.rooms[name]; r != nil {
			take(r)
		}
	}
	for _, m := range found { // each may change the rooms
		v.each(index, m)
	}
}
