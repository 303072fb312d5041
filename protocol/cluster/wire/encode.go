package wire

import (
	"fmt"
	"strconv"
	"time"

	"kapoor.example/desk/protocol/cluster"
	"kapoor.example/desk/protocol/internal/jsontext"
	"kapoor.example/desk/protocol/socketio"
)

// payload returns the data of a message as JSON with attachments. The keys are in Node's order.
func payload(m cluster.Message) (text []byte, attachments [][]byte, err error) {
	var o object
	switch b := m.Body.(type) {
	case cluster.Broadcast:
		o.raw("packet", packet(b))
		o.request(m.Request)
		o.target(b.To, flags(b))
		return o.end(), b.Attachments, nil
	case cluster.Join:
		o.target(b.To, nil)
		o.list("rooms", b.Rooms)
	case cluster.Leave:
		o.target(b.To, nil)
		o.list("rooms", b.Rooms)
	case cluster.Disconnect:
		o.target(b.To, nil)
		o.raw("close", strconv.AppendBool(nil, b.Close))
	case cluster.FetchSockets:
		o.target(b.To, nil)
		o.request(m.Request)
	case cluster.ServerEvent:
		o.request(m.Request)
		o.raw("packet", b.Data)
		return o.end(), b.Attachments, nil
	case cluster.ClientCount:
		o.request(m.Request)
		o.raw("clientCount", strconv.AppendInt(nil, int64(b.N), 10))
	case cluster.Answer:
		return values(answer{m.Request, b.Value})
	case cluster.ClientAck:
		return values(answer{m.Request, b.Value})
	case cluster.Sockets:
		return values(socketsOf(m.Request, b))
	default:
		return nil, nil, fmt.Errorf("%w: %T", cluster.ErrKind, m.Body)
	}
	return o.end(), nil, nil
}

// answer is the data of what one server or client answers.
type answer struct {
	Request string       `json:"requestId"`
	Packet  socketio.Arg `json:"packet"`
}

// values encodes what has values of the application in it, each with attachments of its own.
func values(v any) (text []byte, attachments [][]byte, err error) {
	list, attachments, err := socketio.EncodeArgs(v)
	if err != nil {
		return nil, nil, err
	}
	return list[1 : len(list)-1], attachments, nil
}

func packet(b cluster.Broadcast) []byte {
	var o object
	o.raw("type", []byte{'2'})
	o.raw("data", b.Data)
	if b.PacketID != "" {
		o.raw("id", []byte(b.PacketID))
	}
	return o.end()
}

func flags(b cluster.Broadcast) []byte {
	var o object
	if b.Volatile {
		o.raw("volatile", []byte("true"))
	}
	if b.Plain {
		o.raw("compress", []byte("false"))
	}
	if b.Timeout > 0 {
		o.raw("timeout", strconv.AppendInt(nil, max(1, int64(b.Timeout/time.Millisecond)), 10))
	}
	if b.Single {
		o.raw("expectSingleResponse", []byte("true"))
	}
	return o.end()
}

// object is a JSON object that is being written.
type object struct{ text []byte }

func (o *object) raw(key string, value []byte) {
	if o.text == nil {
		o.text = append(make([]byte, 0, len(key)+len(value)+64), '{')
	} else {
		o.text = append(o.text, ',')
	}
	o.text = append(append(jsontext.AppendString(o.text, key), ':'), value...)
}

func (o *object) request(id string) {
	if id != "" {
		o.raw("requestId", jsontext.AppendString(nil, id))
	}
}

func (o *object) list(key string, values []string) {
	text := []byte{'['}
	for i, v := range values {
		if i > 0 {
			text = append(text, ',')
		}
		text = jsontext.AppendString(text, v)
	}
	o.raw(key, append(text, ']'))
}

func (o *object) target(t cluster.Target, flags []byte) {
	var opts object
	opts.list("rooms", t.Rooms)
	opts.list("except", t.Except)
	if flags == nil {
		flags = []byte("{}")
	}
	opts.raw("flags", flags)
	o.raw("opts", opts.end())
}

func (o *object) end() []byte {
	if o.text == nil {
		return []byte("{}")
	}
	return append(o.text, '}')
}
