package realtime

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
)

// inUse returns what counts of what a session was sent and has not handled.
func inUse(s *Session) int {
	s.inbound.mu.Lock()
	defer s.inbound.mu.Unlock()
	return s.inbound.used
}

// TestCreditOfAPacketInParts: the credit of each attachment was given back when it had come, so what waited for the last
// one was in nobody's budget. It is held until the packet is complete, and what completes it is read all the same.
func TestCreditOfAPacketInParts(t *testing.T) {
	events := make(chan int, 10)
	s := setup(t, Options{MaxInbound: 1_000}, func(s *Server) {
		s.Of("/").On("e", func(_ *Socket, e *Event) { events <- e.Args.Len() })
	})
	c := connect(t, s, "")
	const attachments, size = 4, 700
	placeholders := make([]string, attachments)
	for i := range placeholders {
		placeholders[i] = fmt.Sprintf(`{"_placeholder":true,"num":%d}`, i)
	}
	header := fmt.Sprintf(`5%d-["e",%s]`, attachments, strings.Join(placeholders, ","))
	for range 2 {
		c.say("4" + header)
		for i := range attachments - 1 {
			c.session.Receive(c.line, make([]byte, size), true)
			want := len(header) + 256 + (i+1)*(size+256)
			eventually(t, "the credit of the parts", func() bool { return inUse(c.session) == want })
		}
		c.session.Receive(c.line, make([]byte, size), true)
		if got := <-events; got != attachments {
			t.Errorf("%d arguments came", got)
		}
		eventually(t, "all credit back", func() bool { return inUse(c.session) == 0 })
	}
}

// TestCreditOfABrokenPacket: what a client does instead of completing a packet gives the credit back, too.
func TestCreditOfABrokenPacket(t *testing.T) {
	s := setup(t, Options{CloseTimeout: patience}, func(s *Server) { s.Of("/") })
	c := connect(t, s, "")
	c.block(true)
	_ = s.Of("/").Emit("waits") // so that the session is read on while it closes
	eventually(t, "a queue", func() bool { return !c.session.Writable() })
	c.say(`452-["e",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`)
	c.session.Receive(c.line, make([]byte, 100), true)
	c.say(`42["text"]`)
	eventually(t, "all credit back", func() bool { return inUse(c.session) == 0 && c.session.closing.Load() })
	c.block(false)
	c.closes(t)
}

func TestCreditWaits(t *testing.T) {
	var c credit
	c.take(800, 1_000)
	taken := make(chan bool)
	go func() { taken <- c.take(300, 1_000) }()
	c.hold(800) // a part of a packet
	c.give(800)
	if !<-taken { // what may complete it
		t.Error("closed")
	}
	go func() { taken <- c.take(300, 1_000) }() // while that is handled, what comes next waits
	select {
	case <-taken:
		t.Error("beyond its credit")
	default:
	}
	c.give(300)
	if !<-taken {
		t.Error("closed")
	}
	c.give(300)
	c.give(c.release())
	if c.used != 0 || c.held != 0 {
		t.Errorf("%+v is left", &c)
	}
}

// TestCreditOfPings: the pings of a WebSocket that was being probed went to the session without any credit. A client that
// sent nothing else, faster than they were answered, could make the server hold as many as it liked.
func TestCreditOfPings(t *testing.T) {
	busy, release := make(chan struct{}), make(chan struct{})
	s := setup(t, Options{MaxInbound: 1_000}, func(s *Server) {
		s.Of("/").On("busy", func(*Socket, *Event) { busy <- struct{}{}; <-release })
	})
	session, err := s.Open(t.Context(), Request{}, Polling)
	if err != nil {
		t.Fatal(err)
	}
	candidate := newLine()
	if err := session.Post(t.Context(), []byte("40")); err != nil || !session.Probe(candidate) {
		t.Fatal("no probe", err)
	}
	posted := make(chan error)
	go func() { posted <- session.Post(t.Context(), []byte(`42["busy"]`)) }()
	<-busy
	const pings = 100
	var sent atomic.Int32
	all := make(chan struct{})
	go func() {
		defer close(all)
		for range pings {
			session.SendPong(candidate, nil)
			sent.Add(1)
		}
	}()
	eventually(t, "the pings to wait", func() bool {
		session.inbound.mu.Lock()
		defer session.inbound.mu.Unlock()
		return session.inbound.freed != nil || sent.Load() == pings
	})
	if n := sent.Load(); n == pings {
		t.Errorf("%d pings are held", n)
	}
	close(release)
	<-all
	if err := <-posted; err != nil {
		t.Error(err)
	}
	candidate.until(t, "the pongs", func(m []string, _ bool) bool { return len(m) == pings })
	eventually(t, "all credit back", func() bool { return inUse(session) == 0 })
}
