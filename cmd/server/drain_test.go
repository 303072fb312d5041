package main

import (
	"context"
	"net"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"kapoor.example/desk/booking"
)

func mustURL(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// gate is a store whose writes wait while it is shut.
type gate struct {
	booking.Store
	shut    atomic.Bool
	entered chan struct{} // gets a value when a write waits
	opened  chan struct{} // closed to let them through
}

func (g *gate) Append(ctx context.Context, c booking.Commit) error {
	if g.shut.Load() {
		g.entered <- struct{}{}
		select {
		case <-g.opened:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return g.Store.Append(ctx, c)
}

// gated is a running desk whose writes can be held up.
type gated struct {
	*world
	gate    *gate
	address string
	stop    context.CancelFunc
	ended   chan int
}

func startGated(t *testing.T, settings map[string]string) *gated {
	t.Helper()
	g := &gated{world: newWorld(t, settings), gate: &gate{entered: make(chan struct{}, 16), opened: make(chan struct{})}, ended: make(chan int, 1)}
	g.now, g.parts = time.Now, wired()
	open := g.parts.openStore
	g.parts.openStore = func(ctx context.Context, c Common, log zerolog.Logger, now func() time.Time) (booking.Store, error) {
		store, err := open(ctx, c, log, now)
		g.gate.Store = store
		return g.gate, err
	}
	ctx, cancel := context.WithCancel(t.Context())
	g.stop = cancel
	go func() { g.ended <- run(ctx, []string{"serve", "--log-format=json"}, g.surroundings) }()
	eventually(t, "the server runs", func() bool { return strings.Contains(g.errout.String(), "Socket.IO enabled") })
	_, rest, _ := strings.Cut(g.errout.String(), "Server running on port ")
	port, _, _ := strings.Cut(rest, `"`)
	g.address = "127.0.0.1:" + port
	return g
}

// exit waits for the end.
func (g *gated) exit(t *testing.T) int {
	t.Helper()
	select {
	case code := <-g.ended:
		return code
	case <-time.After(patience):
		t.Fatal("the server goes on")
		return -1
	}
}

// TestDrain stops a desk while a command is in hand, its store being slow, and looks at everybody who is there.
func TestDrain(t *testing.T) {
	g := startGated(t, nil)
	customer, admin := asCustomer(t, g.address), asAdmin(t, g.address)
	id, second := customer.book(), customer.book()
	socket := customer.dial()
	polled := customer.poll().toTheEnd()

	g.gate.shut.Store(true)
	patched := make(chan answer, 1)
	go func() { patched <- admin.schedule(id) }()
	<-g.gate.entered
	g.stop()
	eventually(t, "/readyz says 503", func() bool { return admin.send("GET", "/readyz", nil).status == 503 })

	// The command in hand waits; nobody new is let in, and no further command is taken.
	for what, refused := range map[string]answer{
		"a booking": customer.send("POST", "/api/v1/bookings", map[string]string{
			"name": "A", "phone": "+91 50000 00003", "address": "B", "brand": "C", "model": "D",
		}),
		"a status":  admin.schedule(second),
		"a message": customer.send("POST", "/api/v1/bookings/"+second+"/messages", map[string]string{"message": "Hello?"}),
	} {
		if refused.status != 503 || refused.body["code"] != "unavailable" || refused.header.Get("Retry-After") == "" {
			t.Errorf("%s is answered %+v", what, refused)
		}
	}
	for _, path := range []string{"/socket.io/?EIO=4&transport=polling", "/socket.io/?EIO=4&transport=websocket"} {
		var header []string
		if strings.Contains(path, "websocket") {
			header = []string{"Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="}
		}
		if a := customer.send("GET", path, nil, header...); a.status != 503 || a.header.Get("Retry-After") == "" {
			t.Errorf("%s is answered %+v", path, a)
		}
	}
	// They counted as refused for want of room, so that every deploy rang the alarm of a desk that is too small.
	_, figures := ask(t, "http://"+g.address+"/metrics")
	for _, want := range []string{`{reason="stopping"} 2`, `{reason="no_room"} 0`, `{reason="expired_token"} 0`} {
		if !strings.Contains(figures, "desk_handshakes_refused_total"+want) {
			t.Errorf("the figures do not say %s", want)
		}
	}
	if a := customer.send("GET", "/api/v1/bookings/"+id, nil); a.status != 200 {
		t.Errorf("reading is answered %+v", a)
	}
	if a := customer.send("GET", "/healthz", nil); a.status != 200 {
		t.Errorf("/healthz is answered %+v", a)
	}
	socket.say(`421["sendMessage",{"bookingId":"` + second + `","message":"Hello?"}]`)
	if ack := socket.find("431["); !strings.Contains(ack, `"unavailable"`) {
		t.Errorf("a message over the socket is answered %s", ack)
	}

	close(g.gate.opened)
	if a := <-patched; a.status != 200 || a.body["booking"].(map[string]any)["status"] != "Scheduled" {
		t.Errorf("the command in hand is answered %+v", a)
	}
	told, status := socket.rest()
	if status != 1012 {
		t.Errorf("closed with %d", status)
	}
	checkTold(t, "the socket", told, id)
	socket.gone()

	checkTold(t, "the poller", <-polled, id)
	if code := g.exit(t); code != 0 {
		t.Errorf("exit code %d: %s", code, g.errout.String())
	}
	for _, want := range []string{"Draining", "Server stopped"} {
		if !strings.Contains(g.errout.String(), want) {
			t.Errorf("%q is not in the log", want)
		}
	}
}

// checkTold checks that a client was told of its booking's change, once, and was not sent a DISCONNECT packet.
func checkTold(t *testing.T, who string, messages []string, id string) {
	t.Helper()
	for _, event := range []string{"bookingUpdated", "bookingStatusChanged"} {
		n := 0
		for _, m := range messages {
			if strings.HasPrefix(m, `42["`+event+`"`) && strings.Contains(m, id) {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%s was told of %s %d times: %q", who, event, n, messages)
		}
	}
	for _, m := range messages {
		if strings.HasPrefix(m, "41") {
			t.Errorf("%s was sent %q", who, m)
		}
	}
}

// TestDrainIsBounded stops a desk whose store takes nothing any more, with a request that is half there.
func TestDrainIsBounded(t *testing.T) {
	g := startGated(t, map[string]string{"STOP_TIMEOUT": "2s"})
	customer, admin := asCustomer(t, g.address), asAdmin(t, g.address)
	id := customer.book()
	socket := customer.dial()
	half, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", g.address)
	if err != nil {
		t.Fatal(err)
	}
	defer half.Close()
	if _, err := half.Write([]byte("POST /api/v1/bookings HTTP/1.1\r\nHost: desk\r\nContent-Length: 100\r\n\r\n{")); err != nil {
		t.Fatal(err)
	}
	g.gate.shut.Store(true)
	patched := make(chan answer, 1)
	go func() { patched <- admin.schedule(id) }()
	<-g.gate.entered
	g.stop()
	if a := <-patched; a.status != 503 && a.status != 504 {
		t.Errorf("the command that hangs is answered %+v", a)
	}
	if _, status := socket.rest(); status != 1012 {
		t.Errorf("closed with %d although a command hangs", status)
	}
	if code := g.exit(t); code != exitFailed {
		t.Errorf("exit code %d", code)
	}
	if !strings.Contains(g.errout.String(), "finish commands") {
		t.Errorf("nothing is said of the command: %s", g.errout.String())
	}
}

// TestHalfARequestDoesNotHoldUpTheStop: a body that never comes was waited for until HTTP_READ_TIMEOUT.
func TestHalfARequestDoesNotHoldUpTheStop(t *testing.T) {
	g := startGated(t, map[string]string{"STOP_TIMEOUT": "1h", "HTTP_READ_TIMEOUT": "10m", "HTTP_IDLE_TIMEOUT": "1h"})
	for _, text := range []string{
		"GET /api/v1/bo",
		"POST /api/v1/auth/login HTTP/1.1\r\nHost: desk\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
		"POST /api/v1/auth/login HTTP/1.1\r\nHost: desk\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a",
		"", // a connection on which nothing comes
	} {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", g.address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := conn.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	g.stop()
	if code := g.exit(t); code != 0 {
		t.Errorf("exit code %d: %s", code, g.errout.String())
	}
}

// TestSignals stops a process in the ways operators have.
func TestSignals(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP} {
		t.Run(sig.String()+" stops it in order", func(t *testing.T) {
			caught := make(chan os.Signal, 1)
			signal.Notify(caught, sig) // a child has what is caught here as it is by default, and what is ignored here ignored
			defer signal.Stop(caught)
			p := startProcess(t, "DATA_DIR="+t.TempDir())
			socket := asCustomer(t, p.address()).dial()
			p.signal(sig)
			if messages, status := socket.rest(); status != 1012 || len(messages) != 0 {
				t.Errorf("closed with %d after %q", status, messages)
			}
			if code := p.exit(); code != 0 || !p.says("Server stopped") {
				t.Errorf("exit code %d", code)
			}
		})
	}
	t.Run("SIGHUP is nothing under nohup", func(t *testing.T) {
		signal.Ignore(syscall.SIGHUP)
		defer signal.Reset(syscall.SIGHUP)
		p := startProcess(t, "DATA_DIR="+t.TempDir())
		p.address()
		p.signal(syscall.SIGHUP)
		p.signal(syscall.SIGTERM) // the first that it hears of: a second one would end it at once
		if code := p.exit(); code != 0 || !p.says("Server stopped") {
			t.Errorf("exit code %d", code)
		}
	})
	t.Run("a second one ends it at once", func(t *testing.T) {
		p := startProcess(t, "DATA_DIR="+t.TempDir())
		customer := asCustomer(t, p.address())
		customer.poll() // and never again: what is queued for it is waited for, for a second
		customer.book()
		p.signal(syscall.SIGTERM)
		p.said("Draining")
		p.signal(syscall.SIGINT)
		if code := p.exit(); code != exitAtOnce || p.says("Server stopped") {
			t.Errorf("exit code %d", code)
		}
	})
}
