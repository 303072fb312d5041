package realtime

import (
	"maps"
	"slices"

	"kapoor.example/desk/actors"
)

var supervisorKind = actors.Kind{Name: "supervisor", Directive: actors.Resume, Singleton: true}

// supervisor owns the session actors: it spawns each with its connection and ends it when it has finished.
type supervisor struct {
	server   *Server
	pid      *actors.PID
	sessions map[*Session]struct{}
	stopping bool
}

type (
	openSession struct {
		session *Session
		opened  chan bool // false: the server is stopping
	}
	sessionEnded struct{ session *Session }
	closeAll     struct{ status int }
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
		s.stopping = true
		for session := range s.sessions {
			s.server.system.Send(session.pid, closing{reason: ReasonShutdown, status: m.status})
		}
	case listSessions:
		m.list <- slices.Collect(maps.Keys(s.sessions))
	}
}

// Failed implements actors.Failer.
func (s *supervisor) Failed(msg any) {
	if m, ok := msg.(openSession); ok {
		m.opened <- false
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
