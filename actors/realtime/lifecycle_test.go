package realtime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kapoor.example/desk/actors"
	"kapoor.example/desk/protocol/socketio"
)

// users makes the namespace "/" of servers whose clients say who they are: {"user":…,"rights":…}.
func users(s *Server) {
	s.Of("/").On("leave", func(s *Socket, e *Event) { s.Leave(s.User().Rooms...); _ = e.Ack() }).Use(func(_ context.Context, socket *Socket) error {
		var auth struct {
			User, Token string
			Rights      uint64
			Expires     time.Time
			Refuse      bool
			Broken      bool
		}
		if err := json.Unmarshal(socket.Auth(), &auth); err != nil {
			return err
		}
		switch {
		case auth.Refuse:
			return &ConnectError{Message: "no", Data: map[string]int{"code": 7}}
		case auth.Broken:
			return fmt.Errorf("look up: %w", ErrClose)
		}
		socket.Identify(User{ID: auth.User, Rooms: []string{auth.User, "all"}, Rights: auth.Rights, TokenID: auth.Token, ExpiresAt: auth.Expires})
		return nil
	})
}

func TestConnect(t *testing.T) {
	s := setup(t, Options{}, func(s *Server) {
		users(s)
		s.Of("/open").OnConnection(func(s *Socket) { _ = s.Emit("hello", s.Auth()) })
	})
	for name, row := range map[string]struct{ say, want string }{
		"unknown namespace":       {"40/none,", `44/none,{"message":"Invalid namespace"}`},
		"refused with data":       {`40{"refuse":true}`, `44{"message":"no","data":{"code":7}}`},
		"accepted":                {`40{"user":"u"}`, `40{"sid":"`},
		"accepted elsewhere":      {`40/open,{"a":1}`, `40/open,{"sid":"`},
		"connection handler last": {`40/open,`, `42/open,["hello"`},
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, s, "a")
			c.say(row.say)
			c.receives(t, row.want)
		})
	}
	for name, say := range map[string]string{
		"trouble of the server's own": `40{"broken":true}`,
		"event before CONNECT":        `42["x"]`,
		"not a packet":                `4abc`,
		"ping from a client":          `2`,
		"second CONNECT at once":      "40/open,\n40/open,",
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, s, "a")
			for packet := range strings.SplitSeq(say, "\n") {
				c.say(packet)
			}
			c.closes(t)
		})
	}
}

// TestEarlyPacket: an event right behind the CONNECT answer reaches its handler, after the connection hook.
func TestEarlyPacket(t *testing.T) {
	for range 50 {
		var order []string
		s := setup(t, Options{}, func(s *Server) {
			s.Of("/").OnConnection(func(*Socket) { order = append(order, "connection") }).
				On("e", func(s *Socket, e *Event) { order = append(order, "event"); _ = s.Emit("done") })
		})
		c := connect(t, s, "")
		c.say(`42["e"]`)
		c.receives(t, `42["done"`)
		if strings.Join(order, " ") != "connection event" {
			t.Fatalf("order %v", order)
		}
	}
}

func TestAcks(t *testing.T) {
	answers := make(chan string, 10)
	s := setup(t, Options{}, func(s *Server) {
		n := s.Of("/")
		n.On("double", func(s *Socket, e *Event) {
			_ = e.Ack("first")
			_ = e.Ack("second")
		})
		ask := func(s *Socket, timeout time.Duration) {
			_ = s.Timeout(timeout).EmitWithAck(func(args socketio.Args, err error) {
				if err != nil {
					answers <- err.Error()
					return
				}
				answers <- string(args.Raw[0])
			}, "question", 1)
		}
		n.On("ask", func(s *Socket, e *Event) { ask(s, 0) })
		n.On("ask soon", func(s *Socket, e *Event) { ask(s, time.Millisecond) })
	})
	c := connect(t, s, "")
	c.say(`4212345678901234567890123["double"]`)
	c.say(`42["double"]`)
	c.receives(t, `4312345678901234567890123["first"]`)
	c.say(`4399["nobody asked"]`)
	c.say(`43123456789012345678901234567890["nobody asked"]`)
	c.say(`42["ask"]`)
	c.receives(t, `420["question",1]`)
	c.say(`430["fine"]`)
	if got := <-answers; got != `"fine"` {
		t.Errorf("answer %s", got)
	}
	c.say(`42["ask soon"]`)
	if got := <-answers; got != ErrAckTimeout.Error() {
		t.Errorf("answer %s", got)
	}
	c.say(`431["late"]`)
	c.say(`42["ask"]`)
	c.receives(t, `422["question",1]`)
	c.cut()
	if got := <-answers; got != ErrNotConnected.Error() {
		t.Errorf("answer %s", got)
	}
}

