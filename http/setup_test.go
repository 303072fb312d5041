package http_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	nethttp "net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/rs/zerolog"

	"kapoor.example/desk/auth"
	"kapoor.example/desk/booking"
	"kapoor.example/desk/http"
)

// api is a server that listens on a port of its own, over a store in memory, with a user of each kind.
type api struct {
	t      testing.TB
	store  *memory
	auth   *auth.Service
	server *http.Server
	addr   string
	client *nethttp.Client
	log    *logLines
	clock  atomic.Int64

	tokens map[string]string // by who
	users  map[string]booking.User
}

// The users every api has.
const (
	owner = "owner" // a customer
	other = "other" // another customer
	staff = "staff"
	admin = "admin"
	// nobody has no token.
	nobody = ""
)

const password = "correct horse"

func (a *api) now() time.Time          { return time.UnixMilli(a.clock.Load()) }
func (a *api) advance(d time.Duration) { a.clock.Add(d.Milliseconds()) }

// options change how setup makes its server.
type options func(*http.Options, *auth.Options)

func setup(t testing.TB, change ...options) *api {
	t.Helper()
	return setupWith(t, func(*fiber.App) {}, change...)
}

// setupWith is setup with routes of the test's own.
func setupWith(t testing.TB, mount func(*fiber.App), change ...options) *api {
	t.Helper()
	a := &api{t: t, log: &logLines{}, tokens: map[string]string{}, users: map[string]booking.User{}}
	a.clock.Store(time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC).UnixMilli())
	a.store = newMemory(a.now)
	ao := auth.Options{Store: a.store, Secret: []byte(secret), Now: a.now, Passwords: auth.NewPasswords(auth.Cost{MemoryKiB: 8, Passes: 1}, 4, 0)}
	o := http.Options{Store: a.store, Desk: a.store, Log: zerolog.New(a.log), Now: a.now, Origins: []string{"*"}, Version: "1.2.3"}
	for _, c := range change {
		c(&o, &ao)
	}
	service, err := auth.New(context.Background(), ao)
	if err != nil {
		t.Fatal(err)
	}
	a.auth, o.Auth = service, service
	if a.server, err = http.New(o); err != nil {
		t.Fatal(err)
	}
	mount(a.server.App())
	a.serve()
	for who, role := range map[string]booking.Role{owner: booking.Customer, other: booking.Customer, staff: booking.Staff, admin: booking.Admin} {
		a.mustUser(who, role)
	}
	return a
}

const secret = "a secret for tests that is long enough"

func (a *api) serve() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		a.t.Fatal(err)
	}
	a.addr = listener.Addr().String()
	served := make(chan error, 1)
	go func() { served <- a.server.Serve(listener) }()
	transport := &nethttp.Transport{}
	a.client = &nethttp.Client{Transport: transport, Timeout: 20 * time.Second}
	a.t.Cleanup(func() {
		transport.CloseIdleConnections()
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := a.server.Shutdown(ctx); err != nil {
			a.t.Errorf("shut down: %v", err)
		}
		if err := <-served; err != nil {
			a.t.Errorf("serve: %v", err)
		}
	})
}

// mustUser makes a user and signs in.
func (a *api) mustUser(who string, role booking.Role) {
	a.t.Helper()
	u, err := a.auth.CreateAccount(context.Background(), auth.Account{Name: strings.ToUpper(who[:1]) + who[1:], Email: who + "@example.org", Password: password}, role)
	if err != nil {
		a.t.Fatal(err)
	}
	in, err := a.auth.Login(context.Background(), u.Email, password, "192.0.2.1")
	if err != nil {
		a.t.Fatal(err)
	}
	a.users[who], a.tokens[who] = u, in.Token
}

