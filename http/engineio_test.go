package http

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	nethttp "net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	"github.com/gofiber/fiber/v2"
	"github.com/rs/zerolog"

	"kapoor.example/desk/actors"
	"kapoor.example/desk/actors/realtime"
)

// patience is how long a test waits for something that is bound to happen.
const patience = 20 * time.Second

// engine is a Socket.IO server that listens on a port of its own.
type engine struct {
	t      testing.TB
	server *realtime.Server
	system *actors.System
	addr   string
	client *nethttp.Client
}

// setupEngine starts an engine whose namespace "/" echoes "message" as "message-back" and acks "echo".
func setupEngine(t testing.TB, o realtime.Options) *engine {
	t.Helper()
	system, err := actors.New(zerolog.Nop(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	server := realtime.New(system, o)
	server.Of("/").
		On("message", func(s *realtime.Socket, e *realtime.Event) { _ = s.Emit("message-back", e.Args.Spread()...) }).
		On("echo", func(s *realtime.Socket, e *realtime.Event) { _ = e.Ack(e.Args.Spread()...) })
	// The read timeout is shorter than a poll waits: its deadline used to end the watch for clients that leave.
	app := fiber.New(fiber.Config{DisableStartupMessage: true, StreamRequestBody: true, ReadTimeout: time.Second})
	NewEngineIO(server, EngineOptions{}).Mount(app, "/socket.io/")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- app.Listener(listener) }()
	transport := &nethttp.Transport{}
	e := &engine{t: t, server: server, system: system, addr: listener.Addr().String(), client: &nethttp.Client{Transport: transport, Timeout: patience}}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := server.Close(ctx, realtime.StatusNone); err != nil {
			t.Errorf("close: %v", err)
		}
		transport.CloseIdleConnections()
		if err := app.ShutdownWithContext(ctx); err != nil {
			t.Errorf("shut down: %v", err)
		}
		<-served
		if err := system.Close(ctx); err != nil {
			t.Errorf("close system: %v", err)
		}
	})
	return e
}

// answer is what a request came to.
type answer struct {
	status int
	header nethttp.Header
	body   string
}

func (e *engine) do(method, query, contentType string, body io.Reader) answer {
	e.t.Helper()
	request, err := nethttp.NewRequest(method, "http://"+e.addr+"/socket.io/?"+query, body)
	if err != nil {
		e.t.Fatal(err)
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	response, err := e.client.Do(request)
	if err != nil {
		e.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		e.t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(text)}
}

// open makes a polling session and returns the query of its requests.
func (e *engine) open() string {
	e.t.Helper()
	a := e.do("GET", "EIO=4&transport=polling", "", nil)
	_, rest, ok := strings.Cut(a.body, `"sid":"`)
	if a.status != 200 || !ok {
		e.t.Fatalf("handshake: %+v", a)
	}
	return "EIO=4&transport=polling&sid=" + rest[:20]
}

func (e *engine) post(query, body string) answer {
	e.t.Helper()
	return e.do("POST", query, "text/plain;charset=UTF-8", strings.NewReader(body))
}

func (e *engine) poll(query string) answer {
	e.t.Helper()
	return e.do("GET", query, "", nil)
}

// gone waits until the session of a query has ended.
func (e *engine) gone(query string) {
	e.t.Helper()
	values, _ := url.ParseQuery(query)
	sid := values.Get("sid")
	deadline := time.Now().Add(patience)
	for e.server.Session(sid) != nil {
		if time.Now().After(deadline) {
			e.t.Fatal("the session did not end")
		}
		<-time.After(time.Millisecond) // the pace of asking
	}
	if a := e.poll(query); a.status != 400 || a.body != `{"code":1,"message":"Session ID unknown"}` {
		e.t.Errorf("after its end: %+v", a)
	}
}

// dial opens a WebSocket.
func (e *engine) dial(query string) *wire {
	e.t.Helper()
	conn, early, _, err := ws.Dialer{Timeout: patience}.Dial(context.Background(), "ws://"+e.addr+"/socket.io/?"+query)
	if err != nil {
		e.t.Fatal(err)
	}
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		e.t.Fatal(err)
	}
	w := &wire{t: e.t, Conn: conn, reader: bufio.NewReader(conn)}
	if early != nil {
		w.reader = early
	}
	e.t.Cleanup(func() { conn.Close() })
	return w
}

