package realtime_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"kapoor.example/desk/actors/realtime"
	"kapoor.example/desk/protocol/socketio"
)

func ExampleServer_Of() {
	server, stop := serve(realtime.Options{})
	defer stop()
	server.Of("/orders").OnConnection(func(s *realtime.Socket) { _ = s.Emit("hello", s.Namespace().Name()) })
	c := connect(server, "/orders,")
	fmt.Println(c.next())
	// Output: 42/orders,["hello","/orders"]
}

func ExampleServer_OfPattern() {
	server, stop := serve(realtime.Options{CleanupEmptyNamespaces: true})
	defer stop()
	shops := server.OfPattern(regexp.MustCompile(`^/shop-\d+$`))
	shops.On("sell", func(s *realtime.Socket, e *realtime.Event) {
		_ = s.Namespace().Emit("sold", e.Args.Spread()...)
	})
	first, second := connect(server, "/shop-1,"), connect(server, "/shop-2,")
	first.say(`42/shop-1,["sell","tea"]`)
	fmt.Println(first.next())
	_ = shops.Emit("closing") // in every shop
	fmt.Println(first.next())
	fmt.Println(second.next())
	// Output:
	// 42/shop-1,["sold","tea"]
	// 42/shop-1,["closing"]
	// 42/shop-2,["closing"]
}

func ExampleNamespace_Use() {
	server, stop := serve(realtime.Options{})
	defer stop()
	server.Of("/admin").Use(func(ctx context.Context, s *realtime.Socket) error {
		if string(s.Auth()) != `{"token":"good"}` { // look it up; ctx says how long that may take
			return &realtime.ConnectError{Message: "not authorized", Data: map[string]int{"code": 401}}
		}
		s.Identify(realtime.User{ID: "ann", Rooms: []string{"admins"}})
		return nil
	})
	c := connect(server, "")
	c.say(`40/admin,{"token":"bad"}`)
	fmt.Println(c.next())
	c.say(`40/admin,{"token":"good"}`)
	fmt.Println(strings.HasPrefix(c.next(), `40/admin,{"sid":`))
	// Output:
	// 44/admin,{"message":"not authorized","data":{"code":401}}
	// true
}

func ExampleSocket_Use() {
	server, stop := serve(realtime.Options{})
	defer stop()
	server.Of("/").OnConnection(func(s *realtime.Socket) {
		s.Use(func(e *realtime.Event) error {
			if e.Name == "forbidden" {
				return errors.New("no " + e.Name)
			}
			e.Name = strings.ToLower(e.Name)
			return nil
		})
		s.OnError(func(err error) { _ = s.Emit("refused", err.Error()) })
		s.On("echo", func(e *realtime.Event) { _ = e.Ack(e.Args.Spread()...) })
	})
	c := connect(server, "")
	c.say(`42["forbidden"]`)
	fmt.Println(c.next())
	c.say(`427["ECHO",1,{"b":2,"a":1}]`)
	fmt.Println(c.next())
	// Output:
	// 42["refused","no forbidden"]
	// 437[1,{"b":2,"a":1}]
}

func ExampleSocket_OnAny() {
	server, stop := serve(realtime.Options{})
	defer stop()
	told := make(chan string, 10)
	server.Of("/").OnConnection(func(s *realtime.Socket) {
		s.OnAny(func(e *realtime.Event) { told <- "second: " + e.Name })
		off := s.PrependAny(func(e *realtime.Event) { told <- "first: " + e.Name })
		s.On("off", func(*realtime.Event) { off() })
	})
	c := connect(server, "")
	c.say(`42["off"]`)
	c.say(`42["e"]`)
	fmt.Println(<-told)
	fmt.Println(<-told)
	fmt.Println(<-told)
	// Output:
	// first: off
	// second: off
	// second: e
}