func TestPresence(t *testing.T) {
	var mu sync.Mutex
	var seen []string
	s := setup(t, Options{Grace: 50 * time.Millisecond}, func(s *Server) {
		users(s)
		s.OnPresence(func(user string, online bool, _ time.Time) {
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, fmt.Sprint(user, online))
		})
	})
	history := func() string { mu.Lock(); defer mu.Unlock(); return strings.Join(seen, " ") }
	first := connect(t, s, `{"user":"u"}`)
	second := connect(t, s, `{"user":"u"}`)
	eventually(t, "online", func() bool { return history() == "utrue" && s.IsOnline("u") })
	first.cut()
	first.closes(t)
	second.cut()
	second.closes(t)
	third := connect(t, s, `{"user":"u"}`) // within the grace: nobody notices
	third.cut()
	eventually(t, "offline once", func() bool { return history() == "utrue ufalse" })
	eventually(t, "no room is left", func() bool { return s.system.Counts()["room"].Running == 0 })
	if s.IsOnline("u") || len(s.Online(10)) != 0 {
		t.Error("still online")
	}
	connect(t, s, `{"user":"u"}`)
	eventually(t, "online again", func() bool { return history() == "utrue ufalse utrue" })
}

func TestLimits(t *testing.T) {
	s := setup(t, Options{MaxPerUser: 2, MaxPerAddress: 5, MaxConnections: 7, MaxRooms: 10, MaxNamespaces: 2}, func(s *Server) {
		users(s)
		s.Of("/a")
		s.Of("/b")
		s.Of("/").OnConnection(func(s *Socket) {
			for i := range 20 {
				if err := s.Join(fmt.Sprint(i)); err != nil {
					_ = s.Emit("full", i, err.Error())
					return
				}
			}
		})
	})
	u1, u2 := connect(t, s, `{"user":"u"}`), connect(t, s, `{"user":"u"}`)
	u1.receives(t, `42["full",7`) // ten with the three it began in
	u3 := dial(t, s, "192.0.2.1")
	u3.say(`40{"user":"u"}`)
	u3.closes(t)
	u2.say("40/a,")
	u2.receives(t, "40/a,")
	u2.say("40/b,")
	u2.receives(t, `44/b,{"message":"Too many namespaces"}`)
	u2.cut()
	eventually(t, "room for more", func() bool { return s.Connections() == 1 })
	for range 4 {
		dial(t, s, "192.0.2.1")
	}
	if _, err := s.Open(context.Background(), Request{Address: "192.0.2.1"}, WebSocket); !errors.Is(err, ErrOverloaded) {
		t.Errorf("sixth of an address: %v", err)
	}
	dial(t, s, "b")
	dial(t, s, "c")
	if _, err := s.Open(context.Background(), Request{Address: "d"}, Polling); !errors.Is(err, ErrOverloaded) {
		t.Errorf("eighth of all: %v", err)
	}
}

// TestRevoke: whoever holds a void token gets nothing published after the revocation, and the others everything.
func TestRevoke(t *testing.T) {
	s := setup(t, Options{}, users)
	old, fresh := connect(t, s, `{"user":"u","rights":1}`), connect(t, s, `{"user":"u","rights":2}`)
	token, left, other := connect(t, s, `{"user":"u","rights":2,"token":"t"}`), connect(t, s, `{"user":"u","rights":1}`), connect(t, s, `{"user":"v"}`)
	left.say(`420["leave"]`)
	left.receives(t, "430")
	publish := func(n int) {
		s.Publish([]Entry{{Name: "e", Rooms: []string{"all"}, Payload: fmt.Appendf(nil, "%d", n)}}, nil)
	}
	publish(1)
	s.Revoke(Revocation{User: "u", Rights: 2})
	publish(2)
	s.Revoke(Revocation{User: "u", TokenID: "t"})
	publish(3)
	for _, c := range []*client{old, left, token} {
		c.closes(t)
	}
	for name, row := range map[string]struct {
		c    *client
		want string
	}{"old rights": {old, "1"}, "fresh rights": {fresh, "1 2 3"}, "by token": {token, "1 2"}, "another user": {other, "1 2 3"}} {
		var got []string
		row.c.until(t, "events", func(m []string, closed bool) bool {
			got = nil
			for _, message := range m {
				if n, ok := strings.CutPrefix(message, `42["e",`); ok {
					got = append(got, strings.TrimSuffix(n, "]"))
				}
			}
			return closed || slices.Contains(got, "3")
		})
		if strings.Join(got, " ") != row.want {
			t.Errorf("%s: got %v, want %s", name, got, row.want)
		}
	}
	late := dial(t, s, "x")
	late.say(`40{"user":"u","rights":1}`) // its middleware looked before the revocation
	late.closes(t)
}

