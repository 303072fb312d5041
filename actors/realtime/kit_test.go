package realtime

import (
	"context"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"kapoor.example/desk/actors"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for something that is bound to happen.
const patience = 20 * time.Second

// setup starts a server and closes it after the test, which fails when anything of it is left.
func setup(t testing.TB, o Options, prepare func(*Server)) *Server {
	t.Helper()
	system, err := actors.New(zerolog.Nop(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	s := New(system, o)
	if prepare != nil {
		prepare(s)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.Close(ctx, StatusNone); err != nil {
			t.Errorf("close: %v", err)
		}
		if err := system.Close(ctx); err != nil {
			t.Errorf("close system: %v", err)
		}
		for kind, count := range system.Counts() {
			if count.Running != 0 {
				t.Errorf("%d %s actors are left", count.Running, kind)
			}
		}
		eventually(t, "no timers", func() bool { return system.Timers() == 0 }) // one may be firing just now
		if n := s.Connections(); n != 0 {
			t.Errorf("%d connections are left", n)
		}
	})
	return s
}

// line is a WebSocket that a test reads: a Transport that keeps what is written to it, cut into messages.
type line struct {
	mu       sync.Mutex
	changed  *sync.Cond
	raw      []byte
	messages []string
	writes   int
	blocked  bool // takes nothing without waiting, and lets Write wait
	room     int  // bytes TryWrite takes at most at a time; 0 means no bound
	closed   bool
	status   int
}

func newLine() *line {
	l := &line{}
	l.changed = sync.NewCond(&l.mu)
	return l
}

func (l *line) TryWrite(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return 0, net.ErrClosed
	}
	if l.blocked {
		return 0, nil
	}
	if l.room > 0 && len(p) > l.room {
		p = p[:l.room]
	}
	l.take(p)
	return len(p), nil
}

func (l *line) Write(p net.Buffers) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.blocked && !l.closed {
		l.changed.Wait()
	}
	if l.closed {
		return net.ErrClosed
	}
	for _, b := range p {
		l.take(b)
	}
	return nil
}

func (l *line) take(p []byte) {
	l.writes++
	l.raw = append(l.raw, p...)
	for len(l.raw) >= 2 {
		start, length := 2, int(l.raw[1])
		switch length {
		case 126:
			if len(l.raw) < 4 {
				return
			}
			start, length = 4, int(l.raw[2])<<8|int(l.raw[3])
		case 127:
			if len(l.raw) < 10 {
				return
			}
			start, length = 10, int(l.raw[6])<<24|int(l.raw[7])<<16|int(l.raw[8])<<8|int(l.raw[9])
		}
		if len(l.raw) < start+length {
			return
		}
		l.messages = append(l.messages, string(l.raw[start:start+length]))
		l.raw = l.raw[start+length:]
		l.changed.Broadcast()
	}
}

func (l *line) Close(status int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed, l.status = true, status
	l.changed.Broadcast()
}

func (l *line) block(blocked bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.blocked = blocked
	l.changed.Broadcast()
}

// until waits until ok says so of what has come, and fails the test otherwise.
func (l *line) until(t testing.TB, what string, ok func(messages []string, closed bool) bool) []string {
	t.Helper()
	timeout := time.AfterFunc(patience, func() { l.changed.Broadcast() })
	defer timeout.Stop()
	deadline := time.Now().Add(patience)
	l.mu.Lock()
	defer l.mu.Unlock()
	for !ok(l.messages, l.closed) {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not come; got %q, closed %t", what, tail(l.messages), l.closed)
		}
		l.changed.Wait()
	}
	return append([]string(nil), l.messages...)
}

func tail(s []string) []string { return s[max(0, len(s)-10):] }

// receives waits for a message with this beginning and returns it.
func (l *line) receives(t testing.TB, prefix string) string {
	t.Helper()
	var found string
	l.until(t, prefix, func(messages []string, _ bool) bool {
		for _, m := range messages {
			if strings.HasPrefix(m, prefix) {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

func (l *line) closes(t testing.TB) {
	t.Helper()
	l.until(t, "the close", func(_ []string, closed bool) bool { return closed })
}

// client is a connection of a test over a line.
type client struct {
	*line
	t       testing.TB
	session *Session
}

// dial opens a connection over a WebSocket.
func dial(t testing.TB, s *Server, address string) *client {
	t.Helper()
	session, err := s.Open(context.Background(), Request{Address: address}, WebSocket)
	if err != nil {
		t.Fatal(err)
	}
	c := &client{line: newLine(), t: t, session: session}
	session.Start(c.line)
	return c
}

// connect dials and joins a namespace with an auth payload.
func connect(t testing.TB, s *Server, auth string) *client {
	t.Helper()
	c := dial(t, s, "192.0.2.1")
	c.say("40" + auth)
	c.receives(t, "40{")
	return c
}

func (c *client) say(packet string) bool { return c.session.Receive(c.line, []byte(packet), false) }

func (c *client) cut() { c.session.Lost(c.line, ReasonTransportClose) }

// eventually waits until ok.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not in time", what)
		}
		<-time.After(time.Millisecond) // the pace of asking
	}
}

var nopLog = zerolog.Nop()
