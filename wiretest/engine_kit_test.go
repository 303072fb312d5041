package wiretest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	nethttp "net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	"github.com/rs/zerolog"

	"kapoor.example/desk/actors"
	"kapoor.example/desk/actors/realtime"
	"kapoor.example/desk/http"
)

// enginePath is where the engine is.
const enginePath = "/engine.io/"

// handshakeQuery is that of a polling handshake, webSocketQuery that of one over a WebSocket.
const (
	handshakeQuery = "EIO=4&transport=polling"
	webSocketQuery = "EIO=4&transport=websocket"
)

// engineSetup says what kind of server a test wants. The zero value is a bare Engine.IO server that sends every message
// back.
type engineSetup struct {
	server     realtime.Options
	engine     http.EngineOptions
	standalone http.StandaloneOptions
	prepare    func(*engineServer) // before it serves
}

// engineServer is a bare Engine.IO server on a port of its own.
type engineServer struct {
	t          testing.TB
	server     *realtime.Server
	system     *actors.System
	standalone *http.Standalone
	addr       string
	client     *nethttp.Client
	close      func()                     // ends the sessions
	closeWith  func(context.Context, int) // with a status, instead of close
	stop       func()                     // and everything else
	*engineNotes
}

// engineNotes is what a server has told.
type engineNotes struct {
	mu      sync.Mutex
	reasons map[string]realtime.Reason
	refused []realtime.ConnectionError
	panics  int64 // that the test causes in sessions
}

// reason returns why a session ended, "" while it lives.
func (n *engineNotes) reason(sid string) realtime.Reason {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.reasons[sid]
}

func (n *engineNotes) refusals() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.refused)
}

