package realtime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kapoor.example/desk/protocol/socketio"
)

// Whether a timer is late a busy machine cannot say: these tests have a clock of their own, which moves on only when
// nobody has anything left to do. Each timer is due at its moment, and not a nanosecond before.

// timed runs a test with that clock.
func timed(t *testing.T, name string, test func(t *testing.T)) {
	t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
}

// passes lets time pass, and whatever it causes happen.
func passes(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// exactly checks that something happens when so much time has passed.
func exactly(t testing.TB, what string, d time.Duration, happened func() bool) {
	t.Helper()
	passes(d - 1)
	if happened() {
		t.Fatalf("%s came before %v had passed", what, d)
	}
	passes(1)
	if !happened() {
		t.Fatalf("%s did not come when %v had passed", what, d)
	}
}

// count returns how often a message has come.
func (l *line) count(message string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range l.messages {
		if m == message {
			n++
		}
	}
	return n
}

func (l *line) isClosed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closed
}

// pings returns a condition: the n-th ping has come.
func (l *line) pings(n int) func() bool { return func() bool { return l.count("2") == n } }

// pollingClient is a connection of a test over polling, in the namespace "/".
type pollingClient struct {
	t       testing.TB
	session *Session
}

func openPolling(t testing.TB, s *Server) pollingClient {
	t.Helper()
	session, err := s.Open(context.Background(), Request{Address: "192.0.2.1"}, Polling)
	if err != nil {
		t.Fatal(err)
	}
	p := pollingClient{t, session}
	p.post("40")
	synctest.Wait()
	answer, err := session.Poll()
	if err != nil {
		t.Fatal(err)
	}
	if got := string((<-answer).Payload); !strings.HasPrefix(got, "40{") {
		t.Fatalf("CONNECT was answered %q", got)
	}
	return p
}

func (p pollingClient) post(body string) {
	p.t.Helper()
	if err := p.session.Post(context.Background(), []byte(body)); err != nil {
		p.t.Fatalf("POST %q: %v", body, err)
	}
}

// poll begins a poll and returns a condition: it was answered with this. An answer is read once.
func (p pollingClient) poll() func(want string) bool {
	p.t.Helper()
	answer, err := p.session.Poll()
	if err != nil {
		p.t.Fatal(err)
	}
	return func(want string) bool {
		select {
		case a := <-answer:
			if string(a.Payload) != want {
				p.t.Errorf("the poll was answered %q, want %q", a.Payload, want)
			}
			return true
		default:
			return false
		}
	}
}

// upgrade opens a WebSocket for the session and goes over to it.
func (p pollingClient) upgrade() *client {
	p.t.Helper()
	c := &client{line: newLine(), t: p.t, session: p.session}
	if !p.session.Probe(c.line) {
		p.t.Fatal("it is not probed")
	}
	c.say("2probe")
	c.say("5")
	synctest.Wait()
	if p.session.TransportName() != WebSocket {
		p.t.Fatal("no upgrade")
	}
	return c
}

func (p pollingClient) gone() bool { return p.session.server.Session(p.session.sid) == nil }

func open(s *Server) { s.Of("/") }

func TestTimersOfHeartbeats(t *testing.T) {
	const interval, timeout = 25 * time.Second, 20 * time.Second // the defaults
	for name, o := range map[string]Options{"": {}, ", as suites have it": {PingInterval: 300 * time.Millisecond, PingTimeout: 200 * time.Millisecond}} {
		interval, timeout := interval, timeout
		if o.PingInterval > 0 {
			interval, timeout = o.PingInterval, o.PingTimeout
		}
		timed(t, "rows 064, 065 and 067 websocket"+name, func(t *testing.T) {
			s := setup(t, o, open)
			c := connect(t, s, "")
			exactly(t, "the first ping", interval, c.pings(1))
			for n := 2; n < 5; n++ {
				passes(timeout / time.Duration(n))
				c.say("3")
				exactly(t, "the next ping", interval, c.pings(n))
			}
			passes(timeout - 1) // the last moment for a pong
			c.say("3")
			exactly(t, "the next ping", interval, c.pings(5))
			exactly(t, "the end", timeout, c.isClosed)
		})
		timed(t, "rows 064, 065 and 067 polling"+name, func(t *testing.T) {
			s := setup(t, o, open)
			p := openPolling(t, s)
			for range 3 {
				answered := p.poll()
				exactly(t, "the ping", interval, func() bool { return answered("2") })
				passes(timeout / 2)
				p.post("3")
			}
			answered := p.poll()
			exactly(t, "the ping", interval, func() bool { return answered("2") })
			answered = p.poll()
			exactly(t, "the end", timeout, func() bool { return answered("1") })
			if !p.gone() {
				t.Error("the session is there still")
			}
		})
		timed(t, "row 045 nobody polls"+name, func(t *testing.T) {
			s := setup(t, o, open)
			p := openPolling(t, s)
			exactly(t, "the end", interval+timeout, p.gone)
		})
	}
	timed(t, "row 066 only pongs count", func(t *testing.T) {
		s := setup(t, Options{}, open)
		c := connect(t, s, "")
		p := openPolling(t, s)
		talk := func() {
			c.say("6")
			c.say(`42["e"]`)
			c.session.SendPong(c.line, nil)
			p.post("6")
		}
		for range 4 {
			passes(interval / 5)
			talk()
		}
		exactly(t, "the ping", interval/5, c.pings(1))
		for range 4 {
			passes(timeout / 5)
			talk()
		}
		exactly(t, "the end", timeout/5, func() bool { return c.isClosed() || p.gone() })
		if !c.isClosed() || !p.gone() {
			t.Error("only one of them ended")
		}
	})
	timed(t, "row 066 a pong nobody asked for counts", func(t *testing.T) {
		s := setup(t, Options{}, open)
		c := connect(t, s, "")
		passes(interval / 2)
		c.say("3")
		exactly(t, "the ping", interval, c.pings(1))
	})
	timed(t, "many sessions, each at its time", func(t *testing.T) {
		s := setup(t, Options{}, open)
		var all []*client
		for range 5 {
			all = append(all, connect(t, s, ""))
			passes(time.Second)
		}
		all[1].say("3") // it goes to the end of the line
		passes(interval - 5*time.Second - 1)
		for i, c := range all {
			if i != 1 {
				exactly(t, fmt.Sprintf("ping %d", i), 1, c.pings(1))
				passes(time.Second - 1)
				continue
			}
			passes(time.Second)
		}
	})
}

