package realtime

import (
	"context"
	"time"
)

// flushInterval is how often Flush looks at a connection that has not taken everything yet.
const flushInterval = 5 * time.Millisecond

// Flush waits until everything that was fanned out before has been taken by its connection, or ctx ends: a client that
// takes nothing keeps it waiting.
func (s *Server) Flush(ctx context.Context) error {
	ticker := time.NewTicker(flushInterval)
	defer ticker.Stop()
	for _, session := range s.sessions.all() {
		for session.out.waiting() > 0 { // none when it has ended
			select {
			case <-ticker.C:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	return nil
}

// Drain refuses new connections and closes those there are, each at a random moment within over, as Close does, and waits
// until they are gone or ctx ends. Clients that come back elsewhere do not come all at once. Close has to follow.
func (s *Server) Drain(ctx context.Context, status int, over time.Duration) error {
	select {
	case <-s.stopped:
		return nil
	default:
	}
	s.system.Send(s.supervisor.pid, closeAll{status: status, over: over})
	return s.drained(ctx)
}
