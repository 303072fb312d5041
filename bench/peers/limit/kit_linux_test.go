package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"go.uber.org/goleak"
)

// asProgram makes the test binary the program itself, for tests that need a process.
const asProgram = "LIMIT_TEST_RUNS_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	goleak.VerifyTestMain(m)
}

// patience is how long a test waits for something that is bound to happen.
const patience = 20 * time.Second

// site is where a limit server runs.
type site struct {
	t     testing.TB
	addr  string
	clock *clock
}

// clock runs with the real one, ahead of it by what the test says.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time          { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) forward(seconds float64) { c.ahead.Add(int64(seconds * float64(time.Second))) }

// setup runs a server until the test is over.
func setup(t testing.TB, secret string) *site {
	t.Helper()
	s := &site{t: t, clock: &clock{}}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.addr = listener.Addr().String()
	served, err := newServer(listener, options{secret: secret, tick: 10 * time.Millisecond, now: s.clock.now})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- served.run() }()
	t.Cleanup(func() {
		served.stop()
		if err := errors.Join(<-done, listener.Close()); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	return s
}

// peer is a client, byte by byte.
type peer struct {
	t    testing.TB
	conn net.Conn
	in   *bufio.Reader
}

// dial opens a connection and says nothing.
func (s *site) dial() *peer {
	s.t.Helper()
	conn, err := net.Dial("tcp", s.addr)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		s.t.Fatal(err)
	}
	return &peer{t: s.t, conn: conn, in: bufio.NewReader(conn)}
}

// request is an upgrade as stock clients make it.
const request = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"

// open upgrades, and returns the open packet, too.
func (s *site) open() (p *peer, packet string) {
	s.t.Helper()
	p = s.dial()
	p.raw(request)
	if answer := p.answer(); answer.StatusCode != http.StatusSwitchingProtocols {
		s.t.Fatalf("the upgrade: %s", answer.Status)
	}
	return p, p.next()
}

// join connects to the main namespace.
func (s *site) join() *peer {
	s.t.Helper()
	p, _ := s.open()
	p.say("40")
	if got := p.next(); !strings.HasPrefix(got, `40{"sid":"`) {
		s.t.Fatalf("CONNECT is answered with %q", got)
	}
	return p
}

func (p *peer) raw(text string) {
	p.t.Helper()
	if _, err := io.WriteString(p.conn, text); err != nil {
		p.t.Fatal(err)
	}
}

// answer reads the head of an HTTP answer, and its body if it has one.
func (p *peer) answer() *http.Response {
	p.t.Helper()
	answer, err := http.ReadResponse(p.in, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	return answer
}

// say sends packets in one write.
func (p *peer) say(packets ...string) {
	p.t.Helper()
	var frames strings.Builder
	for _, packet := range packets {
		frames.Write(frame(ws.OpText, packet))
	}
	p.raw(frames.String())
}

// frame is a client's frame, masked.
func frame(op ws.OpCode, payload string) []byte {
	f := ws.MaskFrameInPlace(ws.NewFrame(op, true, []byte(payload)))
	return ws.MustCompileFrame(f)
}

// next returns the next text frame's packet.
func (p *peer) next() string {
	p.t.Helper()
	h, payload, err := p.frame()
	if err != nil {
		p.t.Fatal(err)
	}
	if h.OpCode != ws.OpText || !h.Fin || h.Masked {
		p.t.Fatalf("a frame %+v", h)
	}
	return payload
}

// frame returns the next frame, of whatever kind.
func (p *peer) frame() (h ws.Header, payload string, err error) {
	if h, err = ws.ReadHeader(p.in); err != nil {
		return h, "", err
	}
	bytes := make([]byte, h.Length)
	_, err = io.ReadFull(p.in, bytes)
	return h, string(bytes), err
}

func (p *peer) receives(want ...string) {
	p.t.Helper()
	for _, packet := range want {
		if got := p.next(); got != packet {
			p.t.Fatalf("got %.200q\nwant %.200q", got, packet)
		}
	}
}

// ended waits for the end of the connection; whatever comes before it is left aside.
func (p *peer) ended() {
	p.t.Helper()
	var timeout net.Error
	if _, err := io.Copy(io.Discard, p.in); errors.As(err, &timeout) && timeout.Timeout() {
		p.t.Fatal("the connection stays open")
	}
}

// fan is a broadcast with a number, as it is sent and as it comes.
func fan(n int) (sent, comes string) {
	return fmt.Sprintf(`42["fan",{"n":%d}]`, n), fmt.Sprintf(`42["bookingUpdated",{"n":%d}]`, n)
}

// works lets one client reach others.
func works(t testing.TB, n int, sender *peer, others ...*peer) {
	t.Helper()
	sent, comes := fan(n)
	sender.say(sent)
	sender.receives(comes)
	for _, other := range others {
		other.receives(comes)
	}
}

// mustRun runs the command line as far as it goes without a server.
func mustRun(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var out, errs strings.Builder
	code = run(ctx, args, &out, &errs)
	return code, out.String(), errs.String()
}
