package realtime

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
)

// after reports whether an offset stands behind another one; every offset stands behind "".
func after(offset, other string) bool {
	var ms, n, otherMs, otherN uint64
	if _, err := fmt.Sscanf(offset, "%d-%d", &ms, &n); err != nil {
		return false
	}
	if other == "" {
		return true
	}
	_, err := fmt.Sscanf(other, "%d-%d", &otherMs, &otherN)
	return err == nil && (ms > otherMs || ms == otherMs && n > otherN)
}

// TestFanoutOrder: sockets in three rooms each, emits to random sets of rooms from several goroutines. Every socket gets
// each of its emits once, at strictly ascending positions, and what one goroutine emitted in its order.
func TestFanoutOrder(t *testing.T) {
	const rooms, sockets, writers = 12, 24, 4
	emits := 100_000 / writers
	if testing.Short() {
		emits = 2_000
	}
	s := setup(t, Options{Recovery: &Recovery{}, MaxQueue: 1 << 30}, func(s *Server) { s.Of("/") })
	clients := make([]*client, sockets)
	in := make([][]string, sockets)
	for i := range clients {
		for _, r := range rand.Perm(rooms)[:3] {
			in[i] = append(in[i], fmt.Sprint("room", r))
		}
	}
	s.namespaces["/"].OnConnection(func(socket *Socket) {
		var auth struct{ Client int }
		if err := json.Unmarshal(socket.Auth(), &auth); err != nil {
			t.Error(err)
		}
		if err := socket.Join(in[auth.Client]...); err != nil {
			t.Error(err)
		}
		if err := socket.Emit("joined"); err != nil {
			t.Error(err)
		}
	})
	for i := range clients {
		clients[i] = connect(t, s, fmt.Sprintf(`{"client":%d}`, i))
		clients[i].receives(t, `42["joined"`)
	}

	sent := make([][][]string, writers) // writer → emit → rooms
	var writing sync.WaitGroup
	for w := range writers {
		random := rand.New(rand.NewPCG(uint64(w), 7))
		sent[w] = make([][]string, emits)
		writing.Go(func() {
			for i := range emits {
				to := make([]string, 0, 3)
				for _, r := range random.Perm(rooms)[:1+random.IntN(3)] {
					to = append(to, fmt.Sprint("room", r))
				}
				sent[w][i] = to
				if err := s.namespaces["/"].To(to...).Emit("e", w, i); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writing.Wait()
	if err := s.Of("/").Emit("end"); err != nil {
		t.Fatal(err)
	}

	for i, c := range clients {
		c.receives(t, `42["end"`)
		var want, got [writers]int
		for w := range writers {
			for _, to := range sent[w] {
				if slices.ContainsFunc(to, func(r string) bool { return slices.Contains(in[i], r) }) {
					want[w]++
				}
			}
		}
		last, lastOf := "", [writers]int{-1, -1, -1, -1}
		for _, m := range c.until(t, "", func([]string, bool) bool { return true }) {
			if !strings.HasPrefix(m, `42["e"`) {
				continue
			}
			var event []any
			if err := json.Unmarshal([]byte(m[2:]), &event); err != nil {
				t.Fatal(err)
			}
			w, n, offset := int(event[1].(float64)), int(event[2].(float64)), event[3].(string)
			if !after(offset, last) {
				t.Fatalf("socket %d: position %s after %s", i, offset, last)
			}
			if n <= lastOf[w] {
				t.Fatalf("socket %d: emit %d of writer %d after %d", i, n, w, lastOf[w])
			}
			last, lastOf[w] = offset, n
			got[w]++
		}
		if got != want {
			t.Errorf("socket %d got %v emits, want %v", i, got, want)
		}
	}
}

// TestPublishKeepsItsOrder: entries published in batches arrive in their order, and done follows when no shard holds
// them.
func TestPublishKeepsItsOrder(t *testing.T) {
	s := setup(t, Options{Recovery: &Recovery{}}, func(s *Server) { s.Of("/") })
	c := connect(t, s, "")
	const batches, each = 50, 20
	var done sync.WaitGroup
	for b := range batches {
		done.Add(1)
		entries := make([]Entry, each)
		for i := range entries {
			entries[i] = Entry{Name: "n", Rooms: []string{RoomEveryone}, Payload: fmt.Appendf(nil, `{"i":%d}`, b*each+i), Offset: fmt.Sprint(b, "-", i)}
		}
		s.Publish(entries, done.Done)
	}
	done.Wait()
	messages := c.until(t, "all entries", func(m []string, _ bool) bool { return len(m) >= 2+batches*each })
	for i, m := range messages[2:] {
		if want := fmt.Sprintf(`42["n",{"i":%d},"%d-%d"]`, i, i/each, i%each); m != want {
			t.Fatalf("message %d is %s, want %s", i, m, want)
		}
	}
}

// TestOneCopy: a socket in several addressed rooms gets one copy; except wins; nothing crosses namespaces.
func TestOneCopy(t *testing.T) {
	s := setup(t, Options{}, func(s *Server) {
		s.Of("/").On("join", func(s *Socket, e *Event) {
			var rooms []string
			if err := e.Args.Bind(0, &rooms); err != nil {
				t.Error(err)
			}
			if err := s.Join(rooms...); err != nil {
				t.Error(err)
			}
			if err := e.Ack(); err != nil {
				t.Error(err)
			}
		})
		s.Of("/other")
	})
	both, one, none, other := connect(t, s, ""), connect(t, s, ""), connect(t, s, ""), dial(t, s, "x")
	other.say("40/other,")
	other.receives(t, "40/other,{")
	both.say(`420["join",["a","b"]]`)
	one.say(`420["join",["a"]]`)
	for _, c := range []*client{both, one} {
		c.receives(t, "430[]")
	}
	n := s.Of("/")
	for _, err := range []error{
		n.To("a", "b").Emit("x", 1), n.To("a").Except("b").Emit("x", 2), n.Except("a").Emit("x", 3), n.Emit("end"), s.Of("/other").Emit("end"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, row := range map[string]struct {
		c    *client
		want string
	}{
		"in both rooms": {both, `42["x",1] 42["end"]`},
		"in one room":   {one, `42["x",1] 42["x",2] 42["end"]`},
		"in no room":    {none, `42["x",3] 42["end"]`},
		"elsewhere":     {other, `42/other,["end"]`},
	} {
		var got []string
		row.c.until(t, "the end", func(m []string, _ bool) bool { got = m; return strings.Contains(m[len(m)-1], `["end"]`) })
		got = slices.DeleteFunc(slices.Clone(got), func(m string) bool { return !strings.HasPrefix(m, "42") })
		if strings.Join(got, " ") != row.want {
			t.Errorf("%s: got %q, want %s", name, got, row.want)
		}
	}
}

// TestJoinIsInOrder: an emit right after a join reaches the socket, one right after a leave does not.
func TestJoinIsInOrder(t *testing.T) {
	s := setup(t, Options{}, func(s *Server) {
		n := s.Of("/")
		n.OnConnection(func(socket *Socket) {
			for i := range 200 {
				_ = socket.Join("r")
				_ = n.To("r").Emit("in", i)
				socket.Leave("r")
				_ = n.To("r").Emit("out", i)
			}
			_ = n.Emit("end")
		})
	})
	c := connect(t, s, "")
	c.receives(t, `42["end"`)
	in := 0
	for _, m := range c.until(t, "", func([]string, bool) bool { return true }) {
		if strings.HasPrefix(m, `42["in"`) {
			in++
		}
		if strings.HasPrefix(m, `42["out"`) {
			t.Fatalf("got %s after leaving", m)
		}
	}
	if in != 200 {
		t.Errorf("got %d of 200 emits after joining", in)
	}
}

// TestVolatileBetweenOthers: the members a volatile emit reaches in the middle of a flush were written twice afterwards,
// and so out of order.
func TestVolatileBetweenOthers(t *testing.T) {
	s := setup(t, Options{}, func(s *Server) { s.Of("/") })
	c := connect(t, s, "")
	n := s.Of("/")
	const rounds = 500
	for i := range rounds {
		_ = n.Emit("a", i)
		_ = n.To().Volatile().Emit("v")
		_ = n.Emit("b", i)
	}
	_ = n.Emit("end")
	c.receives(t, `42["end"`)
	next := 0
	for _, m := range c.until(t, "", func([]string, bool) bool { return true }) {
		if !strings.HasPrefix(m, `42["a"`) && !strings.HasPrefix(m, `42["b"`) {
			continue
		}
		if want := fmt.Sprintf(`42["%c",%d]`, "ab"[next%2], next/2); m != want {
			t.Fatalf("got %s, want %s", m, want)
		}
		next++
	}
	if next != 2*rounds {
		t.Errorf("got %d of %d", next, 2*rounds)
	}
}
