package realtime

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"kapoor.example/desk/protocol/socketio"
)

// TestBurstOfOneKind: emits that are all for the same rooms are one write for each member, in their order and once, however
// it takes them; what stands between them makes them no different.
func TestBurstOfOneKind(t *testing.T) {
	const burst = 10
	var watched atomic.Int64
	s := setup(t, Options{}, func(s *Server) {
		s.Of("/").OnConnection(func(socket *Socket) {
			switch auth := string(socket.Auth()); {
			case strings.Contains(auth, "both"):
				_ = socket.Join("a", "b")
			case strings.Contains(auth, "watched"):
				_ = socket.Join("a")
				socket.OnAnyOutgoing(func(name string, _ socketio.Args) {
					if name == "n" {
						watched.Add(1)
					}
				})
			case strings.Contains(auth, `"one"`):
				_ = socket.Join("b")
			}
			_ = socket.Emit("ready")
		})
	})
	both, one, none := connect(t, s, `{"is":"both"}`), connect(t, s, `{"is":"one"}`), connect(t, s, `{"is":"neither"}`)
	spied, blocked := connect(t, s, `{"is":"watched"}`), connect(t, s, `{"is":"both"}`)
	for _, c := range []*client{both, one, none, spied, blocked} {
		c.receives(t, `42["ready"`)
	}
	polling, err := s.Open(context.Background(), Request{Address: "192.0.2.9"}, Polling)
	if err != nil {
		t.Fatal(err)
	}
	polling.Receive(nil, []byte(`40{"is":"both"}`), false)
	polled := &strings.Builder{}
	poll := func() {
		answer, err := polling.Poll()
		if err != nil {
			t.Fatal(err)
		}
		polled.Write((<-answer).Payload)
		polled.WriteByte('\x1e')
	}
	for !strings.Contains(polled.String(), `42["ready"`) {
		poll()
	}

	entries := func(from string, rooms ...string) (list []Entry) {
		for i := range burst {
			list = append(list, Entry{Name: "n", Rooms: rooms, Payload: fmt.Appendf(nil, `"%s%d"`, from, i), Offset: fmt.Sprintf("1-%s%d", from, i)})
		}
		return list
	}
	before := both.written()
	blocked.block(true)
	s.Publish(entries("x", "a", "b"), nil)
	both.receives(t, `42["n","x9"`)
	if n := both.written() - before; n != 1 {
		t.Errorf("a burst was %d writes", n)
	}
	blocked.block(false)
	mixed := entries("y", "a", "b")
	mixed = slices.Insert(mixed, 4, Entry{Name: "between", Rooms: []string{"b"}, Payload: []byte("1"), Offset: "1-y3b"})
	s.Publish(mixed, nil)
	s.Publish([]Entry{{Name: "end", Rooms: []string{RoomEveryone}, Payload: []byte("1"), Offset: "9-9"}}, nil)
	for !strings.Contains(polled.String(), `42["end"`) {
		poll()
	}

	for name, row := range map[string]struct {
		messages []string
		all      bool // of the rooms a and b
		between  bool
	}{
		"in both rooms":      {messages: both.ending(t), all: true, between: true},
		"that took nothing":  {messages: blocked.ending(t), all: true, between: true},
		"watched, in a":      {messages: spied.ending(t), all: true},
		"in b":               {messages: one.ending(t), all: true, between: true},
		"in neither":         {messages: none.ending(t)},
		"in both, by a poll": {messages: strings.Split(polled.String(), "\x1e"), all: true, between: true},
	} {
		var want []string
		for _, from := range []string{"x", "y"} {
			for i := 0; row.all && i < burst; i++ {
				if from == "y" && i == 4 && row.between {
					want = append(want, `42["between",1]`)
				}
				want = append(want, fmt.Sprintf(`42["n","%s%d"]`, from, i))
			}
		}
		got := slices.DeleteFunc(slices.Clone(row.messages), func(m string) bool {
			return !strings.HasPrefix(m, `42["n"`) && !strings.HasPrefix(m, `42["between"`)
		})
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	eventually(t, "the watcher is told of all", func() bool { return watched.Load() == 2*burst })
}

// ending returns everything that came before the last broadcast.
func (c *client) ending(t *testing.T) []string {
	return slices.Clone(c.until(t, "the end", func(m []string, _ bool) bool { return strings.HasPrefix(m[len(m)-1], `42["end"`) }))
}

// written returns how many writes there were.
func (l *line) written() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.writes
}
