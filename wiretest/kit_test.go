package wiretest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	nethttp "net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"kapoor.example/desk/actors"
	"kapoor.example/desk/actors/realtime"
	"kapoor.example/desk/http"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// fasthttp's clock for the Date header runs as long as the process, and the sweeper of its workers notices their end
		// only when it wakes, within 10 s.
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"),
	)
}

// patience is how long a test waits for something that is bound to happen.
const patience = 20 * time.Second

// rig is a server on a port of its own: Socket.IO under /socket.io/ and bare Engine.IO, which echoes, under /engine.io/.
type rig struct {
	t      testing.TB
	system *actors.System
	server *realtime.Server // Socket.IO
	engine *realtime.Server // bare
	addr   string
	client *nethttp.Client
	stop   func() // what clean-up does, once
	panics bool   // the test makes actors panic
}

// setup starts a rig. o is for both servers, transports for both engines; prepare sets up the namespaces.
func setup(t testing.TB, o realtime.Options, transports http.EngineOptions, prepare func(*realtime.Server)) *rig {
	t.Helper()
	return setupAt(t, "127.0.0.1:0", o, transports, prepare)
}

// setupAt is setup on an address, to restart a server there.
func setupAt(t testing.TB, addr string, o realtime.Options, transports http.EngineOptions, prepare func(*realtime.Server)) *rig {
	t.Helper()
	system, err := actors.New(zerolog.Nop(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	transports.Goroutines = os.Getenv("TEST_GOROUTINES") != "" // just race plays both
	bare := o
	bare.Recovery = nil
	if bare.OnMessage == nil {
		bare.OnMessage = func(s *realtime.Session, data []byte, binary bool) { s.Send(data, binary) }
	}
	r := &rig{t: t, system: system, server: realtime.New(system, o), engine: realtime.New(system, bare)}
	if prepare != nil {
		prepare(r.server)
	} else {
		r.server.Of("/")
	}
	standalone := http.NewStandalone(map[string]*http.EngineIO{
		"/socket.io/": http.NewEngineIO(r.server, transports),
		"/engine.io/": http.NewEngineIO(r.engine, transports),
	}, http.StandaloneOptions{})
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- standalone.Serve(listener) }()
	r.addr = listener.Addr().String()
	transport := &nethttp.Transport{MaxIdleConnsPerHost: 100}
	r.client = &nethttp.Client{Transport: transport, Timeout: patience}
	r.stop = sync.OnceFunc(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		steps := []error{r.server.Close(ctx, realtime.StatusNone), r.engine.Close(ctx, realtime.StatusNone)}
		transport.CloseIdleConnections()
		steps = append(steps, standalone.Shutdown(ctx), <-served, system.Close(ctx))
		if err := errors.Join(steps...); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	t.Cleanup(func() {
		r.stop()
		for kind, count := range system.Counts() {
			if count.Running != 0 || count.Panics != 0 && !r.panics {
				t.Errorf("%s actors: %d left, %d panics", kind, count.Running, count.Panics)
			}
		}
		eventually(t, "no timers", func() bool { return system.Timers() == 0 }) // one may be firing just now
		if n := r.server.Connections() + r.engine.Connections(); n != 0 {
			t.Errorf("%d connections are left", n)
		}
	})
	return r
}

// simple starts a rig with default transports.
func simple(t testing.TB, prepare func(*realtime.Server)) *rig {
	t.Helper()
	return setup(t, realtime.Options{}, http.EngineOptions{}, prepare)
}

// answer is what a request came to.
type answer struct {
	status int
	header nethttp.Header
	body   string
}

// is checks status and body.
func (a answer) is(t testing.TB, status int, body string) {
	t.Helper()
	if a.status != status || a.body != body {
		t.Errorf("answered %d %.200q, want %d %.200q", a.status, a.body, status, body)
	}
}

// gone is what a request with an unknown sid is answered.
const gone = `{"code":1,"message":"Session ID unknown"}`

// do sends a request. path begins with a slash and has its query.
func (r *rig) do(method, path string, header map[string]string, body io.Reader) answer {
	r.t.Helper()
	request, err := nethttp.NewRequest(method, "http://"+r.addr+path, body)
	if err != nil {
		r.t.Fatal(err)
	}
	for name, value := range header {
		request.Header.Set(name, value)
	}
	response, err := r.client.Do(request)
	if err != nil {
		r.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(text)}
}

func (r *rig) get(path string) answer {
	r.t.Helper()
	return r.do("GET", path, nil, nil)
}

// Paths of a handshake.
const (
	socketPolling = "/socket.io/?EIO=4&transport=polling"
	enginePolling = "/engine.io/?EIO=4&transport=polling"
)

// polling is a client that polls, request by request.
type polling struct {
	r    *rig
	path string // with the sid
	sid  string
	rest []string // packets that came and were not asked for
}

// poll opens a polling session under a handshake path.
func (r *rig) poll(path string) *polling {
	r.t.Helper()
	a := r.get(path)
	var handshake struct{ Sid string }
	if a.status != 200 || !strings.HasPrefix(a.body, "0") || json.Unmarshal([]byte(a.body[1:]), &handshake) != nil {
		r.t.Fatalf("handshake: %+v", a)
	}
	return &polling{r: r, path: path + "&sid=" + url.QueryEscape(handshake.Sid), sid: handshake.Sid}
}

// post sends packets in one body.
func (p *polling) post(packets ...string) answer {
	p.r.t.Helper()
	return p.r.do("POST", p.path, map[string]string{"Content-Type": "text/plain;charset=UTF-8"}, strings.NewReader(strings.Join(packets, "\x1e")))
}

// say is post, and must be answered ok.
func (p *polling) say(packets ...string) {
	p.r.t.Helper()
	if a := p.post(packets...); a.status != 200 || a.body != "ok" {
		p.r.t.Fatalf("POST %.100q: %d %q", packets, a.status, a.body)
	}
}

// get polls once.
func (p *polling) get() answer {
	p.r.t.Helper()
	return p.r.get(p.path)
}

// next returns the next packet, polling when there is none yet. Pings are answered and left out.
func (p *polling) next() string {
	p.r.t.Helper()
	for {
		if len(p.rest) == 0 {
			a := p.get()
			if a.status != 200 {
				p.r.t.Fatalf("poll: %d %q", a.status, a.body)
			}
			p.rest = strings.Split(a.body, "\x1e")
		}
		packet := p.rest[0]
		p.rest = p.rest[1:]
		if packet != "2" {
			return packet
		}
		p.say("3")
	}
}

// receives checks the next packets.
func (p *polling) receives(want ...string) {
	p.r.t.Helper()
	receives(p.r.t, p, want)
}

// gone waits until the session has ended.
func (p *polling) gone() {
	p.r.t.Helper()
	eventually(p.r.t, "the end of the session", func() bool {
		return p.r.server.Session(p.sid) == nil && p.r.engine.Session(p.sid) == nil
	})
	p.get().is(p.r.t, 400, gone)
}

// websocket is a client over a WebSocket, frame by frame.
type websocket struct {
	t    testing.TB
	conn net.Conn
	in   *bufio.Reader
	sid  string
}

// Paths of a handshake over a WebSocket.
const (
	socketWS = "/socket.io/?EIO=4&transport=websocket"
	engineWS = "/engine.io/?EIO=4&transport=websocket"
)

// dial upgrades a connection and reads nothing.
func (r *rig) dial(path string) *websocket {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, early, _, err := ws.Dial(ctx, "ws://"+r.addr+path)
	if err != nil {
		r.t.Fatalf("dial %s: %v", path, err)
	}
	w := &websocket{t: r.t, conn: conn, in: early}
	if w.in == nil {
		w.in = bufio.NewReader(conn)
	}
	r.t.Cleanup(func() { _ = conn.Close() })
	return w
}

// open dials and reads the handshake.
func (r *rig) open(path string) *websocket {
	r.t.Helper()
	w := r.dial(path)
	var handshake struct{ Sid string }
	if packet := w.next(); !strings.HasPrefix(packet, "0") || json.Unmarshal([]byte(packet[1:]), &handshake) != nil {
		r.t.Fatalf("handshake: %q", packet)
	}
	w.sid = handshake.Sid
	return w
}

// say sends packets in one write, a frame each: binary ones for those in the form that polling has for binary, "b" and
// base64.
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
	w.write(frames.Bytes())
}

func (w *websocket) write(p []byte) {
	w.t.Helper()
	_ = w.conn.SetWriteDeadline(time.Now().Add(patience))
	if _, err := w.conn.Write(p); err != nil {
		w.t.Fatalf("write: %v", err)
	}
}

// frame reads one frame of whatever kind.
func (w *websocket) frame() (op ws.OpCode, payload []byte, err error) {
	_ = w.conn.SetReadDeadline(time.Now().Add(patience))
	header, err := ws.ReadHeader(w.in)
	if err != nil {
		return 0, nil, err
	}
	payload = make([]byte, header.Length)
	_, err = io.ReadFull(w.in, payload)
	return header.OpCode, payload, err
}

// next returns the next message: text as it is, binary in the form that polling has for it. Pings are answered and left
// out.
func (w *websocket) next() string {
	w.t.Helper()
	for {
		op, payload, err := w.frame()
		switch {
		case err != nil:
			w.t.Fatalf("read: %v", err)
		case op == ws.OpClose:
			w.t.Fatalf("closed: %v", payload)
		case op == ws.OpBinary:
			return "b" + base64.StdEncoding.EncodeToString(payload)
		case op == ws.OpText && string(payload) == "2":
			w.say("3")
		case op == ws.OpText:
			return string(payload)
		}
	}
}

// receives checks the next messages.
func (w *websocket) receives(want ...string) {
	w.t.Helper()
	receives(w.t, w, want)
}

// closed reads until the connection ends and returns the messages before that and the status of the close frame: 1005
// when it has none, 1006 when there is no close frame.
func (w *websocket) closed() (messages []string, status int) {
	w.t.Helper()
	status = 1006
	for {
		op, payload, err := w.frame()
		var timeout net.Error
		switch {
		case errors.As(err, &timeout) && timeout.Timeout():
			w.t.Fatal("not closed")
		case err != nil:
			return messages, status
		case op == ws.OpClose:
			status = 1005
			if len(payload) >= 2 {
				status = int(payload[0])<<8 | int(payload[1])
			}
		case op == ws.OpText:
			messages = append(messages, string(payload))
		}
	}
}

// gone checks that the connection ends without any more messages but pings.
func (w *websocket) gone() {
	w.t.Helper()
	messages, _ := w.closed()
	for _, m := range messages {
		if m != "2" {
			w.t.Errorf("before the end came %.100q", m)
		}
	}
}

// peer is a client over either transport.
type peer interface {
	say(packets ...string)
	next() string
	receives(want ...string)
	gone()
}

// both runs a test over each transport: join opens a connection to the Socket.IO server.
func both(t *testing.T, test func(t *testing.T, join func(*rig) peer)) {
	t.Run("polling", func(t *testing.T) {
		test(t, func(r *rig) peer { return r.poll(socketPolling) })
	})
	t.Run("websocket", func(t *testing.T) {
		test(t, func(r *rig) peer { return r.open(socketWS) })
	})
}

// connected joins a namespace, with everything that follows "40", and returns the id of the socket.
func connected(t testing.TB, p peer, rest string) string {
	t.Helper()
	p.say("40" + rest)
	return connectAnswer(t, p.next(), rest)
}

// connectAnswer reads the id from a CONNECT answer.
func connectAnswer(t testing.TB, packet, rest string) string {
	t.Helper()
	prefix := "40"
	if namespace, _, _ := strings.Cut(rest, ","); strings.HasPrefix(namespace, "/") && namespace != "/" {
		prefix += namespace + ","
	}
	var welcome map[string]string
	data, ok := strings.CutPrefix(packet, prefix)
	if !ok || json.Unmarshal([]byte(data), &welcome) != nil || len(welcome) != 1 || len(welcome["sid"]) != 20 {
		t.Fatalf("CONNECT %q was answered %q", rest, packet)
	}
	return welcome["sid"]
}

func receives(t testing.TB, p interface{ next() string }, want []string) {
	t.Helper()
	for i, w := range want {
		if got := p.next(); got != w {
			t.Fatalf("packet %d of %d is %.300q, want %.300q", i+1, len(want), got, w)
		}
	}
}

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

// raw writes bytes to a connection of its own and returns it with a reader.
func (r *rig) raw(request string) (net.Conn, *bufio.Reader) {
	r.t.Helper()
	conn, err := net.DialTimeout("tcp", r.addr, patience)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	if _, err := fmt.Fprint(conn, request); err != nil {
		r.t.Fatal(err)
	}
	return conn, bufio.NewReader(conn)
}

// serves checks that the server is well: another client connects and is answered.
func (r *rig) serves() {
	r.t.Helper()
	w := r.open(socketWS)
	connected(r.t, w, "")
	_ = w.conn.Close()
}