func TestTimersOfUpgrades(t *testing.T) {
	const interval, timeout = 25 * time.Second, 20 * time.Second
	timed(t, "row 068 before the ping", func(t *testing.T) {
		s := setup(t, Options{}, open)
		p := openPolling(t, s)
		passes(interval / 2)
		c := p.upgrade()
		exactly(t, "the ping", interval-interval/2, c.pings(1))
		exactly(t, "the end", timeout, c.isClosed)
	})
	timed(t, "row 068 between ping and pong", func(t *testing.T) {
		s := setup(t, Options{}, open)
		p := openPolling(t, s)
		answered := p.poll()
		exactly(t, "the ping", interval, func() bool { return answered("2") })
		passes(timeout / 2)
		c := p.upgrade()
		exactly(t, "the end", timeout-timeout/2, c.isClosed)
	})
	timed(t, "row 068 a pong over the WebSocket", func(t *testing.T) {
		s := setup(t, Options{}, open)
		p := openPolling(t, s)
		answered := p.poll()
		exactly(t, "the ping", interval, func() bool { return answered("2") })
		passes(timeout / 2)
		c := p.upgrade()
		passes(timeout/2 - 1)
		c.say("3")
		exactly(t, "the ping", interval, c.pings(1))
		exactly(t, "the end", timeout, c.isClosed)
	})
	timed(t, "row 074 no upgrade packet", func(t *testing.T) {
		s := setup(t, Options{}, open)
		p := openPolling(t, s)
		c := &client{line: newLine(), t: t, session: p.session}
		if !p.session.Probe(c.line) {
			t.Fatal("it is not probed")
		}
		passes(5 * time.Second)
		c.say("2probe")
		exactly(t, "the end of the WebSocket", 5*time.Second, c.isClosed)
		if p.gone() {
			t.Error("polling does not go on")
		}
	})
	timed(t, "row 069 polls while a WebSocket is probed", func(t *testing.T) {
		s := setup(t, Options{}, open)
		p := openPolling(t, s)
		c := &client{line: newLine(), t: t, session: p.session}
		if !p.session.Probe(c.line) {
			t.Fatal("it is not probed")
		}
		answered := p.poll()
		c.say("2probe")
		synctest.Wait()
		if !answered("6") {
			t.Error("the poll that waited was not answered at once")
		}
		for range 3 {
			answered = p.poll()
			exactly(t, "the answer of the next one", 100*time.Millisecond, func() bool { return answered("6") })
		}
	})
}