func TestTokenExpiry(t *testing.T) {
	s := setup(t, Options{}, users)
	c := connect(t, s, fmt.Sprintf(`{"user":"u","expires":%q}`, time.Now().Add(50*time.Millisecond).Format(time.RFC3339Nano)))
	c.closes(t)
	for _, m := range c.messages {
		if strings.HasPrefix(m, "41") {
			t.Error("a DISCONNECT keeps the client from coming back")
		}
	}
}

func TestHeartbeat(t *testing.T) {
	var mu sync.Mutex
	reasons := map[string]Reason{}
	s := setup(t, Options{PingInterval: 30 * time.Millisecond, PingTimeout: 60 * time.Millisecond}, func(s *Server) {
		s.Of("/").OnDisconnect(func(s *Socket, r Reason) {
			mu.Lock()
			defer mu.Unlock()
			reasons[string(s.Auth())] = r
		})
	})
	alive, dead := connect(t, s, `{"a":1}`), connect(t, s, `{"d":1}`)
	for n := 1; n <= 4; n++ {
		alive.until(t, "a ping", func(m []string, _ bool) bool {
			return len(slices.DeleteFunc(slices.Clone(m), func(s string) bool { return s != "2" })) >= n
		})
		alive.say("3")
	}
	dead.closes(t)
	mu.Lock()
	defer mu.Unlock()
	if reasons[`{"d":1}`] != ReasonPingTimeout || reasons[`{"a":1}`] != "" {
		t.Errorf("reasons %v", reasons)
	}
}

func TestConnectTimeout(t *testing.T) {
	s := setup(t, Options{ConnectTimeout: 20 * time.Millisecond}, func(s *Server) { s.Of("/") })
	dial(t, s, "a").closes(t)
}

func TestDisconnect(t *testing.T) {
	reasons := make(chan Reason, 1)
	s := setup(t, Options{}, func(s *Server) {
		n := s.Of("/")
		n.On("bye", func(s *Socket, e *Event) {
			var close bool
			_ = e.Args.Bind(0, &close)
			s.Disconnect(close)
		})
		n.OnDisconnect(func(s *Socket, r Reason) { reasons <- r })
	})
	c := connect(t, s, "")
	c.say(`42["bye",false]`)
	c.receives(t, "41")
	if r := <-reasons; r != ReasonServerDisconnect {
		t.Errorf("reason %s", r)
	}
	c.say("40") // row 131
	c.until(t, "a second CONNECT answer", func(m []string, _ bool) bool {
		return len(slices.DeleteFunc(slices.Clone(m), func(s string) bool { return !strings.HasPrefix(s, "40{") })) == 2
	})
	c.say("41")
	if r := <-reasons; r != ReasonClientDisconnect {
		t.Errorf("reason %s", r)
	}
	c.say("40")
	c.say(`42["bye",true]`)
	c.closes(t)
	<-reasons
}

// TestPoison: ten messages that make it panic, to each kind of actor. The process lives and others go on.
func TestPoison(t *testing.T) {
	s := setup(t, Options{Shards: 2}, func(s *Server) {
		users(s)
		s.Of("/").On("panic", func(*Socket, *Event) { panic("handler") })
		s.Of("/").On("echo", func(s *Socket, e *Event) { _ = e.Ack(e.Args.Spread()...) })
	})
	works := func(what string) {
		t.Helper()
		c := connect(t, s, `{"user":"w"}`)
		c.say(`421["echo","` + what + `"]`)
		c.receives(t, `431["`+what+`"]`)
		if err := s.Of("/").To("w").Emit("hello", what); err != nil {
			t.Fatal(err)
		}
		c.receives(t, `42["hello","`+what+`"]`)
		c.cut()
		c.closes(t)
	}
	bystander := connect(t, s, `{"user":"b"}`)
	targets := map[string]*actors.PID{"supervisor": s.supervisor.pid, "hub": s.hub.pid, "adapter": s.adapter.pid, "shard": s.shards[0].pid, "room": actors.NewPID(roomKind, "b")}
	for kind, pid := range targets {
		for range 10 {
			s.system.Send(pid, actors.Detonate{Reason: kind})
		}
		works(kind)
	}
	for i := range 10 {
		c := connect(t, s, `{"user":"x"}`)
		if i%2 == 0 {
			c.say(`42["panic"]`)
		} else {
			s.system.Send(c.session.pid, actors.Detonate{Reason: "session"})
		}
		c.closes(t)
	}
	works("session")
	bystander.say(`427["echo",1]`)
	bystander.receives(t, `437[1]`)
	for _, kind := range []string{"supervisor", "hub", "adapter", "shard", "room", "session"} {
		eventually(t, "ten panics counted for "+kind, func() bool { return s.system.Counts()[kind].Panics == 10 })
	}
}