// wire is a WebSocket as a client has it.
type wire struct {
	net.Conn
	t      testing.TB
	reader *bufio.Reader
}

func (w *wire) say(text string) {
	w.t.Helper()
	if err := wsutil.WriteClientText(w.Conn, []byte(text)); err != nil {
		w.t.Fatal(err)
	}
}

func (w *wire) Read(p []byte) (int, error) { return w.reader.Read(p) }

// next returns the next message.
func (w *wire) next() string {
	w.t.Helper()
	data, err := wsutil.ReadServerText(w)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(data)
}

// closed reads to the end and returns the status of the close frame; 1005 is one without.
func (w *wire) closed() int {
	w.t.Helper()
	for {
		header, err := ws.ReadHeader(w)
		if err != nil {
			w.t.Fatalf("no close frame: %v", err)
		}
		payload := make([]byte, header.Length)
		if _, err := io.ReadFull(w, payload); err != nil {
			w.t.Fatal(err)
		}
		if header.OpCode == ws.OpClose {
			if len(payload) == 0 {
				return 1005
			}
			return int(payload[0])<<8 | int(payload[1])
		}
	}
}

func TestHandshake(t *testing.T) {
	e := setupEngine(t, realtime.Options{})
	a := e.do("GET", "EIO=4&transport=polling", "", nil)
	if !strings.HasPrefix(a.body, `0{"sid":"`) || !strings.HasSuffix(a.body, `","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}`) {
		t.Errorf("body %s", a.body)
	}
	for name, want := range map[string]string{"Content-Type": "text/plain; charset=UTF-8", "Cache-Control": "no-store", "Content-Length": fmt.Sprint(len(a.body))} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	w := e.dial("EIO=4&transport=websocket")
	if open := w.next(); !strings.Contains(open, `"upgrades":[]`) {
		t.Errorf("over a WebSocket: %s", open)
	}
}

// TestRefusals: section 1 of the protocol, requests that are not right.
func TestRefusals(t *testing.T) {
	e := setupEngine(t, realtime.Options{})
	live := e.open()
	sid := live[strings.LastIndex(live, "=")+1:]
	const unknown, session, method, bad, version = `{"code":0,"message":"Transport unknown"}`, `{"code":1,"message":"Session ID unknown"}`,
		`{"code":2,"message":"Bad handshake method"}`, `{"code":3,"message":"Bad request"}`, `{"code":5,"message":"Unsupported protocol version"}`
	for name, row := range map[string]struct{ method, query, want string }{
		"no transport":            {"GET", "EIO=4", unknown},
		"unknown transport":       {"GET", "EIO=4&transport=smoke", unknown},
		"transport __proto__":     {"GET", "EIO=4&transport=__proto__", unknown},
		"transport constructor":   {"GET", "EIO=4&transport=constructor", unknown},
		"other case":              {"GET", "EIO=4&transport=Polling", unknown},
		"unknown sid":             {"GET", "EIO=4&transport=polling&sid=nope", session},
		"sid __proto__":           {"POST", "EIO=4&transport=polling&sid=__proto__", session},
		"empty sid: none":         {"POST", "EIO=4&transport=polling&sid=", method},
		"POST without a sid":      {"POST", "EIO=4&transport=polling", method},
		"DELETE without a sid":    {"DELETE", "EIO=4&transport=polling", method},
		"EIO 3":                   {"GET", "EIO=3&transport=polling", version},
		"EIO missing":             {"GET", "transport=polling", version},
		"EIO abc":                 {"GET", "EIO=abc&transport=polling", version},
		"websocket, no upgrade":   {"GET", "EIO=4&transport=websocket", bad},
		"other transport, sid":    {"GET", "EIO=4&transport=websocket&sid=" + sid, bad},
		"transport before sid":    {"GET", "EIO=4&transport=x&sid=nope", unknown},
		"sid before method":       {"DELETE", "EIO=3&transport=polling&sid=nope", session},
		"the last of a key holds": {"GET", "EIO=4&transport=polling&transport=x", unknown},
	} {
		t.Run(name, func(t *testing.T) {
			a := e.do(row.method, row.query, "", nil)
			if a.status != 400 || a.body != row.want || a.header.Get("Content-Type") != "application/json" {
				t.Errorf("got %+v", a)
			}
		})
	}
	if a := e.do("PUT", live, "", nil); a.status != 500 || a.body != "" {
		t.Errorf("PUT on a session: %+v", a)
	}
	if a := e.post(live, "40"); a.status != 200 {
		t.Errorf("the session did not go on: %+v", a)
	}
}

