package socketio

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
)

// Binary is a []byte that says by its name that it travels as an attachment. (Any other []byte does so too.)
type Binary []byte

// Args are the arguments of an event or ack as they came, not yet decoded. They are immutable: what they hold is shared
// by everybody who has a copy.
type Args struct {
	// Raw holds the JSON of each argument; a binary value is a placeholder in it.
	Raw []json.RawMessage
	// Attachments is what the placeholders stand for. Without any, what looks like a placeholder is plain data.
	Attachments [][]byte
}

// Args returns the arguments of an event (without its name) or of an ack. They alias the packet's Data and Attachments.
func (p Packet) Args() (Args, error) {
	raw, err := p.Ack()
	if errors.Is(err, ErrNotAck) {
		_, raw, err = p.Event()
	}
	if err != nil {
		return Args{}, err
	}
	return Args{Raw: raw, Attachments: p.Attachments}, nil
}

// Len returns the number of arguments.
func (a Args) Len() int { return len(a.Raw) }

// Bind decodes argument i (from 0) into dst, a pointer, as json.Unmarshal does, with the attachments in the places of
// their placeholders. These take an attachment: []byte, Binary and every other slice of bytes, and any; at the top, in
// fields, elements and map values, behind pointers. Bytes are not copied and must not be modified. A json.RawMessage
// keeps its placeholders. A type with its own UnmarshalJSON does not get to see the attachment.
//
// The error is ErrNoArgument when there is no argument i, ErrNotBinary when dst wants text where the attachment is,
// ErrPlaceholder when a placeholder names no attachment (never for arguments of a Decoder), else that of json.Unmarshal,
// wrapped.
func (a Args) Bind(i int, dst any) error {
	if i < 0 || i >= len(a.Raw) {
		return ErrNoArgument
	}
	if err := a.bind(a.Raw[i], dst); err != nil {
		return fmt.Errorf("bind argument %d: %w", i, err)
	}
	return nil
}

func (a Args) bind(raw []byte, dst any) error {
	if len(a.Attachments) == 0 {
		return json.Unmarshal(raw, dst)
	}
	found, err := placeholdersIn(raw, len(a.Attachments))
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return json.Unmarshal(raw, dst)
	}
	m := &marker{marked: a.Attachments}
	marked := replace(raw, found, m.at)
	if err := json.Unmarshal(marked, dst); err != nil {
		return err
	}
	return m.restore(reflect.ValueOf(dst), 0)
}

// Spread returns the arguments one by one, for EncodeArgs and EncodeEvent: the values go out as they came, key order
// and numbers included, each with its attachments.
func (a Args) Spread() []any {
	all := make([]any, len(a.Raw))
	for i, raw := range a.Raw {
		all[i] = Arg{Raw: raw, Attachments: a.Attachments}
	}
	return all
}

// Arg is one of several Args. It can be encoded anywhere inside other values.
type Arg struct {
	Raw         json.RawMessage
	Attachments [][]byte // those of all arguments it came with
}

// MarshalJSON returns the JSON as it came, null if there is none. Only EncodeArgs and EncodeEvent send the attachments
// along.
func (a Arg) MarshalJSON() ([]byte, error) {
	if a.Raw == nil {
		return []byte("null"), nil
	}
	return a.Raw, nil
}

// MarshalJSON returns an array of the arguments. It is for Args inside another value; given to EncodeArgs directly, they
// are spread.
func (a Args) MarshalJSON() ([]byte, error) {
	list := []byte{'['}
	for i, raw := range a.Raw {
		if i > 0 {
			list = append(list, ',')
		}
		if raw == nil {
			raw = json.RawMessage("null")
		}
		list = append(list, raw...)
	}
	return append(list, ']'), nil
}

// placeholdersIn finds the placeholders of a JSON text, which must all name one of the attachments.
func placeholdersIn(raw []byte, attachments int) ([]placeholder, error) {
	if !bytes.Contains(raw, []byte("_placeholder")) && bytes.IndexByte(raw, '\\') < 0 {
		return nil, nil
	}
	s := scanner{text: raw, depth: maxScanDepth, binary: true}
	if err := s.document(); err != nil {
		return nil, err
	}
	for _, p := range s.placeholders {
		if p.num < 0 || p.num >= attachments {
			return nil, ErrPlaceholder
		}
	}
	return s.placeholders, nil
}
