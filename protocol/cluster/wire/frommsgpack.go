package wire

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/tinylib/msgp/msgp"

	"kapoor.example/desk/protocol/internal/jsontext"
	"kapoor.example/desk/protocol/socketio"
)

// maxDepth bounds how deep msgpack may be nested.
const maxDepth = 1000

// fromMsgpack returns one msgpack value as JSON with attachments, and what follows it. The attachments alias b.
func fromMsgpack(b []byte) (socketio.Arg, []byte, error) {
	r := msgpackReader{}
	rest, err := r.value(b, maxDepth)
	if err != nil {
		return socketio.Arg{}, nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if r.lookalike && len(r.attachments) > 0 {
		return socketio.Arg{}, nil, fmt.Errorf("%w: data that passes for a placeholder", ErrMalformed)
	}
	return socketio.Arg{Raw: r.text, Attachments: r.attachments}, rest, nil
}

type msgpackReader struct {
	text        []byte
	attachments [][]byte
	lookalike   bool // a key of the application is that of a placeholder
}

func (r *msgpackReader) value(b []byte, depth int) ([]byte, error) {
	if len(b) == 0 {
		return nil, msgp.ErrShortBytes
	}
	if depth <= 0 {
		return nil, fmt.Errorf("nested too deeply")
	}
	if extends(b[0]) {
		return r.extension(b)
	}
	switch msgp.NextType(b) {
	case msgp.MapType:
		return r.mapping(b, depth)
	case msgp.ArrayType:
		n, b, err := msgp.ReadArrayHeaderBytes(b)
		if err != nil {
			return nil, err
		}
		r.text = append(r.text, '[')
		for i := range n {
			if i > 0 {
				r.text = append(r.text, ',')
			}
			if b, err = r.value(b, depth-1); err != nil {
				return nil, err
			}
		}
		r.text = append(r.text, ']')
		return b, nil
	case msgp.StrType:
		s, b, err := msgp.ReadStringZC(b)
		r.text = jsontext.AppendString(r.text, string(s))
		return b, err
	case msgp.BinType:
		data, b, err := msgp.ReadBytesZC(b)
		r.binary(data)
		return b, err
	case msgp.NilType:
		r.text = append(r.text, "null"...)
		return msgp.ReadNilBytes(b)
	case msgp.BoolType:
		v, b, err := msgp.ReadBoolBytes(b)
		r.text = strconv.AppendBool(r.text, v)
		return b, err
	}
	return r.number(b)
}

func (r *msgpackReader) number(b []byte) ([]byte, error) {
	switch msgp.NextType(b) {
	case msgp.IntType:
		n, b, err := msgp.ReadInt64Bytes(b)
		r.text = strconv.AppendInt(r.text, n, 10)
		return b, err
	case msgp.UintType:
		n, b, err := msgp.ReadUint64Bytes(b)
		r.text = strconv.AppendUint(r.text, n, 10)
		return b, err
	case msgp.Float64Type:
		f, b, err := msgp.ReadFloat64Bytes(b)
		r.float(f)
		return b, err
	case msgp.Float32Type:
		f, b, err := msgp.ReadFloat32Bytes(b)
		r.float(float64(f))
		return b, err
	}
	return nil, fmt.Errorf("no msgpack: %#x", b[0])
}

func (r *msgpackReader) mapping(b []byte, depth int) ([]byte, error) {
	n, b, err := msgp.ReadMapHeaderBytes(b)
	if err != nil {
		return nil, err
	}
	r.text = append(r.text, '{')
	for i := range n {
		if i > 0 {
			r.text = append(r.text, ',')
		}
		var key string
		if key, b, err = readKey(b); err != nil {
			return nil, err
		}
		r.lookalike = r.lookalike || key == "_placeholder"
		r.text = append(jsontext.AppendString(r.text, key), ':')
		if b, err = r.value(b, depth-1); err != nil {
			return nil, err
		}
	}
	r.text = append(r.text, '}')
	return b, nil
}

// readKey reads the key of a map. A number is one, too, and becomes text in JavaScript.
func readKey(b []byte) (string, []byte, error) {
	switch msgp.NextType(b) {
	case msgp.StrType:
		s, b, err := msgp.ReadStringZC(b)
		return string(s), b, err
	case msgp.IntType, msgp.UintType, msgp.Float32Type, msgp.Float64Type:
		var r msgpackReader
		b, err := r.number(b)
		return string(r.text), b, err
	}
	return "", nil, fmt.Errorf("key is neither a text nor a number")
}

func (r *msgpackReader) binary(data []byte) {
	r.text = append(strconv.AppendInt(append(r.text, placeholderStart...), int64(len(r.attachments)), 10), '}')
	r.attachments = append(r.attachments, data)
}

// float writes a number as JavaScript does.
func (r *msgpackReader) float(f float64) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		r.text = append(r.text, "null"...)
		return
	}
	text, err := json.Marshal(f + 0) // no negative zero
	if err != nil {
		text = []byte("null") // cannot be: it is finite
	}
	r.text = append(r.text, text...)
}

