package swarm

import (
	"encoding/binary"
	"errors"
)

// First bytes of WebSocket frames: FIN and the opcode (RFC 6455, 5.2).
const (
	finText   = 0x81
	finBinary = 0x82
	finClose  = 0x88
	finPing   = 0x89
	finPong   = 0x8a
)

// Lengths of a payload from which the header has two or eight more bytes, and the marks that say so.
const (
	length16, length64 = 126, 1 << 16
	mark16, mark64     = 126, 127
)

// masked is the bit of a client's frames; the key follows the length.
const masked = 0x80

// key masks all frames: masking protects proxies from scripts, and there are neither here.
func key() [4]byte { return [4]byte{0x37, 0xfa, 0x21, 0x3d} }

// maxFrame bounds what a server may send in one frame.
const maxFrame = 64 << 20

// ErrProtocol says that the server sent what no Socket.IO server sends.
var ErrProtocol = errors.New("not the protocol")

// AppendFrame appends an Engine.IO packet, such as 42["x"], as the masked text frame that Client.Send takes.
func AppendFrame(dst, packet []byte) []byte { return appendFrame(dst, finText, packet) }

// Frame returns an Engine.IO packet as the masked text frame that Client.Send takes.
func Frame(packet string) []byte { return AppendFrame(nil, []byte(packet)) }

func appendFrame(dst []byte, first byte, payload []byte) []byte {
	switch n := len(payload); {
	case n < length16:
		dst = append(dst, first, masked|byte(n))
	case n < length64:
		dst = binary.BigEndian.AppendUint16(append(dst, first, masked|mark16), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint64(append(dst, first, masked|mark64), uint64(n))
	}
	k := key()
	dst = append(dst, k[:]...)
	for i, b := range payload {
		dst = append(dst, b^k[i&3])
	}
	return dst
}

// cutFrame splits the first frame of a server off. It returns ok false where p does not hold all of it, and ErrProtocol
// where it never will.
func cutFrame(p []byte) (first byte, payload, rest []byte, ok bool, err error) {
	if len(p) < 2 {
		return 0, nil, p, false, nil
	}
	start, length := 2, uint64(p[1])
	switch p[1] {
	case mark16:
		if start = 4; len(p) < start {
			return 0, nil, p, false, nil
		}
		length = uint64(binary.BigEndian.Uint16(p[2:]))
	case mark64:
		if start = 10; len(p) < start {
			return 0, nil, p, false, nil
		}
		length = binary.BigEndian.Uint64(p[2:])
	}
	if length > maxFrame || p[1]&masked != 0 {
		return 0, nil, p, false, ErrProtocol
	}
	end := start + int(length)
	if len(p) < end {
		return 0, nil, p, false, nil
	}
	return p[0], p[start:end:end], p[end:], true, nil
}
