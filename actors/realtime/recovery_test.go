package realtime

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// welcomed is what a CONNECT was answered with.
type welcomed struct{ Sid, Pid string }

func welcomeOf(t testing.TB, packet string) (w welcomed) {
	t.Helper()
	if err := json.Unmarshal([]byte(strings.TrimPrefix(packet, "40")), &w); err != nil || w.Sid == "" || w.Pid == "" {
		t.Fatalf("CONNECT answer %q: %v", packet, err)
	}
	return w
}

// back connects again where an earlier connection was.
func back(t testing.TB, s *Server, w welcomed, offset string) *client {
	t.Helper()
	auth := fmt.Sprintf(`{"pid":%q`, w.Pid)
	if offset != "" {
		auth += fmt.Sprintf(`,"offset":%q`, offset)
	}
	return connect(t, s, auth+"}")
}

// offsetOf returns the offset of an event packet.
func offsetOf(t testing.TB, packet string) string {
	t.Helper()
	var args []any
	if err := json.Unmarshal([]byte(strings.TrimPrefix(packet, "42")), &args); err != nil {
		t.Fatalf("event %q: %v", packet, err)
	}
	offset, ok := args[len(args)-1].(string)
	if !ok || !after(offset, "") {
		t.Fatalf("event %q has no offset", packet)
	}
	return offset
}

// events returns the names of the events a client has got, in their order, after a first message.
func (c *client) events(t testing.TB, last string) (names []string) {
	t.Helper()
	c.receives(t, `42["`+last+`"`)
	for _, m := range c.until(t, "", func([]string, bool) bool { return true }) {
		if name, ok := strings.CutPrefix(m, `42["`); ok {
			names = append(names, name[:strings.IndexByte(name, '"')])
		}
	}
	return names
}

func isLost(s *Server, w welcomed) bool {
	s.keeper.mu.Lock()
	defer s.keeper.mu.Unlock()
	return s.keeper.lost[w.Pid] != nil
}

func (c *client) loses(t testing.TB, s *Server, w welcomed) {
	t.Helper()
	c.cut()
	eventually(t, "the loss", func() bool { return isLost(s, w) })
}

// TestRecovery: what was missed comes once, in order, after the CONNECT answer with the same ids, and what is neither for
// the socket nor to be repeated does not come; again and again.
func TestRecovery(t *testing.T) {
	s := setup(t, Options{Recovery: &Recovery{}}, func(s *Server) {
		s.Of("/").On("join", func(s *Socket, e *Event) { _ = s.Join("red"); s.SetData("kept"); _ = e.Ack() }).
			OnConnection(func(s *Socket) { _ = s.Emit("hello", s.Recovered(), s.Data()) })
		s.Of("/other")
	})
	n := s.Of("/")
	first := connect(t, s, "")
	w := welcomeOf(t, first.receives(t, "40{"))
	first.say(`420["join"]`)
	first.receives(t, "430")
	_ = n.Emit("seen")
	offset := offsetOf(t, first.receives(t, `42["seen"`))
	first.loses(t, s, w)

	for round := range 3 {
		_ = n.Emit("a")
		_ = n.To("red").Emit("b")
		_ = n.To("blue").Emit("not its room")
		_ = n.Except("red").Emit("not for it")
		_ = n.Except(w.Sid).Emit("not for it")
		_ = n.Volatile().Emit("volatile")
		_ = n.To("red", w.Sid).Emit("c")
		_ = s.Of("/other").Emit("other namespace")
		_ = n.To(w.Sid).Emit("d", map[string]any{"binary": []byte{1, 2}})
		passed(s)

		c := back(t, s, w, offset)
		if again := welcomeOf(t, c.receives(t, "40{")); again != w {
			t.Fatalf("round %d: resumed as %v, was %v", round, again, w)
		}
		got := c.events(t, "hello")
		if want := []string{"a", "b", "c", "hello"}; !slices.Equal(got, want) {
			t.Fatalf("round %d: replayed %q, want %q", round, got, want)
		}
		c.receives(t, "451-[\"d\"")
		if hello := c.receives(t, `42["hello"`); !strings.HasPrefix(hello, `42["hello",true,"kept"`) {
			t.Errorf("connected as %s", hello)
		}
		_ = n.To("red").Emit("live")
		offset = offsetOf(t, c.receives(t, `42["live"`))
		c.loses(t, s, w)
	}
}