// mustBooking makes a booking of a user.
func (a *api) mustBooking(who string) booking.Booking {
	a.t.Helper()
	a.advance(time.Millisecond)
	outcome, err := a.store.Execute(context.Background(), booking.Command{
		ID: booking.NewID(a.now()), BookingID: booking.NewID(a.now()), By: a.users[who].Principal(),
		Do: booking.Create{Code: booking.NewCode(), Details: booking.Details{
			CustomerName: "Asha Kapoor", ContactNumber: "+91 1", Address: "12 Park Street", Brand: "LG", Model: "C4",
		}},
	})
	if err != nil {
		a.t.Fatal(err)
	}
	a.store.told()
	return outcome.Booking
}

// reply is what a request came to.
type reply struct {
	status int
	header nethttp.Header
	raw    string
	body   map[string]any // nil where it is not a JSON object
}

func (r reply) String() string { return fmt.Sprintf("%d %.600s", r.status, r.raw) }

// at returns a member of the body, by names with dots between them.
func (r reply) at(path string) any {
	var value any = r.body
	for _, name := range strings.Split(path, ".") {
		member, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = member[name]
	}
	return value
}

// ask sends a request as somebody. A body that is a string is sent as it is, anything else as JSON.
func (a *api) ask(who, method, path string, body any, headers ...string) reply {
	a.t.Helper()
	var reader io.Reader
	switch body := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(body)
	case io.Reader:
		reader = body
	default:
		encoded, err := json.Marshal(body)
		if err != nil {
			a.t.Fatal(err)
		}
		reader = bytes.NewReader(encoded)
	}
	request, err := nethttp.NewRequest(method, "http://"+a.addr+path, reader)
	if err != nil {
		a.t.Fatal(err)
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if who != nobody {
		request.Header.Set("Authorization", "Bearer "+a.tokens[who])
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := a.client.Do(request)
	if err != nil {
		a.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		a.t.Fatalf("%s %s: %v", method, path, err)
	}
	r := reply{status: response.StatusCode, header: response.Header, raw: string(text)}
	_ = json.Unmarshal(text, &r.body) // not everything is JSON
	return r
}

// wantFailure checks that a reply is a failure in the one form, with nothing of the inside in it.
func wantFailure(t testing.TB, r reply, status int, code string) {
	t.Helper()
	if r.status != status || r.at("code") != code {
		t.Errorf("got %s, want %d %s", r, status, code)
		return
	}
	if r.at("success") != false || r.at("requestId") == "" || r.at("requestId") != r.header.Get("X-Request-Id") {
		t.Errorf("not the form of a failure: %s (X-Request-Id %q)", r, r.header.Get("X-Request-Id"))
	}
	message, _ := r.at("message").(string)
	if message == "" || !strings.HasSuffix(message, ".") {
		t.Errorf("message %q is no sentence", message)
	}
	if kind := r.header.Get("Content-Type"); kind != "application/json" {
		t.Errorf("Content-Type %q", kind)
	}
	for _, inside := range []string{"goroutine", ".go:", "fire", "<html", "Cannot "} {
		if strings.Contains(r.raw, inside) {
			t.Errorf("the answer says %q: %s", inside, r)
		}
	}
}

// wantField checks that a reply names a field that is wrong.
func wantField(t testing.TB, r reply, field string) {
	t.Helper()
	wantFailure(t, r, 400, "validation_failed")
	fields, _ := r.at("fields").(map[string]any)
	if why, _ := fields[field].(string); why == "" {
		t.Errorf("no word on %s: %s", field, r)
	}
}

func wantStatus(t testing.TB, r reply, status int) {
	t.Helper()
	if r.status != status || status < 300 && r.at("success") != true {
		t.Fatalf("got %s, want %d", r, status)
	}
}

// logLines keeps what was logged.
type logLines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logLines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logLines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// until waits for a log line that has all of these in it, and returns it.
func (l *logLines) until(t testing.TB, parts ...string) string {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for time.Now().Before(deadline) {
	lines:
		for line := range strings.Lines(l.String()) {
			for _, part := range parts {
				if !strings.Contains(line, part) {
					continue lines
				}
			}
			return line
		}
		<-time.After(time.Millisecond)
	}
	t.Fatalf("no line with %q in:\n%s", parts, l)
	return ""
}
