package realtime_test

import (
	"fmt"

	"kapoor.example/desk/actors/realtime"
)

// The reasons are a closed set. Two of them say that somebody meant it; after every other one a client may come back as if
// nothing had happened.
func ExampleReason() {
	server, stop := serve(realtime.Options{})
	defer stop()
	ended := make(chan realtime.Reason)
	server.Of("/").
		On("kick", func(s *realtime.Socket, _ *realtime.Event) { s.Disconnect(true) }).
		OnDisconnect(func(_ *realtime.Socket, r realtime.Reason) { ended <- r })
	for _, packet := range []string{"41", `42["kick"]`, "1", "2", "x", "42{}"} {
		connect(server, "").say(packet)
		switch r := <-ended; r {
		case realtime.ReasonClientDisconnect:
			fmt.Println("the client left:", r)
		case realtime.ReasonServerDisconnect:
			fmt.Println("it was sent away:", r)
		default:
			fmt.Println("it may come back:", r)
		}
	}
	fmt.Println("altogether:", len(realtime.Reasons()))
	// Output:
	// the client left: client namespace disconnect
	// it was sent away: server namespace disconnect
	// it may come back: transport close
	// it may come back: transport error
	// it may come back: parse error
	// it may come back: forced close
	// altogether: 15
}

// A transport tells of every request that it refuses: those of http do so by themselves.
func ExampleServer_OnConnectionError() {
	server, stop := serve(realtime.Options{})
	defer stop()
	server.OnConnectionError(func(e realtime.ConnectionError) {
		fmt.Println(e.Code, e.Message, e.Context["name"], e.Request.Query()["sid"])
	})
	server.Refused(realtime.ConnectionError{
		Request: realtime.Request{URL: "/socket.io/?EIO=4&transport=polling&sid=unheard-of"},
		Code:    1, Message: "Session ID unknown", Context: map[string]any{"name": "UNKNOWN_SID"},
	})
	// Output: 1 Session ID unknown UNKNOWN_SID unheard-of
}
