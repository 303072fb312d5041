package realtime

import (
	"sync/atomic"

	"kapoor.example/desk/protocol"
)

// member is a socket as its shard knows it. Only the shard's actor touches it.
type member struct {
	socket  *Socket
	session *Session
	out     *outbox
	all     int            // its place in namespaceIndex.all, -1 when it is not there
	rooms   map[string]int // its place in each room
	mark    uint64         // of the emit that reached it last
	pending []*protocol.Frame
	watched *atomic.Bool // somebody listens to what is sent to the socket

	// With recovery only.
	connected uint64    // the last event of the history before it
	sent      *position // the last event of the history that was for it
	from      uint64    // it has everything up to this event
}

func newMember(s *Socket) *member {
	return &member{socket: s, session: s.session, out: &s.session.out, all: -1, rooms: map[string]int{}, watched: &s.watched}
}

// joined returns how many rooms the member is in, the server's own left out.
func (m *member) joined() int {
	n := len(m.rooms)
	if m.socket.user.ID != "" {
		n--
	}
	return n
}

// namespaceIndex is the share of one namespace that a shard has.
type namespaceIndex struct {
	name  string
	all   *roomIndex
	rooms map[string]*roomIndex
}

// roomIndex lists the members of a room, in no order, without gaps.
type roomIndex struct{ members []*member }

func (r *roomIndex) add(m *member, place *int) {
	*place = len(r.members)
	r.members = append(r.members, m)
}

// take removes the member at a place and returns the one that was moved there, or nil.
func (r *roomIndex) take(place int) (moved *member) {
	last := len(r.members) - 1
	if place != last {
		moved = r.members[last]
		r.members[place] = moved
	}
	r.members[last] = nil
	r.members = r.members[:last]
	return moved
}

func (n *namespaceIndex) join(m *member, rooms []string) {
	if m.all < 0 {
		return // evicted meanwhile
	}
	for _, name := range rooms {
		if _, in := m.rooms[name]; in {
			continue
		}
		r := n.rooms[name]
		if r == nil {
			r = &roomIndex{}
			n.rooms[name] = r
		}
		var place int
		r.add(m, &place)
		m.rooms[name] = place
		m.socket.namespace.ledger.joined(name, m.socket.id)
	}
}

func (n *namespaceIndex) leave(m *member, rooms []string) {
	for _, name := range rooms {
		place, in := m.rooms[name]
		if !in {
			continue
		}
		r := n.rooms[name]
		if moved := r.take(place); moved != nil {
			moved.rooms[name] = place
		}
		delete(m.rooms, name)
		if len(r.members) == 0 {
			delete(n.rooms, name)
		}
		m.socket.namespace.ledger.left(name, m.socket.id)
	}
}

func (n *namespaceIndex) remove(m *member) {
	for name := range m.rooms {
		n.leave(m, []string{name})
	}
	if moved := n.all.take(m.all); moved != nil {
		moved.all = m.all
	}
	m.all = -1
}
