package realtime

import (
	"slices"
	"sync/atomic"
	"time"

	"kapoor.example/desk/actors"
	"kapoor.example/desk/protocol"
)

var shardKind = actors.Kind{Name: "shard", Directive: actors.Resume, Inbox: 1024, Singleton: true}

// shard owns the room index of its share of the sockets, by hash of the sid, and writes to their outboxes. All that is
// emitted reaches every shard in one order. A shard takes the emits that wait for it together: each member gets one
// write for all of them.
type shard struct {
	server *Server
	pid    *actors.PID
	index  map[string]*namespaceIndex

	backlog atomic.Int64 // emits that the adapter has sent and no flush has written yet
	taken   int64        // those of them that are pending
	seen    uint64       // the last event of the history that came here

	pending   []emit // resolved at the next flush
	done      []func()
	scheduled bool // a flush is in the inbox
	mark      uint64
	touched   []*member
	joined    []byte
	joinedOf  []*protocol.Frame

	revoked []revokedUser // lately, for sockets that are just being admitted
}

type revokedUser struct {
	Revocation
	at time.Time
}

// The messages of a shard, besides Revocation.
type (
	emit struct {
		namespace     string
		rooms, except []string
		frame         *protocol.Frame
		volatile      bool
		answers       *collection
		at            *position                                  // in the history, nil where it is not
		event         func() (data []byte, attachments [][]byte) // for listeners
		only          *member                                    // the one it is for, instead of rooms
		then          any                                        // sent to its session afterwards, or nil
	}
	emits struct {
		list []emit
		done func()
	}
	flush  struct{}
	attach struct {
		member *member
		rooms  []string
	}
	detach struct {
		member *member
		record *record // for one that resumes it, nil where nobody may
	}
	join struct {
		member *member
		rooms  []string
	}
	leave struct {
		member *member
		rooms  []string
	}
)

func (s *shard) send(msg any) { s.server.system.Send(s.pid, msg) }

func (s *shard) sendEmit(msg any) {
	s.backlog.Add(1)
	s.send(msg)
}

// Receive implements actors.Receiver.
func (s *shard) Receive(c *actors.Context) {
	switch m := c.Message().(type) {
	case emit:
		s.taken++
		s.saw(m.at)
		s.pending = append(s.pending, m)
		s.schedule()
	case direct:
		s.taken++
		s.pending = append(s.pending, emit{only: m.member, frame: m.frame, volatile: m.volatile, event: m.event, then: m.then})
		s.schedule()
	case emits:
		s.taken++
		for i := range m.list {
			s.saw(m.list[i].at)
		}
		s.pending = append(s.pending, m.list...)
		if m.done != nil {
			s.done = append(s.done, m.done)
		}
		s.schedule()
	case flush:
		s.scheduled = false
		s.flush()
	case attach:
		s.flush()
		s.attach(m)
	case detach:
		s.keep(m, s.detach(m.member))
	case join:
		s.flush()
		m.member.socket.moved(m.rooms)
		s.of(m.member).join(m.member, m.rooms)
	case leave:
		s.flush()
		m.member.socket.moved(m.rooms)
		s.of(m.member).leave(m.member, m.rooms)
	case visit:
		s.flush()
		s.visit(m)
	case Revocation:
		s.flush()
		s.revoke(m)
	}
}

// Failed implements actors.Failer. An emit that cannot be sent must not be tried for ever.
func (s *shard) Failed(msg any) {
	switch m := msg.(type) {
	case emits:
		if m.done != nil && len(s.done) == 0 {
			m.done()
		}
	case visit:
		return // it has said that it is done
	}
	for i := range s.pending {
		if c := s.pending[i].answers; c != nil {
			c.report()
		}
	}
	s.clearPending()
}

// Reset implements actors.Resetter: the shard begins anew, and its clients come back by themselves.
func (s *shard) Reset() {
	for _, index := range s.index {
		for _, m := range index.all.members {
			s.server.system.Send(m.session.pid, closing{reason: ReasonPanic})
		}
	}
	s.index = map[string]*namespaceIndex{}
}

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
		m.pending = m.pending[:0]
		if cap(m.pending) > keptPending {
			m.pending = nil
		}
	}
	clear(s.touched)
	clear(s.pending)
	s.touched, s.pending, s.joinedOf = s.touched[:0], s.pending[:0], nil
	for _, done := range s.done {
		done()
	}
	clear(s.done)
	s.done = s.done[:0]
	s.backlog.Add(-s.taken)
	s.taken = 0
}

// keptPending is how many frames a member's list keeps room for between flushes.
const keptPending = 4

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

// saw notes an event of the history.
func (s *shard) saw(at *position) {
	if at != nil {
		s.seen = at.seq
	}
}

// keep remembers a member that is gone for a client that resumes it.
func (s *shard) keep(m detach, wasIn bool) {
	k := s.server.keeper
	if k == nil {
		return
	}
	if !wasIn {
		m.record = nil
	}
	if m.record != nil {
		m.record.connected, m.record.sent, m.record.detached = m.member.connected, m.member.sent, s.seen
	}
	k.ended(m.member.socket.pid, m.record)
}

// welcome answers the CONNECT of a member, and sends one that resumes what it has missed, up to where this shard is. What
// is emitted after that follows. It reports false where it has become unknown what was missed.
func (s *shard) welcome(m *member) bool {
	socket := m.socket
	if socket.record == nil {
		m.connected = s.seen
		m.out.send(socket.welcome(), false)
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
	m.out.send(socket.welcome(), false)
	m.out.replay(missed.frames)
	m.connected, m.sent, m.from = socket.record.connected, missed.sent, missed.from
	return true
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

// attach answers a CONNECT and enters the member: nothing emitted before it, everything emitted after it.
func (s *shard) attach(m attach) {
	socket := m.member.socket
	for _, r := range s.revoked {
		if r.hits(socket.user) {
			s.server.system.Send(socket.session.pid, attached{socket: socket, refused: ReasonTokenRevoked})
			return
		}
	}
	if !s.welcome(m.member) {
		s.server.system.Send(socket.session.pid, attached{socket: socket, refused: ReasonOverload})
		return
	}
	index := s.of(m.member)
	index.all.add(m.member, &m.member.all)
	index.join(m.member, m.rooms)
	if user := socket.user.ID; user != "" {
		index.join(m.member, []string{UserRoom(user)})
	}
	socket.namespace.size.Add(1)
	s.server.system.Send(socket.session.pid, attached{socket: socket})
}

// detach takes a member out, and reports whether it was in.
func (s *shard) detach(m *member) bool {
	s.flush()
	index := s.of(m)
	if m.all < 0 || len(index.all.members) <= m.all || index.all.members[m.all] != m {
		return false // never attached, or evicted
	}
	index.remove(m)
	m.socket.namespace.size.Add(-1)
	if len(index.all.members) == 0 {
		delete(s.index, index.name)
	}
	return true
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
			if r.hits(m.socket.user) {
				s.detach(m)
				s.server.system.Send(m.session.pid, closing{reason: ReasonTokenRevoked})
			}
		}
	}
}

// UserRoom returns the name of the room that holds every socket of a user, whatever rooms it left, for To and Except. No
// room a client can name is called so.
func UserRoom(user string) string { return "\x00" + user }

func (s *shard) of(m *member) *namespaceIndex {
	name := m.socket.namespace.name
	index := s.index[name]
	if index == nil {
		index = &namespaceIndex{name: name, all: &roomIndex{}, rooms: map[string]*roomIndex{}}
		s.index[name] = index
	}
	return index
}
