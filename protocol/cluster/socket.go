package cluster

import (
	"time"

	"kapoor.example/desk/protocol/socketio"
)

// Socket is a socket on another server.
type Socket struct {
	ID        string
	Rooms     []string
	Handshake Handshake
	Data      socketio.Arg // whatever the application has put there; null for nothing
}

// Handshake is the request that a socket's connection began with.
type Handshake struct {
	Header  map[string][]string // by lower-case name
	Time    string              // as a person reads it
	Address string              // the client's
	Cross   bool                // it came from another origin
	Secure  bool                // over TLS
	Issued  time.Time           // to the millisecond
	URL     string
	Query   map[string]string
	Auth    socketio.Arg // the payload of the CONNECT; null for none
}

// Session is a socket whose connection was lost, as Node's servers leave it to each other.
type Session struct {
	ID, PID string
	Rooms   []string // with ID among them
	Data    socketio.Arg
	// Left is how long it can still be taken. Node takes its own window.
	Left time.Duration
	// Epoch is that of the log when it was taken.
	Epoch string
	// Trace is what a server of ours says besides; nil from a Node server, which drops it too.
	Trace *Trace
}

// Trace is what was sent over a connection until it was lost.
type Trace struct {
	Namespace string
	User      string   // whose it was, empty for nobody
	UserRooms []string // the rooms it was in because of that, or could have been
	Epoch     string   // of the log, in which all of it was sent
	Connected Position // it has missed nothing up to here
	Sent      Position // the last entry that was sent to it, zero for none
	Detached  Position // the last entry that was not for it any more, or before
	Stale     string   // the offset that its client named when it connected, to no avail
}
