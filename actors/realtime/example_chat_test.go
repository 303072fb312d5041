package realtime_test

import (
	"context"
	"encoding/json"
	"fmt"

	"kapoor.example/desk/actors/realtime"
)

// A chat: whoever connects says a name, enters a room, and talks to those who are in it.
func Example_chat() {
	server, stop := serve(realtime.Options{})
	defer stop()

	chat := server.Of("/chat")
	chat.Use(func(_ context.Context, s *realtime.Socket) error {
		var who struct{ Name string }
		if err := json.Unmarshal(s.Auth(), &who); err != nil || who.Name == "" {
			return &realtime.ConnectError{Message: "who are you?"}
		}
		s.SetData(who.Name)
		return nil
	})
	chat.On("enter", func(s *realtime.Socket, e *realtime.Event) {
		var room string
		if err := e.Args.Bind(0, &room); err != nil {
			_ = e.Ack("which room?")
			return
		}
		_ = s.Join(room)
		_ = s.To(room).Emit("entered", s.Data())
		_ = e.Ack("welcome to " + room)
	})
	chat.On("say", func(s *realtime.Socket, e *realtime.Event) {
		var room, text string
		if e.Args.Bind(0, &room) == nil && e.Args.Bind(1, &text) == nil && s.Joined(room) {
			_ = chat.To(room).Emit("said", s.Data(), text)
		}
	})

	ann := connect(server, `/chat,{"name":"Ann"}`)
	ann.say(`42/chat,1["enter","kitchen"]`)
	fmt.Println(ann.next())
	ben := connect(server, `/chat,{"name":"Ben"}`)
	ben.say(`42/chat,1["enter","kitchen"]`)
	fmt.Println(ann.next())
	ben.say(`42/chat,["say","kitchen","Tea?"]`)
	fmt.Println(ann.next())
	// Output:
	// 43/chat,1["welcome to kitchen"]
	// 42/chat,["entered","Ben"]
	// 42/chat,["said","Ben","Tea?"]
}
