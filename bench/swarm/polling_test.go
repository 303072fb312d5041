//go:build linux

package swarm

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// polls makes the clients of a test go by polling.
func polls(o *Options) { o.Polling = func(int) bool { return true } }

// answer sends an HTTP answer with a payload.
func (l line) answer(status int, packets ...string) {
	body := strings.Join(packets, "\x1e")
	l.raw(fmt.Appendf(nil, "HTTP/1.1 %d X\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s", status, len(body), body))
}

// asked reads the next request; want is its method, what it says of the session, and its body.
func (l line) asked(want string) {
	l.t.Helper()
	request, err := http.ReadRequest(l.reader)
	if err != nil {
		l.t.Errorf("no request where %q was due: %v", want, err)
		return
	}
	body, _ := io.ReadAll(request.Body) // what is missing is not what was wanted
	if got := request.Method + " " + request.URL.Query().Get("sid") + " " + string(body); got != want {
		l.t.Errorf("the client asked %q, not %q", got, want)
	}
}

// polled goes all the way until the client is connected and polls.
func (l line) polled() {
	l.answer(200, `0{"sid":"x"}`)
	l.asked("POST x 40")
	l.answer(200, "ok")
	l.asked("GET x ")
	l.answer(200, `40{"sid":"y"}`)
	l.asked("GET x ")
}

func TestPolling(t *testing.T) {
	requests := make(chan *http.Request, 1)
	address := serve(t, func(l line, request *http.Request) {
		requests <- request
		l.polled()
		l.answer(200, `42["hello",1]`, "2", "6", `430[{"ok":true}]`)
		l.asked("POST x 3")
		l.answer(200, "ok")
		l.asked("GET x ")
		for _, b := range []byte("HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\n42[\"to\"]") { // torn into bytes
			l.raw([]byte{b})
		}
		l.asked("GET x ") // until the client is gone it says nothing more
		_, _ = l.reader.ReadByte()
	})
	s, r := begin(t, address, polls)
	r.eventually(t, "three packets", func() bool { return len(r.packets) == 3 })
	if request := <-requests; request.URL.String() != "/socket.io/?EIO=4&transport=polling" || request.Host != address {
		t.Errorf("asked for %s at %s", request.URL, request.Host)
	}
	if s.ConnectedCount() != 1 || r.connected[0] != `{"sid":"y"}` || r.packets[0] != `2["hello",1]` || r.packets[2] != `2["to"]` {
		t.Errorf("%d connected, %q, %q", s.ConnectedCount(), r.connected, r.packets)
	}
}

func TestPollingEnds(t *testing.T) {
	for _, test := range []struct {
		name   string
		script func(line)
		want   CloseError
	}{
		{"a refused handshake", func(l line) { l.answer(503); l.hear() }, CloseError{Phase: Upgrading, Status: 503}},
		{"no open packet", func(l line) { l.answer(200, "6"); l.hear() }, CloseError{Phase: Opening, Err: ErrProtocol}},
		{"no HTTP", func(l line) { l.raw([]byte("SSH-2.0-OpenSSH\r\n\r\n")) }, CloseError{Phase: Upgrading, Err: ErrProtocol}},
		{"a length that is none", func(l line) { l.raw([]byte("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n")) }, CloseError{Phase: Upgrading, Err: ErrProtocol}},
		{"an endless head", func(l line) { l.raw([]byte(strings.Repeat("x", maxHead+1))); l.hear() }, CloseError{Phase: Upgrading, Err: ErrProtocol}},
		{"an unknown session", func(l line) { l.polled(); l.answer(400); l.hear() }, CloseError{Phase: Connected, Status: 400}},
		{"a close packet", func(l line) { l.polled(); l.answer(200, "1"); l.hear() }, CloseError{Phase: Connected}},
		{"closed while it polls", func(l line) { l.polled() }, CloseError{Phase: Connected}},
		{"a refusal", func(l line) {
			l.answer(200, `0{"sid":"x"}`)
			l.asked("POST x 40")
			l.answer(200, "ok")
			l.asked("GET x ")
			l.answer(200, `44{"message":"no"}`)
			l.hear()
		}, CloseError{Phase: Joining, Packet: `4{"message":"no"}`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			address := serve(t, func(l line, _ *http.Request) { test.script(l) })
			_, r := begin(t, address, polls)
			r.eventually(t, "an end", func() bool { return len(r.closed) == 1 })
			got := *r.closed[0]
			if got.Phase != test.want.Phase || got.Status != test.want.Status || got.Packet != test.want.Packet || !errors.Is(got.Err, test.want.Err) {
				t.Errorf("ended by %+v, want %+v", got, test.want)
			}
		})
	}
}

// TestPollingAgain: a client that comes back has a session of its own, and nothing to say from the one before.
func TestPollingAgain(t *testing.T) {
	address := serve(t, func(l line, _ *http.Request) {
		l.polled()
		l.answer(200, "2", "1")
		l.hear()
	})
	s, r := begin(t, address, polls)
	r.eventually(t, "the first end", func() bool { return len(r.closed) == 1 })
	s.Post(0, func(c *Client) { c.ConnectAfter(0) })
	r.eventually(t, "the second end", func() bool { return len(r.closed) == 2 && len(r.connected) == 2 })
}