// TestRefusedUpgrades: rows 17 to 19; the connection is closed and nothing crashes.
func TestRefusedUpgrades(t *testing.T) {
	e := setupEngine(t, realtime.Options{})
	upgrade := "GET /socket.io/?%s HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n%s\r\n"
	const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	for name, row := range map[string]struct{ request, status, body string }{
		"unknown sid":     {fmt.Sprintf(upgrade, "EIO=4&transport=websocket&sid=nope", key), "400", "Session ID unknown"},
		"other version":   {fmt.Sprintf(upgrade, "EIO=3&transport=websocket", key), "400", "Unsupported protocol version"},
		"missing query":   {fmt.Sprintf(upgrade, "", key), "400", "Transport unknown"},
		"missing key":     {fmt.Sprintf(upgrade, "EIO=4&transport=websocket", ""), "400", "Bad request"},
		"polling":         {fmt.Sprintf(upgrade, "EIO=4&transport=polling", key), "101", ""},
		"body behind it":  {fmt.Sprintf(upgrade, "EIO=4&transport=websocket", "Content-Length: 4\r\n"+key) + "\xff\xff\xff\xff", "400", "Bad request"},
		"other protocol":  {strings.Replace(fmt.Sprintf(upgrade, "EIO=4&transport=websocket", key), "websocket\r\nSec", "tcp\r\nSec", 1), "400", `{"code":3`},
		"frame with RSV1": {fmt.Sprintf(upgrade, "EIO=4&transport=websocket", key) + "\xc1\x80\x00\x00\x00\x00", "101", ""},
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", e.addr)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(conn, row.request); err != nil {
				t.Fatal(err)
			}
			reader := bufio.NewReader(conn)
			response, err := nethttp.ReadResponse(reader, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprint(response.StatusCode); got != row.status {
				t.Errorf("status %s", got)
			}
			if row.body != "" {
				body := make([]byte, len(row.body))
				if _, err := io.ReadFull(response.Body, body); err != nil || string(body) != row.body {
					t.Errorf("body %q, %v", body, err)
				}
			}
			if name != "other protocol" {
				if _, err := io.Copy(io.Discard, reader); err != nil && !strings.Contains(err.Error(), "reset") {
					t.Errorf("not closed: %v", err)
				}
			}
		})
	}
	e.open() // the server goes on
}