// TestShardGivesUp: a shard that panics again and again begins anew: its clients are closed, and the next ones served.
func TestShardGivesUp(t *testing.T) {
	s := setup(t, Options{Shards: 1}, func(s *Server) { s.Of("/") })
	c := connect(t, s, "")
	for range 31 {
		s.system.Send(s.shards[0].pid, actors.Detonate{Reason: "again"})
	}
	c.closes(t)
	again := connect(t, s, "")
	if err := s.Of("/").Emit("x"); err != nil {
		t.Fatal(err)
	}
	again.receives(t, `42["x"]`)
}

// TestPanicInMiddleware closes the connection: the client comes back by itself.
func TestPanicInMiddleware(t *testing.T) {
	s := setup(t, Options{}, func(s *Server) {
		s.Of("/").Use(func(context.Context, *Socket) error { panic("middleware") })
	})
	c := dial(t, s, "a")
	c.say("40")
	c.closes(t)
}

// TestClose: closing ends every connection with the status and without a DISCONNECT packet; nothing new is taken.
func TestClose(t *testing.T) {
	system, err := actors.New(nopLog, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	s := New(system, Options{})
	users(s)
	var clients []*client
	for range 20 {
		clients = append(clients, connect(t, s, `{"user":"u"}`))
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.Close(ctx, StatusServiceRestart); err != nil {
		t.Fatal(err)
	}
	for _, c := range clients {
		c.closes(t)
		if c.status != StatusServiceRestart || slices.Contains(c.messages, "41") {
			t.Fatalf("status %d, messages %q", c.status, c.messages)
		}
	}
	if err := system.Close(ctx); err != nil {
		t.Fatal(err)
	}
}

// TestCloseOneOfTwo: two servers share a system, and one is closed while the other has connections. It waited for those
// too, so that whoever closed both, one after the other, waited until the deadline.
func TestCloseOneOfTwo(t *testing.T) {
	other := setup(t, Options{}, users)
	s := New(other.system, Options{})
	users(s)
	stays, goes := connect(t, other, `{"user":"u"}`), connect(t, s, `{"user":"u"}`)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.Close(ctx, StatusNone); err != nil {
		t.Fatal(err)
	}
	goes.closes(t)
	stays.say("40/none,")
	stays.receives(t, "44/none,")
}

// TestCloseDoesNotWaitForHeldConnections: a polling session that was ended without a poll waiting is held for the next
// one, up to CloseTimeout; a server that stops held on to it as long.
func TestCloseDoesNotWaitForHeldConnections(t *testing.T) {
	s := setup(t, Options{CloseTimeout: time.Hour}, func(s *Server) { s.Of("/") })
	for range 3 {
		session, err := s.Open(context.Background(), Request{}, Polling)
		if err != nil {
			t.Fatal(err)
		}
		session.Fail(ReasonTokenRevoked)
		eventually(t, "the session ends", session.closing.Load)
	}
	blocked := connect(t, s, "")
	blocked.block(true)
	if err := s.Of("/").Emit("never read"); err != nil {
		t.Fatal(err)
	}
}

// TestSaidBeforeItLeft: a client that emits as soon as it is connected and leaves at once has emitted. The news of its
// connection is behind its packets then; they used to be dropped with the connection.
func TestSaidBeforeItLeft(t *testing.T) {
	for name, leave := range map[string]func(c *client){
		"41 and cut": func(c *client) { c.say("41"); c.cut() },
		"close":      func(c *client) { c.say("1") },
		"cut":        func(c *client) { c.cut() },
		"violation":  func(c *client) { c.say("42{}") },
	} {
		t.Run(name, func(t *testing.T) {
			var order []string
			done := make(chan struct{}, 1)
			s := setup(t, Options{}, func(s *Server) {
				s.Of("/").OnConnection(func(*Socket) { order = append(order, "connection") }).
					On("e", func(_ *Socket, e *Event) { order = append(order, "event") }).
					OnError(func(*Socket, error) { order = append(order, "error") }).
					OnDisconnect(func(*Socket, Reason) { order = append(order, "disconnect"); done <- struct{}{} })
			})
			want := "connection event event disconnect"
			if name == "violation" {
				want = "connection event event error disconnect"
			}
			for range 200 {
				c := dial(t, s, "192.0.2.1")
				c.say("40")
				c.receives(t, "40{")
				c.say(`42["e"]`)
				c.say(`42["e"]`)
				leave(c)
				<-done
				if got := strings.Join(order, " "); got != want {
					t.Fatalf("%s, want %s", got, want)
				}
				order = nil
			}
		})
	}
}
