// Package socketio is the codec of the Socket.IO protocol, revision 5: packets with their binary attachments, and the
// JSON arguments of events and acks. It knows no connection; what it returns for a packet that breaks the protocol is an
// Error, and the caller closes the connection.
package socketio

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// Type is the first byte of a packet.
type Type byte

// The packet types, in the order of the specification.
const (
	Connect      Type = '0'
	Disconnect   Type = '1'
	Event        Type = '2'
	Ack          Type = '3'
	ConnectError Type = '4' // only a server may send it
	BinaryEvent  Type = '5'
	BinaryAck    Type = '6'
)

// DefaultNamespace is the one every packet without a namespace belongs to.
const DefaultNamespace = "/"

// Packet is one packet with its attachments.
type Packet struct {
	Type Type
	// Namespace begins with a slash. Append takes the empty string for "/" and adds a missing slash.
	Namespace string
	// ID is the ack id, the digits as they came: ids may be larger than any integer type. Empty means none.
	ID string
	// Data is the JSON payload, nil when absent.
	Data []byte
	// Attachments are what the placeholders in Data stand for, by their num.
	Attachments [][]byte
}

// Event returns the name and the arguments of an EVENT. A name that came as a number is returned as it was written. The
// arguments alias Data. The error is ErrNotEvent for another type, else what is wrong with Data, which never happens
// to a packet from a Decoder.
func (p Packet) Event() (name string, args []json.RawMessage, err error) {
	if p.Type != Event && p.Type != BinaryEvent {
		return "", nil, ErrNotEvent
	}
	all, err := elements(p.Data)
	if err != nil {
		return "", nil, err
	}
	if len(all) == 0 {
		return "", nil, ErrPayload
	}
	name, ok := eventName(all[0])
	if !ok {
		return "", nil, ErrPayload
	}
	return name, all[1:], nil
}

// Ack returns the arguments of an ACK, as Event does for events. The error for another type is ErrNotAck.
func (p Packet) Ack() ([]json.RawMessage, error) {
	if p.Type != Ack && p.Type != BinaryAck {
		return nil, ErrNotAck
	}
	return elements(p.Data)
}

// Append appends the text of p: what follows the "4" of an Engine.IO message. An EVENT or ACK becomes its binary form
// when there are attachments, and the plain form when there are none; the attachments themselves follow as binary
// messages of their own. Data is written as it is. A namespace must not contain a comma.
func Append(dst []byte, p Packet) []byte {
	dst = append(dst, byte(wireType(p)))
	if len(p.Attachments) > 0 {
		dst = append(strconv.AppendInt(dst, int64(len(p.Attachments)), 10), '-')
	}
	if p.Namespace != "" && p.Namespace != DefaultNamespace {
		if !strings.HasPrefix(p.Namespace, "/") {
			dst = append(dst, '/')
		}
		dst = append(append(dst, p.Namespace...), ',')
	}
	dst = append(dst, p.ID...)
	return append(dst, p.Data...)
}

func wireType(p Packet) Type {
	binary := len(p.Attachments) > 0
	switch {
	case binary && p.Type == Event:
		return BinaryEvent
	case binary && p.Type == Ack:
		return BinaryAck
	case !binary && p.Type == BinaryEvent:
		return Event
	case !binary && p.Type == BinaryAck:
		return Ack
	}
	return p.Type
}

// Reserved reports whether a name is one no event may have, on the wire or in an emit.
func Reserved(name string) bool {
	switch name {
	case "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener":
		return true
	}
	return false
}

// longestReserved is the length of "removeListener".
const longestReserved = 14

// eventName reads the first element of an event's payload, which must be a string or a number.
func eventName(raw []byte) (string, bool) {
	switch c := raw[0]; {
	case c == '"':
		return unquote(raw), true
	case c == '-' || c >= '0' && c <= '9':
		return string(raw), true
	}
	return "", false
}

// reservedElement reports whether raw, a JSON string or number, spells a reserved name, with or without escapes.
func reservedElement(raw []byte) bool {
	if raw[0] != '"' {
		return false
	}
	if bytes.IndexByte(raw, '\\') < 0 {
		return Reserved(string(raw[1 : len(raw)-1]))
	}
	// A character takes six bytes at most (\u0063); nothing longer needs to be unquoted.
	return len(raw) <= 2+6*longestReserved && Reserved(unquote(raw))
}
