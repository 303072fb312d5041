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
}
