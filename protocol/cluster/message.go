package cluster

import (
	"time"

	"kapoor.example/desk/protocol/socketio"
)

// EmitterName is the sender of what a program published that is no server: it only emits, and can be asked nothing.
const EmitterName = "emitter"

// Message is what one server says to the others. It is immutable.
type Message struct {
	Sender    string // the name of a server, or EmitterName
	Namespace string // begins with a slash
	Request   string // names the request that this is, or answers; empty where nothing is asked
	Body      Body
}

// Body is one of the types below.
type Body interface{ body() }

// Target is a choice of sockets of a namespace: those in at least one of Rooms, or all where that is empty, except those in
// one of Except. A socket's id is a room.
type Target struct {
	Rooms, Except []string
}

// What goes through the log.
type (
	// Broadcast is an event for sockets. As a request it asks for their acks: see ClientCount.
	Broadcast struct {
		To Target
		// Data is the JSON array of name and arguments, as socketio.EncodeEvent returns it, with its attachments.
		Data        []byte
		Attachments [][]byte
		// PacketID is the ack id, digits, of a broadcast to one socket that only its own server takes the answer of. Such a
		// one is never sent again. Empty means none.
		PacketID string
		// Volatile broadcasts may be dropped and are never sent again.
		Volatile bool
		// Plain ones are not worth compressing.
		Plain bool
		// Timeout is how long acks are waited for, in a request. Zero means that it was not said.
		Timeout time.Duration
		// Single says that one client is asked, not any number.
		Single bool
	}
	// Join enters sockets into rooms.
	Join struct {
		To    Target
		Rooms []string
	}
	// Leave takes sockets out of rooms.
	Leave struct {
		To    Target
		Rooms []string
	}
	// Disconnect ends sockets, or with Close their whole connections.
	Disconnect struct {
		To    Target
		Close bool
	}
)

// What is asked of the other servers, besides a Broadcast.
type (
	// FetchSockets asks for a Sockets, also where none is addressed.
	FetchSockets struct{ To Target }
	// ServerEvent is an event between servers. As a request it asks for one Answer.
	ServerEvent struct {
		Data        []byte // as in a Broadcast
		Attachments [][]byte
	}
)

// The answers.
type (
	// Sockets answers FetchSockets.
	Sockets struct{ List []Socket }
	// Answer answers a ServerEvent.
	Answer struct{ Value socketio.Arg }
	// ClientCount is the first answer to a Broadcast that asks for acks: how many clients were asked here.
	ClientCount struct{ N int }
	// ClientAck is the answer of one of those clients: its first argument.
	ClientAck struct{ Value socketio.Arg }
)

func (Broadcast) body()    {}
func (Join) body()         {}
func (Leave) body()        {}
func (Disconnect) body()   {}
func (FetchSockets) body() {}
func (ServerEvent) body()  {}
func (Sockets) body()      {}
func (Answer) body()       {}
func (ClientCount) body()  {}
func (ClientAck) body()    {}

// Logged reports whether a body goes through the log.
func Logged(b Body) bool {
	switch b.(type) {
	case Broadcast, Join, Leave, Disconnect:
		return true
	}
	return false
}

// Replayable reports whether a client that was away is sent the broadcast when it comes back.
func (b Broadcast) Replayable() bool { return !b.Volatile && b.PacketID == "" }

// Reaches reports whether a socket in these rooms is addressed. The room of its own id has to be among them.
func (t Target) Reaches(rooms func(room string) bool) bool {
	for _, room := range t.Except {
		if rooms(room) {
			return false
		}
	}
	for _, room := range t.Rooms {
		if rooms(room) {
			return true
		}
	}
	return len(t.Rooms) == 0
}
