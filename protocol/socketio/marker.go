package socketio

import (
	"bytes"
	"crypto/rand"
	"encoding"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"reflect"
	"strconv"
)

// A marker carries binary values through encoding/json, which turns bytes into base64. Before the encoding each value is
// replaced by a short mark of the same type (on a copy of what holds it), afterwards each mark in the text by a
// placeholder; Bind goes the other way. So field names, omitempty, embedding, map keys and Marshalers stay encoding/json's
// affair, and big values are never touched.
//
// A mark is 18 random bytes and a 6-byte index: 24 bytes, 32 characters of base64 without padding, of which the first 24
// come from the random part. No peer can guess it, so no text of a peer is taken for one.
type marker struct {
	nonce  [nonceSize]byte
	prefix [prefixSize]byte
	marked [][]byte // by index
}

const (
	nonceSize  = 18
	markSize   = 24
	prefixSize = 24 // base64 of the nonce
	textSize   = 32 // base64 of the mark

	// maxValueDepth bounds the walk over values. Whatever is deeper has a cycle or would not be read by any peer.
	maxValueDepth = 1000
)

// add returns the mark of one more value.
func (m *marker) add(value []byte) [markSize]byte {
	m.marked = append(m.marked, value)
	return m.at(len(m.marked) - 1)
}

// at returns the mark of the value at an index.
func (m *marker) at(i int) [markSize]byte {
	if m.nonce == [nonceSize]byte{} {
		rand.Read(m.nonce[:]) // never fails
		base64.StdEncoding.Encode(m.prefix[:], m.nonce[:])
	}
	var mark [markSize]byte
	copy(mark[:], m.nonce[:])
	var index [8]byte // of which the two upper bytes are left out
	binary.BigEndian.PutUint64(index[:], uint64(i))
	copy(mark[nonceSize:], index[2:])
	return mark
}

// index returns which value a mark stands for.
func (m *marker) index(mark []byte) (int, bool) {
	if len(mark) != markSize || !bytes.Equal(mark[:nonceSize], m.nonce[:]) {
		return 0, false
	}
	var index [8]byte
	copy(index[2:], mark[nonceSize:])
	i := binary.BigEndian.Uint64(index[:])
	return int(i), i < uint64(len(m.marked))
}

// textIndex is index for a mark in base64.
func (m *marker) textIndex(text []byte) (int, bool) {
	if len(text) != textSize || !bytes.HasPrefix(text, m.prefix[:]) {
		return 0, false
	}
	var mark [markSize]byte
	if _, err := base64.StdEncoding.Decode(mark[:], text); err != nil {
		return 0, false
	}
	return m.index(mark[:])
}

// replace puts marks, as JSON strings, into the places of the placeholders.
func replace(raw []byte, found []placeholder, mark func(num int) [markSize]byte) []byte {
	out := make([]byte, 0, len(raw)+len(found)*textSize)
	last := 0
	for _, p := range found {
		one := mark(p.num)
		out = append(append(out, raw[last:p.start]...), '"')
		out = append(base64.StdEncoding.AppendEncode(out, one[:]), '"')
		last = p.end
	}
	return append(out, raw[last:]...)
}

// substitute puts placeholders into the places of the marks. num is asked, in the order of the text, for the number of
// the value at an index.
func (m *marker) substitute(text []byte, num func(index int) int) []byte {
	data := make([]byte, 0, len(text)+8*len(m.marked))
	quoted := append([]byte{'"'}, m.prefix[:]...)
	for {
		at := bytes.Index(text, quoted)
		end := at + 1 + textSize
		if at < 0 || end >= len(text) {
			return append(data, text...)
		}
		data = append(data, text[:at]...)
		if i, ok := m.textIndex(text[at+1 : end]); ok && text[end] == '"' {
			data = appendPlaceholder(data, num(i))
		} else {
			data = append(data, text[at:end+1]...)
		}
		text = text[end+1:]
	}
}

func appendPlaceholder(dst []byte, num int) []byte {
	dst = append(dst, `{"_placeholder":true,"num":`...)
	return append(strconv.AppendInt(dst, int64(num), 10), '}')
}

// carries reports whether a type brings attachments of its own, although it marshals itself.
func carries(t reflect.Type) bool {
	return t == reflect.TypeFor[Arg]() || t == reflect.TypeFor[Args]()
}

// opaque reports whether encoding/json leaves the encoding to the type itself.
func opaque(t reflect.Type) bool {
	return t.NumMethod() > 0 &&
		(t.Implements(reflect.TypeFor[json.Marshaler]()) || t.Implements(reflect.TypeFor[encoding.TextMarshaler]()))
}

// opaqueValue is opaque for a value: methods of the pointer count where encoding/json could take one.
func opaqueValue(v reflect.Value) bool {
	return opaque(v.Type()) || v.CanAddr() && opaque(reflect.PointerTo(v.Type()))
}

// isBytes reports whether encoding/json encodes the type as base64.
func isBytes(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8 &&
		(t.Elem().Name() == "uint8" || !opaque(reflect.PointerTo(t.Elem())))
}
