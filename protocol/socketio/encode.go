package socketio

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"unicode/utf8"

	"kapoor.example/desk/protocol/internal/jsontext"
)

// EncodeEvent encodes the payload of an event, ["name",args…]. See EncodeArgs. The error is ErrReserved for a name that
// belongs to the library.
func EncodeEvent(name string, args ...any) (data []byte, attachments [][]byte, err error) {
	if Reserved(name) {
		return nil, nil, ErrReserved
	}
	all := make([]any, 0, len(args)+1)
	return EncodeArgs(append(append(all, name), args...)...)
}

// EncodeArgs encodes values as the compact JSON array that is the payload of an event or an ack, as encoding/json does
// but without escaping <, > and &. A json.RawMessage keeps its key order and numbers; Args are spread over several
// elements.
//
// Every slice of bytes in the values becomes a placeholder, at any depth, in maps, slices, structs, behind pointers and
// interfaces; nil ones become null. attachments holds them in the order of the text and aliases them: they must not be
// modified until the packet is sent. What has a MarshalJSON or MarshalText of its own is encoded by it.
//
// Cyclic or very deep values, NaN, infinities, channels, functions and invalid raw JSON are errors. So is, next to a
// binary value, text that would pass for a placeholder (ErrPlaceholder): it would make receivers drop the connection.
func EncodeArgs(args ...any) (data []byte, attachments [][]byte, err error) {
	args = spread(args)
	binary := false
	for _, arg := range args {
		if mayHoldBinary(arg) {
			binary = true
			break
		}
	}
	if !binary {
		data, err = marshal(args)
		return data, nil, err
	}
	m := &marker{}
	marked, err := m.markAll(args)
	if err != nil {
		return nil, nil, fmt.Errorf("encode arguments: %w", err)
	}
	if data, err = marshal(marked); err != nil || len(m.marked) == 0 {
		return data, nil, err
	}
	data = m.substitute(data, func(index int) int {
		attachments = append(attachments, m.marked[index])
		return len(attachments) - 1
	})
	if len(attachments) > 0 && !numbered(data, len(attachments)) {
		return nil, nil, fmt.Errorf("encode arguments: %w", ErrPlaceholder)
	}
	return data, attachments, nil
}

// AppendLast appends a payload of EncodeEvent or EncodeArgs with one more argument at its end, a string: the offset of an
// event, which is known only when the event has been logged.
func AppendLast(dst, data []byte, last string) []byte {
	dst = append(dst, data[:len(data)-1]...)
	if len(data) > len("[]") {
		dst = append(dst, ',')
	}
	return append(jsontext.AppendString(dst, last), ']')
}

// numbered reports whether the placeholders in the text are those that appendPlaceholder wrote, 0 to n-1, and no more.
func numbered(data []byte, n int) bool {
	found, err := placeholdersIn(data, n)
	if err != nil || len(found) != n {
		return false
	}
	for i, p := range found {
		if !bytes.Equal(data[p.start:p.end], appendPlaceholder(nil, i)) {
			return false
		}
	}
	return true
}

// spread puts the elements of Args in their place.
func spread(args []any) []any {
	for i, arg := range args {
		if _, ok := arg.(Args); !ok {
			continue
		}
		flat := append(make([]any, 0, len(args)+8), args[:i]...)
		for _, arg := range args[i:] {
			if a, ok := arg.(Args); ok {
				flat = append(flat, a.Spread()...)
			} else {
				flat = append(flat, arg)
			}
		}
		return flat
	}
	if args == nil {
		return []any{}
	}
	return args
}

// marshal is encoding/json without the escapes for HTML. The result is valid UTF-8, since a browser closes a WebSocket
// over a text frame that is not; raw JSON could bring such bytes in.
func marshal(args []any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(args); err != nil {
		return nil, fmt.Errorf("encode arguments: %w", err)
	}
	data := bytes.TrimSuffix(out.Bytes(), []byte{'\n'})
	if !utf8.Valid(data) {
		data = bytes.ToValidUTF8(data, []byte("\uFFFD"))
	}
	return data, nil
}

// mayHoldBinary tells by the type, quickly, whether a value can hold bytes; what it holds is seen only by walking it.
func mayHoldBinary(arg any) bool {
	switch arg := arg.(type) {
	case nil, string, bool, int, int64, uint64, float64, json.RawMessage, json.Number:
		return false
	case Arg:
		return len(arg.Attachments) > 0
	case []byte, Binary, []any, map[string]any:
		return true
	}
	return typeMayHold(reflect.TypeOf(arg), &[]reflect.Type{})
}

// typeMayHold looks through a type for slices of bytes and interfaces. seen holds the named types met so far: types may
// contain themselves.
func typeMayHold(t reflect.Type, seen *[]reflect.Type) bool {
	switch t.Kind() {
	case reflect.Interface:
		return true
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map, reflect.Struct:
	default:
		return false
	}
	if opaque(t) {
		return carries(t)
	}
	if t.Name() != "" {
		if slices.Contains(*seen, t) {
			return false
		}
		*seen = append(*seen, t)
	}
	if t.Kind() != reflect.Struct {
		return isBytes(t) || typeMayHold(t.Elem(), seen)
	}
	for i := range t.NumField() {
		if f := t.Field(i); (f.IsExported() || f.Anonymous) && typeMayHold(f.Type, seen) {
			return true
		}
	}
	return false
}
