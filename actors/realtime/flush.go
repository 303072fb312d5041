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
	for i := range s.pending {
		s.resolve(&s.pending[i])
	}
	for _, m := range s.touched {
		// A member is listed twice where a volatile emit stood between others: it was written then, and began anew.
		s.write(m)
		m.pending = m.pending[:0]
	}
	s.clearPending()
}

func (s *shard) clearPending() {
	for _, m := range s.touched {
		m.pending = emptied(m.pending[:cap(m.pending)], keptPending) // what was written is in it still
	}
	s.touched, s.pending = emptied(s.touched, keptEmits), emptied(s.pending, keptEmits)
	if s.joinedOf = nil; cap(s.joined) > keptJoined {
		s.joined = nil
	}
	for _, done := range s.done {
		done()
	}
	clear(s.done)
	s.done = s.done[:0]
	s.backlog.Add(-s.taken)
	s.taken = 0
}

// What keeps its room between flushes: a member's list of frames, a shard's lists of emits and members, and the bytes of
// frames that were joined. More than that one burst would hold for ever.
const (
	keptPending = 4
	keptEmits   = 1024
	keptJoined  = 64 << 10
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
	if e.answers != nil {
		defer e.answers.report()
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
		if e.at != nil {
			if e.at.seq <= m.from {
				continue // it came back from a shard that was ahead of this one
			}
			m.sent = e.at
		}
		if e.answers != nil {
			e.answers.expect(m.socket)
		}
		if m.watched.Load() {
			m.socket.watch(e.event())
		}
		s.put(m, e.frame, e.volatile)
	}
}

// put has a member written a frame at the end of the flush.
func (s *shard) put(m *member, f *protocol.Frame, volatile bool) {
	if volatile {
		// What is pending before it goes first; only then can it be said whether the connection takes more.
		s.write(m)
		m.pending = m.pending[:0]
		m.out.send(f, true)
		return
	}
	if len(m.pending) == 0 {
		s.touched = append(s.touched, m)
	}
	m.pending = append(m.pending, f)
}

// single is resolve for what goes to one member. It may have left its namespace meanwhile; its connection ignores what
// comes after its end.
func (s *shard) single(e *emit) {
	m := e.only
	if e.event != nil && m.watched.Load() {
		m.socket.watch(e.event())
	}
	if e.frame != nil {
		s.put(m, e.frame, e.volatile)
	}
	if e.then != nil {
		s.write(m)
		m.pending = m.pending[:0]
		s.server.system.Send(m.session.pid, e.then)
	}
}

// write sends what is pending for a member in one piece. Members of the same rooms share the piece.
func (s *shard) write(m *member) {
	switch len(m.pending) {
	case 0:
	case 1:
		m.out.send(m.pending[0], false)
	default:
		if !slices.Equal(s.joinedOf, m.pending) {
			s.joined = s.joined[:0]
			for _, f := range m.pending {
				s.joined = append(s.joined, f.WebSocket()...)
			}
			s.joinedOf = append(s.joinedOf[:0], m.pending...)
		}
		m.out.sendJoined(m.pending, s.joined)
	}
}
