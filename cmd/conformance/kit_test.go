package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net"
	nethttp "net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	"go.uber.org/goleak"
)

// asProgram makes the test binary the program itself, for tests that need a process.
const asProgram = "CONFORMANCE_TEST_RUNS_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	goleak.VerifyTestMain(m,
		// fasthttp's clock for the Date header runs as long as the process, and the sweeper of its workers notices their end
		// only when it wakes, within 10 s.
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"),
	)
}

// patience is how long a test waits for something that is bound to happen.
const patience = 20 * time.Second

// site is where a conformance server runs.
type site struct {
	t      testing.TB
	addr   string
	client *nethttp.Client
}

// defaults is what the command line says when nothing is on it.
func defaults() Config {
	return Config{PingInterval: 25 * time.Second, PingTimeout: 20 * time.Second, ConnectTimeout: 45 * time.Second, MaxPayload: 1_000_000, MaxQueue: 64 << 20}
}

// setup runs a server, and checks that it leaves nothing behind.
func setup(t testing.TB, c Config) *site {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s, err := start(t.Context(), c, listener)
	if err != nil {
		t.Fatal(err)
	}
	at := visit(t, listener.Addr().String())
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		at.client.CloseIdleConnections()
		if err := s.close(ctx); err != nil {
			t.Errorf("stop: %v", err)
		}
		for kind, count := range s.system.Counts() {
			if count.Running != 0 || count.Panics != 0 {
				t.Errorf("%s actors: %d left, %d panics", kind, count.Running, count.Panics)
			}
		}
		if n := s.system.Timers(); n != 0 {
			t.Errorf("%d timers are left", n)
		}
	})
	return at
}

// visit returns a site that somebody else runs.
func visit(t testing.TB, addr string) *site {
	client := &nethttp.Client{Transport: &nethttp.Transport{}, Timeout: patience}
	t.Cleanup(client.CloseIdleConnections)
	return &site{t: t, addr: addr, client: client}
}

