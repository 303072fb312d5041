package wire

import (
	"fmt"

	"github.com/tinylib/msgp/msgp"

	"kapoor.example/desk/protocol/cluster"
)

// Encode returns a message for a channel. The errors are those of EncodeEntry.
func Encode(m cluster.Message) ([]byte, error) {
	k, err := kindOf(m.Body)
	if err != nil {
		return nil, err
	}
	text, attachments, err := payload(m)
	if err != nil {
		return nil, err
	}
	b := msgp.AppendMapHeader(nil, 4)
	b = msgp.AppendInt(msgp.AppendString(b, "type"), int(k))
	b = msgp.AppendString(b, "data")
	if b, err = appendMsgpack(b, text, attachments); err != nil {
		return nil, err
	}
	b = msgp.AppendString(msgp.AppendString(b, "uid"), m.Sender)
	b = msgp.AppendString(msgp.AppendString(b, "nsp"), m.Namespace)
	if len(b) > MaxSize {
		return nil, fmt.Errorf("%w: %d bytes", cluster.ErrTooLarge, len(b))
	}
	return b, nil
}

// Decode returns the message of a channel. The errors are those of Entry.Message. The attachments alias b.
func Decode(b []byte) (cluster.Message, error) {
	var m cluster.Message
	if len(b) > MaxSize {
		return m, fmt.Errorf("%w: %d bytes", cluster.ErrTooLarge, len(b))
	}
	parts, err := value{msgpack: b}.fields("message")
	if err != nil {
		return m, err
	}
	var k kind
	if err := parts["type"].bind("type", &k); err != nil {
		return m, err
	}
	if err := parts["uid"].bind("uid", &m.Sender); err != nil {
		return m, err
	}
	if err := parts["nsp"].bind("nsp", &m.Namespace); err != nil {
		return m, err
	}
	if m.Sender == "" || m.Namespace == "" {
		return m, fmt.Errorf("%w: nobody's message", ErrMalformed)
	}
	return read(m, k, parts["data"])
}
