package http_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	nethttp "net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"kapoor.example/desk/auth"
	"kapoor.example/desk/booking"
	"kapoor.example/desk/http"
)

func TestAddresses(t *testing.T) {
	a := setup(t)
	b := a.mustBooking(owner)
	for _, tt := range []struct {
		method, path string
		status       int
		code, allow  string
	}{
		{"POST", "/", 404, "not_found", ""},
		{"GET", "/nothing", 404, "not_found", ""},
		{"GET", "/<script>alert(1)</script>", 404, "not_found", ""},
		{"POST", "/api/v1", 404, "not_found", ""},
		{"GET", "/api/v2/bookings", 404, "not_found", ""},
		{"GET", "/socket.io/", 404, "not_found", ""}, // nothing is mounted there here
		{"GET", "/api/v1/bookings/" + b.ID + "/nothing", 404, "not_found", ""},
		{"DELETE", "/api/v1/bookings/" + b.ID, 405, "method_not_allowed", "GET, HEAD, PATCH"},
		{"PUT", "/api/v1/bookings", 405, "method_not_allowed", "GET, HEAD, POST"},
		{"GET", "/api/v1/auth/login", 405, "method_not_allowed", "POST"},
		{"OPTIONS", "/api/v1/auth/login", 405, "method_not_allowed", "POST"},
		{"TRACE", "/health", 405, "method_not_allowed", "GET, HEAD"},
		{"BREW", "/health", 501, "not_implemented", ""},
		{"get", "/health", 501, "not_implemented", ""},
	} {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			r := a.ask(admin, tt.method, tt.path, nil)
			wantFailure(t, r, tt.status, tt.code)
			for _, method := range strings.Split(tt.allow, ", ") {
				if !strings.Contains(r.header.Get("Allow"), method) {
					t.Errorf("Allow %q, want %s", r.header.Get("Allow"), tt.allow)
				}
			}
			if strings.Contains(r.raw, "script") {
				t.Errorf("the path is in the answer: %s", r)
			}
		})
	}
	if r := a.ask(admin, "HEAD", "/nothing", nil); r.status != 404 || r.raw != "" {
		t.Errorf("HEAD: %s", r)
	}
	if r := a.ask(owner, "GET", "/api/v1/auth/me/", nil); r.status != 200 {
		t.Errorf("a slash at the end: %s", r)
	}
}

func TestRequestIDs(t *testing.T) {
	a := setup(t)
	for _, tt := range []struct {
		name, given string
		kept        bool
	}{
		{"a sane one", "abc-DEF_1.2", true},
		{"none", "", false},
		{"as long as it may be", strings.Repeat("a", 64), true},
		{"too long", strings.Repeat("a", 65), false},
		{"quotes", `x","level":"error`, false},
		{"spaces", "a b", false},
		{"not ASCII", "ä", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := a.ask(nobody, "GET", "/nothing", nil, "X-Request-Id", tt.given)
			wantFailure(t, r, 404, "not_found")
			if got := r.header.Get("X-Request-Id"); (got == tt.given) != tt.kept || got == "" {
				t.Errorf("got %q for %q", got, tt.given)
			}
		})
	}
}

func TestSecurityHeaders(t *testing.T) {
	a := setup(t)
	for _, path := range []string{"/health", "/nothing", "/docs", "/api/v1/auth/me"} {
		h := a.ask(nobody, "GET", path, nil).header
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("X-Frame-Options") != "DENY" || h.Get("Referrer-Policy") != "no-referrer" ||
			!strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") || !strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
			t.Errorf("%s: %v", path, h)
		}
		if h.Get("Server") != "" || h.Get("X-Powered-By") != "" {
			t.Errorf("%s tells what serves it: %v", path, h)
		}
	}
	if h := a.ask(owner, "GET", "/api/v1/auth/me", nil).header; h.Get("Cache-Control") != "no-store" {
		t.Errorf("Cache-Control %q", h.Get("Cache-Control"))
	}
}

