package realtime

import (
	"strings"
	"sync"
)

// RoomEvent is a change of a room: made with the first socket, entered, left, gone with the last.
type RoomEvent struct {
	Type RoomEventType
	Room string
	ID   string // the socket's; "" for CreateRoom and DeleteRoom
}

// RoomEventType is what happened to a room.
type RoomEventType string

// The types of room events.
const (
	CreateRoom RoomEventType = "create-room"
	JoinRoom   RoomEventType = "join-room"
	LeaveRoom  RoomEventType = "leave-room"
	DeleteRoom RoomEventType = "delete-room"
)

// OnRoom adds a hook that is told of every change of the namespace's rooms, one at a time, in their order: a room is made
// before it is entered, and left before it is gone. It is called on the shards, which wait for it: it must not block, nor
// call the namespace. Without hooks nothing is counted.
func (n *Namespace) OnRoom(f func(RoomEvent)) *Namespace {
	n.onRoom = append(n.onRoom, f)
	if n.ledger == nil {
		n.ledger = newLedger(n)
	}
	return n
}

// ledger counts the sockets of rooms over all shards.
type ledger struct {
	namespace *Namespace
	mu        sync.Mutex
	rooms     map[string]int
}

func newLedger(n *Namespace) *ledger { return &ledger{namespace: n, rooms: map[string]int{}} }

func (l *ledger) joined(room, id string) {
	if l == nil || hidden(room) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.rooms[room] == 0 {
		l.tell(RoomEvent{CreateRoom, room, ""})
	}
	l.rooms[room]++
	l.tell(RoomEvent{JoinRoom, room, id})
}

func (l *ledger) left(room, id string) {
	if l == nil || hidden(room) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rooms[room]--
	l.tell(RoomEvent{LeaveRoom, room, id})
	if l.rooms[room] == 0 {
		delete(l.rooms, room)
		l.tell(RoomEvent{DeleteRoom, room, ""})
	}
}

func (l *ledger) tell(e RoomEvent) {
	for _, f := range l.namespace.onRoom {
		l.namespace.server.system.Safely(shardKind, "room", func() { f(e) })
	}
}

// hidden reports whether a room is the server's own (see UserRoom).
func hidden(room string) bool { return strings.HasPrefix(room, "\x00") }
