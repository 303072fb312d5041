package realtime

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kapoor.example/desk/protocol/cluster/bustest"
	"kapoor.example/desk/protocol/socketio"
)

// gang is a cluster of servers over a bus in memory, with one client on each.
type gang struct {
	memory  *bustest.Memory
	servers []*Server
	clients []*client
	sids    []string
}

// board opens a bus, and closes it after what uses it.
func board(t *testing.T, m *bustest.Memory) Bus {
	t.Helper()
	bus := m.Join()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := bus.Close(ctx); err != nil {
			t.Errorf("close the bus: %v", err)
		}
	})
	return bus
}

// assemble starts a cluster. Server i puts its client into the rooms "all" and "r<i>".
func assemble(t *testing.T, n int, prepare func(i int, s *Server)) *gang {
	t.Helper()
	g := &gang{memory: bustest.NewMemory()}
	for i := range n {
		bus := board(t, g.memory)
		sids := make(chan string, 1)
		s := setup(t, Options{Bus: bus}, func(s *Server) {
			s.Of("/").Use(func(_ context.Context, socket *Socket) error {
				socket.SetData(map[string]int{"server": i})
				return socket.Join("all", fmt.Sprintf("r%d", i))
			}).OnConnection(func(socket *Socket) { sids <- socket.ID() })
			if prepare != nil {
				prepare(i, s)
			}
		})
		g.servers = append(g.servers, s)
		g.clients = append(g.clients, connect(t, s, ""))
		g.sids = append(g.sids, <-sids)
	}
	return g
}

// events returns what every client has got, once all have got a last event that is for everybody.
func (g *gang) events(t *testing.T) []string {
	t.Helper()
	if err := g.servers[0].Of("/").Emit("end"); err != nil {
		t.Fatal(err)
	}
	all := make([]string, len(g.clients))
	for i, c := range g.clients {
		c.receives(t, `42["end"]`)
		c.mu.Lock()
		for _, m := range c.messages {
			if name, found := strings.CutPrefix(m, `42["`); found {
				all[i] += strings.TrimRight(strings.Split(name, `"`)[0], "]") + " "
			}
		}
		c.mu.Unlock()
	}
	return all
}

// TestClusterEmit: an event reaches the sockets it is for, on whatever server, each once.
func TestClusterEmit(t *testing.T) {
	tests := []struct {
		name string
		emit func(g *gang, n *Namespace) error
		want []string // by server, of those that emit on the first
	}{
		{"to all", func(_ *gang, n *Namespace) error { return n.Emit("e") }, []string{"e", "e", "e"}},
		{"to a room elsewhere", func(_ *gang, n *Namespace) error { return n.To("r1").Emit("e") }, []string{"", "e", ""}},
		{"to two rooms", func(_ *gang, n *Namespace) error { return n.To("r1", "all").Emit("e") }, []string{"e", "e", "e"}},
		{"except", func(_ *gang, n *Namespace) error { return n.Except("r0", "r2").Emit("e") }, []string{"", "e", ""}},
		{"local", func(_ *gang, n *Namespace) error { return n.Local().Emit("e") }, []string{"e", "", ""}},
		{"to a socket", func(g *gang, n *Namespace) error { return n.To(g.sids[2]).Emit("e") }, []string{"", "", "e"}},
		{"bytes", func(_ *gang, n *Namespace) error { return n.To("r0", "r2").Emit("e", "text") }, []string{"e", "", "e"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := assemble(t, 3, nil)
			if err := tt.emit(g, g.servers[0].Of("/")); err != nil {
				t.Fatal(err)
			}
			for i, got := range g.events(t) {
				if want := strings.TrimSpace(tt.want[i] + " end"); strings.TrimSpace(got) != want {
					t.Errorf("client %d got %q, not %q", i, got, want)
				}
			}
		})
	}
}

