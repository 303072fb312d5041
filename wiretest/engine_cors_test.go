package wiretest

import (
	nethttp "net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"kapoor.example/desk/actors/realtime"
	"kapoor.example/desk/http"
)

const page = "https://page.example"

// hasHeaders checks headers; "" is one that must not be there.
func hasHeaders(t testing.TB, what string, h nethttp.Header, want map[string]string) {
	t.Helper()
	for name, value := range want {
		if got := strings.Join(h.Values(name), " | "); got != value {
			t.Errorf("%s: %s is %q, want %q", what, name, got, value)
		}
	}
}

const (
	allowOrigin      = "Access-Control-Allow-Origin"
	allowCredentials = "Access-Control-Allow-Credentials"
	allowMethods     = "Access-Control-Allow-Methods"
	allowHeaders     = "Access-Control-Allow-Headers"
	exposeHeaders    = "Access-Control-Expose-Headers"
	maxAge           = "Access-Control-Max-Age"
)

// preflight asks what a browser asks before a request of a page.
func (e *engineServer) preflight(header ...string) reply {
	e.t.Helper()
	return e.do("OPTIONS", handshakeQuery, append([]string{"Origin", page, "Access-Control-Request-Method", "POST"}, header...)...)
}

func withCORS(t testing.TB, c *http.CORS) *engineServer {
	t.Helper()
	return setupEngine(t, engineSetup{engine: http.EngineOptions{CORS: c}, server: realtime.Options{MaxPayload: 1000}})
}

func TestRow047Preflight(t *testing.T) {
	t.Run("row 047 origin echoed, with credentials", func(t *testing.T) {
		r := withCORS(t, &http.CORS{Origin: http.EchoOrigin(), Credentials: true}).preflight("Access-Control-Request-Headers", "my-header, other")
		isEmpty(t, r, 204)
		hasHeaders(t, "preflight", r.header, map[string]string{
			allowOrigin: page, allowCredentials: "true", allowMethods: "GET,HEAD,PUT,PATCH,POST,DELETE", allowHeaders: "my-header, other",
			"Vary": "Origin, Access-Control-Request-Headers", maxAge: "", exposeHeaders: "", "Content-Type": "",
		})
	})
	t.Run("row 047 the defaults", func(t *testing.T) {
		r := withCORS(t, &http.CORS{}).preflight()
		isEmpty(t, r, 204)
		hasHeaders(t, "preflight", r.header, map[string]string{
			allowOrigin: "*", allowCredentials: "", allowMethods: "GET,HEAD,PUT,PATCH,POST,DELETE", allowHeaders: "", "Vary": "Access-Control-Request-Headers",
		})
	})
	t.Run("row 047 configured headers and methods", func(t *testing.T) {
		r := withCORS(t, &http.CORS{Origin: http.EchoOrigin(), Methods: []string{"GET", "POST"}, AllowedHeaders: []string{"a", "b"}}).
			preflight("Access-Control-Request-Headers", "my-header")
		hasHeaders(t, "preflight", r.header, map[string]string{allowMethods: "GET,POST", allowHeaders: "a,b", "Vary": "Origin"})
	})
	t.Run("row 047 whatever the query", func(t *testing.T) {
		e := withCORS(t, &http.CORS{})
		p := e.open()
		for _, query := range []string{"", p.query(), handshakeQuery + "&sid=nope"} {
			isEmpty(t, e.do("OPTIONS", query), 204)
		}
		p.alive()
	})
}

func TestRow048ActualRequests(t *testing.T) {
	e := withCORS(t, &http.CORS{Origin: http.EchoOrigin(), Credentials: true})
	origin := []string{"Origin", page}
	r := e.do("GET", handshakeQuery, origin...)
	p := &poller{e: e, t: t, sid: sidOf(t, r)}
	post := p.post("4x", origin...)
	get := p.get(origin...)
	for what, row := range map[string]struct {
		r      reply
		status int
	}{
		"handshake": {r, 200}, "POST": {post, 200}, "GET": {get, 200}, "413": {p.post(strings.Repeat("4", 2000), origin...), 413},
		"unknown sid": {e.do("GET", handshakeQuery+"&sid=nope", origin...), 400}, "no transport": {e.do("GET", "", origin...), 400},
		"PUT": {e.do("PUT", p.query(), origin...), 500}, "octets": {p.post("x", append(origin, "Content-Type", "application/octet-stream")...), 400},
	} {
		if row.r.status != row.status {
			t.Errorf("%s: %s", what, row.r)
		}
		hasHeaders(t, what, row.r.header, map[string]string{allowOrigin: page, allowCredentials: "true", allowMethods: "", allowHeaders: "", "Vary": "Origin"})
	}
	w := e.begin(origin...)
	hasHeaders(t, "101", w.header, map[string]string{allowOrigin: page, allowCredentials: "true"})
}

