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
}

// EncodeSession returns a session as servers leave it to each other.
func EncodeSession(s cluster.Session) (string, error) {
	one := session{ID: s.ID, PID: s.PID, Rooms: s.Rooms, Data: orEmpty(s.Data)}
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
	}
	if err := json.Unmarshal(a.Raw, &one); err != nil {
		return cluster.Session{}, fmt.Errorf("%w: session: %w", ErrMalformed, err)
	}
	if one.ID == "" || one.PID == "" {
		return cluster.Session{}, fmt.Errorf("%w: session of nobody", ErrMalformed)
	}
	return cluster.Session{
		ID: one.ID, PID: one.PID, Rooms: one.Rooms, Data: socketio.Arg{Raw: one.Data, Attachments: a.Attachments},
	}, nil
}