func TestPolling(t *testing.T) {
	e := setupEngine(t, realtime.Options{})
	t.Run("packets in one body, answers in one poll", func(t *testing.T) {
		q := e.open()
		a := e.post(q, "40")
		if a.status != 200 || a.body != "ok" || a.header.Get("Content-Type") != "text/html" || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("got %+v", a)
		}
		if a := e.poll(q); !strings.HasPrefix(a.body, `40{"sid":"`) {
			t.Errorf("got %+v", a)
		}
		e.post(q, "42[\"message\",1]\x1e42[\"message\",\"é\"]\x1e451-[\"message\",{\"_placeholder\":true,\"num\":0}]\x1ebAQID")
		want := "42[\"message-back\",1]\x1e42[\"message-back\",\"é\"]\x1e451-[\"message-back\",{\"_placeholder\":true,\"num\":0}]\x1ebAQID"
		if a := e.poll(q); a.body != want {
			t.Errorf("got %q", a.body)
		}
	})
	t.Run("a poll waits", func(t *testing.T) {
		q := e.open()
		got := make(chan answer)
		go func() { got <- e.poll(q) }()
		e.post(q, "40")
		if a := <-got; !strings.HasPrefix(a.body, "40{") {
			t.Errorf("got %+v", a)
		}
	})
	t.Run("two polls at once end the session", func(t *testing.T) {
		q := e.open()
		got := make(chan answer, 2)
		go func() { got <- e.poll(q) }()
		go func() { got <- e.poll(q) }()
		a, b := <-got, <-got
		if a.status == 200 {
			a, b = b, a
		}
		if a.status != 400 || a.body != "" || b.status != 200 || b.body != "1" {
			t.Errorf("got %+v and %+v", a, b)
		}
		e.gone(q)
	})
	t.Run("a client that leaves its poll has gone", func(t *testing.T) {
		q := e.open()
		ctx, leave := context.WithCancel(context.Background())
		request, err := nethttp.NewRequestWithContext(ctx, "GET", "http://"+e.addr+"/socket.io/?"+q, nil)
		if err != nil {
			t.Fatal(err)
		}
		left := make(chan error)
		go func() { _, err := e.client.Do(request); left <- err }()
		time.AfterFunc(1100*time.Millisecond, leave)
		<-left
		e.gone(q)
	})
	t.Run("an upload of bytes ends the session", func(t *testing.T) {
		q := e.open()
		if a := e.do("POST", q, "application/octet-stream", bytes.NewReader([]byte{1, 2})); a.status != 400 || a.body != "" {
			t.Errorf("got %+v", a)
		}
		e.gone(q)
	})
	for name, body := range map[string]string{"unknown packet": "x", "empty body": "", "a million separators": strings.Repeat("\x1e", 999_999)} {
		t.Run(name+" ends the session", func(t *testing.T) {
			q := e.open()
			if a := e.post(q, body); a.status != 200 {
				t.Errorf("got %+v", a)
			}
			e.gone(q)
		})
	}
	t.Run("a close packet answers the poll", func(t *testing.T) {
		q := e.open()
		got := make(chan answer)
		go func() { got <- e.poll(q) }()
		waiting := func() bool {
			values, _ := url.ParseQuery(q)
			s := e.server.Session(values.Get("sid"))
			return s != nil
		}
		if !waiting() {
			t.Fatal("no session")
		}
		e.post(q, "1")
		if a := <-got; a.body != "6" && a.status != 400 && a.body != "1" {
			t.Errorf("got %+v", a)
		}
		e.gone(q)
	})
}

func TestPayloadLimit(t *testing.T) {
	const limit = 10_000
	e := setupEngine(t, realtime.Options{MaxPayload: limit})
	q := e.open()
	e.post(q, "40")
	e.poll(q)
	exact := `42["message","` + strings.Repeat("x", limit-16) + `"]`
	for name, row := range map[string]struct {
		body    string
		chunked bool
		status  int
	}{
		"exactly the limit":          {exact, false, 200},
		"exactly the limit, chunked": {exact, true, 200},
		"one more":                   {exact + " ", false, 413},
		"one more, chunked":          {exact + " ", true, 413},
		"ten times as much, chunked": {strings.Repeat(exact, 10), true, 413},
	} {
		t.Run(name, func(t *testing.T) {
			var body io.Reader = strings.NewReader(row.body)
			if row.chunked {
				body = io.MultiReader(body) // a reader without a length
			}
			a := e.do("POST", q, "text/plain", body)
			if a.status != row.status || row.status == 413 && a.body != "" {
				t.Errorf("got %d %q", a.status, a.body)
			}
		})
	}
	if a := e.poll(q); strings.Count(a.body, "message-back") != 2 {
		t.Errorf("the session did not go on: %.40q", a.body)
	}
}