func TestCORS(t *testing.T) {
	listed := func(o *http.Options, _ *auth.Options) { o.Origins = []string{"https://desk.example.com"} }
	none := func(o *http.Options, _ *auth.Options) { o.Origins = nil }
	for _, tt := range []struct {
		name    string
		options options
		origin  string
		allow   string
	}{
		{"everybody", nil, "https://anywhere.example", "*"},
		{"listed", listed, "https://desk.example.com", "https://desk.example.com"},
		{"not listed", listed, "https://evil.example", ""},
		{"looks like it", listed, "https://desk.example.com.evil.example", ""},
		{"null", listed, "null", ""},
		{"nobody", none, "https://desk.example.com", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var change []options
			if tt.options != nil {
				change = append(change, tt.options)
			}
			a := setup(t, change...)
			for _, r := range []reply{
				a.ask(owner, "GET", "/api/v1/auth/me", nil, "Origin", tt.origin),
				a.ask(nobody, "GET", "/api/v1/auth/me", nil, "Origin", tt.origin), // a page may read why it failed
				a.ask(nobody, "GET", "/nothing", nil, "Origin", tt.origin),
			} {
				if got := r.header.Get("Access-Control-Allow-Origin"); got != tt.allow {
					t.Errorf("allowed %q, want %q (%s)", got, tt.allow, r)
				}
				if tt.allow != "" && !strings.Contains(r.header.Get("Access-Control-Expose-Headers"), "X-Request-Id") {
					t.Errorf("exposed %q", r.header.Get("Access-Control-Expose-Headers"))
				}
				if tt.options != nil && !strings.Contains(r.header.Get("Vary"), "Origin") {
					t.Errorf("Vary %q", r.header.Get("Vary"))
				}
				if r.header.Get("Access-Control-Allow-Credentials") != "" {
					t.Error("credentials are allowed")
				}
			}
			r := a.ask(nobody, "OPTIONS", "/api/v1/bookings", nil, "Origin", tt.origin,
				"Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization,content-type,idempotency-key")
			if r.status != 204 || r.raw != "" || r.header.Get("Access-Control-Allow-Origin") != tt.allow {
				t.Errorf("preflight: %s %v", r, r.header)
			}
			if allowed := strings.Contains(r.header.Get("Access-Control-Allow-Headers"), "idempotency-key") &&
				strings.Contains(r.header.Get("Access-Control-Allow-Methods"), "PATCH"); allowed != (tt.allow != "") {
				t.Errorf("preflight: %v", r.header)
			}
		})
	}
}

// One connection carries requests of several clients where a proxy stands before it: an address must not stick to it.
func TestClientAddresses(t *testing.T) {
	proxies := func(o *http.Options, _ *auth.Options) {
		o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8")}
	}
	ask := func(a *api, forwarded string) string {
		return a.ask(nobody, "GET", "/ip", nil, "X-Forwarded-For", forwarded).raw
	}
	mount := func(app *fiber.App) { app.Get("/ip", func(c *fiber.Ctx) error { return c.SendString(c.IP()) }) }
	t.Run("behind trusted proxies", func(t *testing.T) {
		a := setupWith(t, mount, proxies)
		for _, tt := range [][2]string{
			{"203.0.113.7", "203.0.113.7"},
			{"", "127.0.0.1"},
			{"198.51.100.1, 203.0.113.7", "203.0.113.7"}, // the first one anybody can have written
			{"203.0.113.7, 10.1.2.3", "203.0.113.7"},
			{"198.51.100.1, 203.0.113.7,10.1.2.3 , 10.0.0.1", "203.0.113.7"},
			{"nonsense, 10.1.2.3", "10.1.2.3"},
			{"203.0.113.7, nonsense", "127.0.0.1"},
			{"10.0.0.9", "10.0.0.9"},
			{"203.0.113.7:1234", "203.0.113.7"},
			{"[2001:db8::1]:1234", "2001:db8::1"},
			{"2001:db8::1", "2001:db8::1"},
			{"::ffff:203.0.113.7", "203.0.113.7"},
			{strings.Repeat("10.0.0.1,", 500) + "10.0.0.1", "10.0.0.1"},
			{"", "127.0.0.1"},
		} {
			if got := ask(a, tt[0]); got != tt[1] {
				t.Errorf("%.60q: %s, want %s", tt[0], got, tt[1])
			}
		}
	})
	t.Run("without", func(t *testing.T) {
		a := setupWith(t, mount)
		if got := ask(a, "203.0.113.7"); got != "127.0.0.1" {
			t.Errorf("got %s", got)
		}
	})
}

