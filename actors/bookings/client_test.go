package bookings

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"

	"kapoor.example/desk/actors/realtime"
	"kapoor.example/desk/booking"
)

// client is a socket over a transport that lives in memory. Its methods are for the test's goroutine.
type client struct {
	tb      testing.TB
	session *realtime.Session
	acks    int

	mu      sync.Mutex
	bytes   []byte
	packets []string
	closed  bool
}

// TryWrite implements realtime.Transport.
func (c *client) TryWrite(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bytes = append(c.bytes, p...)
	for c.frame() {
	}
	return len(p), nil
}

// frame takes one WebSocket frame off the bytes.
func (c *client) frame() bool {
	b := c.bytes
	if len(b) < 2 {
		return false
	}
	head, size := 2, int(b[1]&0x7f)
	switch {
	case size == 126 && len(b) >= 4:
		head, size = 4, int(binary.BigEndian.Uint16(b[2:]))
	case size == 127 && len(b) >= 10:
		head, size = 10, int(binary.BigEndian.Uint64(b[2:]))
	case size >= 126:
		return false
	}
	if len(b) < head+size {
		return false
	}
	c.packets = append(c.packets, string(b[head:head+size]))
	c.bytes = b[head+size:]
	return true
}

// Write implements realtime.Transport.
func (c *client) Write(p net.Buffers) error {
	for _, b := range p {
		_, _ = c.TryWrite(b)
	}
	return nil
}

// Close implements realtime.Transport.
func (c *client) Close(int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
}

func (c *client) isClosed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

// received returns the packets that begin with a prefix, without it.
func (c *client) received(prefix string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var found []string
	for _, p := range c.packets {
		if rest, ok := strings.CutPrefix(p, prefix); ok {
			found = append(found, rest)
		}
	}
	return found
}

// await returns the n-th packet with a prefix, without it.
func (c *client) await(prefix string, n int) string {
	c.tb.Helper()
	eventually(c.tb, "packet "+prefix+" number "+strconv.Itoa(n), func() bool { return len(c.received(prefix)) >= n })
	return c.received(prefix)[n-1]
}

func (c *client) send(packet string) {
	c.tb.Helper()
	if !c.session.Receive(c, []byte(packet), false) {
		c.tb.Error("the session takes nothing more")
	}
}

// answer is what an ack says.
type answer struct {
	OK      bool              `json:"ok"`
	Code    booking.Code      `json:"code"`
	Message json.RawMessage   `json:"message"`
	Room    string            `json:"room"`
	Fields  map[string]string `json:"fields"`
	Online  []string          `json:"online"`
}

// ask emits an event whose arguments are JSON, and returns its ack.
func (c *client) ask(event, args string) answer {
	c.tb.Helper()
	c.acks++
	id := strconv.Itoa(c.acks)
	c.send("42" + id + packet(event, args))
	var all []answer
	if err := json.Unmarshal([]byte("["+c.await("43"+id+"[", 1)), &all); err != nil || len(all) != 1 {
		c.tb.Fatalf("ack of %s: %v", event, err)
	}
	return all[0]
}

// tell emits an event without asking for an ack.
func (c *client) tell(event, args string) {
	c.tb.Helper()
	c.send("42" + packet(event, args))
}

func packet(event, args string) string {
	if args == "" {
		return `["` + event + `"]`
	}
	return `["` + event + `",` + args + `]`
}

// events returns the payloads of the events of a name that were received, in their order.
func (c *client) events(name string) []map[string]any {
	c.tb.Helper()
	var all []map[string]any
	for _, p := range c.received("42") {
		var parts []json.RawMessage
		if err := json.Unmarshal([]byte(p), &parts); err != nil {
			c.tb.Fatalf("packet %s: %v", p, err)
		}
		var event string
		var payload map[string]any
		if json.Unmarshal(parts[0], &event) == nil && event == name && json.Unmarshal(parts[1], &payload) == nil {
			all = append(all, payload)
		}
	}
	return all
}

// event waits for the n-th event of a name.
func (c *client) event(name string, n int) map[string]any {
	c.tb.Helper()
	eventually(c.tb, name+" number "+strconv.Itoa(n), func() bool { return len(c.events(name)) >= n })
	return c.events(name)[n-1]
}

// offsets returns the positions of all events received, in the order of arrival.
func (c *client) offsets() []booking.Position {
	c.tb.Helper()
	var all []booking.Position
	for _, p := range c.received("42") {
		var parts []any
		if err := json.Unmarshal([]byte(p), &parts); err != nil {
			c.tb.Fatal(err)
		}
		if offset, ok := parts[len(parts)-1].(string); ok && len(parts) == 3 {
			at, ok := booking.ParsePosition(offset)
			if !ok {
				c.tb.Fatalf("offset %q", offset)
			}
			all = append(all, at)
		}
	}
	return all
}

// barrier returns once the session has handled everything sent before: CONNECT too, whose hooks run after its answer.
func (c *client) barrier() {
	c.tb.Helper()
	c.ask("*barrier", "")
}

// gone ends the connection as a lost line does.
func (c *client) gone() { c.session.Lost(c, realtime.ReasonTransportClose) }

// connecting opens a connection and sends a CONNECT with a payload.
func (s *socketing) connecting(auth string) *client {
	s.tb.Helper()
	c := &client{tb: s.tb}
	session, err := s.server.Open(context.Background(), realtime.Request{Address: "192.0.2.1"}, realtime.WebSocket)
	if err != nil {
		s.tb.Fatal(err)
	}
	c.session = session
	session.Start(c)
	c.send("40" + auth)
	return c
}

// mustConnect connects a user.
func (s *socketing) mustConnect(u booking.User) *client {
	s.tb.Helper()
	c := s.connecting(`{"token":"` + u.ID + `"}`)
	c.await("40", 1)
	return c
}
