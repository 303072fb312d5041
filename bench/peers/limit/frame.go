package main

import (
	"encoding/binary"
	"errors"

	"github.com/gobwas/ws"
)

// First bytes of WebSocket frames: FIN and the opcode (RFC 6455, 5.2).
const (
	finText  = 0x81
	finClose = 0x88
	finPing  = 0x89
	finPong  = 0x8a
)

// Marks in place of a length that needs two or eight more bytes, and what needs them.
const (
	mark16, mark64     = 126, 127
	length16, length64 = 126, 1 << 16
)

// masked is the bit that clients' frames have and servers' do not.
const masked = 0x80

// maxPayload is what a client's frame may have, in bytes.
const maxPayload = 1_000_000

// errProtocol says that a client sent what ends its connection.
var errProtocol = errors.New("not the protocol")

// appendFrame appends a frame of the parts, one after the other.
func appendFrame(dst []byte, first byte, parts ...[]byte) []byte {
	n := 0
	for _, part := range parts {
		n += len(part)
	}
	switch {
	case n < length16:
		dst = append(dst, first, byte(n))
	case n < length64:
		dst = binary.BigEndian.AppendUint16(append(dst, first, mark16), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint64(append(dst, first, mark64), uint64(n))
	}
	for _, part := range parts {
		dst = append(dst, part...)
	}
	return dst
}

// textFrame returns a packet as a frame.
func textFrame(packet string) []byte { return appendFrame(nil, finText, []byte(packet)) }

// cutFrame splits the first frame of a client off and unmasks it where it is. It returns ok false, and p as it was, where p
// does not hold all of it, and errProtocol where it never will be one. Fragments are none: stock clients send messages
// whole.
func cutFrame(p []byte) (first byte, payload, rest []byte, ok bool, err error) {
	if len(p) < 2 {
		return 0, nil, p, false, nil
	}
	switch p[0] {
	case finText, finClose, finPing, finPong:
	default:
		return 0, nil, p, false, errProtocol
	}
	if p[1]&masked == 0 {
		return 0, nil, p, false, errProtocol
	}
	start, length := 2, uint64(p[1]&^masked)
	switch length {
	case mark16:
		if start = 4; len(p) >= start {
			length = uint64(binary.BigEndian.Uint16(p[2:]))
		}
	case mark64:
		if start = 10; len(p) >= start {
			length = binary.BigEndian.Uint64(p[2:])
		}
	}
	const keyLength = 4
	if len(p) < start+keyLength {
		return 0, nil, p, false, nil
	}
	if length > maxPayload {
		return 0, nil, p, false, errProtocol
	}
	key := [keyLength]byte(p[start:])
	start += keyLength
	end := start + int(length)
	if len(p) < end {
		return 0, nil, p, false, nil
	}
	payload = p[start:end:end]
	ws.Cipher(payload, key, 0)
	return p[0], payload, p[end:], true, nil
}