func TestWebSocket(t *testing.T) {
	e := setupEngine(t, realtime.Options{MaxPayload: 10_000})
	begin := func(t *testing.T) *wire {
		t.Helper()
		w := e.dial("EIO=4&transport=websocket")
		w.t = t
		w.next()
		w.say("40")
		w.next()
		return w
	}
	t.Run("events both ways", func(t *testing.T) {
		w := begin(t)
		w.say(`42["message",1]`)
		if got := w.next(); got != `42["message-back",1]` {
			t.Errorf("got %s", got)
		}
	})
	t.Run("fragments and a ping between them", func(t *testing.T) {
		w := begin(t)
		for _, f := range []ws.Frame{
			ws.NewFrame(ws.OpText, false, []byte(`42["mess`)), ws.NewPingFrame([]byte("there?")),
			ws.NewFrame(ws.OpContinuation, false, []byte(`age","`)), ws.NewFrame(ws.OpContinuation, true, []byte(`é"]`)),
		} {
			if err := ws.WriteFrame(w.Conn, ws.MaskFrame(f)); err != nil {
				t.Fatal(err)
			}
		}
		header, err := ws.ReadHeader(w)
		if err != nil || header.OpCode != ws.OpPong {
			t.Fatalf("got %+v, %v", header, err)
		}
		payload := make([]byte, header.Length)
		if _, err := io.ReadFull(w, payload); err != nil || string(payload) != "there?" {
			t.Errorf("pong %q, %v", payload, err)
		}
		if got := w.next(); got != `42["message-back","é"]` {
			t.Errorf("got %s", got)
		}
	})
	t.Run("a byte at a time", func(t *testing.T) {
		w := begin(t)
		frame, err := ws.CompileFrame(ws.MaskFrame(ws.NewTextFrame([]byte(`42["message","` + strings.Repeat("x", 300) + `"]`))))
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range frame {
			if _, err := w.Conn.Write([]byte{b}); err != nil {
				t.Fatal(err)
			}
		}
		if got := w.next(); !strings.HasPrefix(got, `42["message-back","xxx`) {
			t.Errorf("got %s", got)
		}
	})
	for name, row := range map[string]struct {
		frame  ws.Frame
		status int
	}{
		"over the limit":        {ws.NewTextFrame([]byte(`42["message","` + strings.Repeat("x", 10_000) + `"]`)), 1009},
		"unknown packet":        {ws.NewTextFrame([]byte("abc")), 1005},
		"empty text":            {ws.NewTextFrame(nil), 1005},
		"ping packet":           {ws.NewTextFrame([]byte("2")), 1005},
		"not UTF-8":             {ws.NewTextFrame([]byte("42[\"\xff\"]")), 1007},
		"reserved bit":          {ws.Frame{Header: ws.Header{Fin: true, Rsv: 4, OpCode: ws.OpText, Length: 1}, Payload: []byte("2")}, 1002},
		"continuation of none":  {ws.NewFrame(ws.OpContinuation, true, []byte("x")), 1002},
		"fragmented ping":       {ws.NewFrame(ws.OpPing, false, []byte("x")), 1002},
		"not a packet":          {ws.NewTextFrame([]byte(`42{}`)), 1005},
		"binary without header": {ws.NewBinaryFrame([]byte{1}), 1005},
	} {
		t.Run(name, func(t *testing.T) {
			w := begin(t)
			if err := ws.WriteFrame(w.Conn, ws.MaskFrame(row.frame)); err != nil {
				t.Fatal(err)
			}
			if got := w.closed(); got != row.status {
				t.Errorf("closed with %d, want %d", got, row.status)
			}
		})
	}
	t.Run("unmasked", func(t *testing.T) {
		w := begin(t)
		if err := ws.WriteFrame(w.Conn, ws.NewTextFrame([]byte("3"))); err != nil {
			t.Fatal(err)
		}
		if got := w.closed(); got != 1002 {
			t.Errorf("closed with %d", got)
		}
	})
}