func TestLimits(t *testing.T) {
	a := setup(t, func(_ *http.Options, o *auth.Options) {
		o.LoginPerAccount = auth.Rate{Events: 3, Per: 3 * time.Minute}
		o.RegisterPerAddress = auth.Rate{Events: 1, Per: time.Hour}
	})
	wrong := map[string]any{"email": "owner@example.org", "password": "wrong password"}
	for range 3 {
		wantFailure(t, a.ask(nobody, "POST", "/api/v1/auth/login", wrong), 401, "unauthorized")
	}
	r := a.ask(nobody, "POST", "/api/v1/auth/login", wrong)
	wantFailure(t, r, 429, "rate_limited")
	if r.header.Get("Retry-After") != "60" {
		t.Errorf("Retry-After %q", r.header.Get("Retry-After"))
	}
	for i, want := range []int{201, 429} {
		body := map[string]any{"name": "N", "email": fmt.Sprintf("n%d@example.org", i), "password": "12345678"}
		if r := a.ask(nobody, "POST", "/api/v1/auth/register", body); r.status != want {
			t.Errorf("%s, want %d", r, want)
		}
	}
}

// What fails inside is told to nobody, and logged with the request's id.
func TestInsideFailures(t *testing.T) {
	a := setup(t)
	b := a.mustBooking(owner)
	for _, tt := range []struct {
		name   string
		err    error
		status int
		code   string
	}{
		{"the store's own error", errOnFire, 500, "internal"},
		{"a domain error that is internal", booking.Errorf(booking.CodeInternal, "disk on fire"), 500, "internal"},
		{"a code nobody knows", booking.Errorf("made_up", "disk on fire"), 500, "internal"},
		{"out of time", fmt.Errorf("query: %w", context.DeadlineExceeded), 504, "timeout"},
		{"stopping", fmt.Errorf("query: %w", context.Canceled), 503, "unavailable"},
		{"unavailable", booking.Errorf(booking.CodeUnavailable, "Try again."), 503, "unavailable"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a.store.failing(func(string) error { return fmt.Errorf("wrapped: %w", tt.err) })
			defer a.store.failing(nil)
			for _, route := range []string{
				"GET /api/v1/bookings", "GET /api/v1/bookings/user", "GET /api/v1/bookings/" + b.ID, "GET /api/v1/bookings/export.csv",
				"GET /api/v1/notifications", "GET /api/v1/stats/overview", "GET /api/v1/stats/daily",
				"POST /api/v1/bookings", "PATCH /api/v1/bookings/" + b.ID, "PATCH /api/v1/bookings/" + b.Code, "POST /api/v1/bookings/" + b.ID + "/messages",
			} {
				method, path, _ := strings.Cut(route, " ")
				body := any(with(filledIn, "message", "x"))
				if method == "GET" {
					body = nil
				}
				r := a.ask(admin, method, path, body, "Idempotency-Key", "k")
				wantFailure(t, r, tt.status, tt.code)
				if tt.status == 503 && r.header.Get("Retry-After") == "" {
					t.Error("no Retry-After")
				}
				if tt.status == 500 {
					a.log.until(t, "Request failed", "disk on fire", r.at("requestId").(string))
				}
			}
			wantFailure(t, a.ask(nobody, "GET", "/readyz", nil), 503, "unavailable")
			if r := a.ask(nobody, "GET", "/health", nil); r.status != 200 {
				t.Errorf("health: %s", r)
			}
		})
	}
}

func TestPanics(t *testing.T) {
	a := setupWith(t, func(app *fiber.App) {
		app.Get("/panic", func(*fiber.Ctx) error { panic("secret of the house\nforged line") })
	})
	for range 10 {
		wantFailure(t, a.ask(nobody, "GET", "/panic", nil), 500, "internal")
	}
	a.store.failing(func(method string) error { panic("store: " + method) })
	wantFailure(t, a.ask(admin, "GET", "/api/v1/stats/daily", nil), 500, "internal")
	a.store.failing(nil)
	wantStatus(t, a.ask(admin, "GET", "/api/v1/stats/daily", nil), 200)
	a.log.until(t, "Request panicked", "secret of the house", `"route":"/panic"`)
	for line := range strings.Lines(a.log.String()) {
		if !json.Valid([]byte(line)) {
			t.Errorf("not a line of JSON: %.200s", line)
		}
	}
}

