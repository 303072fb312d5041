package wire

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"kapoor.example/desk/protocol/cluster"
)

// Entry is a message as it stands in the log: the fields of a stream entry.
type Entry struct {
	Sender    string // field "uid"
	Namespace string // field "nsp"
	Type      string // field "type", a number
	Data      string // field "data"; empty where there is none
	// Seq counts what the sender has put into this stream, from 1. It is ours: Node neither writes nor reads it. 0 is none.
	Seq uint64 // field "seq"
}

// EncodeEntry returns a message for the log. The errors are cluster.ErrTooLarge, cluster.ErrKind, and what is wrong with a
// value of the application.
func EncodeEntry(m cluster.Message) (Entry, error) {
	k, err := kindOf(m.Body)
	if err != nil {
		return Entry{}, err
	}
	text, attachments, err := payload(m)
	if err != nil {
		return Entry{}, err
	}
	e := Entry{Sender: m.Sender, Namespace: m.Namespace, Type: k.String()}
	if len(attachments) == 0 {
		e.Data = string(text)
	} else {
		packed, err := appendMsgpack(nil, text, attachments)
		if err != nil {
			return Entry{}, err
		}
		e.Data = base64.StdEncoding.EncodeToString(packed)
	}
	if len(e.Data) > MaxSize {
		return Entry{}, fmt.Errorf("%w: %d bytes", cluster.ErrTooLarge, len(e.Data))
	}
	return e, nil
}

// Marker returns an entry that says nothing but where the sender stands: the next of its entries has this number. Node
// takes no notice of it.
func Marker(sender, namespace string, next uint64) Entry {
	return Entry{Sender: sender, Namespace: namespace, Type: heartbeat.String(), Seq: next}
}

// IsMarker reports whether the entry is what Marker returns.
func (e Entry) IsMarker() bool { return e.Type == heartbeat.String() && e.Seq > 0 }

// Fields returns the fields by turns with their values, in Node's order.
func (e Entry) Fields() []string {
	list := []string{"uid", e.Sender, "nsp", e.Namespace, "type", e.Type}
	if e.Data != "" {
		list = append(list, "data", e.Data)
	}
	if e.Seq > 0 {
		list = append(list, "seq", strconv.FormatUint(e.Seq, 10))
	}
	return list
}

// EntryOf reads what Fields returns, in any order. Fields that it does not know do not matter.
func EntryOf(fields []string) Entry {
	var e Entry
	for i := 0; i+1 < len(fields); i += 2 {
		switch value := fields[i+1]; fields[i] {
		case "uid":
			e.Sender = value
		case "nsp":
			e.Namespace = value
		case "type":
			e.Type = value
		case "data":
			e.Data = value
		case "seq":
			e.Seq, _ = strconv.ParseUint(value, 10, 64) // what is no number is no number of ours
		}
	}
	return e
}

// Message returns the message of an entry, whoever wrote it: a server or an emitter, also one of another language. The
// error is ErrForeign, ErrMalformed or cluster.ErrTooLarge: whoever reads a log skips the entry.
func (e Entry) Message() (cluster.Message, error) {
	m := cluster.Message{Sender: e.Sender, Namespace: e.Namespace}
	if len(e.Data) > MaxSize {
		return m, fmt.Errorf("%w: %d bytes", cluster.ErrTooLarge, len(e.Data))
	}
	k, err := strconv.Atoi(e.Type)
	if err != nil || e.Sender == "" || e.Namespace == "" {
		return m, fmt.Errorf("%w: not an entry", ErrMalformed)
	}
	data := value{text: []byte(e.Data)}
	if !strings.HasPrefix(e.Data, "{") && e.Data != "" {
		packed, err := base64.StdEncoding.DecodeString(e.Data)
		if err != nil {
			return m, fmt.Errorf("%w: %w", ErrMalformed, err)
		}
		data = value{msgpack: packed}
	}
	return read(m, kind(k), data)
}
