package realtime_test

import (
	"fmt"

	"kapoor.example/desk/actors/realtime"
)

// A chat: whoever connects enters a room under a name, and talks to those who are in it.
func Example_chat() {
	server, stop := serve(realtime.Options{})
	defer stop()
	chat := server.Of("/chat")
	chat.On("enter", func(s *realtime.Socket, e *realtime.Event) {
		var room, name string
		if e.Args.Bind(0, &room) == nil && e.Args.Bind(1, &name) == nil {
			s.SetData(name)
			_ = s.Join(room)
			_ = chat.To(room).Emit("entered", name)
		}
	})
	chat.On("say", func(s *realtime.Socket, e *realtime.Event) {
		var room, text string
		if e.Args.Bind(0, &room) == nil && e.Args.Bind(1, &text) == nil && s.Joined(room) {
			_ = chat.To(room).Emit("said", s.Data(), text)
		}
	})

	ann, ben := connect(server, "/chat"), connect(server, "/chat")
	ann.say(`42/chat,["enter","kitchen","Ann"]`)
	fmt.Println(ann.next())
	ben.say(`42/chat,["enter","kitchen","Ben"]`)
	fmt.Println(ann.next())
	ben.say(`42/chat,["say","kitchen","Tea?"]`)
	fmt.Println(ann.next())
	// Output:
	// 42/chat,["entered","Ann"]
	// 42/chat,["entered","Ben"]
	// 42/chat,["said","Ben","Tea?"]
}
