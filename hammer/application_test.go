package hammer

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"time"

	"kapoor.example/desk/actors/realtime"
	"kapoor.example/desk/protocol/socketio"
)

// application sets up what the sessions of a storm meet: every kind of namespace, and an event for every way to answer.
func application(s *server) {
	events(s.io.Of("/"))
	s.watchRooms(s.io.Of("/"))
	s.io.Of("/user").Use(identify)
	events(s.io.Of("/user"))
	s.watchRooms(s.io.Of("/user"))
	s.io.Of("/refused").Use(func(context.Context, *realtime.Socket) error {
		return &realtime.ConnectError{Message: "no", Data: map[string]int{"code": 401}}
	})
	s.io.Of("/slow").Use(func(ctx context.Context, socket *realtime.Socket) error {
		_ = socket.Join("waiting")
		select {
		case <-time.After(50 * time.Millisecond):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	s.watchRooms(s.io.Of("/slow"))
	s.io.Of(quiet)
	dynamic := s.io.OfPattern(regexp.MustCompile(`^/dyn-\d+$`))
	events(dynamic)
	s.watchRooms(dynamic)
}

// identify makes a socket one of a few users'.
func identify(_ context.Context, socket *realtime.Socket) error {
	var auth struct{ User string }
	if json.Unmarshal(socket.Auth(), &auth) != nil || auth.User == "" {
		return errors.New("who?")
	}
	socket.Identify(realtime.User{ID: auth.User, Rooms: []string{auth.User, "everybody"}})
	return nil
}

func events(n *realtime.Namespace) {
	n.OnConnection(func(socket *realtime.Socket) {
		_ = socket.Emit("hello", socket.Rooms())
		socket.On("own", func(e *realtime.Event) { _ = e.Ack("own") })
	})
	n.UsePacket(func(_ *realtime.Socket, e *realtime.Event) error {
		if e.Name == "bad" {
			return errors.New("bad")
		}
		return nil
	})
	n.On("echo", func(socket *realtime.Socket, e *realtime.Event) {
		_ = e.Ack(e.Args.Spread()...)
		_ = socket.Emit("echoed", e.Args.Spread()...)
	})
	n.On("join", func(socket *realtime.Socket, e *realtime.Event) { _ = socket.Join(word(e)); _ = e.Ack(socket.Rooms()) })
	n.On("leave", func(socket *realtime.Socket, e *realtime.Event) { socket.Leave(word(e)); _ = e.Ack() })
	n.On("shout", func(socket *realtime.Socket, e *realtime.Event) {
		_ = socket.To(word(e)).Emit("shouted", e.Args.Spread()...)
	})
	n.On("everybody", func(socket *realtime.Socket, e *realtime.Event) { _ = socket.Broadcast().Emit("shouted", word(e)) })
	n.On("ask", func(socket *realtime.Socket, e *realtime.Event) {
		_ = socket.Timeout(50*time.Millisecond).EmitWithAck(func(answer socketio.Args, err error) {
			_ = e.Ack(err != nil, answer.Len())
		}, "question", e.Args.Spread()...)
	})
	n.On("ask-room", func(socket *realtime.Socket, e *realtime.Event) {
		_ = socket.In(word(e)).Timeout(50*time.Millisecond).EmitWithAck(func(answers []socketio.Args, err error) {
			_ = e.Ack(err != nil, len(answers))
		}, "question", e.Args.Spread()...)
	})
	n.On("volatile", func(socket *realtime.Socket, e *realtime.Event) {
		_ = socket.Volatile().Emit("echoed", e.Args.Spread()...)
	})
	n.On("listen", func(socket *realtime.Socket, e *realtime.Event) {
		socket.Once("once", func(e *realtime.Event) { _ = e.Ack("once") })
		socket.OnAnyOutgoing(func(string, socketio.Args) {})
		_ = e.Ack()
	})
	n.On("bye", func(socket *realtime.Socket, e *realtime.Event) { socket.Disconnect(word(e) == "close") })
	n.On("drop", func(socket *realtime.Socket, _ *realtime.Event) { socket.Close(realtime.ReasonForcedClose) })
}

// word is the first argument of an event, where it is a string.
func word(e *realtime.Event) string {
	var s string
	_ = e.Args.Bind(0, &s) // anything else is ""
	return strings.Clone(s)
}
