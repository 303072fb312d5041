package main

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"kapoor.example/desk/actors/realtime"
	"kapoor.example/desk/protocol/socketio"
)

// askTimeout is how long ask waits for the client's answer.
const askTimeout = 2 * time.Second

// namespaces sets up what clients of the conformance server may do.
func namespaces(s *realtime.Server) {
	events(s.Of("/"))
	cluster(s.Of("/"))
	s.Of("/custom").OnConnection(greet).On("echo", ack)
	s.Of("/secure").Use(func(_ context.Context, s *realtime.Socket) error {
		var compact bytes.Buffer
		if err := json.Compact(&compact, s.Auth()); err != nil || compact.String() != `{"token":"good"}` {
			return &realtime.ConnectError{Message: "not authorized", Data: map[string]int{"code": 401}}
		}
		return nil
	})
}

// greet tells a client what it said in its CONNECT.
func greet(s *realtime.Socket) {
	auth := s.Auth()
	if auth == nil {
		auth = json.RawMessage("{}")
	}
	_ = s.Emit("auth", auth) // it is JSON: it came as JSON
}

func ack(_ *realtime.Socket, e *realtime.Event) { _ = e.Ack(e.Args.Spread()...) }

// events sets the events of the main namespace.
func events(n *realtime.Namespace) {
	n.OnConnection(greet).
		On("message", func(s *realtime.Socket, e *realtime.Event) { _ = s.Emit("message-back", e.Args.Spread()...) }).
		On("message-with-ack", ack).
		On("echo", ack).
		On("ask", ask).
		On("shout", func(s *realtime.Socket, e *realtime.Event) {
			if name, rest, ok := named(e, 0); ok {
				_ = n.Emit(name, rest...)
			}
		}).
		On("join", func(s *realtime.Socket, e *realtime.Event) { withRoom(e, func(room string) { _ = s.Join(room) }) }).
		On("leave", func(s *realtime.Socket, e *realtime.Event) { withRoom(e, func(room string) { s.Leave(room) }) }).
		On("shout-room", func(s *realtime.Socket, e *realtime.Event) {
			var room string
			if name, rest, ok := named(e, 1); ok && e.Args.Bind(0, &room) == nil {
				_ = n.To(room).Emit(name, rest...)
			}
		}).
		On("bye", func(s *realtime.Socket, e *realtime.Event) {
			var all bool
			_ = e.Args.Bind(0, &all) // nothing means false
			s.Disconnect(all)
		}).
		On("info", info).
		On("fan", func(_ *realtime.Socket, e *realtime.Event) {
			if e.Args.Len() > 0 {
				_ = n.Emit("bookingUpdated", e.Args.Spread()[0])
			}
		})
}

// named reads the event name at argument i and returns it with the arguments that follow.
func named(e *realtime.Event, i int) (name string, rest []any, ok bool) {
	if e.Args.Bind(i, &name) != nil || name == "" {
		return "", nil, false
	}
	return name, e.Args.Spread()[i+1:], true
}

func withRoom(e *realtime.Event, do func(room string)) {
	var room string
	if e.Args.Bind(0, &room) == nil {
		do(room)
	}
	_ = e.Ack()
}

// ask passes a value to the client as a question and tells it what it answered.
func ask(s *realtime.Socket, e *realtime.Event) {
	var question any
	if all := e.Args.Spread(); len(all) > 0 {
		question = all[0]
	}
	_ = s.Timeout(askTimeout).EmitWithAck(func(answer socketio.Args, err error) {
		switch {
		case err != nil:
			_ = s.Emit("answer", "timeout")
		case answer.Len() == 0:
			_ = s.Emit("answer", nil)
		default:
			_ = s.Emit("answer", answer.Spread()[0])
		}
	}, "question", question)
}

// info acks what the server knows of the socket.
func info(s *realtime.Socket, e *realtime.Event) {
	_ = e.Ack(struct {
		ID        string   `json:"id"`
		Transport string   `json:"transport"`
		Recovered bool     `json:"recovered"`
		EIO       int      `json:"eio"`
		Rooms     []string `json:"rooms"`
	}{s.ID(), s.Transport(), s.Recovered(), 4, s.Rooms()})
}
