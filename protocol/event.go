package protocol

import (
	"kapoor.example/desk/protocol/engineio"
	"kapoor.example/desk/protocol/internal/jsontext"
	"kapoor.example/desk/protocol/socketio"
)

// EventFrame returns the frame of an event with one argument whose JSON is there already: the payload is copied and not
// looked at, so it must be valid, compact and UTF-8. A nil payload leaves the argument out. offset, unless empty, is added as
// the last argument: the place in the log that a client names when it comes back.
func EventFrame(namespace, name string, payload []byte, offset string) *Frame {
	// Names and offsets are short; longer ones cost an allocation.
	var header [96]byte
	packet := engineio.AppendText(header[:0], engineio.Message, nil)
	packet = socketio.Append(packet, socketio.Packet{Type: socketio.Event, Namespace: namespace})
	packet = jsontext.AppendString(append(packet, '['), name)
	if payload != nil {
		packet = append(packet, ',')
	}

	var footer [64]byte
	last := footer[:0]
	if offset != "" {
		last = jsontext.AppendString(append(last, ','), offset)
	}
	last = append(last, ']')

	length := len(packet) + len(payload) + len(last)
	ws := appendHeader(make([]byte, 0, frameSize(length)), finText, length)
	ws = append(append(append(ws, packet...), payload...), last...)
	return &Frame{webSocket: ws, packets: 1}
}