// TestRecoveryWithoutEvent: a client that was sent nothing has no offset, and resumes all the same; so does one whose last
// event is long forgotten because there was none for it since.
func TestRecoveryWithoutEvent(t *testing.T) {
	var now atomic.Int64
	now.Store(time.Now().UnixNano())
	clock := func() time.Time { return time.Unix(0, now.Load()) }
	s := setup(t, Options{Recovery: &Recovery{}, Now: clock, PingInterval: time.Hour, PingTimeout: time.Hour}, func(s *Server) { s.Of("/") })
	n := s.Of("/")
	first := connect(t, s, "")
	w := welcomeOf(t, first.receives(t, "40{"))
	for range 3 {
		now.Add(int64(3 * time.Hour))
		_ = n.To("nobody").Emit("x") // pushes the others out of the history
	}
	first.loses(t, s, w)
	_ = n.Emit("one")
	passed(s)
	second := back(t, s, w, "")
	offset := offsetOf(t, second.receives(t, `42["one"`))
	for range 3 {
		now.Add(int64(3 * time.Hour))
		_ = n.To("nobody").Emit("x")
	}
	second.loses(t, s, w)
	_ = n.Emit("two")
	passed(s)
	third := back(t, s, w, offset)
	if got := third.events(t, "two"); !slices.Equal(got, []string{"two"}) {
		t.Errorf("replayed %q", got)
	}
	if again := welcomeOf(t, third.receives(t, "40{")); again != w {
		t.Errorf("resumed as %v, was %v", again, w)
	}
}

// TestNoRecovery: whoever cannot resume in full connects anew, with ids of its own and nothing repeated.
func TestNoRecovery(t *testing.T) {
	for name, row := range map[string]struct {
		options Recovery
		end     func(c *client)
		lost    func(s *Server, move func(time.Duration))
		auth    func(w welcomed, offset string) string
	}{
		"unknown pid":         {auth: func(_ welcomed, o string) string { return `{"pid":"nobody","offset":"` + o + `"}` }},
		"pid is a number":     {auth: func(_ welcomed, o string) string { return `{"pid":7,"offset":"` + o + `"}` }},
		"offset is a number":  {auth: func(w welcomed, _ string) string { return `{"pid":"` + w.Pid + `","offset":7}` }},
		"offset nobody had":   {auth: func(w welcomed, _ string) string { return `{"pid":"` + w.Pid + `","offset":"1-1"}` }},
		"offset is no offset": {auth: func(w welcomed, _ string) string { return `{"pid":"` + w.Pid + `","offset":"__proto__"}` }},
		"sid instead of pid":  {auth: func(w welcomed, o string) string { return `{"pid":"` + w.Sid + `","offset":"` + o + `"}` }},
		"client disconnected": {end: func(c *client) { c.say("41"); c.cut() }},
		"server disconnected": {end: func(c *client) { c.say(`42["bye"]`) }},
		"window over":         {lost: func(_ *Server, move func(time.Duration)) { move(2*time.Minute + time.Millisecond) }},
		"history overrun":     {options: Recovery{MaxEvents: 5}, lost: func(s *Server, _ func(time.Duration)) { flood(s, 10) }},
		"history over bytes":  {options: Recovery{MaxBytes: 100}, lost: func(s *Server, _ func(time.Duration)) { flood(s, 10) }},
		"sessions overrun":    {options: Recovery{MaxSessions: 1}, lost: func(s *Server, _ func(time.Duration)) { another(t, s) }},
	} {
		t.Run(name, func(t *testing.T) {
			var now atomic.Int64
			now.Store(time.Now().UnixNano())
			o := Options{Recovery: &row.options, Now: func() time.Time { return time.Unix(0, now.Load()) }}
			s := setup(t, o, func(s *Server) {
				s.Of("/").On("bye", func(s *Socket, _ *Event) { s.Disconnect(true) })
			})
			n := s.Of("/")
			c := connect(t, s, "")
			w := welcomeOf(t, c.receives(t, "40{"))
			_ = n.Emit("seen")
			offset := offsetOf(t, c.receives(t, `42["seen"`))
			if row.end != nil {
				row.end(c)
				eventually(t, "the end", func() bool { return s.Sockets("/") == 0 })
			} else {
				c.loses(t, s, w)
			}
			_ = n.Emit("missed")
			passed(s)
			if row.lost != nil {
				row.lost(s, func(d time.Duration) { now.Add(int64(d)) })
			}
			auth := fmt.Sprintf(`{"pid":%q,"offset":%q}`, w.Pid, offset)
			if row.auth != nil {
				auth = row.auth(w, offset)
			}
			again := connect(t, s, auth)
			if got := welcomeOf(t, again.receives(t, "40{")); got.Sid == w.Sid || got.Pid == w.Pid {
				t.Errorf("resumed as %v", got)
			}
			_ = n.Emit("new")
			if got := again.events(t, "new"); !slices.Equal(got, []string{"new"}) {
				t.Errorf("got %q", got)
			}
		})
	}
}

