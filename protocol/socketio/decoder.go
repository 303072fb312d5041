package socketio

import (
	"bytes"
	"unicode/utf8"
)

// What a Decoder allows unless told otherwise.
const (
	DefaultMaxAttachments = 10
	DefaultMaxDepth       = 256
)

// Decoder puts the packets of one connection together. The zero value is ready. It belongs to one goroutine.
//
// After an error the decoder holds nothing and would start anew, but the connection has to be closed: the peer does not
// keep to the protocol. A packet that is returned has been checked: its type is known, its payload is valid JSON of the
// shape that its type demands, the name of an event is not a reserved one, and every placeholder names an attachment of
// its own. CONNECT_ERROR decodes, since a client needs it; a server treats it as a violation.
type Decoder struct {
	// MaxAttachments bounds the attachments of a packet. Zero means DefaultMaxAttachments, less allows none.
	MaxAttachments int
	// MaxDepth bounds how deep arrays and objects may be nested. Zero means DefaultMaxDepth.
	MaxDepth int
	// MaxBytes bounds the bytes of all attachments of a packet together. Zero means no limit.
	MaxBytes int

	pending Packet // waits for its attachments
	due     int    // how many are still to come
	bytes   int    // of the attachments so far
}

// Text reads the text of a message (without the engine's "4"). complete is false when attachments are due: the packet
// comes from Binary then, and p is empty.
//
// Data of a packet without attachments aliases b; that of a packet with attachments is a copy, so b may be reused.
func (d *Decoder) Text(b []byte) (p Packet, complete bool, err error) {
	if d.due > 0 {
		d.Reset()
		return Packet{}, false, ErrTextDuringBinary
	}
	p, attachments, err := d.packet(b)
	if err != nil {
		return Packet{}, false, err
	}
	if attachments == 0 {
		return p, true, nil
	}
	p.Data = bytes.Clone(p.Data)
	d.pending, d.due = p, attachments
	return Packet{}, false, nil
}

// Binary reads a binary message, the next attachment of the packet that announced it. It is copied, so b may be reused.
// complete is true with the last one.
func (d *Decoder) Binary(b []byte) (p Packet, complete bool, err error) {
	if d.due == 0 {
		return Packet{}, false, ErrUnexpectedBinary
	}
	d.bytes += len(b)
	if d.MaxBytes > 0 && d.bytes > d.MaxBytes {
		d.Reset()
		return Packet{}, false, ErrTooLarge
	}
	d.pending.Attachments = append(d.pending.Attachments, append([]byte{}, b...))
	d.due--
	if d.due > 0 {
		return Packet{}, false, nil
	}
	p = d.pending
	d.Reset()
	return p, true, nil
}

// Pending returns the packet whose attachments have not all come, with those that have, and false where there is none.
func (d *Decoder) Pending() (p Packet, ok bool) { return d.pending, d.due > 0 }

// Reset drops a packet whose attachments have not all come. The limits stay.
func (d *Decoder) Reset() {
	d.pending, d.due, d.bytes = Packet{}, 0, 0
}

// packet reads the header and checks the payload.
func (d *Decoder) packet(b []byte) (p Packet, attachments int, err error) {
	if len(b) == 0 {
		return p, 0, ErrEmpty
	}
	if !utf8.Valid(b) {
		return p, 0, ErrEncoding
	}
	p.Type = Type(b[0])
	if p.Type < Connect || p.Type > BinaryAck {
		return p, 0, ErrType
	}
	b = b[1:]
	if p.Type == BinaryEvent || p.Type == BinaryAck {
		if attachments, b, err = d.count(b); err != nil {
			return p, 0, err
		}
	}
	p.Namespace, b = namespace(b)
	end := digits(b)
	p.ID, b = string(b[:end]), b[end:]
	if len(b) > 0 {
		p.Data = b[:len(b):len(b)]
	}
	return p, attachments, d.payload(p, attachments)
}

// count reads the number of attachments, digits and a hyphen.
func (d *Decoder) count(b []byte) (n int, rest []byte, err error) {
	end := digits(b)
	if end == 0 || end == len(b) || b[end] != '-' {
		return 0, nil, ErrIllegalAttachments
	}
	number := bytes.TrimLeft(b[:end], "0")
	if len(number) == 0 {
		return 0, nil, ErrIllegalAttachments
	}
	limit := d.MaxAttachments
	if limit == 0 {
		limit = DefaultMaxAttachments
	}
	for _, c := range number {
		// Stopping here also keeps a number of a million digits from overflowing.
		if n = n*10 + int(c-'0'); n > limit {
			return 0, nil, ErrTooManyAttachments
		}
	}
	return n, b[end+1:], nil
}

// namespace reads up to the comma. Without one all that is left is the namespace.
func namespace(b []byte) (name string, rest []byte) {
	if len(b) == 0 || b[0] != '/' {
		return DefaultNamespace, b
	}
	ns, rest, _ := bytes.Cut(b, []byte{','})
	if len(ns) == 1 {
		return DefaultNamespace, rest
	}
	return string(ns), rest
}

// digits counts the digits that b begins with.
func digits(b []byte) int {
	n := 0
	for n < len(b) && b[n] >= '0' && b[n] <= '9' {
		n++
	}
	return n
}

// payload checks what the type demands first, since that is one byte, and then the whole text.
func (d *Decoder) payload(p Packet, attachments int) error {
	open := byte(0)
	if len(p.Data) > 0 {
		open = p.Data[0]
	}
	switch p.Type {
	case Connect:
		if open != 0 && open != '{' {
			return ErrPayload
		}
	case Disconnect:
		if open != 0 {
			return ErrPayload
		}
	case Event, BinaryEvent:
		if open != '[' {
			return ErrPayload
		}
	case Ack, BinaryAck:
		if open != '[' {
			return ErrPayload
		}
		if p.ID == "" {
			return ErrAckID
		}
	case ConnectError:
		if open != 0 && open != '{' && open != '"' {
			return ErrPayload
		}
	}
	if p.Data == nil {
		return nil
	}
	return d.json(p, attachments)
}

func (d *Decoder) json(p Packet, attachments int) error {
	s := scanner{text: p.Data, depth: d.MaxDepth, binary: attachments > 0}
	if s.depth == 0 {
		s.depth = DefaultMaxDepth
	}
	if err := s.document(); err != nil {
		return err
	}
	if p.Type == Event || p.Type == BinaryEvent {
		if s.first.end == 0 {
			return ErrPayload
		}
		name := p.Data[s.first.start:s.first.end]
		if c := name[0]; c != '"' && c != '-' && (c < '0' || c > '9') {
			return ErrPayload
		}
		if reservedElement(name) {
			return ErrReserved
		}
	}
	return distinct(s.placeholders, attachments)
}

// distinct checks that every placeholder names an attachment, and no two the same: encoders never do that, and sent on
// to others such a packet could grow to ten thousand times its size.
func distinct(placeholders []placeholder, attachments int) error {
	if len(placeholders) > attachments {
		return ErrPlaceholder
	}
	for i, p := range placeholders {
		if p.num < 0 || p.num >= attachments {
			return ErrPlaceholder
		}
		for _, other := range placeholders[:i] {
			if other.num == p.num {
				return ErrPlaceholder
			}
		}
	}
	return nil
}
