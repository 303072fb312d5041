package engineio

import (
	"bytes"
	"encoding/base64"
	"errors"
	"unicode/utf8"
)

// ErrTooMany is returned for a payload of more packets than the caller allows.
var ErrTooMany = errors.New("too many packets in one payload")

// DecodePayload reads the body of a polling POST and calls each with its packets, in order. It stops at the first error
// that each returns and returns that error as it is.
//
// A body of more than maxPackets packets is ErrTooMany, and none of them is delivered; maxPackets of 0 or less sets no
// limit. An empty body, an empty packet or an invalid one is ErrPacket; the packets before it have been delivered by
// then, as Node does it.
//
// Data of text packets aliases body, Data of binary ones is newly allocated. Bytes that are not UTF-8 are read as
// U+FFFD; the body is copied then.
func DecodePayload(body []byte, maxPackets int, each func(Packet) error) error {
	if maxPackets > 0 && bytes.Count(body, []byte{Separator}) >= maxPackets {
		return ErrTooMany
	}
	if !utf8.Valid(body) {
		body = bytes.ToValidUTF8(body, []byte("\uFFFD"))
	}
	for more := true; more; {
		var one []byte
		one, body, more = bytes.Cut(body, []byte{Separator})
		p, err := decodeBase64(one)
		if err != nil {
			return err
		}
		if err := each(p); err != nil {
			return err
		}
	}
	return nil
}

// decodeBase64 decodes a text packet, or a binary message written as one.
func decodeBase64(one []byte) (Packet, error) {
	if len(one) == 0 || one[0] != binaryPrefix {
		return decode(one)
	}
	data, err := base64.StdEncoding.AppendDecode(make([]byte, 0, base64.StdEncoding.DecodedLen(len(one)-1)), one[1:])
	if err != nil {
		return Packet{}, ErrPacket
	}
	return Packet{Type: Message, Binary: true, Data: data}, nil
}