// TestClusterVolatile: a volatile event reaches the others too; it keeps no order with the rest.
func TestClusterVolatile(t *testing.T) {
	g := assemble(t, 2, nil)
	if err := g.servers[0].Of("/").Volatile().Emit("v"); err != nil {
		t.Fatal(err)
	}
	for _, c := range g.clients {
		c.receives(t, `42["v"]`)
	}
}

// TestClusterHandshake: other servers are told all of the handshake of a socket.
func TestClusterHandshake(t *testing.T) {
	g := assemble(t, 2, nil)
	before := time.Now().Truncate(time.Millisecond)
	connect(t, g.servers[1], `{"token":"x"}`)
	var found []RemoteSocket
	eventually(t, "both sockets of the second server", func() bool {
		var err error
		found, err = g.servers[0].Of("/").In("r1").FetchSockets(t.Context())
		return err == nil && len(found) == 2
	})
	for _, s := range found {
		if s.ID == g.sids[1] {
			continue
		}
		if string(s.Auth) != `{"token":"x"}` || s.Issued.Before(before) || time.Since(s.Issued) > patience || s.Request.Address != "192.0.2.1" {
			t.Errorf("%+v", s)
		}
	}
}

// TestClusterOrder: what several servers emit at once has one order at all clients.
func TestClusterOrder(t *testing.T) {
	const each = 100
	g := assemble(t, 3, nil)
	for i, s := range g.servers {
		go func() {
			for n := range each {
				_ = s.Of("/").Emit("e", i, n) // numbers can be encoded
			}
		}()
	}
	var first []string
	for i, c := range g.clients {
		got := c.until(t, "all events", func(messages []string, _ bool) bool { return len(messages) >= 3*each+2 })
		got = slices.DeleteFunc(got, func(m string) bool { return !strings.HasPrefix(m, "42") })
		if i == 0 {
			first = got
		}
		if !slices.Equal(got, first) {
			t.Fatalf("client %d has another order", i)
		}
	}
}

// TestClusterOperations: sockets of other servers are found, moved and ended.
func TestClusterOperations(t *testing.T) {
	g := assemble(t, 3, nil)
	n := g.servers[0].Of("/")
	n.To("r1").SocketsJoin("new")
	n.In("all").Except("r1").SocketsLeave("all")
	var found []RemoteSocket
	var err error
	eventually(t, "the second server to have heard of it", func() bool {
		found, err = n.In("all").FetchSockets(t.Context())
		return err == nil && len(found) == 1 && slices.Contains(found[0].Rooms, "new")
	})
	if err != nil || len(found) != 1 || found[0].ID != g.sids[1] || !slices.Contains(found[0].Rooms, "new") {
		t.Fatalf("found %+v, %v", found, err)
	}
	if raw, err := socketioText(found[0].Data); err != nil || raw != `{"server":1}` || found[0].Request.Address != "192.0.2.1" {
		t.Errorf("data %s, request %+v", raw, found[0].Request)
	}
	if found, err = n.FetchSockets(t.Context()); err != nil || len(found) != 3 {
		t.Errorf("%d sockets, %v", len(found), err)
	}
	if found, err = n.Local().FetchSockets(t.Context()); err != nil || len(found) != 1 {
		t.Errorf("%d sockets here, %v", len(found), err)
	}
	n.To("r2").DisconnectSockets(true)
	g.clients[2].closes(t)
	n.To("new").DisconnectSockets(false)
	g.clients[1].receives(t, "41")
}

func socketioText(v any) (string, error) {
	data, _, err := socketio.EncodeArgs(v)
	return strings.TrimSuffix(strings.TrimPrefix(string(data), "["), "]"), err
}

