package wire

import (
	"encoding/base64"
	"encoding/json"
	"fmt"

	"kapoor.example/desk/protocol/cluster"
	"kapoor.example/desk/protocol/socketio"
)

type session struct {
	ID    string       `json:"sid"`
	PID   string       `json:"pid"`
	Rooms []string     `json:"rooms"`
	Data  socketio.Arg `json:"data"`
	Trace *trace       `json:"trace,omitempty"`
}

// trace is a cluster.Trace. Node's servers take no notice of it.
type trace struct {
	Namespace string   `json:"nsp"`
	User      string   `json:"user,omitempty"`
	UserRooms []string `json:"userRooms,omitempty"`
	Epoch     string   `json:"epoch"`
	Connected string   `json:"connected"`
	Sent      string   `json:"sent,omitempty"`
	Detached  string   `json:"detached"`
	Stale     string   `json:"stale,omitempty"`
}

func traceOf(t *cluster.Trace) *trace {
	if t == nil {
		return nil
	}
	one := &trace{
		Namespace: t.Namespace, User: t.User, UserRooms: t.UserRooms, Epoch: t.Epoch, Connected: t.Connected.String(),
		Detached: t.Detached.String(), Stale: t.Stale,
	}
	if !t.Sent.IsZero() {
		one.Sent = t.Sent.String()
	}
	return one
}

// read returns nil for a trace that nobody of ours has written: it says nothing then.
func (t *trace) read() *cluster.Trace {
	if t == nil {
		return nil
	}
	connected, ok := cluster.ParsePosition(t.Connected)
	detached, okToo := cluster.ParsePosition(t.Detached)
	sent, known := cluster.ParsePosition(t.Sent)
	if !ok || !okToo || !known && t.Sent != "" {
		return nil
	}
	return &cluster.Trace{
		Namespace: t.Namespace, User: t.User, UserRooms: t.UserRooms, Epoch: t.Epoch, Connected: connected, Sent: sent,
		Detached: detached, Stale: t.Stale,
	}
}

// EncodeSession returns a session as servers leave it to each other.
func EncodeSession(s cluster.Session) (string, error) {
	one := session{ID: s.ID, PID: s.PID, Rooms: s.Rooms, Data: orEmpty(s.Data), Trace: traceOf(s.Trace)}
	if one.Rooms == nil {
		one.Rooms = []string{}
	}
	text, attachments, err := values(one)
	if err != nil {
		return "", err
	}
	packed, err := appendMsgpack(nil, text, attachments)
	if err != nil {
		return "", err
	}
	if len(packed) > MaxSize {
		return "", fmt.Errorf("%w: %d bytes", cluster.ErrTooLarge, len(packed))
	}
	return base64.StdEncoding.EncodeToString(packed), nil
}

// DecodeSession reads what EncodeSession or a Node server wrote. The errors are ErrMalformed and cluster.ErrTooLarge.
func DecodeSession(text string) (cluster.Session, error) {
	if len(text) > MaxSize {
		return cluster.Session{}, fmt.Errorf("%w: %d bytes", cluster.ErrTooLarge, len(text))
	}
	packed, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return cluster.Session{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	a, _, err := fromMsgpack(packed)
	if err != nil {
		return cluster.Session{}, err
	}
	var one struct {
		ID    string          `json:"sid"`
		PID   string          `json:"pid"`
		Rooms []string        `json:"rooms"`
		Data  json.RawMessage `json:"data"`
		Trace json.RawMessage `json:"trace"`
	}
	if err := json.Unmarshal(a.Raw, &one); err != nil {
		return cluster.Session{}, fmt.Errorf("%w: session: %w", ErrMalformed, err)
	}
	if one.ID == "" || one.PID == "" {
		return cluster.Session{}, fmt.Errorf("%w: session of nobody", ErrMalformed)
	}
	var t *trace
	if json.Unmarshal(one.Trace, &t) != nil {
		t = nil // something else has the name
	}
	return cluster.Session{
		Trace: t.read(),
		ID:    one.ID, PID: one.PID, Rooms: one.Rooms, Data: socketio.Arg{Raw: one.Data, Attachments: a.Attachments},
	}, nil
}
