package realtime

// What a panic in a shard or in the adapter costs. A member that was not sent an event and is sent the next one has lost it
// for good: its client names the later offset when it comes back. So either an emit stays pending, or everybody who may
// not have got it is closed: the clients come back by themselves, and with recovery get what they missed.

// forgotten is the place of a member that its shard does not know any more since it began anew.
const forgotten = -2

// Failed implements actors.Failer. What is pending was not touched by a message that has nothing to do with it: it goes out
// with the next flush. An emit that cannot be sent must not be tried for ever.
func (s *shard) Failed(msg any) {
	if s.flushing {
		s.Reset()
		return
	}
	switch m := msg.(type) {
	case emit, direct, emits, detach, Revocation:
		s.Reset()
	case attach:
		s.part(m.member)
	case replayed:
		s.part(m.member)
	case join:
		s.part(m.member)
	case leave:
		s.part(m.member)
	}
}

// part closes the connection of one member.
func (s *shard) part(m *member) {
	s.server.system.Send(m.socket.session.pid, closing{reason: ReasonPanic})
}

// Reset implements actors.Resetter: the shard begins anew, and its clients come back by themselves.
func (s *shard) Reset() {
	for _, index := range s.index {
		s.server.counted.rooms.Add(-int64(len(index.rooms)))
		for _, m := range index.all.members {
			for _, r := range m.rooms {
				m.socket.namespace.ledger.left(r.name, m.socket.id)
			}
			m.all, m.rooms = forgotten, nil
			m.socket.namespace.size.Add(-1)
			s.part(m)
		}
	}
	s.index, s.members = map[string]*namespaceIndex{}, 0
	for i := range s.pending {
		if c := s.pending[i].answers; c != nil {
			c.report()
		}
	}
	s.flushing = false
	s.clearPending()
}

// Failed implements actors.Failer: whoever waits for something must not wait for ever. What was to be published counts as
// done, and may be with nobody.
func (a *adapter) Failed(msg any) {
	switch m := msg.(type) {
	case publication:
		if r := a.server.resumption; r != nil {
			r.skip(m.entries)
		}
		a.toShards(beginAnew{})
		if m.done != nil {
			m.done()
		}
	case broadcast:
		if m.answers != nil {
			m.answers.end(ErrNotConnected)
		}
	}
}

// skip has the ring go on behind entries of which it may have a part.
func (r *resumption) skip(entries []Entry) {
	for _, e := range entries {
		if at, ok := parsePosition(e.Offset); ok {
			r.ring.begin(at, e.audience())
		}
	}
}
