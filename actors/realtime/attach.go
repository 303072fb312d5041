package realtime

import "slices"

// attach answers a CONNECT and enters the member: nothing emitted before it, everything emitted after it.
func (s *shard) attach(m attach) {
	socket := m.member.socket
	for _, r := range s.revoked {
		if r.hits(*socket.user) {
			s.server.system.Send(socket.session.pid, attached{socket: socket, refused: ReasonTokenRevoked})
			return
		}
	}
	if m.member.resuming != nil {
		if s.server.overheard.missed(socket.record.heard, m.rooms) {
			s.server.resumption.observe(RecoveryUnknown)
			s.server.system.Send(socket.session.pid, anew{socket})
			return
		}
		s.hold(m)
		return
	}
	if !s.welcome(m.member) {
		s.server.system.Send(socket.session.pid, attached{socket: socket, refused: ReasonOverload})
		return
	}
	s.include(m)
	s.server.system.Send(socket.session.pid, attached{socket: socket})
}

// include enters a member into the index.
func (s *shard) include(m attach) {
	index := s.of(m.member)
	m.member.all = index.all.add(m.member)
	s.members++
	index.join(m.member, m.rooms)
	if user := m.member.socket.user.ID; user != "" {
		index.join(m.member, []string{UserRoom(user)})
	}
	m.member.socket.namespace.size.Add(1)
}

// welcome answers the CONNECT of a member, and sends one that resumes what it has missed, up to where this shard is. What
// is emitted after that follows. It reports false where it has become unknown what was missed.
func (s *shard) welcome(m *member) bool {
	socket := m.socket
	if st := s.server.stream; st != nil {
		return st.greet(s, m)
	}
	if socket.record == nil {
		if r := s.server.resumption; r.serves(socket) {
			r.issue(socket, s.place(), s.server.overheard.place(s.heard))
		}
		m.connected = s.seen
		s.greet(m)
		return true
	}
	rooms := map[string]struct{}{}
	for _, room := range socket.Rooms() {
		rooms[room] = struct{}{}
	}
	missed, ok := s.server.history.since(socket.record, socket.offset, rooms, s.seen)
	if !ok {
		return false
	}
	s.greet(m)
	s.server.counted.sent(together(missed.frames...))
	m.out.replay(missed.frames, nil)
	m.connected, m.sent, m.from = socket.record.connected, missed.sent, missed.from
	return true
}

// greet answers the CONNECT of a member.
func (s *shard) greet(m *member) {
	welcome := m.socket.welcome()
	s.server.counted.sent(together(welcome))
	m.out.send(welcome, false)
}

// detach takes a member out, and reports whether it was in.
func (s *shard) detach(m *member) bool {
	s.flush()
	if m.all < 0 {
		return false // never attached, or evicted
	}
	index := s.of(m)
	index.remove(m)
	s.members--
	m.socket.namespace.size.Add(-1)
	if len(index.all.members) == 0 {
		delete(s.index, index.name)
	}
	return true
}

// keep remembers a member that is gone for a client that resumes it.
func (s *shard) keep(m detach, wasIn bool) {
	if r := s.server.resumption; r != nil {
		f := farewell{over: m.record == nil || !wasIn && m.member.all != forgotten}
		if !f.over {
			f.left = m.record.left
		}
		r.leave(m.member.socket.id, m.member.socket, f)
		return
	}
	k := s.server.keeper
	if k == nil {
		return
	}
	if !wasIn {
		m.record = nil
	}
	if st := s.server.stream; st != nil {
		st.leave(s, m.member, m.record)
		m.record = nil // whoever resumes it asks there
	}
	if m.record != nil {
		m.record.connected, m.record.sent, m.record.detached = m.member.connected, m.member.sent, s.seen
	}
	k.ended(m.member.socket.pid, m.record)
}

// revoke takes the sockets of a user out at once and closes their connections.
func (s *shard) revoke(r Revocation) {
	now := s.server.options.Now()
	keep := 2 * s.server.options.ConnectTimeout
	s.revoked = slices.DeleteFunc(s.revoked, func(u revokedUser) bool { return now.Sub(u.at) > keep })
	s.revoked = append(s.revoked, revokedUser{r, now})
	for _, index := range s.index {
		room := index.rooms[UserRoom(r.User)]
		if room == nil {
			continue
		}
		for _, m := range slices.Clone(room.members) {
			if r.hits(*m.socket.user) {
				s.detach(m)
				s.server.system.Send(m.socket.session.pid, closing{reason: ReasonTokenRevoked})
			}
		}
	}
}