func TestRow049OtherOrigin(t *testing.T) {
	for name, rule := range map[string]http.OriginRule{
		"list": http.OriginList("https://other.example"), "pattern": http.OriginPattern(regexp.MustCompile(`^https://other\.`)),
	} {
		t.Run("row 049 "+name, func(t *testing.T) {
			e := withCORS(t, &http.CORS{Origin: rule})
			r := e.preflight()
			isEmpty(t, r, 204)
			hasHeaders(t, "preflight", r.header, map[string]string{allowOrigin: "", "Vary": "Origin, Access-Control-Request-Headers", allowMethods: "GET,HEAD,PUT,PATCH,POST,DELETE"})
			r = e.do("GET", handshakeQuery, "Origin", page)
			if r.status != 200 {
				t.Errorf("got %s", r)
			}
			hasHeaders(t, "GET", r.header, map[string]string{allowOrigin: "", "Vary": "Origin"})
		})
	}
}

func TestRow050CORSOptions(t *testing.T) {
	for name, row := range map[string]struct {
		cors http.CORS
		want map[string]string // of an actual request
	}{
		"any":      {http.CORS{Origin: http.AnyOrigin()}, map[string]string{allowOrigin: "*", "Vary": ""}},
		"fixed":    {http.CORS{Origin: http.FixedOrigin("https://fixed.example")}, map[string]string{allowOrigin: "https://fixed.example", "Vary": "Origin"}},
		"list":     {http.CORS{Origin: http.OriginList("https://a.example", page)}, map[string]string{allowOrigin: page, "Vary": "Origin"}},
		"pattern":  {http.CORS{Origin: http.OriginPattern(regexp.MustCompile(`\.example$`))}, map[string]string{allowOrigin: page, "Vary": "Origin"}},
		"function": {http.CORS{Origin: http.OriginFunc(func(o string) bool { return o == page })}, map[string]string{allowOrigin: page, "Vary": "Origin"}},
		"exposed":  {http.CORS{ExposedHeaders: []string{"x-a", "x-b"}}, map[string]string{exposeHeaders: "x-a,x-b", maxAge: ""}},
	} {
		t.Run("row 050 "+name, func(t *testing.T) {
			e := withCORS(t, &row.cors)
			hasHeaders(t, "GET", e.do("GET", handshakeQuery, "Origin", page).header, row.want)
			delete(row.want, "Vary")
			r := e.preflight()
			isEmpty(t, r, 204)
			hasHeaders(t, "preflight", r.header, row.want)
		})
	}
	t.Run("row 050 a function that says no", func(t *testing.T) {
		e := withCORS(t, &http.CORS{Origin: http.OriginFunc(func(string) bool { return false }), Credentials: true})
		r := e.preflight()
		isRefusal(t, r, badMethod)
		hasHeaders(t, "preflight", r.header, map[string]string{allowOrigin: "", allowCredentials: "", "Vary": ""})
	})
	t.Run("row 050 max age and status", func(t *testing.T) {
		r := withCORS(t, &http.CORS{MaxAge: 2 * time.Hour, SuccessStatus: 200}).preflight()
		isEmpty(t, r, 200)
		hasHeaders(t, "preflight", r.header, map[string]string{maxAge: "7200", "Content-Length": "0"})
	})
}

func TestRow051NoCORS(t *testing.T) {
	e := setupEngine(t, engineSetup{})
	r := e.do("GET", handshakeQuery, "Origin", page)
	p := &poller{e: e, t: t, sid: sidOf(t, r)}
	preflight := e.preflight("Access-Control-Request-Headers", "x")
	isRefusal(t, preflight, badMethod)
	for what, r := range map[string]reply{"handshake": r, "preflight": preflight, "POST": p.post("4x", "Origin", page), "GET": p.get("Origin", page)} {
		hasHeaders(t, what, r.header, map[string]string{
			allowOrigin: "", allowCredentials: "", allowMethods: "", allowHeaders: "", exposeHeaders: "", maxAge: "", "Vary": "",
		})
	}
}

// TestRow052NoClientBundle: with serveClient off the bundle's path is one of the engine's, errors and CORS included.
func TestRow052NoClientBundle(t *testing.T) {
	e := withCORS(t, &http.CORS{Origin: http.EchoOrigin()})
	for _, file := range []string{"socket.io.js", "socket.io.min.js", "socket.io.esm.min.js", "socket.io.js.map"} {
		r := e.request("GET", enginePath+file, nil, "Origin", page)
		isRefusal(t, r, transportUnknown)
		hasHeaders(t, file, r.header, map[string]string{allowOrigin: page})
	}
}
