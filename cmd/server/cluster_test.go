package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	nethttp "net/http"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"kapoor.example/desk/persistence/redis/redistest"
)

// node runs a real desk of a cluster until the test ends, and returns where it is.
func node(t *testing.T, url string) string {
	t.Helper()
	p := program(t, url)
	if err := p.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("127.0.0.1:%d", p.Port())
}

func program(t *testing.T, url string) *Program {
	t.Helper()
	w := newWorld(t, map[string]string{
		"HOST": "127.0.0.1", "PORT": "0", "SEED_DEMO": "false", "DATA_DIR": t.TempDir(), "REDIS_URL": url,
		"JWT_SECRET": strings.Repeat("s", minSecret),
	})
	c := mustParse(t, w)
	if err := c.validate(); err != nil {
		t.Fatal(err)
	}
	p := newProgram(c, zerolog.Nop(), time.Now, wired())
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := p.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return p
}

// call sends a request of a session and returns the status and the body.
func call(t *testing.T, method, address, query, body string) (int, string) {
	t.Helper()
	r, err := nethttp.NewRequestWithContext(t.Context(), method, "http://"+address+"/socket.io/?EIO=4&transport=polling"+query, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := nethttp.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }() // read to its end below
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// sidOf reads the sid out of an open packet.
func sidOf(t *testing.T, open string) string {
	t.Helper()
	_, rest, found := strings.Cut(open, `"sid":"`)
	sid, _, ended := strings.Cut(rest, `"`)
	if !found || !ended {
		t.Fatalf("no sid in %q", open)
	}
	return sid
}

// TestAnyNodeTakesAnyRequest: a session's polls, POSTs and upgrade work through a node that does not have it.
func TestAnyNodeTakesAnyRequest(t *testing.T) {
	server := redistest.Start(t)
	a, b := node(t, server.URL()), node(t, server.URL())
	_, open := call(t, "GET", a, "", "")
	sid := sidOf(t, open)
	eventually(t, "the second node to know the first", func() bool {
		status, text := call(t, "POST", b, "&sid="+sid, "40")
		return status == 200 && text == "ok"
	})
	if status, text := call(t, "GET", b, "&sid="+sid, ""); status != 200 || !strings.Contains(text, "missing_token") {
		t.Errorf("poll: %d %q", status, text)
	}
	_, open = call(t, "GET", a, "", "")
	conn, err := net.Dial("tcp", b)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }() // the test is over
	fmt.Fprintf(conn, "GET /socket.io/?EIO=4&transport=websocket&sid=%s HTTP/1.1\r\nHost: desk\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", sidOf(t, open))
	r := bufio.NewReader(conn)
	answer, err := nethttp.ReadResponse(r, nil)
	if err != nil || answer.StatusCode != nethttp.StatusSwitchingProtocols {
		t.Fatalf("upgrade: %+v, %v", answer, err)
	}
	if _, err := conn.Write([]byte("\x81\x862222" + mask("2probe"))); err != nil {
		t.Fatal(err)
	}
	frame := make([]byte, 8)
	if _, err := io.ReadFull(r, frame); err != nil || string(frame) != "\x81\x063probe" {
		t.Errorf("answer %q, %v", frame, err)
	}
}

// mask returns what a client writes with the mask "2222".
func mask(text string) string {
	masked := []byte(text)
	for i := range masked {
		masked[i] ^= '2'
	}
	return string(masked)
}

// TestUnknownSessions: what is nobody's is said to be unknown, whoever it claims to be of.
func TestUnknownSessions(t *testing.T) {
	server := redistest.Start(t)
	address := node(t, server.URL())
	_, open := call(t, "GET", address, "", "")
	own := sidOf(t, open)
	for name, sid := range map[string]string{
		"of nobody's node": "AAAAAAAA" + own[nameLength:], "of this node": own[:len(own)-1] + "_", "short": "x", "long": strings.Repeat("x", 5000),
		"no base64": strings.Repeat("%21", nameLength+tailLength),
	} {
		if status, text := call(t, "GET", address, "&sid="+sid, ""); status != 400 || !strings.Contains(text, "Session ID unknown") {
			t.Errorf("%s: %d %q", name, status, text)
		}
	}
	r, err := nethttp.NewRequestWithContext(t.Context(), "GET", "http://"+address+"/socket.io/?EIO=4&transport=polling&sid="+own, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Desk-Forwarded", "forged")
	answer, err := nethttp.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil || answer.StatusCode != nethttp.StatusBadRequest {
		t.Errorf("forged: %d, %v", answer.StatusCode, err)
	}
}

// TestRedisThatRefuses: a Redis that cannot be used stops the start with a sentence that says why, without the password.
func TestRedisThatRefuses(t *testing.T) {
	server := redistest.Start(t, "--requirepass", "right")
	tests := map[string]struct{ url, want string }{
		"wrong password": {"redis://:hunter2@" + server.Address, "refuses the user or the password"},
		"no password":    {server.URL(), "wants a user and a password"},
		"nobody there":   {"redis://127.0.0.1:1", "cannot be reached"},
		"no database":    {"redis://:right@" + server.Address + "/9999", "no database"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := program(t, tt.url).Run(t.Context())
			if err == nil || !strings.Contains(err.Error(), "REDIS_URL") || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestDegraded: without its Redis a node goes on, and /readyz says so.
func TestDegraded(t *testing.T) {
	server := redistest.Start(t)
	address := node(t, server.URL())
	ready := func() string {
		r, err := nethttp.NewRequestWithContext(t.Context(), "GET", "http://"+address+"/readyz", nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := nethttp.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = answer.Body.Close() }() // read to its end below
		text, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != nethttp.StatusOK {
			t.Fatalf("%d, %v", answer.StatusCode, err)
		}
		return string(text)
	}
	if got := ready(); !strings.Contains(got, `"ok"`) {
		t.Errorf("ready: %s", got)
	}
	server.Kill(t)
	eventually(t, "word of the outage", func() bool { return strings.Contains(ready(), `"degraded"`) })
	if status, open := call(t, "GET", address, "", ""); status != 200 || sidOf(t, open) == "" {
		t.Errorf("handshake: %d %s", status, open)
	}
	server.Run(t)
	eventually(t, "word of its end", func() bool { return strings.Contains(ready(), `"ok"`) })
}

// TestGuessesCountTogether: whoever guesses passwords at several nodes has no more tries than at one.
func TestGuessesCountTogether(t *testing.T) {
	server := redistest.Start(t)
	nodes := []string{node(t, server.URL()), node(t, server.URL())}
	for i := range 12 {
		r, err := nethttp.NewRequestWithContext(t.Context(), "POST", "http://"+nodes[i%2]+"/api/v1/auth/login", strings.NewReader(`{"email":"nobody@example.com","password":"a wrong one"}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		answer, err := nethttp.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := answer.Body.Close(); err != nil {
			t.Fatal(err)
		}
		want := nethttp.StatusUnauthorized
		if i >= 10 { // LOGIN_LIMIT_ACCOUNT
			want = nethttp.StatusTooManyRequests
		}
		if answer.StatusCode != want {
			t.Errorf("try %d: %d instead of %d", i+1, answer.StatusCode, want)
		}
	}
}
