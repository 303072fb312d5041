package realtime

import "net"

// The names of the transports.
const (
	Polling   = "polling"
	WebSocket = "websocket"
)

// Transport is an established WebSocket as an outbox writes to it. Frames come complete, header included. The outbox
// calls TryWrite and Write one at a time; Close may come from another goroutine at any moment.
type Transport interface {
	// TryWrite writes what the connection takes without waiting and returns how many bytes that was.
	TryWrite(p []byte) (n int, err error)
	// Write writes everything and may wait; it ends with an error once the connection is closed.
	Write(p net.Buffers) error
	// Close ends the connection, after a close frame with this status where one can still be sent; 0 is no status.
	Close(status int)
}

// Deflating is a Transport whose client agreed on permessage-deflate (RFC 7692) without context takeover, for both sides.
type Deflating interface {
	// DeflateFrom returns from how many bytes messages are compressed, 0 when the client did not agree.
	DeflateFrom() int
}

// Close statuses of RFC 6455, section 7.4.1, and its registry.
const (
	StatusNone           = 0
	StatusProtocolError  = 1002
	StatusInvalidPayload = 1007
	StatusTooBig         = 1009
	StatusServiceRestart = 1012
)
