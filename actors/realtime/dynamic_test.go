package realtime

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"kapoor.example/desk/protocol/cluster/bustest"
)

// TestNewNamespaceHookMayAsk: a hook may ask the server for its namespaces while one is made, and a hook that panics costs
// its own connection only.
func TestNewNamespaceHookMayAsk(t *testing.T) {
	s := setup(t, Options{}, func(s *Server) {
		s.OfPattern(regexp.MustCompile(`^/d\d+$`))
		s.OnNewNamespace(func(n *Namespace) {
			if n.Name() == "/d13" {
				panic("test")
			}
			if s.Of("/static") == nil || s.Sockets(n.Name()) != 0 || len(s.Namespaces()) == 0 {
				t.Error("the server knows nothing")
			}
		})
	})
	c := dial(t, s, "192.0.2.1")
	c.say("40/d1")
	c.receives(t, "40/d1,")
	unlucky := dial(t, s, "192.0.2.1")
	unlucky.say("40/d13")
	unlucky.closes(t)
	c.say("40/d2")
	c.receives(t, "40/d2,")
}

// TestMaxDynamic: names beyond the bound are refused; those that are there are not.
func TestMaxDynamic(t *testing.T) {
	s := setup(t, Options{MaxDynamic: 3, CleanupEmptyNamespaces: true}, func(s *Server) {
		s.OfFunc(func(string, json.RawMessage) bool { return true })
	})
	c := dial(t, s, "192.0.2.1")
	for i := range 3 {
		c.say(fmt.Sprintf("40/n%d", i))
		c.receives(t, fmt.Sprintf("40/n%d,", i))
	}
	c.say("40/n3")
	c.receives(t, `44/n3,{"message":"Invalid namespace"}`)
	other := dial(t, s, "192.0.2.1")
	other.say("40/n0")
	other.receives(t, "40/n0,")
	c.say("41/n2,")
	c.say("40/n4")
	c.receives(t, "40/n4,")
}

// TestDisconnectedBeforeItIsConnected: a socket that is disconnected while it is being admitted never is connected, and
// the connection goes on without it.
func TestDisconnectedBeforeItIsConnected(t *testing.T) {
	for name, when := range map[string]func(*Server, *Socket){
		"in the middleware":  func(_ *Server, s *Socket) { s.Disconnect(false) },
		"while it is joined": func(server *Server, s *Socket) { server.Of("/").SocketsJoin("x"); s.Disconnect(false) },
	} {
		t.Run(name, func(t *testing.T) {
			connections := make(chan string, 10)
			s := setup(t, Options{}, func(s *Server) {
				s.Of("/").Use(func(_ context.Context, socket *Socket) error { when(s, socket); return nil }).
					OnConnection(func(s *Socket) { connections <- s.ID() })
				s.Of("/other").On("e", func(_ *Socket, e *Event) { _ = e.Ack() })
			})
			c := dial(t, s, "192.0.2.1")
			c.say("40")
			c.receives(t, "41")
			c.say("40/other")
			c.receives(t, "40/other,")
			c.say(`42/other,1["e"]`)
			c.receives(t, "43/other,1[]")
			if len(connections) != 0 || s.Sockets("/") != 0 {
				t.Errorf("%d connections, %d sockets", len(connections), s.Sockets("/"))
			}
		})
	}
}

// TestAnsweredBeforeItIsDisconnected: whoever disconnects a socket in the very moment it is connected has its client told
// in this order, never the other way round.
func TestAnsweredBeforeItIsDisconnected(t *testing.T) {
	sockets := make(chan *Socket, 1)
	s := setup(t, Options{}, func(s *Server) {
		s.Of("/").Use(func(_ context.Context, s *Socket) error { sockets <- s; return nil })
	})
	for i := range 300 {
		c := dial(t, s, "192.0.2.1")
		c.say("40")
		socket := <-sockets
		for range i % 30 {
			_ = socket.Rooms() // some time passes
		}
		socket.Disconnect(i%2 == 0)
		messages := c.until(t, "41", func(messages []string, closed bool) bool {
			return closed || slices.Contains(messages, "41")
		})
		if answered := slices.IndexFunc(messages, func(m string) bool { return strings.HasPrefix(m, "40{") }); answered >= 0 &&
			answered > slices.Index(messages, "41") {
			t.Fatalf("round %d: %q", i, messages)
		}
		c.cut()
	}
}