// TestClusterAcks: the clients of all servers are asked, and whoever does not answer is missing.
func TestClusterAcks(t *testing.T) {
	g := assemble(t, 3, nil)
	type result struct {
		answers []string
		err     error
	}
	results := make(chan result, 1)
	ask := func(b Broadcast) {
		err := b.EmitWithAck(func(all []socketio.Args, err error) {
			r := result{err: err}
			for _, args := range all {
				r.answers = append(r.answers, string(args.Raw[0]))
			}
			slices.Sort(r.answers)
			results <- r
		}, "q")
		if err != nil {
			t.Fatal(err)
		}
	}
	answer := func(i int) {
		m := g.clients[i].receives(t, "42")
		id := m[2:strings.Index(m, "[")]
		g.clients[i].say(fmt.Sprintf(`43%s["from %d"]`, id, i))
	}
	ask(g.servers[0].Of("/").Timeout(patience))
	for i := range g.clients {
		answer(i)
	}
	if r := <-results; r.err != nil || strings.Join(r.answers, " ") != `"from 0" "from 1" "from 2"` {
		t.Errorf("%+v", r)
	}
	ask(g.servers[0].Of("/").To("nobody").Timeout(patience))
	if r := <-results; r.err != nil || len(r.answers) != 0 {
		t.Errorf("%+v", r)
	}
	ask(g.servers[0].Of("/").To("r1").Timeout(1))
	if r := <-results; !errors.Is(r.err, ErrAckTimeout) {
		t.Errorf("%+v", r)
	}
}

// TestClusterServerSide: servers hear each other, and answer.
func TestClusterServerSide(t *testing.T) {
	heard := make(chan string, 10)
	g := assemble(t, 3, func(i int, s *Server) {
		s.Of("/").OnServerSide("note", func(e *ServerEvent) {
			heard <- fmt.Sprintf("%d %s", i, e.Args.Raw[0])
			if err := e.Ack(fmt.Sprint("noted by ", i), "and more"); err != nil {
				t.Error(err)
			}
		})
	})
	n := g.servers[0].Of("/")
	if err := n.ServerSideEmit("note", 7); err != nil {
		t.Fatal(err)
	}
	both := []string{<-heard, <-heard}
	if slices.Sort(both); strings.Join(both, ", ") != "1 7, 2 7" {
		t.Errorf("heard %q", both)
	}
	answers := make(chan []string, 1)
	err := n.ServerSideEmitWithAck(patience, func(all []socketio.Args, err error) {
		if err != nil {
			t.Error(err)
		}
		var texts []string
		for _, args := range all {
			texts = append(texts, string(args.Raw[0]))
		}
		slices.Sort(texts)
		answers <- texts
	}, "note", 8)
	if err != nil {
		t.Fatal(err)
	}
	if got := <-answers; strings.Join(got, ", ") != `"noted by 1", "noted by 2"` {
		t.Errorf("answers %q", got)
	}
	err = n.ServerSideEmitWithAck(1, func(all []socketio.Args, err error) {
		if !errors.Is(err, ErrAckTimeout) {
			t.Errorf("%v, %v", all, err)
		}
		answers <- nil
	}, "nobody listens")
	if err != nil {
		t.Fatal(err)
	}
	<-answers
}

// TestClusterOutage: cut off from the others, a server serves its own sockets; the others get the rest afterwards, and
// nobody gets anything twice.
func TestClusterOutage(t *testing.T) {
	g := assemble(t, 2, nil)
	n := g.servers[0].Of("/")
	g.memory.Cut()
	eventually(t, "word of the outage", func() bool {
		l := g.servers[0].link
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.degraded
	})
	if err := n.Emit("during"); err != nil {
		t.Fatal(err)
	}
	n.SocketsJoin("late")
	g.clients[0].receives(t, `42["during"]`)
	g.memory.Heal()
	if err := n.To("late").Emit("after"); err != nil {
		t.Fatal(err)
	}
	for i, got := range g.events(t) {
		if got != "during after end " {
			t.Errorf("client %d got %q", i, got)
		}
	}
}

// TestClusterLoss: where events of others were lost, clients come back.
func TestClusterLoss(t *testing.T) {
	g := assemble(t, 2, nil)
	g.servers[1].link.Missed([]string{"/", "/nothing"})
	g.clients[1].closes(t)
}
