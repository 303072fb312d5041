package realtime

import (
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"kapoor.example/desk/actors"
)

var supervisorKind = actors.Kind{Name: "supervisor", Directive: actors.Resume, Singleton: true}

// supervisor owns the session actors: it spawns each with its connection and ends it when it has finished.
type supervisor struct {
	server   *Server
	pid      *actors.PID
	sessions map[*Session]struct{}
	stopping bool
	closing  []*Session // still to be closed, in their order
	each     int        // how many of them at a time
	pause    time.Duration
	status   int
	timer    *actors.Timer // of the next ones; nil when nothing is spread
}

type (
	openSession struct {
		session *Session
		opened  chan bool // false: the server is stopping
	}
	sessionEnded struct{ session *Session }
	// closeAll closes every session, spread over a time; a second one without a time closes the rest at once.
	closeAll struct {
		status int
		over   time.Duration
	}
	closeSome    struct{}
	listSessions struct{ list chan []*Session }
)

// Receive implements actors.Receiver.
func (s *supervisor) Receive(c *actors.Context) {
	switch m := c.Message().(type) {
	case openSession:
		s.open(m)
	case sessionEnded:
		if _, ok := s.sessions[m.session]; ok {
			delete(s.sessions, m.session)
			s.server.system.End(m.session.pid)
		}
	case closeAll:
		s.closeAll(m)
	case closeSome:
		s.closeSome()
	case listSessions:
		m.list <- slices.Collect(maps.Keys(s.sessions))
	case actors.Stopped:
		s.timer.Stop()
	}
}

// Failed implements actors.Failer.
func (s *supervisor) Failed(msg any) {
	if m, ok := msg.(openSession); ok {
		m.opened <- false
	}
}

// leastPause is between two moments at which sessions are closed: many share one where there are many.
const leastPause = 10 * time.Millisecond

func (s *supervisor) closeAll(m closeAll) {
	s.stopping = true
	s.status = m.status
	s.closing = slices.Collect(maps.Keys(s.sessions))
	rand.Shuffle(len(s.closing), func(i, j int) { s.closing[i], s.closing[j] = s.closing[j], s.closing[i] })
	all := len(s.closing)
	s.each = all
	if m.over > 0 && all > 0 {
		s.pause = max(leastPause, m.over/time.Duration(all))
		s.each = max(1, int(time.Duration(all)*s.pause/m.over))
	}
	s.closeSome()
}

// closeSome closes the next sessions and comes again while there are more.
func (s *supervisor) closeSome() {
	n := min(s.each, len(s.closing))
	for _, session := range s.closing[:n] {
		if _, live := s.sessions[session]; live {
			s.server.system.Send(session.pid, closing{reason: ReasonShutdown, status: s.status})
		}
	}
	s.closing = s.closing[n:]
	switch {
	case len(s.closing) == 0:
		s.closing = nil
	case s.timer == nil:
		s.timer = s.server.system.After(s.pause, s.pid, closeSome{})
	default:
		s.timer.Reset(s.pause)
	}
}

func (s *supervisor) open(m openSession) {
	if s.stopping {
		m.opened <- false
		return
	}
	session := m.session
	s.sessions[session] = struct{}{}
	kind := sessionKind
	kind.Tally = &s.server.live
	s.server.system.Spawn(kind, session.sid, &session.actor) // the session learns its PID with Started
	if s.server.options.OnOpen != nil {
		s.server.system.Send(session.pid, opened{})
	}
	m.opened <- true
}
