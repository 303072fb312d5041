package bookings

import (
	"sync"

	"kapoor.example/desk/actors"
	"kapoor.example/desk/actors/realtime"
	"kapoor.example/desk/booking"
)

var statsKind = actors.Kind{Name: "stats", Directive: actors.Resume, Singleton: true}

// stats sends the admins the statistics when they have changed: at once after a quiet time, else at the end of the
// interval, so that what they see last is what is. Where no admin looks nothing is worked out.
type stats struct {
	sockets *Sockets
	pid     *actors.PID
	timer   *actors.Timer

	changed bool             // since what was sent last was worked out
	working bool             // a look-up runs
	resting bool             // the timer runs
	through booking.Position // of the log, when it changed last

	mu       sync.Mutex
	watchers map[*realtime.Socket]struct{} // in the admin room
}

// Messages of stats.
type (
	statsChanged struct{}
	statsDue     struct{}
	// statsTold says that another server has told everybody what is, up to a position of the log.
	statsTold  struct{ through booking.Position }
	statsFound struct {
		overview booking.Overview
		err      error
		through  booking.Position // of the log, at least
		whose    whose
	}
)

func startStats(f *Sockets) *stats {
	s := &stats{sockets: f, watchers: map[*realtime.Socket]struct{}{}}
	s.pid = f.system.Spawn(statsKind, "stats", s)
	return s
}

// Receive implements actors.Receiver.
func (s *stats) Receive(c *actors.Context) {
	switch msg := c.Message().(type) {
	case statsChanged:
		s.changed, s.through = true, s.sockets.notifier.position()
		s.look()
	case statsTold:
		if s.through.Compare(msg.through) <= 0 {
			s.changed = false
		}
	case statsDue:
		s.resting = false
		s.look()
	case statsFound:
		s.found(msg)
	case actors.Stopped:
		s.timer.Stop()
	}
}

// Failed lets the next look-up begin where the answer of one was lost.
func (s *stats) Failed(msg any) {
	if _, ok := msg.(statsFound); ok {
		s.working, s.changed = false, true
		s.rest()
	}
}

func (s *stats) look() {
	if !s.changed || s.working || s.resting {
		return
	}
	s.changed = false
	if !s.watched() {
		return // whoever enters the room later reads the statistics first
	}
	s.working = true
	s.sockets.spawn(func() { s.sockets.system.Send(s.pid, s.sockets.overview()) })
}

// rest begins the interval in which nothing more is sent.
func (s *stats) rest() {
	s.resting = true
	if s.timer == nil {
		s.timer = s.sockets.system.After(s.sockets.opts.StatsEvery, s.pid, statsDue{})
		return
	}
	s.timer.Reset(s.sockets.opts.StatsEvery)
}

func (s *stats) found(msg statsFound) {
	s.working = false
	s.rest()
	if msg.err != nil {
		s.sockets.failed(msg.err).Msg("Statistics could not be read")
		s.changed = true // again after the rest
		return
	}
	switch rooms := []string{booking.AdminRoom}; msg.whose {
	case turnOther:
		s.changed = true // until it has told
	case turnOwn:
		s.sockets.emit(rooms, nil, booking.EventStatsUpdated, msg.overview)
		s.sockets.toldStats(msg.through)
	case turnNone:
		s.sockets.emitHere(rooms, booking.EventStatsUpdated, msg.overview)
	}
}

// overview asks the store. It runs outside of actors.
func (f *Sockets) overview() (found statsFound) {
	defer f.recovered(func() { found.err = errInternal() })
	ctx, cancel := f.timeout()
	defer cancel()
	found.through, found.whose = f.notifier.position(), f.turn(ctx)
	if found.whose == turnOther {
		return found
	}
	found.overview, found.err = f.store.Overview(ctx, f.opts.Now())
	return found
}

// watch notes that a socket is in the admin room. From any goroutine.
func (s *stats) watch(socket *realtime.Socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	// A socket that went before this was noted has said so already.
	if s.watchers[socket] = struct{}{}; !socket.Connected() {
		delete(s.watchers, socket)
	}
}

// unwatch notes that a socket is not, or no longer, in the admin room. From any goroutine.
func (s *stats) unwatch(socket *realtime.Socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.watchers, socket)
}

func (s *stats) watched() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.watchers) > 0
}
