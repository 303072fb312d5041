package realtime

import (
	"time"

	"kapoor.example/desk/actors"
)

var roomKind = actors.Kind{Name: "room", Directive: actors.Resume}

// room is the actor of one user: it knows the user's sockets, bounds their number and says when the user comes and
// goes. Delivery does not pass through it: the shards have the index.
type room struct {
	server  *Server
	user    string
	pid     *actors.PID
	sockets map[*Socket]struct{}
	online  bool
	seen    uint64
	grace   *actors.Timer
}

type graceOver struct{}

// Receive implements actors.Receiver.
func (r *room) Receive(c *actors.Context) {
	switch m := c.Message().(type) {
	case enterRoom:
		r.enter(m.socket)
	case leaveRoom:
		r.leave(m.socket)
	case graceOver:
		if len(r.sockets) == 0 {
			r.vacate()
		}
	case actors.Stopped:
		r.grace.Stop()
		if r.online { // else the user's next room may be there already
			r.server.hub.set(r.user, false)
		}
	}
}

// Failed implements actors.Failer: a socket whose entering failed must not wait for ever.
func (r *room) Failed(msg any) {
	if m, ok := msg.(enterRoom); ok {
		r.answer(m.socket, false)
	}
}

func (r *room) enter(s *Socket) {
	r.seen++
	ok := len(r.sockets) < r.server.options.MaxPerUser
	if ok {
		r.sockets[s] = struct{}{}
		r.grace.Stop()
	} else if len(r.sockets) == 0 {
		r.vacate()
	}
	r.answer(s, ok)
	if ok && !r.online {
		r.online = true
		r.server.hub.set(r.user, true)
		r.tell(true)
	}
}

func (r *room) answer(s *Socket, ok bool) {
	r.server.system.Send(s.session.pid, entered{socket: s, ok: ok})
}

func (r *room) leave(s *Socket) {
	if _, in := r.sockets[s]; !in {
		return
	}
	delete(r.sockets, s)
	if len(r.sockets) == 0 {
		if r.grace == nil {
			r.grace = r.server.system.After(r.server.options.Grace, r.pid, graceOver{})
		} else {
			r.grace.Reset(r.server.options.Grace)
		}
	}
}

func (r *room) vacate() {
	if r.online {
		r.online = false
		r.server.hub.set(r.user, false)
		r.tell(false)
	}
	r.server.system.Send(r.server.hub.pid, vacant{r.user, r.seen})
}

func (r *room) tell(online bool) {
	at := r.server.options.Now()
	for _, hook := range r.server.onPresence {
		r.server.system.Safely(roomKind, r.user, func() { hook(r.user, online, at) })
	}
}

// OnPresence adds a hook that is called when a user comes online, with the first connection, and goes offline, a grace
// after the last. It is called on the user's room and must not block. Set hooks before the server takes connections.
func (s *Server) OnPresence(f func(user string, online bool, at time.Time)) {
	s.onPresence = append(s.onPresence, f)
}
