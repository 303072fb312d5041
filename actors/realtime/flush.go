package realtime

import (
	"slices"

	"kapoor.example/desk/protocol"
)

// schedule sends the shard a flush to itself: emits that wait in the inbox by then are taken along.
func (s *shard) schedule() {
	if !s.scheduled {
		s.scheduled = true
		s.send(flush{})
	}
}

// flush resolves the pending emits and writes each member once.
func (s *shard) flush() {
	if len(s.pending) == 0 {
		s.clearPending()
		return
	}
	s.flushing = true
	if s.alike() {
		s.flushAlike()
	} else {
		for i := range s.pending {
			s.resolve(&s.pending[i])
		}
	}
	for _, m := range s.touched {
		// A member is listed twice where a volatile emit stood between others: it was written then, and began anew.
		s.write(m)
	}
	s.flushing = false
	s.clearPending()
}

// due is the first and the last of a member's frames in the queue of its shard, counted from 1; 0 is none.
type due struct{ first, last int32 }

// queued is a frame for a member, and where its next one is.
type queued struct {
	frame *protocol.Frame
	next  int32
}

func (s *shard) clearPending() {
	s.server.counted.sent(s.sent)
	s.sent = sent{}
	for _, m := range s.touched {
		m.due = due{}
	}
	// What one burst has made large is kept where the next broadcast to all makes it so again.
	s.touched, s.pending = emptied(s.touched, max(keptEmits, 2*s.members)), emptied(s.pending, keptEmits)
	s.queue = emptied(s.queue, max(keptEmits, keptPerMember*s.members))
	s.joint.clear()
	s.batch = emptied(s.batch[:cap(s.batch)], keptEmits) // a member may have had more frames than the last one
	for i, done := range s.done {
		s.done[i] = nil
		s.server.system.Safely(shardKind, "done", done)
	}
	s.done = s.done[:0]
	s.backlog.Add(-s.taken)
	s.taken = 0
}

// What keeps its room between flushes: a shard's lists of emits, members and their frames, and the bytes of frames that
// were joined. More than that one burst would hold for ever.
const (
	keptEmits     = 1024
	keptPerMember = 16
	keptJoined    = 64 << 10
)

// emptied returns a list without its elements, and with no more room than kept.
func emptied[T any](list []T, kept int) []T {
	if cap(list) > kept {
		return nil
	}
	clear(list)
	return list[:0]
}

// excluding begins a new mark, and sets it on the members of rooms.
func (s *shard) excluding(index *namespaceIndex, rooms []string) {
	s.mark++
	for _, name := range rooms {
		if r := index.rooms[name]; r != nil {
			for _, m := range r.members {
				m.mark = s.mark
			}
		}
	}
}

// resolve finds the members of one emit, each once.
func (s *shard) resolve(e *emit) {
	if e.only != nil {
		s.single(e)
		return
	}
	if c := e.answers; c != nil {
		defer func() {
			e.answers = nil
			c.report()
		}()
	}
	index := s.index[e.namespace]
	if index == nil {
		return
	}
	s.excluding(index, e.except)
	if len(e.rooms) == 0 {
		s.touch(index.all, e)
		return
	}
	for _, name := range e.rooms {
		if r := index.rooms[name]; r != nil {
			s.touch(r, e)
		}
	}
}

func (s *shard) touch(r *roomIndex, e *emit) {
	for _, m := range r.members {
		if m.mark == s.mark {
			continue
		}
		m.mark = s.mark
		s.tell(m, e)
	}
}

// tell has a member of an emit's rooms get it, unless it has it already.
func (s *shard) tell(m *member, e *emit) {
	if e.at != nil && m.has(e.at) {
		return
	}
	if e.unplaced > 0 && m.trace != nil {
		m.trace.torn = true
	}
	if e.answers != nil {
		e.answers.expect(m.socket)
	}
	if m.socket.watched.Load() {
		m.socket.watch(e.event())
	}
	s.put(m, e.frame, e.at, e.volatile)
}

// put has a member written a frame at the end of the flush.
func (s *shard) put(m *member, f *protocol.Frame, at *position, volatile bool) {
	if m.holds() {
		m.resuming.hold(f, at, volatile, s.server.options.MaxQueue)
		return
	}
	if volatile {
		// What is pending before it goes first; only then can it be said whether the connection takes more.
		s.write(m)
		m.out.send(f, true)
		s.sent.add(1, f.Size())
		return
	}
	s.queue = append(s.queue, queued{frame: f})
	place := int32(len(s.queue)) // #nosec G115 -- bounded by what the backlogs of a shard take
	if m.due.first == 0 {
		s.touched = append(s.touched, m)
		m.due.first = place
	} else {
		s.queue[m.due.last-1].next = place
	}
	m.due.last = place
}

// single is resolve for what goes to one member. It may have left its namespace meanwhile; its connection ignores what
// comes after its end.
func (s *shard) single(e *emit) {
	m := e.only
	if e.event != nil && m.socket.watched.Load() {
		m.socket.watch(e.event())
	}
	if e.frame != nil {
		s.put(m, e.frame, nil, e.volatile)
	}
	if e.then != nil {
		s.write(m)
		s.server.system.Send(m.socket.session.pid, e.then)
	}
}

// write sends what is pending for a member in one piece. Members of the same rooms share the piece.
func (s *shard) write(m *member) {
	if m.due.first == 0 {
		return
	}
	first := s.queue[m.due.first-1]
	m.due = due{}
	if first.next == 0 {
		m.out.send(first.frame, false)
		s.sent.add(1, first.frame.Size())
		return
	}
	s.batch = append(s.batch[:0], first.frame)
	for next := first.next; next != 0; next = s.queue[next-1].next {
		s.batch = append(s.batch, s.queue[next-1].frame)
	}
	if !slices.Equal(s.joint.frames, s.batch) {
		s.joint.join(s.batch)
	}
	m.out.sendJoined(&s.joint)
	s.sent.add(len(s.joint.frames), len(s.joint.plain))
}
