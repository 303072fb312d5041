package http

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// frameReader cuts the bytes of a connection into frames and joins fragments to messages (RFC 6455, section 5).
type frameReader struct {
	limit   int
	header  ws.Header
	got     bool   // header is that of the frame being read
	head    []byte // bytes of a header that is not complete
	payload []byte // of the frame, unmasked up to its length
	message []byte // of the fragments so far
	opcode  ws.OpCode
	begun   bool // a fragmented message is being joined
	deflate bool // permessage-deflate was agreed on
	packed  bool // the message is compressed
}

// frameReceiver takes complete messages and control frames. Their payload is its own.
type frameReceiver interface {
	frame(op ws.OpCode, payload []byte) error
}

// idle reports whether nothing has begun to come.
func (r *frameReader) idle() bool { return !r.got && !r.begun && len(r.head) == 0 }

// errTooBig says that a message is over the limit.
var errTooBig = errors.New("message too big")

// errNotText says that a text message is not UTF-8.
var errNotText = errors.New("text message is not UTF-8")

// errProtocol says that a client does not keep to RFC 6455.
var errProtocol = errors.New("WebSocket protocol error")

// feed takes bytes and calls to for every complete message and control frame. What that gets is its own.
func (r *frameReader) feed(p []byte, to frameReceiver) error {
	for len(p) > 0 || r.got {
		if !r.got {
			var err error
			if p, err = r.readHeader(p); err != nil {
				return err
			}
			if !r.got {
				return nil
			}
		}
		n := min(int(r.header.Length)-len(r.payload), len(p))
		start := len(r.payload)
		r.payload = append(r.payload, p[:n]...)
		ws.Cipher(r.payload[start:], r.header.Mask, start)
		p = p[n:]
		if len(r.payload) < int(r.header.Length) {
			return nil
		}
		if err := r.frame(to); err != nil {
			return err
		}
	}
	return nil
}

// readHeader reads a frame's header, of which a part may have come before. It is refused as soon as its bytes say why.
func (r *frameReader) readHeader(p []byte) (rest []byte, err error) {
	source := p
	if len(r.head) > 0 {
		source = append(r.head, p...)
	}
	size, err := r.parse(source)
	if err != nil {
		return nil, err
	}
	if size == 0 {
		r.head = append(r.head[:0:0], source...)
		return nil, nil
	}
	r.head, r.got = nil, true
	// Memory grows with the bytes that come, not with those that were announced.
	r.payload = make([]byte, 0, min(r.header.Length, readBuffer))
	return source[size:], nil
}

// parse reads a header and returns how many bytes it has, 0 when some are missing.
func (r *frameReader) parse(p []byte) (size int, err error) {
	if len(p) < 2 {
		return 0, nil
	}
	h := ws.Header{Fin: p[0]&0x80 != 0, Rsv: p[0] >> 4 & 7, OpCode: ws.OpCode(p[0] & 15), Masked: p[1]&0x80 != 0, Length: int64(p[1] & 127)}
	state := ws.StateServerSide
	if r.begun {
		state = state.Set(ws.StateFragmented)
	}
	checked, packed := h, false
	if rsv1, rsv2, rsv3 := ws.RsvBits(h.Rsv); rsv1 && r.deflate && !r.begun && h.OpCode.IsData() {
		// The first frame of a message says so when it is compressed (RFC 7692, 6).
		checked.Rsv, packed = ws.Rsv(false, rsv2, rsv3), true
	}
	if ws.CheckHeader(checked, state) != nil || !h.Masked {
		return 0, errProtocol
	}
	size = 2
	switch {
	case h.Length == 126 && len(p) < 4, h.Length == 127 && len(p) < 10:
		return 0, nil
	case h.Length == 126:
		size, h.Length = 4, int64(binary.BigEndian.Uint16(p[2:]))
	case h.Length == 127:
		size, h.Length = 10, int64(binary.BigEndian.Uint64(p[2:]))
	}
	switch {
	case h.Length < 0:
		return 0, errProtocol
	case !h.OpCode.IsControl() && h.Length > int64(r.limit-len(r.message)):
		return 0, errTooBig
	case len(p) < size+len(h.Mask):
		return 0, nil
	}
	size += copy(h.Mask[:], p[size:])
	r.header = h
	if !h.OpCode.IsControl() && !r.begun {
		r.packed = packed
	}
	return size, nil
}

// frame handles a complete frame.
func (r *frameReader) frame(to frameReceiver) error {
	header, payload := r.header, r.payload
	r.got, r.payload = false, nil
	if header.OpCode.IsControl() {
		return to.frame(header.OpCode, payload)
	}
	if !r.begun {
		r.opcode = header.OpCode
	}
	if r.begun || !header.Fin {
		r.message = append(r.message, payload...)
		payload = r.message
	}
	r.begun = !header.Fin
	if !header.Fin {
		return nil
	}
	r.message = nil
	if r.packed {
		r.packed = false
		var err error
		if payload, err = inflate(payload, r.limit); err != nil {
			return err
		}
	}
	if r.opcode == ws.OpText && !utf8.Valid(payload) {
		return errNotText
	}
	return to.frame(r.opcode, payload)
}

// deflateTail is what a compressed message ends with and its frames leave out, and an empty last block.
const deflateTail = "\x00\x00\xff\xff\x01\x00\x00\xff\xff"

// inflate unpacks a message, which may be limit bytes long.
func inflate(packed []byte, limit int) ([]byte, error) {
	source := flate.NewReader(io.MultiReader(bytes.NewReader(packed), strings.NewReader(deflateTail)))
	message, err := io.ReadAll(io.LimitReader(source, int64(limit)+1))
	switch {
	case err != nil:
		return nil, errProtocol
	case len(message) > limit:
		return nil, errTooBig
	}
	return message, nil
}
