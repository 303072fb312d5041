package protocol

import "kapoor.example/desk/protocol/engineio"

// The control frames are the same for every connection and never change.
var (
	closeFrame = Text([]byte{byte(engineio.Close)})
	pingFrame  = Text([]byte{byte(engineio.Ping)})
	pongProbe  = Text([]byte("3probe"))
	noopFrame  = Text([]byte{byte(engineio.Noop)})
)

// Close returns the frame that ends a session, 1.
func Close() *Frame { return closeFrame }

// Ping returns the frame of the heartbeat, 2.
func Ping() *Frame { return pingFrame }

// Probe returns the answer to a client's probe of a WebSocket, 3probe.
func Probe() *Frame { return pongProbe }

// Noop returns the frame that ends a waiting poll, 6.
func Noop() *Frame { return noopFrame }

// WebSocketPong returns the answer to a ping frame of the WebSocket protocol (RFC 6455, 5.5.3), which a poll never
// carries. payload has at most 125 bytes, as that of the ping.
func WebSocketPong(payload []byte) *Frame {
	const finPong = 0x8a
	ws := appendHeader(make([]byte, 0, frameSize(len(payload))), finPong, len(payload))
	return &Frame{webSocket: append(ws, payload...)}
}
