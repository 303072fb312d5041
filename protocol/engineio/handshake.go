package engineio

import (
	"strconv"
	"time"

	"kapoor.example/desk/protocol/internal/jsontext"
)

// Handshake is what the open packet tells a client.
type Handshake struct {
	Sid string
	// Upgrades names the transports the client may change to: "websocket" on polling, nothing on a WebSocket.
	Upgrades []string
	// PingInterval and PingTimeout are sent in whole milliseconds.
	PingInterval, PingTimeout time.Duration
	// MaxPayload is the most bytes one message or one polling body may have.
	MaxPayload int
}

// Append appends the open packet. It has the five keys of the specification and no other.
func (h Handshake) Append(dst []byte) []byte {
	dst = append(dst, byte(Open))
	dst = append(dst, `{"sid":`...)
	dst = jsontext.AppendString(dst, h.Sid)
	dst = append(dst, `,"upgrades":[`...)
	for i, name := range h.Upgrades {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = jsontext.AppendString(dst, name)
	}
	dst = append(dst, `],"pingInterval":`...)
	dst = strconv.AppendInt(dst, h.PingInterval.Milliseconds(), 10)
	dst = append(dst, `,"pingTimeout":`...)
	dst = strconv.AppendInt(dst, h.PingTimeout.Milliseconds(), 10)
	dst = append(dst, `,"maxPayload":`...)
	dst = strconv.AppendInt(dst, int64(h.MaxPayload), 10)
	return append(dst, '}')
}
