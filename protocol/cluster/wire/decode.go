package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/tinylib/msgp/msgp"

	"kapoor.example/desk/protocol/cluster"
	"kapoor.example/desk/protocol/socketio"
)

// value is a part of a message that has not been read yet: JSON, or msgpack.
type value struct {
	text    []byte
	msgpack []byte
}

// arg returns the value as JSON with attachments; null when it is not there.
func (v value) arg() (socketio.Arg, error) {
	if v.msgpack == nil {
		text, err := compact(v.text)
		return socketio.Arg{Raw: text}, err
	}
	a, _, err := fromMsgpack(v.msgpack)
	return a, err
}

// bind reads a value without bytes in it. What is not there leaves dst alone.
func (v value) bind(name string, dst any) error {
	a, err := v.arg()
	if err == nil && len(a.Raw) > 0 {
		err = json.Unmarshal(a.Raw, dst)
	}
	if err != nil && !errors.Is(err, ErrMalformed) {
		err = fmt.Errorf("%w: %s: %w", ErrMalformed, name, err)
	}
	return err
}

// fields splits an object.
func (v value) fields(name string) (map[string]value, error) {
	all := map[string]value{}
	if v.msgpack == nil {
		var parts map[string]json.RawMessage
		if err := json.Unmarshal(v.text, &parts); err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrMalformed, name, err)
		}
		for key, part := range parts {
			all[key] = value{text: part}
		}
		return all, nil
	}
	n, b, err := msgp.ReadMapHeaderBytes(v.msgpack)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrMalformed, name, err)
	}
	for range n {
		key, rest, err := readKey(b)
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrMalformed, name, err)
		}
		if b, err = msgp.Skip(rest); err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrMalformed, name, err)
		}
		all[key] = value{msgpack: rest[:len(rest)-len(b)]}
	}
	return all, nil
}

// read makes a message of its parts.
func read(m cluster.Message, k kind, data value) (cluster.Message, error) {
	switch k {
	case initialHeartbeat, heartbeat, adapterClose:
		return m, ErrForeign
	}
	parts, err := data.fields("data")
	if err != nil {
		return m, err
	}
	if k.asks() || k.answers() {
		if err := parts["requestId"].bind("requestId", &m.Request); err != nil {
			return m, err
		}
	}
	m.Body, err = readBody(k, parts)
	if err == nil && k.answers() && m.Request == "" {
		err = fmt.Errorf("%w: answer to nothing", ErrMalformed)
	}
	return m, err
}

// asks reports whether a message may be a request.
func (k kind) asks() bool { return k == broadcast || k == fetchSockets || k == serverSideEmit }

// answers reports whether a message answers a request.
func (k kind) answers() bool {
	switch k {
	case fetchSocketsResponse, serverSideEmitResponse, broadcastClientCount, broadcastAck:
		return true
	}
	return false
}

func readBody(k kind, parts map[string]value) (cluster.Body, error) {
	switch k {
	case broadcast:
		return readBroadcast(parts)
	case socketsJoin, socketsLeave:
		to, _, err := readTarget(parts["opts"])
		var rooms []string
		if err == nil {
			err = parts["rooms"].bind("rooms", &rooms)
		}
		if k == socketsJoin {
			return cluster.Join{To: to, Rooms: rooms}, err
		}
		return cluster.Leave{To: to, Rooms: rooms}, err
	case disconnectSockets:
		to, _, err := readTarget(parts["opts"])
		b := cluster.Disconnect{To: to}
		if err == nil {
			err = parts["close"].bind("close", &b.Close)
		}
		return b, err
	case fetchSockets:
		to, _, err := readTarget(parts["opts"])
		return cluster.FetchSockets{To: to}, err
	case serverSideEmit:
		a, err := readEvent(parts["packet"])
		return cluster.ServerEvent{Data: a.Raw, Attachments: a.Attachments}, err
	case fetchSocketsResponse:
		list, err := parts["sockets"].arg()
		if err != nil {
			return nil, err
		}
		return readSockets(list)
	case serverSideEmitResponse:
		a, err := parts["packet"].arg()
		return cluster.Answer{Value: a}, err
	case broadcastAck:
		a, err := parts["packet"].arg()
		return cluster.ClientAck{Value: a}, err
	case broadcastClientCount:
		var n int
		err := parts["clientCount"].bind("clientCount", &n)
		if err == nil && n < 0 {
			err = fmt.Errorf("%w: %d clients", ErrMalformed, n)
		}
		return cluster.ClientCount{N: n}, err
	}
	return nil, fmt.Errorf("%w: type %d", ErrMalformed, k)
}

func readBroadcast(parts map[string]value) (cluster.Broadcast, error) {
	var b cluster.Broadcast
	p, err := parts["packet"].fields("packet")
	if err != nil {
		return b, err
	}
	var packetType int
	if err := p["type"].bind("packet type", &packetType); err != nil {
		return b, err
	}
	if packetType != 2 && packetType != 5 {
		return b, fmt.Errorf("%w: packet of type %d", ErrMalformed, packetType)
	}
	var id *uint64
	if err := p["id"].bind("packet id", &id); err != nil {
		return b, err
	}
	if id != nil {
		b.PacketID = fmt.Sprint(*id)
	}
	event, err := readEvent(p["data"])
	if err != nil {
		return b, err
	}
	b.Data, b.Attachments = event.Raw, event.Attachments
	to, f, err := readTarget(parts["opts"])
	if err != nil {
		return b, err
	}
	b.To, b.Volatile, b.Single = to, f.Volatile, f.Single
	b.Plain = f.Compress != nil && !*f.Compress
	if ms := f.Timeout; ms >= 1 && ms < math.MaxInt64/float64(time.Millisecond) {
		b.Timeout = time.Duration(ms * float64(time.Millisecond))
	}
	return b, nil
}

// readEvent reads an array of name and arguments.
func readEvent(v value) (socketio.Arg, error) {
	a, err := v.arg()
	if err != nil {
		return a, err
	}
	name, _, err := socketio.Packet{Type: socketio.Event, Data: a.Raw}.Event()
	if err != nil {
		return a, fmt.Errorf("%w: event: %w", ErrMalformed, err)
	}
	if socketio.Reserved(name) && bytes.HasPrefix(a.Raw, []byte(`["`)) {
		return a, fmt.Errorf("%w: %w", ErrMalformed, socketio.ErrReserved)
	}
	return a, nil
}

type foreignFlags struct {
	Volatile bool    `json:"volatile"`
	Compress *bool   `json:"compress"`
	Timeout  float64 `json:"timeout"` // milliseconds
	Single   bool    `json:"expectSingleResponse"`
}

func readTarget(v value) (cluster.Target, foreignFlags, error) {
	var opts struct {
		Rooms  []string     `json:"rooms"`
		Except []string     `json:"except"`
		Flags  foreignFlags `json:"flags"`
	}
	if v.text == nil && v.msgpack == nil {
		return cluster.Target{}, opts.Flags, fmt.Errorf("%w: no opts", ErrMalformed)
	}
	err := v.bind("opts", &opts)
	return cluster.Target{Rooms: opts.Rooms, Except: opts.Except}, opts.Flags, err
}