func TestUpgrade(t *testing.T) {
	e := setupEngine(t, realtime.Options{UpgradeTimeout: 200 * time.Millisecond})
	session := func() (polling, websocket string) {
		q := e.open()
		e.post(q, "40")
		e.poll(q)
		return q, strings.Replace(q, "polling", "websocket", 1)
	}
	t.Run("what is queued moves along", func(t *testing.T) {
		q, over := session()
		waiting := make(chan answer)
		go func() { waiting <- e.poll(q) }()
		w := e.dial(over)
		w.say("2probe")
		if got := w.next(); got != "3probe" {
			t.Fatalf("got %s", got)
		}
		if a := <-waiting; a.body != "6" {
			t.Fatalf("the waiting poll got %+v", a)
		}
		e.post(q, `42["message",1]`)
		e.post(q, `42["message",2]`)
		w.say("5")
		w.say(`42["message",3]`)
		for n := 1; n <= 3; n++ {
			if got := w.next(); got != fmt.Sprintf(`42["message-back",%d]`, n) {
				t.Fatalf("got %s", got)
			}
		}
		for _, a := range []answer{e.poll(q), e.post(q, "3")} {
			if a.status != 400 || a.body != `{"code":3,"message":"Bad request"}` {
				t.Errorf("polling afterwards: %+v", a)
			}
		}
		second := e.dial(over)
		if got := second.closed(); got != 1005 {
			t.Errorf("second upgrade: %d", got)
		}
		w.say(`42["message",4]`)
		if got := w.next(); got != `42["message-back",4]` {
			t.Errorf("the first did not live: %s", got)
		}
	})
	for name, first := range map[string]string{"not a probe": "4x", "a message": `42["x"]`, "nothing in time": ""} {
		t.Run(name+": closed, polling goes on", func(t *testing.T) {
			q, over := session()
			w := e.dial(over)
			if first != "" {
				w.say(first)
			}
			w.closed()
			e.post(q, `42["message",1]`)
			if a := e.poll(q); a.body != `42["message-back",1]` {
				t.Errorf("got %+v", a)
			}
		})
	}
	t.Run("probing WebSocket lost: a later one may come", func(t *testing.T) {
		_, over := session()
		w := e.dial(over)
		w.say("2probe")
		w.next()
		w.Conn.Close()
		deadline := time.Now().Add(patience)
		for {
			again := e.dial(over)
			_ = wsutil.WriteClientText(again.Conn, []byte("2probe")) // may be closed already
			if data, err := wsutil.ReadServerText(again); err == nil && string(data) == "3probe" {
				return
			}
			if time.Now().After(deadline) {
				t.Fatal("no second upgrade")
			}
		}
	})
	t.Run("a second probe at once is closed", func(t *testing.T) {
		_, over := session()
		w := e.dial(over)
		w.say("2probe")
		w.next()
		e.dial(over).closed()
		w.say("5")
		w.say(`42["message",1]`)
		if got := w.next(); got != `42["message-back",1]` {
			t.Errorf("got %s", got)
		}
	})
}

// TestOverload: what is over a limit is refused with 503 at the handshake, so that stock clients come back.
func TestOverload(t *testing.T) {
	e := setupEngine(t, realtime.Options{MaxConnections: 1})
	e.open()
	if a := e.do("GET", "EIO=4&transport=polling", "", nil); a.status != 503 {
		t.Errorf("polling: %+v", a)
	}
	_, _, _, err := ws.Dialer{Timeout: patience}.Dial(context.Background(), "ws://"+e.addr+"/socket.io/?EIO=4&transport=websocket")
	if err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("WebSocket: %v", err)
	}
}
