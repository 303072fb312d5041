package realtime

import (
	"slices"
	"strings"
)

// member is a socket as its shard knows it. Only the shard's actor touches it.
type member struct {
	socket *Socket
	out    *outbox
	mark   uint64   // of the emit that reached it last
	due    due      // what is pending for it
	all    int      // its place in namespaceIndex.all, -1 or forgotten when it is not there
	rooms  []inRoom // sorted by name

	// With recovery only.
	connected uint64    // the last event of the history before it
	sent      *position // the last event of the history that was for it
	from      uint64    // it has everything up to this event
	resuming  *resuming // with a log, while it resumes
	trace     *traced   // over the stream
}

// inRoom is a member's place in a room.
type inRoom struct {
	name  string
	place int
}

// newMember returns what the shard knows a socket by. The first one is a part of the socket. Where that begins anew its shard
// may still have something for the first: it has another one then.
func newMember(s *Socket) *member {
	m := &s.own
	if s.member != nil {
		m = new(member)
	}
	*m = member{socket: s, out: &s.session.out, all: -1}
	return m
}

// find returns where a room is, or would be, among the member's.
func (m *member) find(room string) (at int, in bool) {
	return slices.BinarySearchFunc(m.rooms, room, func(r inRoom, name string) int { return strings.Compare(r.name, name) })
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

// add returns the place of a new member.
func (r *roomIndex) add(m *member) int {
	r.members = append(r.members, m)
	return len(r.members) - 1
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
	if m.rooms == nil {
		m.rooms = make([]inRoom, 0, len(rooms)+1)
	}
	for _, name := range rooms {
		at, in := m.find(name)
		if in {
			continue
		}
		r := n.rooms[name]
		if r == nil {
			r = &roomIndex{}
			m.socket.session.server.counted.rooms.Add(1)
			n.rooms[name] = r
		}
		m.rooms = slices.Insert(m.rooms, at, inRoom{name, r.add(m)})
		m.socket.namespace.ledger.joined(name, m.socket.id)
	}
}

func (n *namespaceIndex) leave(m *member, rooms []string) {
	for _, name := range rooms {
		if at, in := m.find(name); in {
			place := m.rooms[at].place
			m.rooms = slices.Delete(m.rooms, at, at+1)
			n.vacate(m, name, place)
		}
	}
}

// vacate takes a member's place in a room.
func (n *namespaceIndex) vacate(m *member, name string, place int) {
	r := n.rooms[name]
	if moved := r.take(place); moved != nil {
		at, _ := moved.find(name)
		moved.rooms[at].place = place
	}
	if len(r.members) == 0 {
		delete(n.rooms, name)
		m.socket.session.server.counted.rooms.Add(-1)
	}
	m.socket.namespace.ledger.left(name, m.socket.id)
}

func (n *namespaceIndex) remove(m *member) {
	rooms := m.rooms
	m.rooms = nil
	for _, r := range rooms {
		n.vacate(m, r.name, r.place)
	}
	if moved := n.all.take(m.all); moved != nil {
		moved.all = m.all
	}
	m.all = -1
}