// flood fills the history past its bound.
func flood(s *Server, n int) {
	for i := range n {
		_ = s.Of("/").Emit("flood", i)
	}
	passed(s)
}

// passed waits until everything emitted so far has passed the shards.
func passed(s *Server) {
	done := make(chan struct{})
	s.Publish(nil, func() { close(done) })
	<-done
}

// another connects and is lost.
func another(t testing.TB, s *Server) {
	c := connect(t, s, "")
	c.loses(t, s, welcomeOf(t, c.receives(t, "40{")))
}

// TestRecoveryOfLiveConnection: a client is back before its server has noticed that it was gone. The older connection is
// ended, and nothing is lost or doubled between the two.
func TestRecoveryOfLiveConnection(t *testing.T) {
	rounds := 50
	if testing.Short() {
		rounds = 10
	}
	s := setup(t, Options{Recovery: &Recovery{}}, func(s *Server) { s.Of("/") })
	n := s.Of("/")
	c := connect(t, s, "")
	w := welcomeOf(t, c.receives(t, "40{"))
	stop := make(chan struct{})
	emitted := make(chan int)
	go func() {
		i := 0
		for {
			select {
			case <-stop:
				emitted <- i
				return
			default:
				_ = n.Emit("e", i)
				i++
				<-time.After(50 * time.Microsecond) // the pace of the emits
			}
		}
	}()
	var got []string
	offset := ""
	take := func(c *client) {
		for _, m := range c.until(t, "", func([]string, bool) bool { return true }) {
			if strings.HasPrefix(m, `42["e"`) {
				got, offset = append(got, m), offsetOf(t, m)
			}
		}
	}
	for range rounds {
		c.receives(t, `42["e"`)
		c.block(true) // the line is dead, and the server does not know
		take(c)
		c = back(t, s, w, offset)
		if again := welcomeOf(t, c.receives(t, "40{")); again != w {
			t.Fatalf("resumed as %v, was %v", again, w)
		}
	}
	close(stop)
	total := <-emitted
	_ = n.Emit("end")
	c.receives(t, `42["end"`)
	take(c)
	for i := 1; i < len(got); i++ {
		var a, b int
		_, _ = fmt.Sscanf(got[i-1], `42["e",%d`, &a)
		_, _ = fmt.Sscanf(got[i], `42["e",%d`, &b)
		if b != a+1 {
			t.Fatalf("%d follows %d", b, a)
		}
	}
	if !strings.HasPrefix(got[len(got)-1], fmt.Sprintf(`42["e",%d,`, total-1)) {
		t.Errorf("the last of %d is %s", total, got[len(got)-1])
	}
}

// TestRecoveryRunsMiddleware: where it is asked for, the middleware decides whose a resumed socket is, and which rooms it
// starts in now.
func TestRecoveryRunsMiddleware(t *testing.T) {
	var user atomic.Pointer[User]
	s := setup(t, Options{Recovery: &Recovery{RunMiddleware: true}}, func(s *Server) {
		s.Of("/").Use(func(_ context.Context, s *Socket) error {
			s.Identify(*user.Load())
			return nil
		}).On("rooms", func(s *Socket, e *Event) { _ = e.Ack(s.Rooms(), s.Recovered()) }).
			On("move", func(s *Socket, e *Event) { s.Leave("left"); _ = s.Join("joined"); _ = e.Ack() })
	})
	user.Store(&User{ID: "u", Rooms: []string{"u", "left", "old"}})
	c := connect(t, s, "")
	w := welcomeOf(t, c.receives(t, "40{"))
	c.say(`420["move"]`)
	c.receives(t, "430")
	c.loses(t, s, w)
	user.Store(&User{ID: "u", Rooms: []string{"u", "left", "new"}})
	c = back(t, s, w, "")
	c.say(`420["rooms"]`)
	want := []string{w.Sid, "joined", "new", "u"}
	slices.Sort(want)
	rooms, _ := json.Marshal(want)
	if got := c.receives(t, "430"); got != fmt.Sprintf("430[%s,true]", rooms) {
		t.Errorf("%s, want rooms %s", got, rooms)
	}
	c.loses(t, s, w)
	user.Store(&User{ID: "v", Rooms: []string{"v"}})
	c = back(t, s, w, "")
	other := welcomeOf(t, c.receives(t, "40{"))
	c.say(`420["rooms"]`)
	if got := c.receives(t, "430"); other.Sid == w.Sid || strings.Contains(got, "joined") || !strings.HasSuffix(got, ",false]") {
		t.Errorf("another user resumed: %s", got)
	}
}
