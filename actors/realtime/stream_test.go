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

	"kapoor.example/desk/protocol/cluster"
	"kapoor.example/desk/protocol/cluster/bustest"
	"kapoor.example/desk/protocol/socketio"
)

// cloakroom is Sessions in memory.
type cloakroom struct {
	bus  Bus // of anybody
	mu   sync.Mutex
	left map[string]cluster.Session
}

func (c *cloakroom) Leave(s cluster.Session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left[s.PID] = s
}

func (c *cloakroom) Take(_ context.Context, pid string) (*cluster.Session, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, found := c.left[pid]
	if !found {
		return nil, nil
	}
	delete(c.left, pid)
	s.Epoch = c.bus.Epoch()
	return &s, nil
}

func (c *cloakroom) has(pid string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, found := c.left[pid]
	return found
}

// flock is a cluster whose clients resume over the stream.
type flock struct {
	t       *testing.T
	memory  *bustest.Memory
	rooms   *cloakroom
	servers []*Server
	marks   int
}

// herd starts a cluster of n. A client is in the room "red", and in those that its CONNECT names.
func herd(t *testing.T, n int, change func(*Options), prepare func(*Server)) *flock {
	t.Helper()
	f := &flock{t: t, memory: bustest.NewMemory(), rooms: &cloakroom{left: map[string]cluster.Session{}}}
	for range n {
		bus := board(t, f.memory)
		f.rooms.bus = bus
		o := Options{Bus: bus, Shards: 2, Recovery: &Recovery{Sessions: f.rooms}}
		if change != nil {
			change(&o)
		}
		f.servers = append(f.servers, setup(t, o, func(s *Server) {
			s.Of("/").OnConnection(func(socket *Socket) {
				if !socket.Recovered() {
					socket.SetData("of the first connection")
					_ = socket.Join("red")
					_ = socket.Emit("hello")
				}
			}).On("data", func(s *Socket, e *Event) { _ = e.Ack(s.Data(), s.Rooms(), s.Recovered()) })
			if prepare != nil {
				prepare(s)
			}
		}))
	}
	return f
}

// comes connects a client to a server and waits for its greeting, whose offset it has.
func (f *flock) comes(i int) (c *client, w welcomed, offset string) {
	f.t.Helper()
	c = connect(f.t, f.servers[i], "")
	w = welcomeOf(f.t, c.receives(f.t, "40{"))
	return c, w, offsetOf(f.t, c.receives(f.t, `42["hello"`))
}

// goes cuts a client, and waits until it can be resumed.
func (f *flock) goes(c *client, w welcomed) {
	f.t.Helper()
	c.cut()
	eventually(f.t, "the loss", func() bool { return f.rooms.has(w.Pid) })
}

// ends cuts a client that cannot be resumed.
func (f *flock) ends(i int, c *client, w welcomed) {
	f.t.Helper()
	c.cut()
	eventually(f.t, "the end", func() bool {
		k := f.servers[i].keeper
		k.mu.Lock()
		defer k.mu.Unlock()
		return k.live[w.Pid] == nil
	})
	if f.rooms.has(w.Pid) {
		f.t.Error("it can be resumed")
	}
}

// returns connects a client that was somewhere. What comes up to an event that is emitted then is returned by name.
func (f *flock) returns(i int, w welcomed, offset string) (c *client, resumed bool, names []string) {
	f.t.Helper()
	c = back(f.t, f.servers[i], w, offset)
	resumed = welcomeOf(f.t, c.receives(f.t, "40{")) == w
	f.marks++
	last := fmt.Sprintf("last %d", f.marks)
	if err := f.servers[0].Of("/").Emit(last); err != nil {
		f.t.Fatal(err)
	}
	names = c.events(f.t, last)
	return c, resumed, slices.DeleteFunc(names, func(n string) bool { return strings.HasPrefix(n, "last ") || n == "hello" })
}

