package realtime

import "slices"

// Join enters rooms. What the caller emits to them from now on reaches the socket, what it emitted before does not. In a
// middleware it says which rooms the socket starts in. Errors: ErrNotConnected, ErrTooManyRooms (none is entered then).
func (s *Socket) Join(rooms ...string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone {
		return ErrNotConnected
	}
	var fresh []string
	for _, room := range rooms {
		if !s.rooms.has(room) && !slices.Contains(fresh, room) {
			fresh = append(fresh, room)
		}
	}
	if len(s.rooms)+len(fresh) > s.session.server.options.MaxRooms {
		return ErrTooManyRooms
	}
	for _, room := range fresh {
		s.rooms.add(room)
	}
	if len(fresh) > 0 && s.entered {
		s.moveLocked(fresh)
		s.session.server.adapter.send(join{s.member, fresh})
	}
	return nil
}

// Leave leaves rooms. Leaving one the socket is not in is fine.
func (s *Socket) Leave(rooms ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var left []string
	for _, room := range rooms {
		if s.rooms.has(room) {
			s.rooms.remove(room)
			left = append(left, room)
		}
	}
	if len(left) > 0 && s.entered {
		s.moveLocked(left)
		s.session.server.adapter.send(leave{s.member, left})
	}
}

func (s *Socket) moveLocked(rooms []string) {
	if s.moving == nil {
		s.moving = map[string]int{}
	}
	for _, room := range rooms {
		s.moving[room]++
	}
}

// moved says that a join or leave has reached the shard.
func (s *Socket) moved(rooms []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.moving == nil {
		return // the socket has gone meanwhile
	}
	for _, room := range rooms {
		if s.moving[room]--; s.moving[room] <= 0 {
			delete(s.moving, room)
		}
	}
	if len(s.moving) == 0 {
		s.moving = nil
	}
}

// settle makes the socket's own list of rooms follow what the server did to it at its shard: unless the socket itself has
// joined or left the room since, which will reach the shard later.
func (s *Socket) settle(room string, in bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.gone || s.moving[room] > 0:
	case in:
		s.rooms.add(room)
	default:
		s.rooms.remove(room)
	}
}

// enter notes that the shard is being told of the socket, and returns the rooms it starts in. tell is called with them
// before any join of another goroutine.
func (s *Socket) enter(tell func(rooms []string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rooms := append(append(slices.Clone(s.rooms), s.id), s.user.Rooms...)
	if s.record != nil && len(s.record.left) > 0 {
		rooms = slices.DeleteFunc(rooms, func(room string) bool { return slices.Contains(s.record.left, room) })
	}
	slices.Sort(rooms)
	s.rooms = slices.Clip(slices.Compact(rooms))
	s.entered = true
	tell(slices.Clone(s.rooms))
}

// Joined reports whether the socket is in a room.
func (s *Socket) Joined(room string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rooms.has(room)
}

// Rooms returns the rooms the socket is in, sorted.
func (s *Socket) Rooms() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.rooms...)
}

// clearRooms leaves every room; none is entered any more.
func (s *Socket) clearRooms() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone, s.rooms, s.moving, s.entered = true, nil, nil, false
}
