package wiretest

import (
	"errors"
	"fmt"
	"io"
	nethttp "net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"kapoor.example/desk/actors/realtime"
	"kapoor.example/desk/http"
)

// The refusals as they are on the wire.
const (
	transportUnknown   = `{"code":0,"message":"Transport unknown"}`
	sidUnknown         = `{"code":1,"message":"Session ID unknown"}`
	badMethod          = `{"code":2,"message":"Bad handshake method"}`
	badRequest         = `{"code":3,"message":"Bad request"}`
	forbidden          = `{"code":4,"message":"Forbidden"}`
	unsupportedVersion = `{"code":5,"message":"Unsupported protocol version"}`
)

// isRefusal checks a refusal to the byte.
func isRefusal(t testing.TB, r reply, body string) {
	t.Helper()
	status := 400
	if strings.HasPrefix(body, `{"code":4,`) {
		status = 403
	}
	if r.status != status || r.body != body || r.header.Get("Content-Type") != "application/json" {
		t.Errorf("got %s, want %s", r, body)
	}
}

func TestRow001PollingHandshake(t *testing.T) {
	for name, row := range map[string]struct {
		options realtime.Options
		want    string
	}{
		"the defaults": {realtime.Options{}, `^0\{"sid":"[\w-]{20}","upgrades":\["websocket"\],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000\}$`},
		"options": {realtime.Options{PingInterval: 300 * time.Millisecond, PingTimeout: 200 * time.Millisecond, MaxPayload: 1234},
			`^0\{"sid":"[\w-]{20}","upgrades":\["websocket"\],"pingInterval":300,"pingTimeout":200,"maxPayload":1234\}$`},
	} {
		t.Run(name, func(t *testing.T) {
			r := setupEngine(t, engineSetup{server: row.options}).do("GET", handshakeQuery)
			if r.status != 200 || !regexp.MustCompile(row.want).MatchString(r.body) {
				t.Errorf("got %s", r)
			}
			for name, want := range map[string]string{
				"Content-Type": "text/plain; charset=UTF-8", "Cache-Control": "no-store", "Content-Length": strconv.Itoa(len(r.body)),
				"Content-Encoding": "", "Transfer-Encoding": "",
			} {
				if got := r.header.Get(name); got != want {
					t.Errorf("%s is %q, want %q", name, got, want)
				}
			}
		})
	}
}

func TestRow002Sid(t *testing.T) {
	t.Run("20 characters that nobody can guess", func(t *testing.T) {
		e := setupEngine(t, engineSetup{})
		seen := map[string]bool{}
		positions := [20]map[byte]bool{}
		for range 500 {
			sid := e.open().sid
			if !regexp.MustCompile(`^[A-Za-z0-9_-]{20}$`).MatchString(sid) || seen[sid] {
				t.Fatalf("sid %q, seen before: %t", sid, seen[sid])
			}
			seen[sid] = true
			for i := range positions {
				if positions[i] == nil {
					positions[i] = map[byte]bool{}
				}
				positions[i][sid[i]] = true
			}
		}
		for i, values := range positions {
			if len(values) < 48 { // of 64; 500 random draws leave hardly one out
				t.Errorf("character %d takes only %d values", i, len(values))
			}
		}
	})
	t.Run("a generator", func(t *testing.T) {
		e := setupEngine(t, engineSetup{server: realtime.Options{NewSid: func(r realtime.Request) (string, error) { return "my-" + r.Query()["n"], nil }}})
		if sid := sidOf(t, e.do("GET", handshakeQuery+"&n=1")); sid != "my-1" {
			t.Errorf("sid %q", sid)
		}
		(&poller{e: e, t: t, sid: "my-1"}).alive()
		w := e.dial(webSocketQuery + "&n=2")
		if got := w.next(); !strings.HasPrefix(got, `0{"sid":"my-2",`) {
			t.Errorf("over a WebSocket: %s", got)
		}
	})
	t.Run("a generator that fails", func(t *testing.T) {
		e := setupEngine(t, engineSetup{server: realtime.Options{NewSid: func(realtime.Request) (string, error) { return "", errors.New("no luck") }}})
		isRefusal(t, e.do("GET", handshakeQuery), badRequest)
		if got := e.refusal(0); got.Code != 3 || got.Context["name"] != "ID_GENERATION_ERROR" {
			t.Errorf("told %+v", got)
		}
		c := e.raw(upgradeRequest(enginePath+"?"+webSocketQuery, webSocketKey))
		if r := c.reply(); r.status != 400 || r.body != "Bad request" || c.rest() != "" {
			t.Errorf("over a WebSocket: %s", r)
		}
	})
	t.Run("a sid that is in use", func(t *testing.T) {
		e := setupEngine(t, engineSetup{server: realtime.Options{NewSid: func(realtime.Request) (string, error) { return "same", nil }}})
		p := e.open()
		isRefusal(t, e.do("GET", handshakeQuery), badRequest)
		p.alive()
	})
}