func setupEngine(t testing.TB, o engineSetup) *engineServer {
	t.Helper()
	system, err := actors.New(zerolog.Nop(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	e := &engineServer{t: t, system: system, engineNotes: &engineNotes{reasons: map[string]realtime.Reason{}}}
	if o.server.OnMessage == nil {
		o.server.OnMessage = func(s *realtime.Session, data []byte, binary bool) { s.Send(data, binary) }
	}
	closed := o.server.OnClose
	o.server.OnClose = func(s *realtime.Session, r realtime.Reason) {
		e.mu.Lock()
		e.reasons[s.Sid()] = r
		e.mu.Unlock()
		if closed != nil {
			closed(s, r)
		}
	}
	e.server = realtime.New(system, o.server)
	e.server.OnConnectionError(func(r realtime.ConnectionError) {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.refused = append(e.refused, r)
	})
	e.standalone = http.NewStandalone(map[string]*http.EngineIO{enginePath: http.NewEngineIO(e.server, o.engine)}, o.standalone)
	if o.prepare != nil {
		o.prepare(e)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	e.addr = listener.Addr().String()
	served := make(chan error, 1)
	go func() { served <- e.standalone.Serve(listener) }()
	transport := &nethttp.Transport{DisableCompression: true}
	e.client = &nethttp.Client{Transport: transport, Timeout: patience}
	var closing sync.Once
	e.closeWith = func(ctx context.Context, status int) {
		closing.Do(func() {
			if err := e.server.Close(ctx, status); err != nil {
				t.Errorf("close: %v", err)
			}
		})
	}
	e.close = func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		e.closeWith(ctx, realtime.StatusNone)
	}
	e.stop = sync.OnceFunc(func() {
		e.close()
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		transport.CloseIdleConnections()
		if err := e.standalone.Shutdown(ctx); err != nil {
			t.Errorf("shut down: %v", err)
		}
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
		if err := system.Close(ctx); err != nil {
			t.Errorf("close system: %v", err)
		}
		for kind, count := range system.Counts() {
			if count.Running != 0 {
				t.Errorf("%d %s actors are left", count.Running, kind)
			}
			if kind == "session" && count.Panics != e.panics {
				t.Errorf("%s panicked %d times", kind, count.Panics)
			}
		}
		eventually(t, "no timer is left", func() bool { return system.Timers() == 0 }) // one may be firing just now
		if n := e.server.Connections(); n != 0 {
			t.Errorf("%d connections are left", n)
		}
	})
	t.Cleanup(e.stop)
	return e
}

// in returns the server for a subtest.
func (e *engineServer) in(t testing.TB) *engineServer {
	other := *e
	other.t = t
	return &other
}

// refusal waits for the n-th refused request, counted from 0.
func (e *engineServer) refusal(n int) realtime.ConnectionError {
	e.t.Helper()
	var found realtime.ConnectionError
	eventually(e.t, "connection_error", func() bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		if len(e.refused) > n {
			found = e.refused[n]
		}
		return len(e.refused) > n
	})
	return found
}

// reply is what a request came to.
type reply struct {
	status int
	header nethttp.Header
	body   string
}

func (r reply) String() string { return fmt.Sprintf("%d %v %.200q", r.status, r.header, r.body) }

// request sends any request to the server; header is names and values in turn.
func (e *engineServer) request(method, target string, body io.Reader, header ...string) reply {
	e.t.Helper()
	r, err := e.try(context.Background(), method, target, body, header...)
	if err != nil {
		e.t.Fatal(err)
	}
	return r
}

// do is request under enginePath, with a query.
func (e *engineServer) do(method, query string, header ...string) reply {
	e.t.Helper()
	return e.request(method, enginePath+"?"+query, nil, header...)
}

func (e *engineServer) try(ctx context.Context, method, target string, body io.Reader, header ...string) (reply, error) {
	request, err := nethttp.NewRequestWithContext(ctx, method, "http://"+e.addr+target, body)
	if err != nil {
		return reply{}, err
	}
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Add(header[i], header[i+1])
	}
	response, err := e.client.Do(request)
	if err != nil {
		return reply{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return reply{response.StatusCode, response.Header, string(text)}, err
}

// poller is a session over polling, as a client has it.
type poller struct {
	e   *engineServer
	t   testing.TB
	sid string
}

// open makes a polling session.
func (e *engineServer) open() *poller {
	e.t.Helper()
	r := e.do("GET", handshakeQuery)
	return &poller{e: e, t: e.t, sid: sidOf(e.t, r)}
}

func sidOf(t testing.TB, r reply) string {
	t.Helper()
	_, rest, ok := strings.Cut(r.body, `"sid":"`)
	sid, _, _ := strings.Cut(rest, `"`)
	if r.status != 200 || !ok {
		t.Fatalf("handshake: %s", r)
	}
	return sid
}

func (p *poller) query() string { return handshakeQuery + "&sid=" + p.sid }

// target is the request target of a poll.
func (p *poller) target() string { return enginePath + "?" + p.query() }

func (p *poller) get(header ...string) reply {
	p.t.Helper()
	return p.e.do("GET", p.query(), header...)
}

func (p *poller) post(body string, header ...string) reply {
	p.t.Helper()
	return p.e.request("POST", p.target(), strings.NewReader(body), header...)
}

// wait begins a poll and returns when the server holds it. What it is answered with comes through the channel.
func (p *poller) wait() <-chan reply {
	p.t.Helper()
	session := p.session()
	answer := make(chan reply, 1)
	go func() {
		r, err := p.e.try(context.Background(), "GET", p.target(), nil)
		if err != nil {
			r.body = err.Error()
		}
		answer <- r
	}()
	eventually(p.t, "a poll that waits", session.Writable)
	return answer
}

// session is what the server has of it.
func (p *poller) session() *realtime.Session {
	p.t.Helper()
	s := p.e.server.Session(p.sid)
	if s == nil {
		p.t.Fatal("the session has ended")
	}
	return s
}

// alive checks that messages go both ways.
func (p *poller) alive() {
	p.t.Helper()
	if r := p.post("4still here"); r.status != 200 || r.body != "ok" {
		p.t.Fatalf("the session does not go on: %s", r)
	}
	for {
		r := p.get()
		if r.status == 200 && (r.body == "6" || r.body == "2") {
			continue
		}
		if r.status != 200 || !strings.HasSuffix(r.body, "4still here") {
			p.t.Fatalf("the session does not go on: %s", r)
		}
		return
	}
}

// gone waits until the session has ended for a reason, and checks what later requests are told.
func (p *poller) gone(reason realtime.Reason) {
	p.t.Helper()
	endedWith(p.t, p.e, p.sid, reason)
	for _, r := range []reply{p.get(), p.post("4x")} {
		if r.status != 400 || r.body != `{"code":1,"message":"Session ID unknown"}` {
			p.t.Errorf("after its end: %s", r)
		}
	}
}

// endedWith waits until a session has ended, and compares the reason.
func endedWith(t testing.TB, e *engineServer, sid string, reason realtime.Reason) {
	t.Helper()
	// Nobody finds the session any more from the moment its client can know; its hook may come a little later.
	eventually(t, "the end of the session", func() bool { return e.reason(sid) != "" && e.server.Session(sid) == nil })
	if got := e.reason(sid); got != reason {
		t.Errorf("ended with %q, want %q", got, reason)
	}
}

// wire is a WebSocket as a client has it.
type wire struct {
	net.Conn
	t      testing.TB
	reader *bufio.Reader
	header nethttp.Header // of the 101
	sid    string         // of a session that began with it
}

// dial opens a WebSocket with a query; header is names and values in turn.
func (e *engineServer) dial(query string, header ...string) *wire {
	e.t.Helper()
	w, err := e.tryDial(query, header...)
	if err != nil {
		e.t.Fatal(err)
	}
	return w
}

func (e *engineServer) tryDial(query string, header ...string) (*wire, error) {
	return e.tryDialPath(enginePath, query, header...)
}

func (e *engineServer) tryDialPath(path, query string, header ...string) (*wire, error) {
	lines := []string{webSocketKey}
	for i := 0; i+1 < len(header); i += 2 {
		lines = append(lines, header[i]+": "+header[i+1])
	}
	c := e.raw(upgradeRequest(path+"?"+query, lines...))
	r := c.reply()
	if r.status != nethttp.StatusSwitchingProtocols {
		return nil, fmt.Errorf("upgrade: %s", r)
	}
	const accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" // of webSocketKey, RFC 6455, 1.3
	if got := r.header.Get("Sec-WebSocket-Accept"); got != accept {
		return nil, fmt.Errorf("Sec-WebSocket-Accept is %q", got)
	}
	return &wire{Conn: c.Conn, t: e.t, reader: c.reader, header: r.header}, nil
}

// begin opens a session over a WebSocket.
func (e *engineServer) begin(header ...string) *wire {
	e.t.Helper()
	w := e.dial(webSocketQuery, header...)
	w.sid = sidOf(e.t, reply{status: 200, body: w.next()})
	return w
}

// probe opens a WebSocket for a polling session and probes it.
func (p *poller) probe() *wire {
	p.t.Helper()
	w := p.e.in(p.t).dial(webSocketQuery + "&sid=" + p.sid)
	w.say("2probe")
	if got := w.next(); got != "3probe" {
		p.t.Fatalf("the probe was answered %q", got)
	}
	return w
}

// Read reads what the server sent, also what came with the 101.
func (w *wire) Read(p []byte) (int, error) { return w.reader.Read(p) }

func (w *wire) say(text string) {
	w.t.Helper()
	if err := wsutil.WriteClientText(w.Conn, []byte(text)); err != nil {
		w.t.Fatal(err)
	}
}

func (w *wire) frame(f ws.Frame) {
	w.t.Helper()
	if err := ws.WriteFrame(w.Conn, ws.MaskFrame(f)); err != nil {
		w.t.Fatal(err)
	}
}

// next returns the next text message.
func (w *wire) next() string {
	w.t.Helper()
	header, payload := w.nextFrame()
	if header.OpCode != ws.OpText || !header.Fin || header.Rsv != 0 {
		w.t.Fatalf("got %+v, %.100q", header, payload)
	}
	return string(payload)
}

// nextFrame returns the next frame as it is.
func (w *wire) nextFrame() (ws.Header, []byte) {
	w.t.Helper()
	header, payload, err := w.tryFrame()
	if err != nil {
		w.t.Fatal(err)
	}
	return header, payload
}

func (w *wire) tryFrame() (ws.Header, []byte, error) {
	header, err := ws.ReadHeader(w)
	if err != nil {
		return header, nil, err
	}
	payload := make([]byte, header.Length)
	_, err = io.ReadFull(w, payload)
	return header, payload, err
}

// closed reads to the end of the connection, which is no reset, and returns the status of the close frame: 1005 is one
// without.
func (w *wire) closed() int {
	w.t.Helper()
	status := 0
	for {
		header, payload, err := w.tryFrame()
		switch {
		case errors.Is(err, io.EOF) && status != 0:
			_ = w.Conn.Close()
			return status
		case err != nil:
			w.t.Fatalf("no close frame: %v", err)
		case header.OpCode == ws.OpClose && len(payload) == 0:
			status = 1005
		case header.OpCode == ws.OpClose:
			status = int(payload[0])<<8 | int(payload[1])
		}
	}
}

// echoes checks that a message comes back.
func (w *wire) echoes(text string) {
	w.t.Helper()
	w.say("4" + text)
	for {
		got := w.next()
		if got == "2" {
			continue
		}
		if got != "4"+text {
			w.t.Fatalf("got %.100q, want %.100q", got, "4"+text)
		}
		return
	}
}

// rawConn is a TCP connection on which every byte matters.
type rawConn struct {
	net.Conn
	t      testing.TB
	reader *bufio.Reader
}

func (e *engineServer) raw(text string) *rawConn {
	e.t.Helper()
	conn, err := net.Dial("tcp", e.addr)
	if err != nil {
		e.t.Fatal(err)
	}
	e.t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		e.t.Fatal(err)
	}
	c := &rawConn{Conn: conn, t: e.t, reader: bufio.NewReader(conn)}
	c.send(text)
	return c
}

func (c *rawConn) send(text string) {
	c.t.Helper()
	if _, err := io.WriteString(c.Conn, text); err != nil {
		c.t.Fatal(err)
	}
}

// reply reads one answer.
func (c *rawConn) reply() reply {
	c.t.Helper()
	response, err := nethttp.ReadResponse(c.reader, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode == nethttp.StatusSwitchingProtocols {
		return reply{response.StatusCode, response.Header, ""}
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return reply{response.StatusCode, response.Header, string(body)}
}

// rest reads until the server closes the connection.
func (c *rawConn) rest() string {
	c.t.Helper()
	rest, err := io.ReadAll(c.reader)
	if err != nil && !strings.Contains(err.Error(), "reset") {
		c.t.Fatalf("not closed: %v", err)
	}
	return string(rest)
}

// upgradeRequest is that of a WebSocket client; lines are more header lines.
func upgradeRequest(target string, lines ...string) string {
	all := slices.Concat([]string{"GET " + target + " HTTP/1.1", "Host: x", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"}, lines)
	return strings.Join(all, "\r\n") + "\r\n\r\n"
}

const webSocketKey = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="

// within checks that something happened neither early nor absurdly late. That timers are not late at all is tested where
// the clock is a test's own, in actors/realtime; prompt looks whether that comes through.
func within(t testing.TB, what string, took, earliest time.Duration) {
	t.Helper()
	const slack = 5 * time.Millisecond // clocks and timers are rounded
	if took < earliest-slack || took > earliest+patience/2 {
		t.Errorf("%s after %v, want %v", what, took, earliest)
	}
}

// prompt plays something that takes a time until it takes less than a bound far above that: a busy machine is late now
// and then, a timer that is wrong every time.
func prompt(t *testing.T, what string, bound time.Duration, play func() (took time.Duration)) {
	t.Helper()
	var all []time.Duration
	for range 5 {
		took := play()
		if took < bound {
			return
		}
		all = append(all, took)
	}
	t.Errorf("%s after %v, not before %v", what, all, bound)
}

// reset cuts a connection with an RST.
func reset(t testing.TB, conn net.Conn) {
	t.Helper()
	if err := conn.(*net.TCPConn).SetLinger(0); err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
}

// maskedFrames returns text messages as a client writes them.
func maskedFrames(texts ...string) (frames [][]byte) {
	for _, text := range texts {
		frames = append(frames, ws.MustCompileFrame(ws.MaskFrame(ws.NewTextFrame([]byte(text)))))
	}
	return frames
}

// take waits for what comes through a channel.
func take[T any](t testing.TB, from <-chan T) (got T) {
	t.Helper()
	select {
	case got = <-from:
	case <-time.After(patience):
		t.Fatal("nothing came")
	}
	return got
}
