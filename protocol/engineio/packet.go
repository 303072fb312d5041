// Package engineio is the codec of the Engine.IO protocol, revision 4: packets, the payloads of long-polling, the
// handshake and the answers to refused requests. It reads and writes bytes and keeps no state; every function may be
// called from any goroutine.
package engineio

import (
	"encoding/base64"
	"errors"
	"unicode/utf8"
)

// PacketType is the first byte of a text packet.
type PacketType byte

// The packet types, in the order of the specification.
const (
	Open    PacketType = '0' // server to client, carries the Handshake
	Close   PacketType = '1'
	Ping    PacketType = '2' // server to client; "2probe" from a client that upgrades
	Pong    PacketType = '3' // client to server; "3probe" to a client that upgrades
	Message PacketType = '4'
	Upgrade PacketType = '5'
	Noop    PacketType = '6' // ends a waiting poll
)

// Separator stands between the packets of a polling payload.
const Separator = 0x1e

// binaryPrefix marks a base64 packet in a polling payload.
const binaryPrefix = 'b'

// ErrPacket is returned for bytes that are no packet: nothing at all, an unknown type, broken base64, a text frame that
// is not UTF-8. The session ends with the reason "parse error".
var ErrPacket = errors.New("invalid engine.io packet")

// Packet is one decoded packet.
type Packet struct {
	Type PacketType
	// Binary says that Data came as bytes and not as text. Only a Message can be binary.
	Binary bool
	// Data is what follows the type. It aliases the decoded input unless the doc of the decoding function says otherwise.
	Data []byte
}

// Decode reads the packet in a WebSocket text frame. (A binary frame needs no decoding: it is the data of a binary
// Message.) Clients that are told to force base64 send their binary messages as text here too, as in a payload. The Data
// of other packets aliases text. The error is ErrPacket.
func Decode(text []byte) (Packet, error) {
	if !utf8.Valid(text) {
		return Packet{}, ErrPacket
	}
	return decodeBase64(text)
}

func decode(text []byte) (Packet, error) {
	if len(text) == 0 || text[0] < byte(Open) || text[0] > byte(Noop) {
		return Packet{}, ErrPacket
	}
	return Packet{Type: PacketType(text[0]), Data: text[1:]}, nil
}

// AppendText appends a packet in its text form, which both transports use.
func AppendText(dst []byte, t PacketType, data []byte) []byte {
	return append(append(dst, byte(t)), data...)
}

// AppendBinary appends a binary message in the form of a polling payload: "b" and base64. On a WebSocket the bytes go
// as they are, in a binary frame.
func AppendBinary(dst, data []byte) []byte {
	return base64.StdEncoding.AppendEncode(append(dst, binaryPrefix), data)
}