func ExampleSocket_OnAnyOutgoing() {
	server, stop := serve(realtime.Options{})
	defer stop()
	n := server.Of("/")
	told := make(chan string, 10)
	n.OnConnection(func(s *realtime.Socket) {
		s.OnAnyOutgoing(func(name string, args socketio.Args) { told <- fmt.Sprint(name, " ", args.Len()) })
		_ = s.Emit("own", 1)
		_ = n.Emit("everybody", 1, 2)
	})
	connect(server, "")
	fmt.Println(<-told)
	fmt.Println(<-told)
	// Output:
	// own 1
	// everybody 2
}

func ExampleNamespace_To() {
	server, stop := serve(realtime.Options{})
	defer stop()
	n := server.Of("/")
	n.On("join", func(s *realtime.Socket, e *realtime.Event) {
		var room string
		_ = e.Args.Bind(0, &room)
		_ = s.Join(room)
		_ = e.Ack()
	})
	red, blue := connect(server, ""), connect(server, "")
	red.say(`421["join","red"]`)
	red.until("431")
	blue.say(`421["join","blue"]`)
	blue.until("431")

	_ = n.To("red").Emit("e", "for red")
	_ = n.To("red", "blue").Emit("e", "for both")
	_ = n.Except("red").Emit("e", "for all but red")
	_ = n.To("red", "blue").Except("blue").Volatile().Emit("e", "for red, if it can take it at once")
	fmt.Println(red.next(), red.next(), red.next())
	fmt.Println(blue.next(), blue.next())
	// Output:
	// 42["e","for red"] 42["e","for both"] 42["e","for red, if it can take it at once"]
	// 42["e","for both"] 42["e","for all but red"]
}

func ExampleSocket_Broadcast() {
	server, stop := serve(realtime.Options{})
	defer stop()
	server.Of("/").On("news", func(s *realtime.Socket, e *realtime.Event) {
		_ = s.Broadcast().Local().Emit("news", e.Args.Spread()...) // to everybody else on this server
		_ = s.Send("told")                                         // a "message"
	})
	sender, other := connect(server, ""), connect(server, "")
	sender.say(`42["news","rain"]`)
	fmt.Println(sender.next())
	fmt.Println(other.next())
	// Output:
	// 42["message","told"]
	// 42["news","rain"]
}

func ExampleEvent_Ack() {
	server, stop := serve(realtime.Options{})
	defer stop()
	server.Of("/").On("sum", func(_ *realtime.Socket, e *realtime.Event) {
		var a, b int
		if e.Args.Bind(0, &a) != nil || e.Args.Bind(1, &b) != nil {
			_ = e.Ack("two numbers, please")
			return
		}
		_ = e.Ack(nil, a+b)
	})
	c := connect(server, "")
	c.say(`425["sum",1,2]`)
	fmt.Println(c.next())
	c.say(`426["sum",1]`)
	fmt.Println(c.next())
	// Output:
	// 435[null,3]
	// 436["two numbers, please"]
}

func ExampleSender_EmitWithAck() {
	server, stop := serve(realtime.Options{})
	defer stop()
	done := make(chan struct{})
	server.Of("/").OnConnection(func(s *realtime.Socket) {
		_ = s.EmitWithAck(func(args socketio.Args, _ error) { fmt.Println("answer", string(args.Raw[0])) }, "question")
		_ = s.Timeout(time.Millisecond).EmitWithAck(func(_ socketio.Args, err error) {
			fmt.Println(err)
			close(done)
		}, "nobody answers")
	})
	c := connect(server, "")
	c.say(`430[42]`)
	<-done
	// Output:
	// answer 42
	// operation has timed out
}

func ExampleBroadcast_EmitWithAck() {
	server, stop := serve(realtime.Options{})
	defer stop()
	n := server.Of("/")
	first, second := connect(server, ""), connect(server, "")
	connected(n, 2)
	answers := make(chan string, 1)
	_ = n.Timeout(time.Minute).EmitWithAck(func(all []socketio.Args, err error) {
		answers <- fmt.Sprint(len(all), " answers, error: ", err)
	}, "vote")
	fmt.Println(first.next(), second.next())
	first.say(`430["yes"]`)
	second.say(`430["no"]`)
	fmt.Println(<-answers)
	// Output:
	// 420["vote"] 420["vote"]
	// 2 answers, error: <nil>
}