// TestStream: what was missed is replayed on whatever server, in the order of the log, and nothing else.
func TestStream(t *testing.T) {
	for _, where := range []struct {
		name string
		at   int
	}{{"where it was", 0}, {"elsewhere", 1}} {
		t.Run(where.name, func(t *testing.T) {
			f := herd(t, 2, func(o *Options) { o.Shards = 1 }, func(s *Server) { s.Of("/chat") })
			watchers := []*client{connect(t, f.servers[0], ""), connect(t, f.servers[1], "")}
			c, w, offset := f.comes(0)
			for round := range 3 {
				f.goes(c, w)
				for i, s := range f.servers {
					n := s.Of("/")
					name := func(what string) string { return fmt.Sprint(what, i) }
					_ = n.Emit(name("all"))
					_ = n.To("red").Emit(name("red"), 1)
					_ = n.To("green").Emit(name("green"))
					_ = n.Except("red").Emit(name("not red"))
					_ = n.To(w.Sid).Emit(name("direct"))
					if i == where.at {
						_ = n.Volatile().Emit(name("volatile"))
					}
					_ = n.EmitWithAck(func([]socketio.Args, error) {}, name("question"))
					_ = s.Of("/chat").Emit(name("chat"))
					last := fmt.Sprintf("last of %d in round %d", i, round)
					_ = n.Emit(last)
					for _, watcher := range watchers { // it has come everywhere
						watcher.receives(t, `42["`+last)
					}
				}
				var resumed bool
				var names []string
				c, resumed, names = f.returns(where.at, w, offset)
				want := []string{"all0", "red0", "direct0", "all1", "red1", "direct1"}
				if !resumed || !slices.Equal(names, want) {
					t.Fatalf("round %d, resumed %t: %q", round, resumed, names)
				}
				offset = offsetOf(t, c.receives(t, fmt.Sprintf(`42["last %d"`, f.marks)))
				c.say(`421["data"]`)
				if got := c.receives(t, `431`); !strings.Contains(got, "of the first connection") || !strings.Contains(got, `"red"`) || !strings.HasSuffix(got, "true]") {
					t.Errorf("it is %s", got)
				}
			}
		})
	}
}

// TestStreamWithoutAnEvent: a client that was sent nothing yet, or nothing over its last connection, has missed what came since.
func TestStreamWithoutAnEvent(t *testing.T) {
	f := herd(t, 2, nil, func(s *Server) { s.Of("/quiet") })
	connectTo := func(i int, auth string) (*client, welcomed) {
		c := dial(t, f.servers[i], "192.0.2.1")
		c.say("40/quiet," + auth)
		return c, welcomeOf(t, strings.Replace(c.receives(t, "40/quiet,"), "40/quiet,", "40", 1))
	}
	for _, stale := range []string{"", "5-5"} {
		c, w := connectTo(0, fmt.Sprintf(`{"pid":"x","offset":%q}`, stale))
		f.goes(c, w)
		if err := f.servers[0].Of("/quiet").Emit("missed"); err != nil {
			t.Fatal(err)
		}
		c, now := connectTo(1, fmt.Sprintf(`{"pid":%q,"offset":%q}`, w.Pid, stale))
		if now != w {
			t.Errorf("%q: not resumed", stale)
		}
		c.receives(t, `42/quiet,["missed"`)
		c.cut()
	}
}

// TestStreamRefused: where it is not known what was missed the client begins anew, and its session is gone.
func TestStreamRefused(t *testing.T) {
	tests := []struct {
		name   string
		offset func(own string) string
		away   func(f *flock)
	}{
		{"made up", func(string) string { return "1-1" }, nil},
		{"of the future", func(string) string { return "9999999999999-0" }, nil},
		{"no position", func(string) string { return "zero" }, nil},
		{"before it connected", func(own string) string { return strings.Replace(own, "17", "16", 1) }, nil},
		{"the log forgot", nil, func(f *flock) { f.memory.Lose() }},
		{"the log was trimmed", nil, func(f *flock) {
			f.servers[0].stream.tail.forget("/")
			f.memory.Trim()
		}},
		{"the bus is out of reach", nil, func(f *flock) { f.memory.Cut() }},
		{"something was refused", nil, func(f *flock) { f.servers[0].stream.doubt() }},
		{"entries never came", nil, func(f *flock) { f.servers[0].link.Missed([]string{"/"}); f.memory.Lose() }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := herd(t, 1, nil, nil)
			before := tune(t, f.memory)
			before.says("/", said("before"))
			c, w, offset := f.comes(0)
			f.goes(c, w)
			if tt.offset != nil {
				offset = tt.offset(offset)
			}
			before.says("/", said("missed"))
			if tt.away != nil {
				tt.away(f)
			}
			c = back(t, f.servers[0], w, offset)
			if now := welcomeOf(t, c.receives(t, "40{")); now.Sid == w.Sid || now.Pid == w.Pid {
				t.Error("resumed")
			}
			f.memory.Heal()
		})
	}
}