// extends reports whether a value begins so that it is of an application's type.
func extends(c byte) bool { return c >= 0xc7 && c <= 0xc9 || c >= 0xd4 && c <= 0xd8 }

// timestamp is the type of a point in time, the only one that msgpack itself defines.
const timestamp = 0xff

// extension reads a value of a type that msgpack leaves to applications. Node makes an object of what it does not know.
func (r *msgpackReader) extension(b []byte) ([]byte, error) {
	var size, header int
	switch c := b[0]; {
	case c >= 0xd4:
		size, header = 1<<(c-0xd4), 1
	case len(b) < 1+1<<(c-0xc7):
		return nil, msgp.ErrShortBytes
	case c == 0xc7:
		size, header = int(b[1]), 2
	case c == 0xc8:
		size, header = int(binary.BigEndian.Uint16(b[1:])), 3
	default:
		size, header = int(binary.BigEndian.Uint32(b[1:])), 5
	}
	if size < 0 || len(b)-header-1 < size {
		return nil, msgp.ErrShortBytes
	}
	kind, data, rest := b[header], b[header+1:header+1+size], b[header+1+size:]
	if kind == timestamp {
		return rest, r.time(data)
	}
	r.text = append(strconv.AppendInt(append(r.text, `{"type":`...), int64(int8(kind)), 10), `,"data":`...)
	r.binary(data)
	r.text = append(r.text, '}')
	return rest, nil
}

// time writes a point in time as JSON.stringify writes a Date.
func (r *msgpackReader) time(data []byte) error {
	var t time.Time
	switch len(data) {
	case 4:
		t = time.Unix(int64(binary.BigEndian.Uint32(data)), 0)
	case 8:
		v := binary.BigEndian.Uint64(data)
		t = time.Unix(int64(v&(1<<34-1)), int64(v>>34))
	case 12:
		t = time.Unix(int64(binary.BigEndian.Uint64(data[4:])), int64(binary.BigEndian.Uint32(data)))
	default:
		return fmt.Errorf("timestamp of %d bytes", len(data))
	}
	if year := t.UTC().Year(); year < 0 || year > 9999 {
		r.text = append(r.text, "null"...)
		return nil
	}
	r.text = append(t.UTC().AppendFormat(append(r.text, '"'), "2006-01-02T15:04:05.000Z"), '"')
	return nil
}

// compact returns JSON without white space, and as UTF-8: it goes to clients as it is.
func compact(text []byte) ([]byte, error) {
	if bytes.ContainsAny(text, " \t\r\n") {
		var out bytes.Buffer
		if err := json.Compact(&out, text); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
		}
		text = out.Bytes()
	}
	if !utf8.Valid(text) {
		text = bytes.ToValidUTF8(text, []byte("\uFFFD"))
	}
	return text, nil
}
