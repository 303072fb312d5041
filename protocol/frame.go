// Package protocol makes frames: packets encoded once, for many receivers and for both transports. The codecs of the
// packets themselves are in engineio and socketio.
package protocol

import (
	"encoding/binary"
	"sync"

	"kapoor.example/desk/protocol/engineio"
)

// Frame is one packet, or an event with its attachments, ready to be written to a WebSocket and into a poll. It is
// immutable and may be shared by any number of goroutines; nobody may modify the slices it hands out.
type Frame struct {
	// webSocket holds complete WebSocket frames. The packets are read back from it when a poll needs them, so that a
	// frame nobody polls costs one allocation for its bytes.
	webSocket []byte
	packets   int
	plain     bool

	once    sync.Once
	polling []byte

	deflating sync.Once
	deflated  []byte
}

// First byte of a WebSocket frame: FIN and the opcode (RFC 6455, 5.2).
const (
	finText   = 0x81
	finBinary = 0x82
)

// Text returns the frame of one Engine.IO packet in its text form, such as 2 or 42["x"]. The bytes are copied; they must
// be UTF-8, or browsers close the connection.
func Text(enginePacket []byte) *Frame {
	ws := make([]byte, 0, frameSize(len(enginePacket)))
	ws = append(appendHeader(ws, finText, len(enginePacket)), enginePacket...)
	return &Frame{webSocket: ws, packets: 1}
}

// Message returns the frame of a Socket.IO packet, as socketio.Append writes it, and its attachments, which follow it as
// binary messages with nothing in between. The bytes are copied.
func Message(socketPacket []byte, attachments [][]byte) *Frame {
	size := frameSize(1 + len(socketPacket))
	for _, a := range attachments {
		size += frameSize(len(a))
	}
	ws := appendHeader(make([]byte, 0, size), finText, 1+len(socketPacket))
	ws = engineio.AppendText(ws, engineio.Message, socketPacket)
	for _, a := range attachments {
		ws = append(appendHeader(ws, finBinary, len(a)), a...)
	}
	return &Frame{webSocket: ws, packets: 1 + len(attachments)}
}

// Binary returns the frame of a binary Engine.IO message. The bytes are copied.
func Binary(data []byte) *Frame {
	ws := appendHeader(make([]byte, 0, frameSize(len(data))), finBinary, len(data))
	return &Frame{webSocket: append(ws, data...), packets: 1}
}

// Plain says that nothing of the frame is worth compressing, and returns it. Only whoever made the frame may call it, before
// anybody else has it.
func (f *Frame) Plain() *Frame {
	f.plain = true
	return f
}

// Compressible reports whether a transport may compress the frame: unless it is Plain.
func (f *Frame) Compressible() bool { return !f.plain }

// WebSocket returns the bytes to write to a WebSocket connection: unmasked server frames, headers included, text for a
// packet and binary for an attachment.
func (f *Frame) WebSocket() []byte { return f.webSocket[:len(f.webSocket):len(f.webSocket)] }

// Size returns the length of WebSocket in bytes. It is what a frame counts in an outbox.
func (f *Frame) Size() int { return len(f.webSocket) }

// Packets returns the number of Engine.IO packets: 1 and the attachments.
func (f *Frame) Packets() int { return f.packets }

// Polling returns the packets as a polling payload, joined by engineio.Separator, attachments in base64. It is made at
// the first call; a single packet needs no copy.
func (f *Frame) Polling() []byte {
	f.once.Do(func() { f.polling = payload(f.webSocket, f.packets) })
	return f.polling[:len(f.polling):len(f.polling)]
}

// payload makes a polling payload of WebSocket frames that this package wrote.
func payload(ws []byte, packets int) []byte {
	opcode, first, rest := cutFrame(ws)
	switch {
	case opcode == finBinary:
		return engineio.AppendBinary(nil, first) // always the only one
	case len(rest) == 0 && opcode == finText:
		return first
	}
	// Base64 makes 4 bytes of 3, rounded up; separator and prefix replace the header of at least 2 bytes.
	body := append(make([]byte, 0, len(first)+len(rest)/3*4+4*packets), first...)
	for len(rest) > 0 {
		var data []byte
		_, data, rest = cutFrame(rest)
		body = engineio.AppendBinary(append(body, engineio.Separator), data)
	}
	return body
}

// Lengths from which a frame header has two or eight more bytes.
const (
	length16 = 126
	length64 = 1 << 16
)

func frameSize(payload int) int {
	switch {
	case payload < length16:
		return 2 + payload
	case payload < length64:
		return 4 + payload
	}
	return 10 + payload
}

func appendHeader(dst []byte, first byte, length int) []byte {
	switch {
	case length < length16:
		return append(dst, first, byte(length))
	case length < length64:
		return binary.BigEndian.AppendUint16(append(dst, first, 126), uint16(length))
	}
	return binary.BigEndian.AppendUint64(append(dst, first, 127), uint64(length))
}

// cutFrame splits the first frame off. It reads what appendHeader wrote, not what a peer sent.
func cutFrame(ws []byte) (first byte, data, rest []byte) {
	start, length := 2, uint64(ws[1])
	switch ws[1] {
	case 126:
		start, length = 4, uint64(binary.BigEndian.Uint16(ws[2:]))
	case 127:
		start, length = 10, binary.BigEndian.Uint64(ws[2:])
	}
	end := start + int(length)
	return ws[0], ws[start:end:end], ws[end:]
}