func TestTimersOfConnections(t *testing.T) {
	timed(t, "row 089 nothing is joined", func(t *testing.T) {
		s := setup(t, Options{PingInterval: time.Hour}, open)
		silent, refused := dial(t, s, "a"), dial(t, s, "b")
		passes(40 * time.Second)
		refused.say("40/none")
		exactly(t, "the end", 5*time.Second, func() bool { return silent.isClosed() || refused.isClosed() })
		if !silent.isClosed() || !refused.isClosed() {
			t.Error("only one of them ended")
		}
	})
	timed(t, "row 089 the last namespace is left", func(t *testing.T) {
		s := setup(t, Options{PingInterval: time.Hour}, open)
		c := connect(t, s, "")
		passes(time.Minute)
		if c.isClosed() {
			t.Fatal("closed with a namespace")
		}
		c.say("41")
		exactly(t, "the end", 45*time.Second, c.isClosed)
	})
	timed(t, "a middleware that waits", func(t *testing.T) {
		ended := make(chan error, 1)
		s := setup(t, Options{PingInterval: time.Hour}, func(s *Server) {
			s.Of("/")
			s.Of("/slow").Use(func(ctx context.Context, _ *Socket) error {
				<-ctx.Done()
				ended <- ctx.Err()
				return ctx.Err()
			})
		})
		c := connect(t, s, "")
		passes(10 * time.Second)
		c.say("40/slow")
		exactly(t, "the refusal", 45*time.Second, func() bool { return c.count(`44/slow,{"message":"context deadline exceeded"}`) == 1 })
		if err := <-ended; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("its context ended with %v", err)
		}
	})
	timed(t, "row 040 a close is held for a poll", func(t *testing.T) {
		s := setup(t, Options{PingInterval: time.Hour}, open)
		p := openPolling(t, s)
		p.session.Close()
		exactly(t, "the end", 30*time.Second, func() bool { return s.Connections() == 0 })
	})
	timed(t, "a WebSocket that takes nothing while the server stops", func(t *testing.T) {
		s := setup(t, Options{PingInterval: time.Hour}, open)
		c := connect(t, s, "")
		c.block(true)
		_ = s.Of("/").Emit("waits")
		synctest.Wait()
		stopped := make(chan error, 1)
		go func() { stopped <- s.Close(context.Background(), StatusNone) }()
		exactly(t, "the end", 2*time.Second, c.isClosed)
		if err := <-stopped; err != nil {
			t.Error(err)
		}
	})
	timed(t, "the right of a user ends", func(t *testing.T) {
		s := setup(t, Options{}, users)
		at := time.Now().Add(30 * time.Second)
		expires, err := json.Marshal(map[string]any{"user": "u", "expires": at})
		if err != nil {
			t.Fatal(err)
		}
		c := connect(t, s, string(expires))
		passes(25 * time.Second)
		c.say("3")
		exactly(t, "the end", 5*time.Second, c.isClosed)
	})
	timed(t, "a user is online for a while longer", func(t *testing.T) {
		s := setup(t, Options{}, users)
		c := connect(t, s, `{"user":"u"}`)
		c.cut()
		exactly(t, "offline", 5*time.Second, func() bool { return !s.IsOnline("u") })
	})
}

func TestTimersOfAcks(t *testing.T) {
	timed(t, "row 111 an ack that does not come", func(t *testing.T) {
		sockets := make(chan *Socket, 1)
		s := setup(t, Options{}, func(s *Server) { s.Of("/").OnConnection(func(s *Socket) { sockets <- s }) })
		connect(t, s, "")
		answered := make(chan error, 1)
		if err := (<-sockets).Timeout(3*time.Second).EmitWithAck(func(_ socketio.Args, err error) { answered <- err }, "ask"); err != nil {
			t.Fatal(err)
		}
		exactly(t, "the timeout", 3*time.Second, func() bool { return len(answered) == 1 })
		if err := <-answered; err == nil || !strings.Contains(err.Error(), "timed out") {
			t.Errorf("answered with %v", err)
		}
	})
	timed(t, "row 112 one of two acks does not come", func(t *testing.T) {
		s := setup(t, Options{}, open)
		connect(t, s, "")
		c := connect(t, s, "")
		answers := make(chan int, 1)
		answer := func(all []socketio.Args, err error) {
			if err != nil {
				answers <- len(all)
			}
		}
		if err := s.Of("/").Timeout(3*time.Second).EmitWithAck(answer, "ask"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		asked := c.receives(t, "42")
		c.say("43" + asked[2:strings.IndexByte(asked, '[')] + "[1]")
		exactly(t, "the timeout", 3*time.Second, func() bool { return len(answers) == 1 })
		if n := <-answers; n != 1 {
			t.Errorf("%d answers", n)
		}
	})
}

// TestTimersOfRights: the right of a user who had left its namespace ended the whole connection when its time came, and with
// it the sockets of others whose right goes on.
func TestTimersOfRights(t *testing.T) {
	timed(t, "a socket that has left", func(t *testing.T) {
		const short, long = 10 * time.Second, 30 * time.Second
		s := setup(t, Options{PingInterval: time.Hour}, func(s *Server) {
			for name, d := range map[string]time.Duration{"/short": short, "/long": long} {
				s.Of(name).Use(func(_ context.Context, socket *Socket) error {
					socket.Identify(User{ID: name, ExpiresAt: time.Now().Add(d)})
					return nil
				})
			}
		})
		c := dial(t, s, "a")
		for _, name := range []string{"/short", "/long"} {
			c.say("40" + name)
			c.receives(t, "40"+name)
		}
		c.say("41/short,")
		exactly(t, "the end", long, c.isClosed)
	})
}