// TestStreamOutage: what is emitted while the log is out of reach comes without a place, and is written later. Replayed it
// would come twice, so who has it cannot be resumed: until it was sent something behind.
func TestStreamOutage(t *testing.T) {
	f := herd(t, 2, nil, nil)
	degraded := func(want bool) {
		t.Helper()
		eventually(t, "the state", func() bool {
			l := f.servers[0].link
			l.mu.Lock()
			defer l.mu.Unlock()
			return l.degraded == want
		})
	}
	a, aw, _ := f.comes(0)
	b, bw, _ := f.comes(0)
	f.memory.Cut()
	degraded(true)
	if err := f.servers[0].Of("/").Emit("cut off"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []*client{a, b} {
		if got := c.receives(t, `42["cut off"`); got != `42["cut off"]` {
			t.Errorf("it has a place: %s", got)
		}
	}
	f.ends(0, a, aw)
	f.memory.Heal()
	degraded(false)
	if err := f.servers[1].Of("/").Emit("early"); err != nil { // it may stand before the other
		t.Fatal(err)
	}
	eventually(t, "all to be written", func() bool { return f.servers[0].link.whole("/") })
	if err := f.servers[1].Of("/").Emit("behind"); err != nil {
		t.Fatal(err)
	}
	offset := offsetOf(t, b.receives(t, `42["behind"`))
	f.goes(b, bw)
	if err := f.servers[0].Of("/").Emit("missed"); err != nil {
		t.Fatal(err)
	}
	if _, resumed, names := f.returns(1, bw, offset); !resumed || !slices.Equal(names, []string{"missed"}) {
		t.Errorf("resumed %t: %q", resumed, names)
	}
}

// TestStreamMiddleware: a session opens no namespace but its own, and none to a user who is not let in any more. With Node a
// client of one namespace gets into another by its pid.
func TestStreamMiddleware(t *testing.T) {
	var mu sync.Mutex
	user := User{ID: "anna", Rooms: []string{"staff"}}
	ran := 0
	f := herd(t, 1, nil, func(s *Server) {
		s.Of("/desk").Use(func(_ context.Context, socket *Socket) error {
			mu.Lock()
			defer mu.Unlock()
			ran++
			if user.ID == "" {
				return errors.New("no")
			}
			socket.Identify(user)
			return nil
		})
	})
	enter := func(auth string) (*client, string) {
		c := dial(t, f.servers[0], "192.0.2.1")
		c.say("40/desk," + auth)
		return c, c.until(t, "an answer", func(m []string, _ bool) bool {
			return slices.ContainsFunc(m, func(m string) bool { return strings.HasPrefix(m, "4") })
		})[1]
	}
	is := func(u User) { mu.Lock(); defer mu.Unlock(); user = u }
	welcome := func(answer string) welcomed { return welcomeOf(t, strings.Replace(answer, "/desk,", "", 1)) }
	auth := func(w welcomed, offset string) string { return fmt.Sprintf(`{"pid":%q,"offset":%q}`, w.Pid, offset) }

	main, w, offset := f.comes(0)
	f.goes(main, w)
	is(User{})
	if _, answer := enter(auth(w, offset)); !strings.HasPrefix(answer, "44/desk,") {
		t.Errorf("with the session of another namespace: %s", answer)
	}
	f.rooms.Leave(cluster.Session{ID: "of Node", PID: "node's", Rooms: []string{"of Node", "staff"}, Left: time.Minute})
	if _, answer := enter(auth(welcomed{Pid: "node's"}, offset)); !strings.HasPrefix(answer, "44/desk,") {
		t.Errorf("with a session of Node: %s", answer)
	}
	if !f.rooms.has("node's") {
		t.Error("who was not let in has used it up")
	}

	anna := User{ID: "anna", Rooms: []string{"staff", "admin"}}
	is(anna)
	c, answer := enter("")
	w = welcome(answer)
	f.goes(c, w)
	_ = f.servers[0].Of("/desk").To("admin").Emit("secret")
	_ = f.servers[0].Of("/desk").To("staff").Emit("missed")
	is(User{ID: "bert"})
	if _, answer := enter(auth(w, "")); welcome(answer) == w {
		t.Error("somebody else resumed")
	}
	anna.Rooms = []string{"staff"}
	is(anna)
	c, answer = enter(auth(w, ""))
	if welcome(answer) != w {
		t.Error("not resumed")
	}
	c.receives(t, `42/desk,["missed"`)
	for _, m := range c.until(t, "", func([]string, bool) bool { return true }) {
		if strings.Contains(m, "secret") {
			t.Errorf("got %s", m)
		}
	}
	if ran != 5 {
		t.Errorf("the middleware ran %d times", ran)
	}
}

// TestStreamOrder: acks, questions and the end of a socket do not overtake what it was emitted before, which goes round.
func TestStreamOrder(t *testing.T) {
	f := herd(t, 1, nil, func(s *Server) {
		s.Of("/").On("go", func(s *Socket, e *Event) {
			_ = s.Emit("one")
			_ = e.Ack("ack")
			_ = s.Emit("two")
			_ = s.Volatile().Emit("three")
			_ = s.EmitWithAck(func(socketio.Args, error) {}, "four")
			_ = s.Emit("five")
			s.Disconnect(false)
		})
	})
	c, _, _ := f.comes(0)
	c.say(`427["go"]`)
	messages := c.until(t, "the end", func(m []string, _ bool) bool { return slices.Contains(m, "41") })
	var got []string
	for _, m := range messages[slices.IndexFunc(messages, func(m string) bool { return strings.HasPrefix(m, `42["hello"`) })+1:] {
		name, _, _ := strings.Cut(strings.TrimLeft(m, "0123456789"), ",")
		got = append(got, strings.Trim(name, `["]`))
	}
	if want := []string{"one", "ack", "two", "three", "four", "five", ""}; !slices.Equal(got, want) {
		t.Errorf("%q of %q", got, messages)
	}
}

// TestStreamHops: a client that goes from server to server while all of them emit gets everything once and in order. (It got
// some of it twice where it left a shard that had not come as far as the client had when it came.)
func TestStreamHops(t *testing.T) {
	const each, hops = 150, 12
	f := herd(t, 3, nil, nil)
	c, w, offset := f.comes(0)
	var emitting sync.WaitGroup
	for i, s := range f.servers {
		emitting.Go(func() {
			for n := range each {
				_ = s.Of("/").Emit("e", i, n)        // numbers can be encoded
				<-time.After(100 * time.Microsecond) // the pace of emitting
			}
		})
	}
	next := [3]int{}
	read := func(messages []string) {
		for _, m := range messages {
			var args []any
			if !strings.HasPrefix(m, `42["e"`) {
				continue
			}
			if err := json.Unmarshal([]byte(m[2:]), &args); err != nil {
				t.Fatal(err)
			}
			i, n := int(args[1].(float64)), int(args[2].(float64))
			if n != next[i] {
				t.Fatalf("server %d: %d comes instead of %d", i, n, next[i])
			}
			next[i]++
			offset = args[3].(string)
		}
	}
	for hop := range hops {
		c.cut()
		eventually(t, "the loss", func() bool { return f.rooms.has(w.Pid) })
		read(c.until(t, "", func([]string, bool) bool { return true })) // nothing comes any more
		c = back(t, f.servers[hop%3], w, offset)
		if now := welcomeOf(t, c.receives(t, "40{")); now != w {
			t.Fatalf("hop %d: not resumed", hop)
		}
	}
	emitting.Wait()
	messages := c.until(t, "everything", func(m []string, _ bool) bool {
		n := 0
		for _, one := range m {
			if strings.HasPrefix(one, `42["e"`) {
				n++
			}
		}
		return n+next[0]+next[1]+next[2] >= 3*each
	})
	read(messages)
}

// TestStreamOfANamespaceThatWasLeft: a shard took for a namespace's place in the log where it had been when its server was
// one of the namespace's the last time. Whoever connected after that, and resumed, was sent what came in between; and the
// places of all namespaces there ever were stayed.
func TestStreamOfANamespaceThatWasLeft(t *testing.T) {
	f := herd(t, 2, func(o *Options) { o.Shards, o.CleanupEmptyNamespaces = 1, true }, func(s *Server) {
		s.OfFunc(func(string, json.RawMessage) bool { return true })
	})
	enter := func(i int, auth string) (*client, welcomed) {
		c := dial(t, f.servers[i], "192.0.2.1")
		c.say("40/d," + auth)
		return c, welcomeOf(t, strings.Replace(c.receives(t, "40/d,"), "/d,", "", 1))
	}
	watcher, _ := enter(1, "")
	emit := func(name string) {
		if err := f.servers[1].known("/d").Emit(name); err != nil {
			t.Fatal(err)
		}
		watcher.receives(t, `42/d,["`+name+`"`)
	}
	first, _ := enter(0, "")
	emit("before")
	first.receives(t, `42/d,["before"`)
	was := f.servers[0].known("/d")
	first.say("41/d,")
	eventually(t, "the end of the namespace", func() bool { return f.servers[0].known("/d") == nil })
	emit("between")
	eventually(t, "the same place", func() bool {
		return f.servers[0].link.bus.Head("/d") == f.servers[1].link.bus.Head("/d")
	})
	late := broadcast{Broadcast: was.All(), data: []byte(`["late"]`), place: Position(f.servers[0].link.bus.Head("/d"))}
	f.servers[0].adapter.send(late) // as something that came just before the end
	seen := make(chan int)
	f.servers[0].adapter.send(visit{done: func() { seen <- len(f.servers[0].shards[0].places) }})
	if n := <-seen; n != 0 {
		t.Errorf("the shard has %d places", n)
	}
	if n := len(f.servers[0].stream.tail.floors); n != 0 {
		t.Errorf("the tail has %d floors", n)
	}
	c, w := enter(0, "")
	f.goes(c, w)
	c, now := enter(1, fmt.Sprintf(`{"pid":%q}`, w.Pid))
	if now != w {
		t.Fatal("not resumed")
	}
	emit("after")
	c.receives(t, `42/d,["after"`)
	for _, m := range c.until(t, "", func([]string, bool) bool { return true }) {
		if strings.Contains(m, "between") || strings.Contains(m, "before") {
			t.Errorf("got %s", m)
		}
	}
}

// slowRoom is Sessions whose Take waits for a value of goOn. It tells whose sessions are left.
type slowRoom struct {
	Sessions
	asked, goOn chan struct{}
	left        chan string
}

func (s *slowRoom) Leave(one cluster.Session) {
	s.Sessions.Leave(one)
	s.left <- one.PID
}

func (s *slowRoom) Take(ctx context.Context, pid string) (*cluster.Session, error) {
	s.asked <- struct{}{}
	<-s.goOn
	return s.Sessions.Take(ctx, pid)
}

// TestStreamLostWhileItIsLookedFor: a client that was cut again while its session was being taken had lost it: the news of
// it came to an actor that was gone, and nobody gave it back.
func TestStreamLostWhileItIsLookedFor(t *testing.T) {
	slow := &slowRoom{asked: make(chan struct{}), goOn: make(chan struct{}), left: make(chan string, 10)}
	f := herd(t, 1, func(o *Options) { slow.Sessions, o.Recovery.Sessions = o.Recovery.Sessions, slow }, nil)
	s := f.servers[0]
	c, w, offset := f.comes(0)
	f.goes(c, w)
	<-slow.left
	if err := s.Of("/").Emit("missed"); err != nil {
		t.Fatal(err)
	}
	again := dial(t, s, "192.0.2.1")
	again.say(fmt.Sprintf(`40{"pid":%q,"offset":%q}`, w.Pid, offset))
	<-slow.asked
	again.cut()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := s.live.Await(ctx); err != nil {
		t.Fatal(err)
	}
	slow.goOn <- struct{}{}
	select {
	case <-slow.left:
	case <-ctx.Done():
		t.Fatal("the session was not given back")
	}
	go func() {
		<-slow.asked
		slow.goOn <- struct{}{}
	}()
	if _, resumed, names := f.returns(0, w, offset); !resumed || !slices.Equal(names, []string{"missed"}) {
		t.Errorf("resumed %t: %q", resumed, names)
	}
}
