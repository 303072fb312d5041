package swarm

import (
	"fmt"
	"strings"
)

// Observer is told what happens to the clients, on the loop of the client concerned: with several loops, from several
// goroutines. It must not block. at is the Clock's time of the read that brought the news.
type Observer interface {
	// Connected is called when the server has accepted the CONNECT. answer is its JSON, good during the call only.
	Connected(c *Client, at int64, answer []byte)
	// Packet is called for every event and ack: packet is the Socket.IO packet, such as 2["name",…], good during the call
	// only.
	Packet(c *Client, at int64, packet []byte)
	// Closed is called when a connection has ended that was not ended by Cut, or could not be made.
	Closed(c *Client, at int64, why *CloseError)
}

// Phase is how far a connection is.
type Phase uint8

// The phases, in their order.
const (
	Idle       Phase = iota // there is no connection
	Queued                  // waits for its turn to connect
	Connecting              // TCP
	Upgrading               // HTTP; the first poll, where there is no upgrade
	Opening                 // Engine.IO
	Joining                 // Socket.IO
	Connected
)

// String returns what is done in the phase.
func (p Phase) String() string {
	names := [...]string{"idle", "queued", "connecting", "upgrading", "opening", "joining", "connected"}
	if int(p) < len(names) {
		return names[p]
	}
	return "phase"
}

// CloseError says why a connection ended.
type CloseError struct {
	Phase Phase // in which it was
	// Status is that of the HTTP answer while upgrading or polling, otherwise of the WebSocket close frame; 0 where there was
	// none.
	Status int
	// Packet is the Socket.IO packet that ended it: a refusal (4{…}) or a DISCONNECT (1).
	Packet string
	// Err is what the system or the protocol said, ErrTimeout or ErrProtocol for example; nil where the server closed in
	// order.
	Err error
}

// Error implements error.
func (c *CloseError) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "closed while %s", c.Phase)
	if c.Status != 0 {
		fmt.Fprintf(&text, ", status %d", c.Status)
	}
	if c.Packet != "" {
		fmt.Fprintf(&text, ", packet %s", c.Packet)
	}
	if c.Err != nil {
		fmt.Fprintf(&text, ": %s", c.Err)
	}
	return text.String()
}

// Unwrap returns Err.
func (c *CloseError) Unwrap() error { return c.Err }
