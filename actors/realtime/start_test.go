package realtime

import (
	"context"
	"strings"
	"testing"
	"time"
)

// TestOpenPacketComesFirst: a session over a WebSocket begins before its WebSocket is there. What it was to send until
// then, a ping after a short interval or a message of OnOpen, went out before the open packet, which clients take for a
// broken handshake. A storm of sessions on a busy machine found it.
func TestOpenPacketComesFirst(t *testing.T) {
	s := setup(t, Options{
		PingInterval: time.Millisecond, PingTimeout: patience,
		OnOpen:    func(session *Session) { session.Send([]byte("welcome"), false) },
		OnMessage: func(*Session, []byte, bool) {},
	}, nil)
	session, err := s.Open(context.Background(), Request{Address: "192.0.2.1"}, WebSocket)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "a message and a ping that wait", func() bool {
		session.out.mu.Lock()
		defer session.out.mu.Unlock()
		return len(session.out.queue) == 2
	})
	l := newLine()
	session.Start(l)
	l.receives(t, "2")
	got := l.until(t, "three packets", func(messages []string, _ bool) bool { return len(messages) >= 3 })
	if !strings.HasPrefix(got[0], `0{"sid"`) || got[1] != "4welcome" {
		t.Errorf("got %q", got)
	}
}
