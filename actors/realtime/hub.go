package realtime

import (
	"maps"
	"sync"

	"kapoor.example/desk/actors"
)

var hubKind = actors.Kind{Name: "hub", Directive: actors.Resume, Singleton: true}

// hub owns the room actors: it spawns a user's with the first session and ends it with the last. Whatever concerns a
// user's room passes here, so that no session can enter a room that is about to end.
type hub struct {
	server *Server
	pid    *actors.PID
	rooms  map[string]*tenant

	mu     sync.Mutex
	online map[string]struct{} // for anybody to read
}

// tenant is a room as the hub knows it.
type tenant struct {
	pid     *actors.PID
	entered uint64 // sockets sent to it so far
}

type (
	enterRoom struct{ socket *Socket }
	leaveRoom struct{ socket *Socket }
	// vacant says that a room has been empty for the grace, having seen so many sockets enter.
	vacant struct {
		user string
		seen uint64
	}
	endRooms struct{ done chan []*actors.PID }
)

func (h *hub) enter(s *Socket) { h.server.system.Send(h.pid, enterRoom{s}) }
func (h *hub) leave(s *Socket) { h.server.system.Send(h.pid, leaveRoom{s}) }

// Receive implements actors.Receiver.
func (h *hub) Receive(c *actors.Context) {
	switch m := c.Message().(type) {
	case enterRoom:
		user := m.socket.user.ID
		t := h.rooms[user]
		if t == nil {
			t = &tenant{}
			r := &room{server: h.server, user: user, sockets: map[*Socket]struct{}{}}
			h.rooms[user] = t
			t.pid = h.server.system.Spawn(roomKind, user, r)
			r.pid = t.pid
		}
		t.entered++
		h.server.system.Send(t.pid, m)
	case leaveRoom:
		if t := h.rooms[m.socket.user.ID]; t != nil {
			h.server.system.Send(t.pid, m)
		}
	case vacant:
		if t := h.rooms[m.user]; t != nil && t.entered == m.seen {
			delete(h.rooms, m.user)
			h.server.system.End(t.pid)
		}
	case endRooms:
		pids := make([]*actors.PID, 0, len(h.rooms))
		for _, t := range h.rooms {
			pids = append(pids, t.pid)
		}
		h.rooms = map[string]*tenant{}
		m.done <- pids
	}
}

// set notes whether a user is online.
func (h *hub) set(user string, online bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if online {
		h.online[user] = struct{}{}
	} else {
		delete(h.online, user)
	}
}

// Online returns the users that are online, at most max.
func (s *Server) Online(max int) []string {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	users := make([]string, 0, min(max, len(s.hub.online)))
	for user := range maps.Keys(s.hub.online) {
		if len(users) == max {
			break
		}
		users = append(users, user)
	}
	return users
}

// IsOnline reports whether a user is online: has a connected session, or had one within the grace.
func (s *Server) IsOnline(user string) bool {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	_, online := s.hub.online[user]
	return online
}
