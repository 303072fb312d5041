package http

import (
	"net"
	"sync"
	"time"

	"github.com/valyala/fasthttp"
)

// arrivals knows a server's connections on which requests arrive, so that it can stop while one is half there. The zero
// value knows none.
type arrivals struct {
	mu    sync.Mutex
	conns map[net.Conn]struct{}
}

// track is told of every connection's states.
func (a *arrivals) track(conn net.Conn, state fasthttp.ConnState) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch state {
	case fasthttp.StateNew:
		if a.conns == nil {
			a.conns = map[net.Conn]struct{}{}
		}
		a.conns[conn] = struct{}{}
	case fasthttp.StateHijacked, fasthttp.StateClosed:
		delete(a.conns, conn)
	}
}

// giveUpInterval is how often requests that are still arriving are given up while the server shuts down.
const giveUpInterval = 20 * time.Millisecond

// giveUpDuring ends requests that are half there while shutDown runs: nobody waits for the rest of them. Answers under way
// are not touched.
func (a *arrivals) giveUpDuring(shutDown func() error) error {
	done := make(chan error, 1)
	go func() { done <- shutDown() }()
	ticker := time.NewTicker(giveUpInterval)
	defer ticker.Stop()
	for {
		a.mu.Lock()
		for conn := range a.conns {
			_ = conn.SetReadDeadline(time.Unix(1, 0)) // fails only on one that is closed
		}
		a.mu.Unlock()
		select {
		case err := <-done:
			return err
		case <-ticker.C:
		}
	}
}
