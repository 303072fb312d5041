package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"github.com/tinylib/msgp/msgp"
)

// placeholderStart is how the object begins that stands for an attachment. socketio writes it in this form only.
const placeholderStart = `{"_placeholder":true,"num":`

// maxSafe is the largest integer of JavaScript. Node writes what is beyond as a float.
const maxSafe = 1<<53 - 1

// appendMsgpack appends a JSON text as msgpack, in the shortest forms, with the attachments in the places of their
// placeholders.
func appendMsgpack(dst, text []byte, attachments [][]byte) ([]byte, error) {
	if !json.Valid(text) {
		return nil, fmt.Errorf("%w: payload is not JSON", ErrMalformed)
	}
	t := transcoder{text: text, attachments: attachments}
	t.count()
	return t.write(dst)
}

// transcoder goes over a valid JSON text twice: msgpack says how many elements there are before it says which.
type transcoder struct {
	text        []byte
	attachments [][]byte
	counts      []uint32 // of arrays and objects, in the order in which they begin
}

func (t *transcoder) count() {
	var open []int // indices of counts
	for i := 0; i < len(t.text); i++ {
		switch t.text[i] {
		case '"':
			i = t.endOfString(i) - 1
		case '{', '[':
			if _, end, ok := t.placeholder(i); ok {
				i = end - 1
				continue
			}
			open = append(open, len(t.counts))
			var n uint32
			if next := bytes.TrimLeft(t.text[i+1:], " \t\r\n"); next[0] != '}' && next[0] != ']' {
				n = 1
			}
			t.counts = append(t.counts, n)
		case '}', ']':
			open = open[:len(open)-1]
		case ',':
			t.counts[open[len(open)-1]]++
		}
	}
}

func (t *transcoder) write(dst []byte) ([]byte, error) {
	next := 0
	for i := 0; i < len(t.text); {
		switch c := t.text[i]; c {
		case ' ', '\t', '\r', '\n', ',', ':', '}', ']':
			i++
		case '{', '[':
			if num, end, ok := t.placeholder(i); ok {
				if num >= len(t.attachments) {
					return nil, fmt.Errorf("%w: placeholder without an attachment", ErrMalformed)
				}
				dst = msgp.AppendBytes(dst, t.attachments[num])
				i = end
				continue
			}
			if c == '{' {
				dst = msgp.AppendMapHeader(dst, t.counts[next])
			} else {
				dst = msgp.AppendArrayHeader(dst, t.counts[next])
			}
			next++
			i++
		case '"':
			end := t.endOfString(i)
			var err error
			if dst, err = appendMsgpackString(dst, t.text[i:end]); err != nil {
				return nil, err
			}
			i = end
		case 't':
			dst, i = msgp.AppendBool(dst, true), i+len("true")
		case 'f':
			dst, i = msgp.AppendBool(dst, false), i+len("false")
		case 'n':
			dst, i = msgp.AppendNil(dst), i+len("null")
		default:
			end := i + 1
			for end < len(t.text) && bytes.IndexByte([]byte("+-.0123456789eE"), t.text[end]) >= 0 {
				end++
			}
			var err error
			if dst, err = appendMsgpackNumber(dst, string(t.text[i:end])); err != nil {
				return nil, err
			}
			i = end
		}
	}
	return dst, nil
}

// endOfString returns the index behind the closing quote of the string at i.
func (t *transcoder) endOfString(i int) int {
	for i++; t.text[i] != '"'; i++ {
		if t.text[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// placeholder reads a placeholder at i. Without attachments there are none: what looks like one is plain data.
func (t *transcoder) placeholder(i int) (num, end int, ok bool) {
	rest, found := bytes.CutPrefix(t.text[i:], []byte(placeholderStart))
	if !found || len(t.attachments) == 0 {
		return 0, 0, false
	}
	digits := bytes.IndexByte(rest, '}')
	num, err := strconv.Atoi(string(rest[:max(digits, 0)]))
	if err != nil || num < 0 {
		return 0, 0, false
	}
	return num, i + len(placeholderStart) + digits + 1, true
}

func appendMsgpackString(dst, quoted []byte) ([]byte, error) {
	inner := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return msgp.AppendStringFromBytes(dst, bytes.ToValidUTF8(inner, []byte("\uFFFD"))), nil
	}
	var s string
	if err := json.Unmarshal(quoted, &s); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return msgp.AppendString(dst, s), nil
}

func appendMsgpackNumber(dst []byte, digits string) ([]byte, error) {
	f, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		return nil, fmt.Errorf("%w: number out of range", ErrMalformed)
	}
	switch {
	case f != math.Trunc(f) || math.Abs(f) > maxSafe:
		return msgp.AppendFloat64(dst, f), nil
	case f < 0:
		return msgp.AppendInt64(dst, int64(f)), nil
	}
	return msgp.AppendUint64(dst, uint64(f)), nil
}
