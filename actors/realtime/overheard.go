package realtime

import (
	"context"
	"sync"
	"time"

	"kapoor.example/desk/protocol/cluster"
)

// overheard is what servers that resume by a Log know of events that are not in it: what others of the cluster, and
// emitters, broadcast over the bus. It is not kept, so who was away when there was such an event for one of its rooms has
// missed it for good, and must not be told that it has missed nothing. What comes after it is back is delivered to it, also
// where the bus was out of reach meanwhile.
type overheard struct {
	now func() time.Time

	mu    sync.Mutex
	marks cluster.Marks
	begun cluster.Position // all there was then is in the marks
	last  cluster.Position // the highest place there is
}

// maxOverheard bounds the rooms that are remembered; beyond, the oldest are forgotten, and with them who was connected
// before their events.
const maxOverheard = 20_000

// overheardTime bounds how long the start waits for what was said before it.
const overheardTime = 5 * time.Second

// newOverheard looks what was said before this server came, of the main namespace: no other is resumed in.
func newOverheard(s *Server, bus Bus) *overheard {
	ctx, cancel := context.WithTimeout(context.Background(), overheardTime)
	defer cancel()
	o := &overheard{now: s.options.Now, last: bus.Head("/")}
	marks, err := bus.Marks(ctx, "/")
	if err != nil {
		s.options.Logger.Warn().Err(err).Msg("Not known what was emitted before the start; clients from before begin anew")
		o.lost()
		return o
	}
	o.marks = marks
	o.raiseLocked(marks.Floor)
	o.begun = o.last
	return o
}

func (o *overheard) raiseLocked(to cluster.Position) {
	if o.last.Compare(to) < 0 {
		o.last = to
	}
}

// note says that there is an event for rooms, or for all, and returns its place: behind all there were.
func (o *overheard) note(rooms []string, at cluster.Position) Position {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.last.Compare(at) >= 0 {
		at = o.last.Next()
	}
	o.last = at // before the event is sent: whoever resumes behind it must find it here
	o.marks.Note(rooms, at)
	o.marks.Bound(maxOverheard)
	return Position(at)
}

// lost says that there may have been anything: who is connected now, or was before, begins anew.
func (o *overheard) lost() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.raiseLocked(cluster.Position{Ms: uint64(max(0, o.now().UnixMilli()))})
	o.last = o.last.Next()
	o.marks = cluster.Marks{Floor: o.last}
}

// place returns up to where somebody has missed nothing who connects to a shard that has seen events up to a place.
func (o *overheard) place(seen Position) Position {
	if o == nil {
		return Position{}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, at := range []cluster.Position{o.begun, o.marks.Floor} {
		if seen.Compare(Position(at)) < 0 {
			seen = Position(at)
		}
	}
	return seen
}

// missed reports whether there may have been an event for rooms after a place.
func (o *overheard) missed(after Position, rooms []string) bool {
	if o == nil {
		return false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.marks.Behind(cluster.Position(after), rooms)
}