// connected waits until a namespace has so many sockets. A client is told a moment before.
func connected(n *realtime.Namespace, sockets int) {
	for n.Size() < sockets {
		<-time.After(time.Millisecond) // the pace of asking
	}
}

func ExampleNamespace_FetchSockets() {
	server, stop := serve(realtime.Options{})
	defer stop()
	n := server.Of("/")
	a, b := connect(server, ""), connect(server, "")
	connected(n, 2)

	n.SocketsJoin("everybody")
	sockets, err := n.In("everybody").FetchSockets(context.Background())
	fmt.Println(len(sockets), err)
	_ = n.To("everybody").Emit("e")
	n.SocketsLeave("everybody")
	_ = n.To("everybody").Emit("nobody hears this")
	n.DisconnectSockets(true)
	fmt.Println(a.next(), a.next())
	fmt.Println(b.next(), b.next())
	<-a.gone
	<-b.gone
	// Output:
	// 2 <nil>
	// 42["e"] 41
	// 42["e"] 41
}

func ExampleNamespace_OnRoom() {
	server, stop := serve(realtime.Options{})
	defer stop()
	events := make(chan realtime.RoomEventType, 10)
	server.Of("/").
		OnRoom(func(e realtime.RoomEvent) {
			if e.Room == "red" {
				events <- e.Type
			}
		}).
		OnConnection(func(s *realtime.Socket) { _ = s.Join("red") })
	c := connect(server, "")
	fmt.Println(<-events, <-events)
	c.leave()
	fmt.Println(<-events, <-events)
	// Output:
	// create-room join-room
	// leave-room delete-room
}

func ExampleNamespace_ServerSideEmit() {
	server, stop := serve(realtime.Options{})
	defer stop()
	n := server.Of("/")
	n.OnServerSide("reload", func(e *realtime.ServerEvent) { _ = e.Ack("reloaded") }) // when another server says so
	done := make(chan struct{})
	_ = n.ServerSideEmitWithAck(time.Second, func(answers []socketio.Args, err error) {
		fmt.Println(len(answers), "other servers, error:", err)
		close(done)
	}, "reload")
	<-done
	// Output: 0 other servers, error: <nil>
}

func ExampleNamespace_OnDisconnect() {
	server, stop := serve(realtime.Options{})
	defer stop()
	done := make(chan struct{})
	server.Of("/").
		OnConnection(func(s *realtime.Socket) { _ = s.Join("red") }).
		OnDisconnecting(func(s *realtime.Socket, r realtime.Reason) { fmt.Println(r, len(s.Rooms())) }).
		OnDisconnect(func(s *realtime.Socket, r realtime.Reason) {
			fmt.Println(r.Recoverable(), len(s.Rooms()))
			close(done)
		})
	c := connect(server, "")
	c.say("41")
	<-done
	// Output:
	// client namespace disconnect 2
	// false 0
}

func ExampleRecovery() {
	server, stop := serve(realtime.Options{Recovery: &realtime.Recovery{Window: time.Minute}})
	defer stop()
	n := server.Of("/")
	lost := make(chan struct{}, 10)
	n.OnDisconnect(func(*realtime.Socket, realtime.Reason) { lost <- struct{}{} })
	c := connect(server, "")
	var was struct{ Pid string }
	_ = json.Unmarshal([]byte(c.answer[2:]), &was)
	_ = n.Emit("seen")
	var event [2]string // the offset comes as the last argument; a client keeps it
	_ = json.Unmarshal([]byte(c.next()[2:]), &event)
	c.leave()
	<-lost

	_ = n.Emit("missed", 1)
	c = connect(server, fmt.Sprintf(`{"pid":%q,"offset":%q}`, was.Pid, event[1]))
	fmt.Println(strings.HasPrefix(c.next(), `42["missed",1,"`))
	// Output: true
}