// One line per request; nothing personal in it, and nothing from outside that could look like a line of its own.
func TestLog(t *testing.T) {
	a := setup(t)
	b := a.mustBooking(owner)
	a.ask(owner, "GET", "/api/v1/bookings/"+b.ID+"?search=Asha&token=abc", nil, "X-Request-Id", "r-1", "User-Agent", "x\" forged")
	line := a.log.until(t, `"request_id":"r-1"`, "HTTP request")
	var got map[string]any
	if err := json.Unmarshal([]byte(line), &got); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{
		"level": "info", "message": "HTTP request", "method": "GET", "route": "/api/v1/bookings/:id", "status": 200.0, "user_id": a.users[owner].ID, "took_ms": 0.0,
	} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
	if n, _ := got["bytes"].(float64); n < 100 {
		t.Errorf("bytes %v", got["bytes"])
	}
	a.ask(nobody, "POST", "/api/v1/auth/login", map[string]any{"email": "owner@example.org\r\n{\"level\":\"error\"}", "password": "pass-\r\nword"})
	a.ask(nobody, "GET", "/%0d%0a%7B%22level%22:%22error%22%7D?x=%0a", nil, "X-Request-Id", "r-2")
	a.ask(nobody, "BREW", "/api/v1/bookings/"+b.ID, nil, "X-Request-Id", "r-3") // its path was logged: no route is not asked for one
	a.raw("BR\"EW /x HTTP/1.1\r\nHost: x\r\n\r\n", false)
	a.ask(owner, "POST", "/api/v1/bookings", filledIn)
	a.log.until(t, `"request_id":"r-2"`, `"route":""`)
	a.log.until(t, `"request_id":"r-3"`)
	a.log.until(t, `"route":"/api/v1/bookings"`)
	log := a.log.String()
	for line := range strings.Lines(log) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil || fields["level"] == "error" {
			t.Errorf("line %q: %v", line, err)
		}
	}
	for _, private := range []string{"owner@", "pass-", "Asha", "Park Street", "98100", a.tokens[owner], "Bearer", "token=", b.ID, "forged"} {
		if strings.Contains(log, private) {
			t.Errorf("the log says %q", private)
		}
	}
}

func TestLogLevels(t *testing.T) {
	a := setup(t)
	a.ask(nobody, "GET", "/readyz", nil, "X-Request-Id", "r-1")
	a.ask(nobody, "GET", "/nothing", nil, "X-Request-Id", "r-2")
	a.ask(nobody, "BREW", "/nothing", nil, "X-Request-Id", "r-4") // 501 was an error, as if somebody had to act
	a.store.failing(func(string) error { return errOnFire })
	a.ask(admin, "GET", "/api/v1/stats/daily", nil, "X-Request-Id", "r-3")
	for id, level := range map[string]string{"r-1": "debug", "r-2": "info", "r-3": "error", "r-4": "info"} {
		a.log.until(t, `"`+id+`"`, `"level":"`+level+`"`, "HTTP request")
	}
}

func TestReadiness(t *testing.T) {
	broken := errors.New("not yet")
	var mu sync.Mutex
	state := broken
	a := setup(t, func(o *http.Options, _ *auth.Options) {
		o.Ready = func(context.Context) error {
			mu.Lock()
			defer mu.Unlock()
			return state
		}
	})
	wantFailure(t, a.ask(nobody, "GET", "/readyz", nil), 503, "unavailable")
	mu.Lock()
	state = nil
	mu.Unlock()
	if r := a.ask(nobody, "GET", "/readyz", nil); r.status != 200 {
		t.Errorf("%s", r)
	}
	a.server.Drain()
	wantFailure(t, a.ask(nobody, "GET", "/readyz", nil), 503, "unavailable")
	wantStatus(t, a.ask(owner, "GET", "/api/v1/auth/me", nil), 200) // the rest goes on
}

