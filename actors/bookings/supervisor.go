package bookings

import (
	"container/list"
	"time"

	"kapoor.example/desk/actors"
	"kapoor.example/desk/booking"
)

var supervisorKind = actors.Kind{Name: "desk", Directive: actors.Resume, Singleton: true}

// supervisor owns the keepers. Every command passes through it, so nothing can reach a keeper behind its back: a keeper
// has nothing to do exactly when it has handled as many calls as were forwarded to it, and only such a one is ended.
type supervisor struct {
	desk   *Desk
	kept   map[string]*kept
	recent *list.List // of *kept, the one commanded last in front
	timer  *actors.Timer
}

// kept is a booking in memory as its supervisor knows it.
type kept struct {
	bookingID string
	pid       *actors.PID
	keeper    *keeper // only its count of handled calls is read here
	forwarded uint64
	last      time.Time // when it was commanded last
	place     *list.Element
}

func (k *kept) waiting() uint64 { return k.forwarded - k.keeper.handled.Load() }

// Messages to the supervisor besides *call.
type (
	// vacant is a keeper's wish to go: it holds no booking. It had handled so many calls when it said so.
	vacant struct {
		keeper  *keeper
		handled uint64
	}
	// sweep is the time to look for bookings nobody commands.
	sweep struct{}
	// detonate is for the keeper of a booking.
	detonate struct{ bookingID, reason string }
)

func newSupervisor(d *Desk) *supervisor {
	return &supervisor{desk: d, kept: map[string]*kept{}, recent: list.New()}
}

// Receive implements actors.Receiver.
func (s *supervisor) Receive(c *actors.Context) {
	switch msg := c.Message().(type) {
	case *call:
		s.route(c.PID(), msg)
	case vacant:
		s.dismiss(msg)
	case sweep:
		s.timer.Reset(s.desk.opts.Idle / 4)
		s.sweep()
	case detonate:
		if k := s.kept[msg.bookingID]; k != nil {
			s.desk.system.Send(k.pid, actors.Detonate{Reason: msg.reason})
		}
	case actors.Started:
		s.timer = s.desk.system.After(s.desk.opts.Idle/4, c.PID(), sweep{})
	case actors.Stopped:
		s.timer.Stop()
		for _, k := range s.kept {
			s.end(k)
		}
	}
}

// Failed answers who waits for a call that could not be routed.
func (s *supervisor) Failed(msg any) {
	if c, ok := msg.(*call); ok {
		c.answer(booking.Outcome{}, errInternal())
		c.settle()
	}
}

func (s *supervisor) route(self *actors.PID, c *call) {
	k := s.kept[c.command.BookingID]
	if k == nil {
		k = s.spawn(self, c.command.BookingID)
	}
	if k.waiting() >= uint64(s.desk.opts.QueuePerBooking) {
		c.answer(booking.Outcome{}, errBusy())
		c.settle()
		return
	}
	s.desk.system.Send(k.pid, c)
	k.forwarded++
	k.last = c.began
	s.recent.MoveToFront(k.place)
}

func (s *supervisor) spawn(self *actors.PID, bookingID string) *kept {
	s.makeRoom()
	k := &kept{bookingID: bookingID, keeper: &keeper{desk: s.desk, supervisor: self, id: bookingID}}
	k.pid = s.desk.system.Spawn(keeperKind, bookingID, k.keeper)
	k.place = s.recent.PushFront(k)
	s.kept[bookingID] = k
	return k
}

// maxLooks bounds how many busy bookings makeRoom passes by. Where all of them are busy there is one too many for a
// while; QueueTotal bounds how many.
const maxLooks = 16

// makeRoom lets go those commanded longest ago, until one more is allowed.
func (s *supervisor) makeRoom() {
	at := s.recent.Back()
	for looks := 0; at != nil && len(s.kept) >= s.desk.opts.MaxActive && looks < maxLooks; looks++ {
		k := at.Value.(*kept)
		at = at.Prev()
		if k.waiting() == 0 {
			s.end(k)
		}
	}
}

func (s *supervisor) sweep() {
	before := s.desk.opts.Now().Add(-s.desk.opts.Idle)
	for at := s.recent.Back(); at != nil; {
		k := at.Value.(*kept)
		at = at.Prev()
		if k.last.After(before) {
			return
		}
		if k.waiting() == 0 {
			s.end(k)
		}
	}
}

func (s *supervisor) dismiss(v vacant) {
	if k := s.kept[v.keeper.id]; k != nil && k.keeper == v.keeper && k.forwarded == v.handled {
		s.end(k)
	}
}

// end lets a keeper go that has nothing to do. (Only when the desk closes before it is done has one still a call or two in
// its inbox; they come first.)
func (s *supervisor) end(k *kept) {
	delete(s.kept, k.bookingID)
	s.recent.Remove(k.place)
	s.desk.system.End(k.pid)
}
