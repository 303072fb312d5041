package realtime

import "slices"

// alike reports whether the pending emits are all for the same members and nothing but frames for them: what a burst of
// one kind of event is.
func (s *shard) alike() bool {
	if len(s.pending) < 2 {
		return false
	}
	first := &s.pending[0]
	for i := range s.pending {
		e := &s.pending[i]
		if e.only != nil || e.volatile || e.answers != nil || len(e.except) > 0 || (e.at == nil) != (first.at == nil) ||
			e.namespace != first.namespace || !slices.Equal(e.rooms, first.rooms) {
			return false
		}
	}
	return true
}

// flushAlike is flush for emits that are alike: members are found once for all of them, and nothing is listed for each.
func (s *shard) flushAlike() {
	index := s.index[s.pending[0].namespace]
	if index == nil {
		return
	}
	s.batch = s.batch[:0]
	for i := range s.pending {
		s.batch = append(s.batch, s.pending[i].frame)
	}
	s.joint.join(s.batch)
	s.mark++
	if len(s.pending[0].rooms) == 0 {
		s.writeAlike(index.all)
		return
	}
	for _, name := range s.pending[0].rooms {
		if r := index.rooms[name]; r != nil {
			s.writeAlike(r)
		}
	}
}

// writeAlike writes all pending frames to the members of a room that have not been written to. A member for which one of
// them may be another matter (it resumes, somebody watches it) is told one by one.
func (s *shard) writeAlike(r *roomIndex) {
	first, last := s.pending[0].at, s.pending[len(s.pending)-1].at
	for _, m := range r.members {
		if m.mark == s.mark {
			continue
		}
		m.mark = s.mark
		if m.resuming != nil || m.trace != nil || m.socket.watched.Load() || first != nil && first.seq <= m.from && first.seq > 0 {
			for i := range s.pending {
				s.tell(m, &s.pending[i])
			}
			continue
		}
		if last != nil && last.seq > 0 {
			m.sent = last
		}
		m.out.sendJoined(&s.joint)
		s.sent.add(len(s.joint.frames), len(s.joint.plain))
	}
}
