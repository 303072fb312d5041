package cluster

import (
	"maps"
	"slices"
)

// Marks say where the last broadcasts of a namespace stand that can be replayed: whoever has everything up to a position
// has missed one of them where a mark is behind it.
type Marks struct {
	Everybody Position            // of what was for all
	Rooms     map[string]Position // of what was for a room; a room without a mark had none
	// Floor is up to where there may have been others, which nobody remembers.
	Floor Position
}

// Note has the marks say that a broadcast to these rooms, or to all, stands at a position.
func (m *Marks) Note(rooms []string, at Position) {
	if len(rooms) == 0 && m.Everybody.Compare(at) < 0 {
		m.Everybody = at
	}
	for _, room := range rooms {
		if m.Rooms == nil {
			m.Rooms = map[string]Position{}
		}
		if m.Rooms[room].Compare(at) < 0 {
			m.Rooms[room] = at
		}
	}
}

// Behind reports whether something for one of these rooms, or for all, may stand after a position.
func (m *Marks) Behind(after Position, rooms []string) bool {
	if after.Compare(m.Floor) < 0 || after.Compare(m.Everybody) < 0 {
		return true
	}
	for _, room := range rooms {
		if after.Compare(m.Rooms[room]) < 0 {
			return true
		}
	}
	return false
}

// Bound forgets the oldest marks of rooms where there are more than so many, and raises the floor over them.
func (m *Marks) Bound(rooms int) {
	if len(m.Rooms) <= rooms {
		return
	}
	all := make([]Position, 0, len(m.Rooms))
	for _, at := range m.Rooms {
		all = append(all, at)
	}
	slices.SortFunc(all, Position.Compare)
	// Half of them, so that the next room does not do it all again.
	if floor := all[len(all)-rooms/2-1]; m.Floor.Compare(floor) < 0 {
		m.Floor = floor
	}
	maps.DeleteFunc(m.Rooms, func(_ string, at Position) bool { return at.Compare(m.Floor) <= 0 })
}