// TestNamespaceThatIsLeftWhileItsSocketJoins: a room that a socket was still on its way into when it left brought the
// index of its namespace back, with nobody in it and for ever: one for every name that a client could think of.
func TestNamespaceThatIsLeftWhileItsSocketJoins(t *testing.T) {
	s := setup(t, Options{Shards: 1, CleanupEmptyNamespaces: true}, func(s *Server) {
		s.OfFunc(func(string, json.RawMessage) bool { return true }).
			On("join", func(socket *Socket, _ *Event) { _ = socket.Join("a", "b") }).
			On("leave", func(socket *Socket, _ *Event) { _ = socket.Join("a"); socket.Leave("a") })
	})
	c := dial(t, s, "192.0.2.1")
	for i := range 300 {
		c.say(fmt.Sprintf("40/n%d", i))
		c.receives(t, fmt.Sprintf("40/n%d,", i))
		c.say(fmt.Sprintf(`42/n%d,["%s"]`, i, []string{"join", "leave"}[i%2]))
		c.say(fmt.Sprintf("41/n%d,", i))
	}
	c.say("40/last")
	c.receives(t, "40/last,")
	left := make(chan int)
	s.adapter.send(visit{done: func() { left <- len(s.shards[0].index) }})
	if n := <-left; n != 1 {
		t.Errorf("the shard knows %d namespaces", n)
	}
}

// TestNamespaceThatIsLeftWithSomethingUnderWay: what a server said to a namespace that it left before that came back was
// never delivered to it, and it waited for it for ever. Whoever asked for the sockets of any namespace waited, too.
func TestNamespaceThatIsLeftWithSomethingUnderWay(t *testing.T) {
	s := setup(t, Options{Bus: board(t, bustest.NewMemory()), CleanupEmptyNamespaces: true}, func(s *Server) {
		s.OfFunc(func(string, json.RawMessage) bool { return true }).OnDisconnect(func(socket *Socket, _ Reason) {
			if err := socket.Namespace().Emit("left"); err != nil {
				t.Error(err)
			}
		})
	})
	c := dial(t, s, "192.0.2.1")
	for i := range 100 {
		c.say(fmt.Sprintf("40/n%d", i))
		c.receives(t, fmt.Sprintf("40/n%d,", i))
		c.say(fmt.Sprintf("41/n%d,", i))
	}
	c.say("40/last")
	c.receives(t, "40/last,")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if found, err := s.Of("/last").FetchSockets(ctx); err != nil || len(found) != 1 {
		t.Errorf("%d sockets, %v", len(found), err)
	}
}

// countedBus counts the namespaces its server is one of.
type countedBus struct {
	Bus
	entered atomic.Int32
}

func (b *countedBus) Enter(namespace string) { b.entered.Add(1); b.Bus.Enter(namespace) }
func (b *countedBus) Exit(namespace string)  { b.entered.Add(-1); b.Bus.Exit(namespace) }

// TestNamespaceThatIsNotMade: a namespace whose hook panicked was left to the bus as one of the server's, for ever.
func TestNamespaceThatIsNotMade(t *testing.T) {
	bus := &countedBus{Bus: board(t, bustest.NewMemory())}
	s := setup(t, Options{Bus: bus}, func(s *Server) {
		s.OfFunc(func(string, json.RawMessage) bool { return true })
		s.OnNewNamespace(func(*Namespace) { panic("test") })
	})
	for i := range 3 {
		c := dial(t, s, "192.0.2.1")
		c.say(fmt.Sprintf("40/n%d", i))
		c.closes(t)
	}
	if n := bus.entered.Load(); n != 0 {
		t.Errorf("the server is one of %d namespaces", n)
	}
}
