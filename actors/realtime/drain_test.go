package realtime

import (
	"context"
	"errors"
	"testing"
	"time"
)

// drain begins to drain a server in the background.
func drain(ctx context.Context, s *Server, over time.Duration) <-chan error {
	drained := make(chan error, 1)
	go func() { drained <- s.Drain(ctx, StatusServiceRestart, over) }()
	return drained
}

// closedOf counts the connections that were closed.
func closedOf(clients []*client) (n int) {
	for _, c := range clients {
		c.mu.Lock()
		if c.closed {
			n++
		}
		c.mu.Unlock()
	}
	return n
}

func TestDrainSpreads(t *testing.T) {
	s := setup(t, Options{}, nil)
	s.Of("/")
	clients := make([]*client, 20)
	for i := range clients {
		clients[i] = connect(t, s, "")
	}
	ctx, cancel := context.WithCancel(t.Context())
	drained := drain(ctx, s, 1000*time.Hour)
	eventually(t, "the first one closes", func() bool { return closedOf(clients) == 1 })
	if _, err := s.Open(t.Context(), Request{}, WebSocket); !errors.Is(err, ErrStopping) {
		t.Errorf("a connection is opened meanwhile: %v", err)
	}
	cancel()
	if err := <-drained; !errors.Is(err, context.Canceled) {
		t.Errorf("an end of the context: %v", err)
	}
	if err := s.Close(t.Context(), StatusServiceRestart); err != nil { // at once
		t.Fatal(err)
	}
	for _, c := range clients {
		c.closes(t)
		if c.status != StatusServiceRestart || len(c.messages) != 2 { // the open packet and the CONNECT's answer
			t.Errorf("closed with %d after %q", c.status, c.messages)
		}
	}
}

func TestDrainClosesAll(t *testing.T) {
	for name, row := range map[string]struct {
		clients int
		over    time.Duration
	}{
		"nobody":                   {0, time.Hour},
		"one":                      {1, time.Hour},
		"at once":                  {50, 0},
		"less time than a pause":   {50, time.Millisecond},
		"fewer than pauses":        {5, 200 * time.Millisecond},
		"more than pauses":         {200, 55 * time.Millisecond},
		"not a multiple of pauses": {7, 61 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			s := setup(t, Options{}, nil)
			s.Of("/")
			var clients []*client
			for range row.clients {
				clients = append(clients, connect(t, s, ""))
			}
			for i, c := range clients {
				if i%3 == 1 { // some have gone when it is their turn
					c.cut()
				}
			}
			if err := <-drain(t.Context(), s, row.over); err != nil {
				t.Fatal(err)
			}
			if n := closedOf(clients); n != row.clients || s.Connections() != 0 {
				t.Errorf("%d of %d closed, %d left", n, row.clients, s.Connections())
			}
		})
	}
	t.Run("of a closed server", func(t *testing.T) {
		s := setup(t, Options{}, nil)
		if err := errors.Join(s.Close(t.Context(), StatusNone), s.Drain(t.Context(), StatusNone, time.Hour)); err != nil {
			t.Error(err)
		}
	})
}

func TestFlushWaits(t *testing.T) {
	s := setup(t, Options{}, nil)
	s.Of("/")
	if err := s.Flush(t.Context()); err != nil {
		t.Errorf("without a connection: %v", err)
	}
	a, b := connect(t, s, ""), connect(t, s, "")
	if err := s.Flush(t.Context()); err != nil {
		t.Errorf("with nothing queued: %v", err)
	}
	for _, c := range []*client{a, b} {
		c.block(true)
	}
	if err := s.Of("/").Emit("news"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "both have something queued", func() bool { return a.session.out.waiting() > 0 && b.session.out.waiting() > 0 })
	short, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := s.Flush(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("while nothing is taken: %v", err)
	}
	flushed := make(chan error, 1)
	go func() { flushed <- s.Flush(t.Context()) }()
	a.block(false)
	a.receives(t, `42["news"]`)
	b.cut() // what is gone is not waited for
	if err := <-flushed; err != nil {
		t.Error(err)
	}
}
