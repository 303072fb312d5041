package realtime

import (
	"context"
	"errors"
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

// TestForsakenHandshake: whoever gave up a handshake that the server had not got to left a session behind, which stayed
// until its connect timeout, or for ever where the server was about to stop: it was refused, and nobody was there to hear
// that. An upgrade that was reset while the server stopped was enough.
func TestForsakenHandshake(t *testing.T) {
	for name, stops := range map[string]bool{"while the server goes on": false, "while the server stops": true} {
		t.Run(name, func(t *testing.T) {
			s := setup(t, Options{ConnectTimeout: 2 * patience}, nil)
			list := make(chan []*Session)
			s.system.Send(s.supervisor.pid, listSessions{list}) // it is busy until somebody takes it
			if stops {
				s.system.Send(s.supervisor.pid, closeAll{})
			}
			ctx, giveUp := context.WithCancel(context.Background())
			giveUp()
			if _, err := s.Open(ctx, Request{Address: "192.0.2.1"}, Polling); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
			<-list
			eventually(t, "the end of it", func() bool { return s.Connections() == 0 })
		})
	}
}