// A request that is under way when the server stops is answered.
func TestShutdownFinishesRequests(t *testing.T) {
	a := setup(t)
	begun, finish := make(chan struct{}), make(chan struct{})
	var once sync.Once
	a.store.failing(func(method string) error {
		if method == "Daily" {
			once.Do(func() { close(begun) })
			<-finish
		}
		return nil
	})
	answered := make(chan reply)
	go func() { answered <- a.ask(admin, "GET", "/api/v1/stats/daily", nil) }()
	<-begun
	stopped := make(chan error)
	go func() { stopped <- a.server.Shutdown(context.Background()) }()
	deadline := time.Now().Add(20 * time.Second)
	for { // the listener closes before the wait begins
		conn, err := net.Dial("tcp", a.addr)
		if err != nil {
			break
		}
		conn.Close()
		if time.Now().After(deadline) {
			t.Fatal("still listening")
		}
	}
	close(finish)
	wantStatus(t, <-answered, 200)
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

// A client that keeps its connection busy byte by byte is cut off in time, and one that waits for an answer is not.
func TestTimeouts(t *testing.T) {
	a := setupWith(t, func(app *fiber.App) {
		app.Get("/poll", func(c *fiber.Ctx) error {
			<-time.After(600 * time.Millisecond) // what a long poll does: nothing, for longer than any timeout
			return c.SendString("at last")
		})
	}, func(o *http.Options, _ *auth.Options) {
		o.ReadTimeout, o.WriteTimeout, o.IdleTimeout = 200*time.Millisecond, 200*time.Millisecond, 200*time.Millisecond
	})
	if r := a.ask(nobody, "GET", "/poll", nil); r.status != 200 || r.raw != "at last" {
		t.Errorf("the poll: %s", r)
	}
	if r := a.raw("GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: ", false); r == nil || r.StatusCode != nethttp.StatusRequestTimeout {
		t.Errorf("the slow one: %v", r)
	}
	// fasthttp forgets what it has read of a request whose rest does not come. The line must not say that it was a GET.
	if r := a.raw("POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{}", false); r == nil || r.StatusCode != nethttp.StatusRequestTimeout {
		t.Errorf("the body that does not come: %v", r)
	}
	a.log.until(t, `"method":"unknown","route":"","status":408`)
	if strings.Contains(a.log.String(), `"method":"GET","route":"","status":408`) {
		t.Error("a request that was not read passes for a GET")
	}
}

func TestRequestTimeout(t *testing.T) {
	a := setup(t, func(o *http.Options, _ *auth.Options) { o.RequestTimeout = 50 * time.Millisecond })
	a.store.failing(func(method string) error {
		if method == "Daily" {
			<-time.After(100 * time.Millisecond)
		}
		return nil
	})
	wantFailure(t, a.ask(admin, "GET", "/api/v1/stats/daily", nil), 504, "timeout")
}

func TestOptions(t *testing.T) {
	a := setup(t)
	good := http.Options{Store: a.store, Auth: a.auth, Desk: a.store, Now: a.now}
	for name, change := range map[string]func(*http.Options){
		"no store":            func(o *http.Options) { o.Store = nil },
		"no auth":             func(o *http.Options) { o.Auth = nil },
		"no desk":             func(o *http.Options) { o.Desk = nil },
		"no clock":            func(o *http.Options) { o.Now = nil },
		"a negative limit":    func(o *http.Options) { o.BodyLimit = -1 },
		"a timeout backwards": func(o *http.Options) { o.ReadTimeout = -time.Second },
	} {
		t.Run(name, func(t *testing.T) {
			o := good
			change(&o)
			if _, err := http.New(o); err == nil {
				t.Error("no error")
			}
		})
	}
}

// Whoever stops the server right after starting it must not be left with one that runs.
func TestShutdownBeforeServe(t *testing.T) {
	for name, wait := range map[string]bool{"before": true, "at the same time": false} {
		t.Run(name, func(t *testing.T) {
			a := setup(t)
			again, err := http.New(http.Options{Store: a.store, Auth: a.auth, Desk: a.store, Now: a.now})
			if err != nil {
				t.Fatal(err)
			}
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			stopped := make(chan error, 1)
			go func() { stopped <- again.Shutdown(context.Background()) }()
			if wait {
				if err := <-stopped; err != nil {
					t.Error(err)
				}
				close(stopped)
			}
			if err := again.Serve(listener); err != nil {
				t.Error(err)
			}
			if err := <-stopped; err != nil {
				t.Error(err)
			}
		})
	}
}

func TestRequestsInParallel(t *testing.T) {
	a := setup(t)
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			who := []string{owner, other, staff, admin}[i%4]
			for range 25 {
				r := a.ask(who, "GET", "/api/v1/auth/me", nil)
				if r.at("user.id") != a.users[who].ID {
					t.Errorf("%s is told of %s", who, r)
				}
			}
		})
	}
	wg.Wait()
}

func drain(r io.Reader) string {
	text, _ := io.ReadAll(r)
	return string(text)
}

// What keeps the figures to itself, or has none, says so in the form of every failure: it answered with lines of its own, the
// reasons of the gatherer among them.
func TestMetricsThatAreNotTold(t *testing.T) {
	for status, code := range map[int]string{401: "unauthorized", 503: "unavailable", 500: "internal"} {
		t.Run(code, func(t *testing.T) {
			a := setup(t, func(o *http.Options, _ *auth.Options) {
				o.Metrics = nethttp.HandlerFunc(func(w nethttp.ResponseWriter, _ *nethttp.Request) {
					nethttp.Error(w, "gather: open /proc/self/stat: fire", status)
				})
			})
			r := a.ask(nobody, "GET", "/metrics", nil)
			wantFailure(t, r, status, code)
			if challenge := r.header.Get("WWW-Authenticate"); (challenge == "Bearer") != (status == 401) {
				t.Errorf("WWW-Authenticate %q", challenge)
			}
		})
	}
}