func TestRow003Upgrades(t *testing.T) {
	for name, row := range map[string]struct {
		options            realtime.Options
		polling, websocket string
	}{
		"both transports":  {realtime.Options{}, `["websocket"]`, `[]`},
		"upgrades off":     {realtime.Options{DisableUpgrades: true}, `[]`, `[]`},
		"only polling":     {realtime.Options{Transports: []string{realtime.Polling}}, `[]`, ""},
		"only websocket":   {realtime.Options{Transports: []string{realtime.WebSocket}}, "", `[]`},
		"in another order": {realtime.Options{Transports: []string{realtime.WebSocket, realtime.Polling}}, `["websocket"]`, `[]`},
	} {
		t.Run(name, func(t *testing.T) {
			e := setupEngine(t, engineSetup{server: row.options})
			if r := e.do("GET", handshakeQuery); row.polling == "" {
				isRefusal(t, r, transportUnknown)
			} else if !strings.Contains(r.body, `"upgrades":`+row.polling+`,`) {
				t.Errorf("polling: %s", r)
			}
			w, err := e.tryDial(webSocketQuery)
			if row.websocket == "" {
				if err == nil {
					t.Error("a WebSocket was taken")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := w.next(); !strings.Contains(got, `"upgrades":`+row.websocket+`,`) {
				t.Errorf("websocket: %s", got)
			}
		})
	}
	t.Run("upgrades off: a WebSocket with the sid is closed", func(t *testing.T) {
		e := setupEngine(t, engineSetup{server: realtime.Options{DisableUpgrades: true}})
		p := e.open()
		if got := e.dial(webSocketQuery + "&sid=" + p.sid).closed(); got != 1005 {
			t.Errorf("closed with %d", got)
		}
		p.alive()
	})
}

func TestRow004Errors(t *testing.T) {
	e := setupEngine(t, engineSetup{engine: http.EngineOptions{AllowRequest: func(r realtime.Request) error {
		if text, refused := r.Query()["refuse"]; refused {
			return errors.New(text)
		}
		return nil
	}}})
	for want, row := range map[string]struct{ method, query string }{
		transportUnknown:                        {"GET", "EIO=4&transport=tobi"},
		sidUnknown:                              {"GET", handshakeQuery + "&sid=nope"},
		badMethod:                               {"POST", handshakeQuery},
		badRequest:                              {"GET", webSocketQuery},
		forbidden:                               {"GET", handshakeQuery + "&refuse="},
		unsupportedVersion:                      {"GET", "EIO=3&transport=polling"},
		`{"code":4,"message":"say \"please\""}`: {"GET", handshakeQuery + "&refuse=say%20%22please%22"},
	} {
		t.Run(want, func(t *testing.T) {
			e := e.in(t)
			r := e.do(row.method, row.query)
			isRefusal(t, r, want)
			if got := r.header.Get("Content-Length"); got != strconv.Itoa(len(want)) {
				t.Errorf("content-length %s", got)
			}
		})
	}
}

func TestRow005UnknownTransport(t *testing.T) {
	e := setupEngine(t, engineSetup{})
	for _, query := range []string{
		"EIO=4", "", "EIO=4&transport=", "EIO=4&transport=tobi", "EIO=4&transport=constructor", "EIO=4&transport=__proto__",
		"EIO=4&transport=webtransport", "EIO=4&transport=Polling", "EIO=4&transport=WEBSOCKET", "EIO=4&transport=polling%20",
	} {
		t.Run("row 005 "+query, func(t *testing.T) {
			e := e.in(t)
			isRefusal(t, e.do("GET", query), transportUnknown)
			c := e.raw(upgradeRequest(enginePath+"?"+query, webSocketKey))
			if r := c.reply(); r.status != 400 || r.body != "Transport unknown" || c.rest() != "" {
				t.Errorf("over a WebSocket: %s", r)
			}
		})
	}
}

func TestRow006UnknownSid(t *testing.T) {
	e := setupEngine(t, engineSetup{})
	for _, sid := range []string{"nope", "__proto__", "constructor", "hasOwnProperty", "%00", strings.Repeat("x", 2000)} {
		for _, method := range []string{"GET", "POST"} {
			isRefusal(t, e.do(method, handshakeQuery+"&sid="+sid), sidUnknown)
		}
	}
}

func TestRow007HandshakeMethod(t *testing.T) {
	e := setupEngine(t, engineSetup{})
	for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "OPTIONS"} {
		isRefusal(t, e.do(method, handshakeQuery), badMethod)
		isRefusal(t, e.do(method, webSocketQuery), badMethod)
	}
	if r := e.do("HEAD", handshakeQuery); r.status != 400 || r.body != "" || r.header.Get("Content-Type") != "application/json" {
		t.Errorf("HEAD: %s", r)
	}
	isRefusal(t, e.do("POST", handshakeQuery+"&sid="), badMethod) // an empty sid is none
}

func TestRow008OtherVersions(t *testing.T) {
	e := setupEngine(t, engineSetup{})
	for _, version := range []string{"&EIO=3", "", "&EIO=", "&EIO=5", "&EIO=abc", "&EIO=4.0", "&EIO=4&EIO=3"} {
		isRefusal(t, e.do("GET", "transport=polling"+version), unsupportedVersion)
		c := e.raw(upgradeRequest(enginePath+"?transport=websocket"+version, webSocketKey))
		if r := c.reply(); r.status != 400 || r.body != "Unsupported protocol version" || c.rest() != "" {
			t.Errorf("%q over a WebSocket: %s", version, r)
		}
	}
	t.Run("row 008 of a session that began with another", func(t *testing.T) {
		// Later requests were never asked for their version: those of a client that mixes two of them were half understood.
		e := setupEngine(t, engineSetup{})
		p := e.open()
		for i, version := range []string{"&EIO=3", "", "&EIO=", "&EIO=4&EIO=3"} {
			query := "transport=polling" + version + "&sid=" + p.sid
			isRefusal(t, e.do("GET", query), badRequest)
			isRefusal(t, e.do("POST", query), badRequest)
			isRefusal(t, e.do("PUT", query), badRequest)
			c := e.raw(upgradeRequest(enginePath+"?transport=websocket"+version+"&sid="+p.sid, webSocketKey))
			if r := c.reply(); r.status != 400 || r.body != "Bad request" || c.rest() != "" {
				t.Errorf("%q over a WebSocket: %s", version, r)
			}
			if got := e.refusal(4 * i).Context; got["name"] != "PROTOCOL_MISMATCH" || got["protocol"] != 3 || got["previousProtocol"] != 4 {
				t.Errorf("told %+v", got)
			}
		}
		isRefusal(t, e.do("GET", "EIO=3&transport=websocket&sid="+p.sid), badRequest)
		if got := e.refusal(16).Context["name"]; got != "TRANSPORT_MISMATCH" {
			t.Errorf("told %v, but the transport is looked at first", got)
		}
		p.alive()
	})
}

func TestRow009WebSocketWithoutUpgrade(t *testing.T) {
	e := setupEngine(t, engineSetup{})
	isRefusal(t, e.do("GET", webSocketQuery), badRequest)
	if got := e.refusal(0); got.Context["name"] != "TRANSPORT_HANDSHAKE_ERROR" {
		t.Errorf("told %+v", got)
	}
	// An Upgrade header alone upgrades nothing (RFC 9110, 7.8): a proxy has taken the Connection header that belongs to it.
	// Requests with it were taken for upgrades, and polling was refused.
	for _, connection := range []string{"X-Connection: Upgrade", "Connection: keep-alive", "Connection: close", "Connection: upgraded"} {
		t.Run("row 009 Upgrade without it, "+connection, func(t *testing.T) {
			e := e.in(t)
			without := func(query string) string {
				return strings.Replace(upgradeRequest(enginePath+"?"+query, webSocketKey), "Connection: Upgrade", connection, 1)
			}
			c := e.raw(without(webSocketQuery))
			isRefusal(t, c.reply(), badRequest)
			c.rest() // closed: frames may follow
			sid := sidOf(t, e.raw(without(handshakeQuery)).reply())
			e.do("POST", handshakeQuery+"&sid="+sid, "Content-Type", "text/plain") // an empty body ends it
		})
	}
	// Nor is it one line alone, or a tidy one: lines of a name are one list, and empty elements are none (RFC 9110, 5.3 and
	// 5.6.1). The first line decided, and a comma too many refused the upgrade.
	for _, connection := range []string{
		"connection: keep-alive, upgrade", "Connection:UPGRADE , close", "Connection: keep-alive\r\nConnection: Upgrade",
		"Connection: Upgrade\r\nConnection: keep-alive", "Connection: ,, Upgrade,", "Connection: x\r\nUser-Agent: y\r\nConnection: y, upgrade",
	} {
		c := e.raw(strings.Replace(upgradeRequest(enginePath+"?"+webSocketQuery, webSocketKey), "Connection: Upgrade", connection, 1))
		if r := c.reply(); r.status != 101 {
			t.Errorf("%q: %s", connection, r)
		}
	}
}

func TestRow010OtherTransportOfASession(t *testing.T) {
	e := setupEngine(t, engineSetup{})
	p := e.open()
	isRefusal(t, e.do("GET", webSocketQuery+"&sid="+p.sid), badRequest)
	isRefusal(t, e.do("POST", webSocketQuery+"&sid="+p.sid), badRequest)
	if got := e.refusal(0).Context; got["name"] != "TRANSPORT_MISMATCH" || got["transport"] != "websocket" || got["previousTransport"] != "polling" {
		t.Errorf("told %+v", got)
	}
	p.alive()
	w := e.begin()
	isRefusal(t, e.do("GET", handshakeQuery+"&sid="+w.sid), badRequest)
	w.echoes("still here")
}

// spoil is a middleware that puts a control character into the origin of requests with spoil in their query: the HTTP
// server itself lets none through.
func spoil(c *http.Ctx) (bool, error) {
	if c.Query("spoil") != "" {
		c.Request().Header.Set("Origin", "http://\x01example.com")
	}
	return true, nil
}

func TestRow011InvalidOrigin(t *testing.T) {
	e := setupEngine(t, engineSetup{engine: http.EngineOptions{Middleware: []http.Middleware{spoil}}})
	isRefusal(t, e.do("GET", handshakeQuery+"&spoil=1"), badRequest)
	if got := e.refusal(0).Context; got["name"] != "INVALID_ORIGIN" || got["origin"] != "http://\x01example.com" {
		t.Errorf("told %+v", got)
	}
	if r := e.raw(upgradeRequest(enginePath+"?"+webSocketQuery+"&spoil=1", webSocketKey)).reply(); r.status != 400 || r.body != "Bad request" {
		t.Errorf("over a WebSocket: %s", r)
	}
	for origin, invalid := range map[string]bool{
		"http://\x01example.com": true, "\x7f": true, "a\x1fb": true, "http://example.com": false, "null": false, "h\xc3\xa9": false, "a\tb": false,
	} {
		c := e.raw("GET " + enginePath + "?" + handshakeQuery + " HTTP/1.1\r\nHost: x\r\nOrigin: " + origin + "\r\n\r\n")
		if r := c.reply(); invalid {
			isRefusal(t, r, badRequest)
		} else if r.status != 200 {
			t.Errorf("origin %q: %s", origin, r)
		}
	}
}

func TestRow012AllowRequest(t *testing.T) {
	asked := make(chan realtime.Request, 100)
	e := setupEngine(t, engineSetup{engine: http.EngineOptions{AllowRequest: func(r realtime.Request) error {
		asked <- r
		if r.Header()["X-Token"] != nil {
			return nil
		}
		return errors.New("Thou shall not pass")
	}}})
	isRefusal(t, e.do("GET", handshakeQuery), `{"code":4,"message":"Thou shall not pass"}`)
	c := e.raw(upgradeRequest(enginePath+"?"+webSocketQuery, webSocketKey))
	if r := c.reply(); r.status != 400 || r.body != "Thou shall not pass" || c.rest() != "" {
		t.Errorf("over a WebSocket: %s", r)
	}
	if got := e.refusal(1); got.Code != 4 || got.Message != "Forbidden" || got.Context["message"] != "Thou shall not pass" {
		t.Errorf("told %+v", got)
	}
	p := &poller{e: e, t: t, sid: sidOf(t, e.do("GET", handshakeQuery, "X-Token", "1"))}
	before := len(asked)
	p.alive()
	p.probe().Close()
	if len(asked) != before {
		t.Error("asked again about a session that is open")
	}
	if first := take(t, asked); first.Address != "127.0.0.1" || first.Query()["EIO"] != "4" {
		t.Errorf("asked about %+v", first)
	}
}

// TestRow013Order: each request has two things wrong with it; the first in the order is what is told.
func TestRow013Order(t *testing.T) {
	e := setupEngine(t, engineSetup{engine: http.EngineOptions{
		Middleware: []http.Middleware{spoil},
		AllowRequest: func(r realtime.Request) error {
			if r.Query()["refuse"] != "" {
				return errors.New("no")
			}
			return nil
		},
	}, server: realtime.Options{NewSid: func(r realtime.Request) (string, error) {
		if r.Query()["nosid"] != "" {
			return "", errors.New("none")
		}
		return "sid-of-row-13", nil
	}}})
	p := e.open()
	for name, row := range map[string]struct{ method, query, name, want string }{
		"transport before origin":      {"GET", "transport=x&spoil=1", "", transportUnknown},
		"origin before sid":            {"GET", handshakeQuery + "&sid=nope&spoil=1", "INVALID_ORIGIN", badRequest},
		"unknown sid before method":    {"PUT", handshakeQuery + "&sid=nope", "", sidUnknown},
		"mismatch before method":       {"PUT", webSocketQuery + "&sid=" + p.sid, "TRANSPORT_MISMATCH", badRequest},
		"method before upgrade":        {"POST", webSocketQuery, "", badMethod},
		"upgrade before hook":          {"GET", webSocketQuery + "&refuse=1", "TRANSPORT_HANDSHAKE_ERROR", badRequest},
		"hook before version":          {"GET", "EIO=3&transport=polling&refuse=1", "", `{"code":4,"message":"no"}`},
		"version before the generator": {"GET", "EIO=3&transport=polling&nosid=1", "", unsupportedVersion},
	} {
		t.Run(name, func(t *testing.T) {
			e := e.in(t)
			before := e.refusals()
			isRefusal(t, e.do(row.method, row.query), row.want)
			if got := e.refusal(before).Context["name"]; row.name != "" && got != row.name {
				t.Errorf("told %v", got)
			}
		})
	}
}

func TestRow014MethodsOfASession(t *testing.T) {
	e := setupEngine(t, engineSetup{})
	p := e.open()
	for _, method := range []string{"PUT", "DELETE", "PATCH", "OPTIONS"} {
		if r := e.do(method, p.query()); r.status != 500 || r.body != "" {
			t.Errorf("%s: %s", method, r)
		}
	}
	p.alive()
}

func TestRow015PathPrefix(t *testing.T) {
	e := setupEngine(t, engineSetup{prepare: func(e *engineServer) {
		e.standalone.App().Get("/app", func(c *http.Ctx) error { return c.SendString("the application") })
	}})
	for path, want := range map[string]int{
		enginePath: 200, enginePath + "default/": 200, enginePath + "a/b": 200,
		"/engine.io": 404, "/engine.iox/": 404, "/ENGINE.IO/": 404, "/": 404, "/other/engine.io/": 404, "/socket.io/": 404,
	} {
		if r := e.request("GET", path+"?"+handshakeQuery, nil); r.status != want {
			t.Errorf("%s: %s", path, r)
		}
	}
	if r := e.request("GET", "/app?"+handshakeQuery, nil); r.body != "the application" {
		t.Errorf("the application: %s", r)
	}
}

func TestRow016NoTrailingSlash(t *testing.T) {
	e := setupEngine(t, engineSetup{engine: http.EngineOptions{NoTrailingSlash: true}})
	for path, want := range map[string]int{"/engine.io": 200, "/engine.io/": 200, "/engine.io/default/": 200, "/engine": 404} {
		if r := e.request("GET", path+"?"+handshakeQuery, nil); r.status != want {
			t.Errorf("%s: %s", path, r)
		}
	}
	r := e.request("GET", "/engine.io?"+handshakeQuery, nil)
	sid := sidOf(t, r)
	if r := e.request("POST", "/engine.io?"+handshakeQuery+"&sid="+sid, strings.NewReader("4x")); r.body != "ok" {
		t.Errorf("POST: %s", r)
	}
}

func TestRow017RefusedUpgrade(t *testing.T) {
	e := setupEngine(t, engineSetup{engine: http.EngineOptions{AllowRequest: func(r realtime.Request) error {
		if r.Query()["refuse"] != "" {
			return errors.New("not you")
		}
		return nil
	}}})
	for query, message := range map[string]string{
		"EIO=4&transport=tobi":         "Transport unknown",
		webSocketQuery + "&sid=nope":   "Session ID unknown",
		"EIO=3&transport=websocket":    "Unsupported protocol version",
		webSocketQuery + "&refuse=yes": "not you",
	} {
		t.Run(message, func(t *testing.T) {
			c := e.in(t).raw(upgradeRequest(enginePath+"?"+query, webSocketKey))
			answer := c.rest() // the connection is closed
			head, body, _ := strings.Cut(answer, "\r\n\r\n")
			lines := strings.Split(strings.ToLower(head), "\r\n")
			if lines[0] != "http/1.1 400 bad request" || body != message {
				t.Errorf("got %q", answer)
			}
			for _, want := range []string{"connection: close", "content-type: text/html", "content-length: " + strconv.Itoa(len(message))} {
				if !strings.Contains("\n"+strings.Join(lines, "\n")+"\n", "\n"+want+"\n") {
					t.Errorf("no %q in %q", want, head)
				}
			}
		})
	}
}

func TestRow018UpgradeNamesPolling(t *testing.T) {
	e := setupEngine(t, engineSetup{})
	for name, sid := range map[string]string{"no sid": "", "with a sid": "&sid=" + e.open().sid} {
		t.Run(name, func(t *testing.T) {
			e := e.in(t)
			before := e.server.Connections()
			w := e.dial(handshakeQuery + sid)
			header, payload := w.nextFrame()
			if header.OpCode != 8 || len(payload) != 0 { // the first frame of all is the close
				t.Errorf("got %+v %q", header, payload)
			}
			if n := e.server.Connections(); n != before {
				t.Errorf("%d sessions were opened", n-before)
			}
		})
	}
}

func TestRow019MalformedUpgrades(t *testing.T) {
	e := setupEngine(t, engineSetup{})
	target := enginePath + "?" + webSocketQuery
	over := func(request string, status int) func(*testing.T) {
		return func(t *testing.T) {
			c := e.in(t).raw(request)
			if r := c.reply(); r.status != status {
				t.Errorf("got %s", r)
			}
			c.rest() // closed, and soon
		}
	}
	for name, row := range map[string]struct {
		request string
		status  int
	}{
		"a body behind it":           {upgradeRequest(target, webSocketKey, "Content-Length: 4") + "\xff\xff\xff\xff", 400},
		"a chunked body behind it":   {upgradeRequest(target, webSocketKey, "Transfer-Encoding: chunked") + "4\r\nabcd\r\n0\r\n\r\n", 400},
		"bytes behind it":            {upgradeRequest(target, webSocketKey) + "\xff\xff\xff\xff", 101},
		"a frame with reserved bits": {upgradeRequest(target, webSocketKey) + "\xf1\x80\x00\x00\x00\x00", 101},
		"an unmasked frame":          {upgradeRequest(target, webSocketKey) + "\x81\x01x", 101},
		"a frame of 2^63 bytes":      {upgradeRequest(target, webSocketKey) + "\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff", 101},
		"a frame of 2^62 bytes":      {upgradeRequest(target, webSocketKey) + "\x82\xff\x40\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", 101},
		"no key":                     {upgradeRequest(target), 400},
		"no query":                   {upgradeRequest(enginePath, webSocketKey), 400},
		"a broken query":             {upgradeRequest(enginePath+"?%zz&&=&transport", webSocketKey), 400},
		"an old version":             {strings.Replace(upgradeRequest(target, webSocketKey), "Version: 13", "Version: 8", 1), 400},
		"not a GET":                  {strings.Replace(upgradeRequest(target, webSocketKey), "GET", "POST", 1), 400},
		"no Connection header":       {strings.Replace(upgradeRequest(target, webSocketKey), "Connection: Upgrade", "X: y", 1), 400},
	} {
		t.Run("row 019 "+name, over(row.request, row.status))
	}
	t.Run("row 019 the version that is spoken", func(t *testing.T) {
		// A client that may speak another one has to be told (RFC 6455, 4.4). Nothing said so.
		for _, version := range []string{"8", "12", "14", "x"} {
			request := strings.Replace(upgradeRequest(target, webSocketKey), "Version: 13", "Version: "+version, 1)
			if r := e.in(t).raw(request).reply(); r.status != 400 || r.header.Get("Sec-WebSocket-Version") != "13" {
				t.Errorf("%s: %s", version, r)
			}
		}
		without := strings.Replace(upgradeRequest(target, webSocketKey), "Sec-WebSocket-Version: 13\r\n", "", 1)
		if r := e.in(t).raw(without).reply(); r.status != 400 || r.header.Get("Sec-WebSocket-Version") != "13" {
			t.Errorf("none: %s", r)
		}
	})
	t.Run("row 019 a key that is none", func(t *testing.T) {
		// Whatever there was counted as a key: it is 16 bytes in base64 (RFC 6455, 4.2.1).
		p := e.in(t).open()
		for _, key := range []string{"", "abc", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ==!", "!!!!IHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZSE=", "dGhlIHNhbXBsZSBub25j", "dGhlIHNhbXBs ZSBub25jZQ=="} {
			for _, query := range []string{webSocketQuery, webSocketQuery + "&sid=" + p.sid, handshakeQuery} {
				c := e.in(t).raw(upgradeRequest(enginePath+"?"+query, "Sec-WebSocket-Key: "+key))
				if r := c.reply(); r.status != 400 || r.body != "Bad request" || r.header.Get("Sec-WebSocket-Version") != "" || c.rest() != "" {
					t.Errorf("%q, %s: %s", key, query, r)
				}
			}
		}
		p.alive()
		e.in(t).request("POST", enginePath+"?"+handshakeQuery+"&sid="+p.sid, strings.NewReader("1"))
		if r := e.in(t).raw(upgradeRequest(target, "Sec-WebSocket-Key: ++//IHNhbXBsZSBub25jZR== ")).reply(); r.status != 101 {
			t.Errorf("bits that say nothing: %s", r)
		}
	})
	t.Run("row 019 another protocol, then reset", func(t *testing.T) {
		c := e.in(t).raw(strings.Replace(upgradeRequest(target, webSocketKey), "Upgrade: websocket", "Upgrade: tcp", 1))
		if r := c.reply(); r.status != 400 {
			t.Errorf("got %s", r)
		}
		reset(t, c.Conn)
	})
	t.Run("row 019 reset in the middle of it", func(t *testing.T) {
		reset(t, e.in(t).raw(upgradeRequest(target, webSocketKey)).Conn)
		reset(t, e.in(t).raw("GET "+target+" HTTP/1.1\r\nUpgrade: web").Conn)
	})
	eventually(t, "every session of them ends", func() bool { return e.server.Connections() == 0 })
	e.begin().echoes("the server goes on")
}

func TestRow020StrayUpgrade(t *testing.T) {
	stray := strings.Replace(upgradeRequest("/elsewhere", webSocketKey), "Upgrade: websocket", "Upgrade: IRC/6.9", 1)
	t.Run("ended without a word", func(t *testing.T) {
		e := setupEngine(t, engineSetup{standalone: http.StandaloneOptions{DestroyUpgradeTimeout: 200 * time.Millisecond}})
		begin := time.Now()
		if got := e.raw(stray).rest(); got != "" {
			t.Errorf("got %q", got)
		}
		within(t, "ended", time.Since(begin), 200*time.Millisecond)
	})
	t.Run("answered by the application", func(t *testing.T) {
		e := setupEngine(t, engineSetup{prepare: func(e *engineServer) {
			e.standalone.App().Get("/elsewhere", func(c *http.Ctx) error { return c.SendString("mine") })
		}, standalone: http.StandaloneOptions{DestroyUpgradeTimeout: time.Millisecond}})
		if r := e.raw(stray).reply(); r.body != "mine" {
			t.Errorf("got %s", r)
		}
	})
	t.Run("left alone", func(t *testing.T) {
		e := setupEngine(t, engineSetup{standalone: http.StandaloneOptions{DestroyUpgradeTimeout: time.Millisecond, LeaveUpgrades: true}})
		c := e.raw(stray)
		if err := c.SetReadDeadline(time.Now().Add(300 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if _, err := c.reader.ReadByte(); err == nil || errors.Is(err, io.EOF) {
			t.Errorf("not left alone: %v", err)
		}
	})
	t.Run("a server that stops does not wait for it", func(t *testing.T) {
		e := setupEngine(t, engineSetup{standalone: http.StandaloneOptions{LeaveUpgrades: true}})
		c := e.raw(stray)
		e.request("GET", "/", nil)
		begin := time.Now()
		e.stop()
		c.rest()
		within(t, "stopped", time.Since(begin), 0)
	})
}

func TestRow021ConnectionError(t *testing.T) {
	e := setupEngine(t, engineSetup{engine: http.EngineOptions{AllowRequest: func(r realtime.Request) error {
		if r.Query()["refuse"] != "" {
			return errors.New("no")
		}
		return nil
	}}})
	p := e.open()
	for n, row := range []struct {
		method, query string
		upgrade       bool
		code          int
		message       string
		context       map[string]any
	}{
		{"GET", "transport=tobi", false, 0, "Transport unknown", map[string]any{"transport": "tobi"}},
		{"GET", handshakeQuery + "&sid=nope", false, 1, "Session ID unknown", map[string]any{"sid": "nope"}},
		{"GET", webSocketQuery + "&sid=nope", true, 1, "Session ID unknown", map[string]any{"sid": "nope"}},
		{"OPTIONS", handshakeQuery, false, 2, "Bad handshake method", map[string]any{"method": "OPTIONS"}},
		{"GET", webSocketQuery, false, 3, "Bad request", map[string]any{"name": "TRANSPORT_HANDSHAKE_ERROR"}},
		{"GET", webSocketQuery + "&sid=" + p.sid, false, 3, "Bad request", map[string]any{"name": "TRANSPORT_MISMATCH", "transport": "websocket", "previousTransport": "polling"}},
		{"GET", handshakeQuery + "&refuse=1", false, 4, "Forbidden", map[string]any{"message": "no"}},
		{"GET", "EIO=3&transport=polling", false, 5, "Unsupported protocol version", map[string]any{"protocol": 3}},
		{"GET", "EIO=2&transport=websocket", true, 5, "Unsupported protocol version", map[string]any{"protocol": 3}},
	} {
		t.Run(fmt.Sprintf("row 021 %s %s", row.method, row.query), func(t *testing.T) {
			e := e.in(t)
			if row.upgrade {
				e.raw(upgradeRequest(enginePath+"?"+row.query, webSocketKey)).rest()
			} else {
				e.do(row.method, row.query, "X-Extra", "kept")
			}
			got := e.refusal(n)
			if got.Code != row.code || got.Message != row.message || fmt.Sprint(got.Context) != fmt.Sprint(row.context) {
				t.Errorf("told %d %q %v", got.Code, got.Message, got.Context)
			}
			if got.Request.URL != enginePath+"?"+row.query || got.Request.Address != "127.0.0.1" || !row.upgrade && got.Request.Header()["X-Extra"][0] != "kept" {
				t.Errorf("of %+v", got.Request)
			}
		})
	}
	t.Run("row 021 a hook that panics", func(t *testing.T) {
		e := setupEngine(t, engineSetup{prepare: func(e *engineServer) {
			calm := true
			e.server.OnConnectionError(func(realtime.ConnectionError) {
				if calm {
					calm = false
					panic("in a hook")
				}
			})
		}})
		e.panics = 1
		isRefusal(t, e.do("GET", ""), transportUnknown)
		if n := e.system.Counts()["session"].Panics; n != 1 {
			t.Errorf("%d panics", n)
		}
		e.open().alive()
	})
}

// requests gives what a server's sessions were opened with.
func requests() (realtime.Options, <-chan realtime.Request) {
	opened := make(chan realtime.Request, 100)
	return realtime.Options{OnOpen: func(s *realtime.Session) { opened <- s.Request() }}, opened
}

func TestRow022HandshakeQuery(t *testing.T) {
	options, opened := requests()
	e := setupEngine(t, engineSetup{server: options})
	for _, query := range []string{handshakeQuery, webSocketQuery} {
		query += "&a=1&a=2&b=c%26d&e=%C3%A9&f"
		if strings.Contains(query, "polling") {
			e.do("GET", query)
		} else {
			e.dial(query).next()
		}
		r := take(t, opened)
		for key, want := range map[string]string{"EIO": "4", "a": "2", "b": "c&d", "e": "é", "f": ""} {
			if got, ok := r.Query()[key]; !ok || got != want {
				t.Errorf("%s is %q, want %q", key, got, want)
			}
		}
		if r.URL != enginePath+"?"+query {
			t.Errorf("URL %q", r.URL)
		}
	}
}

func TestRow023HandshakeHeaders(t *testing.T) {
	options, opened := requests()
	e := setupEngine(t, engineSetup{server: options})
	p := e.in(t)
	check := func(r realtime.Request) {
		t.Helper()
		if fmt.Sprint(r.Header()["X-Custom-Header"]) != "[my value]" || fmt.Sprint(r.Header()["Cookie"]) != "[a=1; b=2]" || r.Address != "127.0.0.1" || r.Secure {
			t.Errorf("got %+v", r)
		}
	}
	sid := sidOf(t, p.do("GET", handshakeQuery, "x-custom-header", "my value", "Cookie", "a=1; b=2"))
	first := take(t, opened)
	check(first)
	e.dial(webSocketQuery, "x-custom-header", "my value", "Cookie", "a=1; b=2").next()
	check(take(t, opened))
	// Later requests reuse the memory of this one: what was kept must not change with them.
	for range 50 {
		e.request("POST", enginePath+"?"+handshakeQuery+"&sid="+sid, strings.NewReader("4x"), "x-custom-header", "XXXXXXXX", "Cookie", "z=9; y=8")
	}
	check(first)
	if kept := e.server.Session(sid).Request(); kept.Address != "127.0.0.1" {
		t.Errorf("kept %+v", kept)
	}
}

func TestRow024Cookie(t *testing.T) {
	t.Run("off by default", func(t *testing.T) {
		e := setupEngine(t, engineSetup{})
		if r := e.do("GET", handshakeQuery); r.header.Values("Set-Cookie") != nil {
			t.Errorf("got %s", r)
		}
		if w := e.begin(); w.header.Values("Set-Cookie") != nil {
			t.Errorf("got %v", w.header)
		}
	})
	t.Run("a hook sets one, on the first answer only", func(t *testing.T) {
		e := setupEngine(t, engineSetup{engine: http.EngineOptions{InitialHeaders: func(h nethttp.Header, _ realtime.Request, sid string) {
			h.Add("Set-Cookie", "io="+sid+"; Path=/; HttpOnly; SameSite=Lax")
		}}})
		r := e.do("GET", handshakeQuery)
		sid := sidOf(t, r)
		if got := fmt.Sprint(r.header.Values("Set-Cookie")); got != "[io="+sid+"; Path=/; HttpOnly; SameSite=Lax]" {
			t.Errorf("cookie %q", got)
		}
		p := &poller{e: e, t: t, sid: sid}
		for _, r := range []reply{p.post("4x"), p.get()} {
			if r.status != 200 || r.header.Values("Set-Cookie") != nil {
				t.Errorf("a later answer: %s", r)
			}
		}
	})
}

func TestRow025HeaderHooks(t *testing.T) {
	e := setupEngine(t, engineSetup{engine: http.EngineOptions{
		InitialHeaders: func(h nethttp.Header, r realtime.Request, sid string) {
			h.Set("X-Initial", sid+r.Query()["q"])
			h.Add("Set-Cookie", "first=1")
		},
		Headers: func(h nethttp.Header, r realtime.Request) {
			h.Set("X-Every", "yes"+r.Query()["q"])
			h.Add("Set-Cookie", "every=2")
		},
		Middleware: []http.Middleware{func(c *http.Ctx) (bool, error) {
			c.Response().Header.Add("Set-Cookie", "before=0")
			return true, nil
		}},
	}})
	check := func(h nethttp.Header, initial, q string) {
		t.Helper()
		cookies := "[before=0 every=2]"
		if initial != "" {
			cookies = "[before=0 first=1 every=2]"
			initial += q
		}
		if h.Get("X-Initial") != initial || h.Get("X-Every") != "yes"+q || fmt.Sprint(h.Values("Set-Cookie")) != cookies {
			t.Errorf("got %v", h)
		}
	}
	r := e.do("GET", handshakeQuery+"&q=7")
	p := &poller{e: e, t: t, sid: sidOf(t, r)}
	check(r.header, p.sid, "7")
	check(p.post("4x").header, "", "")
	check(p.get().header, "", "")
	check(p.probe().header, "", "")
	w := e.dial(webSocketQuery + "&q=7")
	check(w.header, sidOf(t, reply{status: 200, body: w.next()}), "7")
}

func TestRow026Middleware(t *testing.T) {
	e := setupEngine(t, engineSetup{engine: http.EngineOptions{Middleware: []http.Middleware{
		func(c *http.Ctx) (bool, error) {
			c.Set("X-Order", "1")
			return true, nil
		},
		func(c *http.Ctx) (bool, error) {
			c.Set("X-Order", c.GetRespHeader("X-Order")+"2")
			if c.Query("fail") != "" {
				return true, errors.New("it went wrong")
			}
			if c.Query("end") != "" {
				return false, c.Status(503).SendString("ended here")
			}
			return true, nil
		},
		func(c *http.Ctx) (bool, error) {
			c.Set("X-Order", c.GetRespHeader("X-Order")+"3")
			return true, nil
		},
	}}})
	r := e.do("GET", handshakeQuery)
	p := &poller{e: e, t: t, sid: sidOf(t, r)}
	for name, h := range map[string]nethttp.Header{
		"handshake": r.header, "POST": p.post("4x").header, "GET": p.get().header, "before verification": e.do("GET", "transport=x").header,
		"upgrade": p.probe().header, "WebSocket": e.begin().header,
	} {
		if got := h.Get("X-Order"); got != "123" {
			t.Errorf("%s: order %q", name, got)
		}
	}
	before := e.refusals()
	isRefusal(t, e.do("GET", handshakeQuery+"&fail=1"), badRequest)
	if got := e.refusal(before).Context["name"]; got != "MIDDLEWARE_FAILURE" {
		t.Errorf("told %v", got)
	}
	if r := e.raw(upgradeRequest(enginePath+"?"+webSocketQuery+"&fail=1", webSocketKey)).reply(); r.status != 400 || r.body != "Bad request" {
		t.Errorf("upgrade: %s", r)
	}
	if r := e.do("GET", handshakeQuery+"&end=1"); r.status != 503 || r.body != "ended here" || r.header.Get("X-Order") != "12" {
		t.Errorf("ended: %s", r)
	}
	if r := e.raw(upgradeRequest(enginePath+"?"+webSocketQuery+"&end=1", webSocketKey)).reply(); r.status != 503 || r.body != "ended here" {
		t.Errorf("ended upgrade: %s", r)
	}
}