func (s *site) do(method, path, body string) (status int, header nethttp.Header, answer string) {
	s.t.Helper()
	request, err := nethttp.NewRequest(method, "http://"+s.addr+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("Origin", "http://elsewhere.example")
	response, err := s.client.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return response.StatusCode, response.Header, string(text)
}

// peer is a client over either transport, packet by packet. Binary is written as polling writes it, "b" and base64.
type peer interface {
	say(packets ...string)
	next() string
	ended() // checks that the connection is closed and nothing else comes
}

// both runs a test over each transport.
func both(t *testing.T, c Config, test func(t *testing.T, open func() peer)) {
	t.Run("polling", func(t *testing.T) {
		s := setup(t, c)
		test(t, func() peer { return s.poll("/socket.io/") })
	})
	t.Run("websocket", func(t *testing.T) {
		s := setup(t, c)
		test(t, func() peer { return s.dial("/socket.io/") })
	})
}

// receives checks the next packets.
func receives(t testing.TB, p peer, want ...string) {
	t.Helper()
	for i, w := range want {
		if got := p.next(); got != w {
			t.Fatalf("packet %d of %d is %.300q, want %.300q", i+1, len(want), got, w)
		}
	}
}

// joined connects to the main namespace and returns the socket's id.
func joined(t testing.TB, p peer) string {
	t.Helper()
	p.say("40")
	id := sidIn(t, p.next(), "40")
	receives(t, p, `42["auth",{}]`)
	return id
}

// sidIn reads the id from a CONNECT answer, which must have nothing else.
func sidIn(t testing.TB, packet, prefix string) string {
	t.Helper()
	var welcome map[string]string
	data, ok := strings.CutPrefix(packet, prefix)
	if !ok || json.Unmarshal([]byte(data), &welcome) != nil || len(welcome) != 1 || welcome["sid"] == "" {
		t.Fatalf("CONNECT was answered %q", packet)
	}
	return welcome["sid"]
}

type polling struct {
	s    *site
	path string
	rest []string
}

func (s *site) poll(path string) *polling {
	s.t.Helper()
	path += "?EIO=4&transport=polling"
	status, _, body := s.do("GET", path, "")
	var handshake struct{ Sid string }
	if status != 200 || !strings.HasPrefix(body, "0") || json.Unmarshal([]byte(body[1:]), &handshake) != nil {
		s.t.Fatalf("handshake: %d %q", status, body)
	}
	return &polling{s: s, path: path + "&sid=" + handshake.Sid}
}

func (p *polling) say(packets ...string) {
	p.s.t.Helper()
	if status, _, body := p.s.do("POST", p.path, strings.Join(packets, "\x1e")); status != 200 || body != "ok" {
		p.s.t.Fatalf("POST: %d %q", status, body)
	}
}

func (p *polling) next() string {
	p.s.t.Helper()
	for {
		if len(p.rest) == 0 {
			status, _, body := p.s.do("GET", p.path, "")
			if status != 200 {
				p.s.t.Fatalf("poll: %d %q", status, body)
			}
			p.rest = strings.Split(body, "\x1e")
		}
		packet := p.rest[0]
		p.rest = p.rest[1:]
		if packet != "2" {
			return packet
		}
		p.say("3")
	}
}

func (p *polling) ended() {
	p.s.t.Helper()
	if len(p.rest) != 0 {
		p.s.t.Errorf("then came %q", p.rest)
	}
	if status, _, body := p.s.do("GET", p.path, ""); status != 200 || body != "6\x1e1" {
		p.s.t.Errorf("the poll got %d %q, want noop and close", status, body)
	}
	if status, _, body := p.s.do("GET", p.path, ""); status != 400 || body != `{"code":1,"message":"Session ID unknown"}` {
		p.s.t.Errorf("the session is still there: %d %q", status, body)
	}
}

type websocket struct {
	t    testing.TB
	conn net.Conn
	in   *bufio.Reader
}

func (s *site) dial(path string) *websocket {
	s.t.Helper()
	w := s.probe(path, "")
	if packet := w.next(); !strings.HasPrefix(packet, `0{"sid":`) {
		s.t.Fatalf("handshake: %q", packet)
	}
	return w
}

// probe dials and reads nothing. A sid is that of the session to upgrade.
func (s *site) probe(path, sid string) *websocket {
	s.t.Helper()
	path += "?EIO=4&transport=websocket"
	if sid != "" {
		path += "&sid=" + sid
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, early, _, err := ws.Dial(ctx, "ws://"+s.addr+path)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.Close() })
	w := &websocket{t: s.t, conn: conn, in: early}
	if w.in == nil {
		w.in = bufio.NewReader(conn)
	}
	return w
}

func (w *websocket) say(packets ...string) {
	w.t.Helper()
	var frames bytes.Buffer
	for _, p := range packets {
		if encoded, binary := strings.CutPrefix(p, "b"); binary {
			data, err := base64.StdEncoding.DecodeString(encoded)
			if err != nil {
				w.t.Fatal(err)
			}
			_ = wsutil.WriteClientBinary(&frames, data) // never fails on a buffer
			continue
		}
		_ = wsutil.WriteClientText(&frames, []byte(p))
	}
	_ = w.conn.SetWriteDeadline(time.Now().Add(patience))
	if _, err := w.conn.Write(frames.Bytes()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *websocket) frame() (ws.OpCode, []byte, error) {
	_ = w.conn.SetReadDeadline(time.Now().Add(patience))
	header, err := ws.ReadHeader(w.in)
	if err != nil {
		return 0, nil, err
	}
	payload := make([]byte, header.Length)
	_, err = io.ReadFull(w.in, payload)
	return header.OpCode, payload, err
}

func (w *websocket) next() string {
	w.t.Helper()
	for {
		switch op, payload, err := w.frame(); {
		case err != nil || op == ws.OpClose:
			w.t.Fatalf("closed: %v %q", err, payload)
		case op == ws.OpBinary:
			return "b" + base64.StdEncoding.EncodeToString(payload)
		case string(payload) == "2":
			w.say("3")
		default:
			return string(payload)
		}
	}
}

func (w *websocket) ended() {
	w.t.Helper()
	for {
		op, payload, err := w.frame()
		if err != nil {
			if timeout, is := err.(net.Error); is && timeout.Timeout() {
				w.t.Error("the connection is still open")
			}
			return
		}
		if op != ws.OpClose && string(payload) != "2" {
			w.t.Errorf("then came %q", payload)
		}
	}
}
