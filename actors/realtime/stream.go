package realtime

import (
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"kapoor.example/desk/protocol/cluster"
	"kapoor.example/desk/protocol/socketio"
)

// stream is recovery by the bus's log, on any server of the cluster, those on Node among them. An event's place in the log is
// its offset. What was sent to a connection is left to the other servers when it is lost; who resumes it is sent what stands
// in the log since.
//
// Some things are sent without a place: what is emitted while the log is out of reach. It gets one later, and a client that
// has it already would get it once more. So such a connection cannot be resumed until it was sent something behind that;
// nor can any, by this server, until it is written.
type stream struct {
	server   *Server
	bus      Bus
	options  Recovery
	tail     streamTail
	readers  *semaphore.Weighted
	unplaced atomic.Uint64 // counts what was sent without a place, and gaps in what came

	mu       sync.Mutex
	begun    map[string]Position // by namespace: what stood in the log when this server became one of its servers
	epoch    string              // as it was last seen
	changed  time.Time           // when that was another one, for the last time
	doubtful time.Time           // until then the log does not have everything that was sent
}

// streamReaders bounds how many that resume are looked for at once.
const streamReaders = 32

func newStream(s *Server, bus Bus, r Recovery) *stream {
	return &stream{
		server: s, bus: bus, options: r, readers: semaphore.NewWeighted(streamReaders), begun: map[string]Position{}, epoch: bus.Epoch(),
		tail: streamTail{
			keep: r.Window + s.options.PingInterval + s.options.PingTimeout, maxEvents: r.MaxEvents, maxBytes: r.MaxBytes,
			now: s.options.Now, floors: map[string]Position{},
		},
	}
}

// enter notes where the log stands before this server becomes one of a namespace's.
func (st *stream) enter(namespace string) {
	if st == nil {
		return
	}
	at := Position(st.bus.Head(namespace))
	st.mu.Lock()
	defer st.mu.Unlock()
	st.begun[namespace] = at
}

// exit forgets a namespace.
func (st *stream) exit(namespace string) {
	if st == nil {
		return
	}
	st.tail.forget(namespace)
	st.mu.Lock()
	defer st.mu.Unlock()
	delete(st.begun, namespace)
}

// doubt has nobody resume here for as long as anybody may come back who was away until now: an event was not taken by the log.
func (st *stream) doubt() {
	if st == nil {
		return
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	st.doubtful = st.server.options.Now().Add(st.tail.keep)
}

// changedLately reports whether the log, which has an epoch now, may have lost something since somebody went away who can come
// back.
func (st *stream) changedLately(epoch string) bool {
	now := st.server.options.Now()
	st.mu.Lock()
	defer st.mu.Unlock()
	if epoch != st.epoch {
		st.epoch, st.changed = epoch, now
	}
	return now.Sub(st.changed) < st.tail.keep
}

// placeIn returns up to where everything of a namespace has come to a shard.
func (s *shard) placeIn(namespace string) Position {
	at := s.places[namespace]
	if begun, _ := s.server.stream.entered(namespace); at.Compare(begun) < 0 {
		return begun // the shard's is from before the server left the namespace
	}
	return at
}

// entered returns where the log stood before this server became one of a namespace's. It reports false where it is none.
func (st *stream) entered(namespace string) (begun Position, is bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	begun, is = st.begun[namespace]
	return begun, is
}

// exited says that a namespace was left, and that all that was heard of it has come before.
type exited struct{ namespace string }

func (s *shard) exited(m exited) {
	if s.index[m.namespace] == nil { // else it was entered again
		delete(s.places, m.namespace)
	}
}

// traced is what a shard knows of a member that can be resumed over the stream.
type traced struct {
	epoch     string
	connected Position // it has missed nothing up to here
	through   Position // it has everything up to here
	stale     string   // the offset that its client named in vain
	torn      bool     // what it was sent cannot be told by an offset
}

// has reports whether a member has an event of the stream already.
func (t *traced) has(m *member, at *position) bool {
	if at.place.Compare(t.through) <= 0 {
		return true
	}
	m.sent = at
	t.torn = t.torn && !at.whole
	return false
}

// streamed sends an event that can be replayed, with its place as the offset; or one that has no place.
func (a *adapter) streamed(m broadcast, packet socketio.Packet) {
	st := a.server.stream
	e := emit{namespace: m.namespace.name, rooms: m.rooms, except: m.except, event: m.event}
	switch {
	case m.place != (Position{}):
		if _, is := st.entered(e.namespace); !is {
			return // it was left meanwhile: nobody is there
		}
		offset := m.place.String()
		packet.Data = socketio.AppendLast(nil, m.data, offset)
		e.frame = frameOf(packet, m.plain)
		e.at = &position{offset: offset, place: m.place, whole: m.whole}
		st.tail.add(tailEntry{namespace: e.namespace, at: e.at, rooms: m.rooms, except: m.except, frame: e.frame})
	case m.local: // it never gets one, and is never replayed
		e.frame = frameOf(packet, m.plain)
	default:
		e.frame, e.unplaced = frameOf(packet, m.plain), st.unplaced.Add(1)
	}
	a.emitToShards(e)
}

// gap says that entries of a namespace will never come.
type gap struct {
	namespaces []string
	unplaced   uint64
}

// lose notes that entries were lost. Who is connected may have missed one, and cannot be resumed.
func (st *stream) lose(namespaces []string) {
	if st == nil {
		return
	}
	st.tail.forget(namespaces...)
	st.server.adapter.send(gap{namespaces: namespaces})
}

func (s *shard) lose(m gap) {
	s.unplaced = m.unplaced
	for _, n := range m.namespaces {
		delete(s.places, n)
		if index := s.index[n]; index != nil {
			for _, member := range index.all.members {
				member.trace.torn = true
			}
		}
	}
}

// streamedHere notes what comes to a shard.
func (s *shard) streamedHere(e *emit) {
	if e.unplaced > 0 {
		s.unplaced = e.unplaced
	}
	if e.at != nil {
		if s.places == nil {
			s.places = map[string]Position{}
		}
		s.places[e.namespace] = e.at.place
	}
}

// greet answers the CONNECT of a member, and sends one that resumes what was read and what has come here since. It reports
// false where something is between the two that cannot be replayed.
func (st *stream) greet(s *shard, m *member) bool {
	socket := m.socket
	at := s.placeIn(socket.namespace.name)
	_, stale, _ := wanted(socket.auth)
	m.trace = &traced{epoch: st.bus.Epoch(), connected: at, stale: stale}
	if socket.record == nil {
		s.greet(m)
		return true
	}
	found := socket.record.found
	socket.record.found = nil
	if s.unplaced != found.unplaced {
		return false
	}
	if found.through.Compare(at) < 0 {
		frames, last, ok := st.tail.since(socket.namespace.name, found.through, at, socket.Rooms())
		if !ok {
			return false
		}
		found.frames, found.through = append(found.frames, frames...), at
		if last != nil {
			found.sent = last
		}
	}
	m.trace.epoch, m.trace.connected, m.trace.stale = found.epoch, found.connected, found.stale
	m.trace.through, m.sent = found.through, found.sent
	s.greet(m)
	s.server.counted.sent(together(found.frames...))
	m.out.replay(found.frames, nil)
	return true
}

// leave leaves a member that is gone to whoever resumes it.
func (st *stream) leave(s *shard, m *member, r *record) {
	if r == nil || m.trace == nil || m.trace.torn {
		return
	}
	at := s.placeIn(r.namespace)
	if at.Compare(m.trace.through) < 0 {
		at = m.trace.through // it came from a server that was ahead of this shard
	}
	t := cluster.Trace{
		Epoch: m.trace.epoch, Connected: cluster.Position(m.trace.connected), Stale: m.trace.stale, Detached: cluster.Position(at),
	}
	if m.sent != nil {
		t.Sent = cluster.Position(m.sent.place)
	}
	session := sessionOf(r, t)
	session.Left = st.options.Window
	st.options.Sessions.Leave(session)
}

// giveBack leaves a session again, whose claimant did not connect.
func (st *stream) giveBack(r *record) {
	if r.session != nil && r.session.Left > 0 {
		st.options.Sessions.Leave(*r.session)
	}
}

// direct sends an event to one socket, over the log: it gets its place there, and whoever has the client then replays it.
func (st *stream) direct(t Sender, data []byte, attachments [][]byte) {
	s, l := t.socket, st.server.link
	to := Broadcast{namespace: s.namespace, rooms: []string{s.id}, plain: t.plain}
	b := broadcast{Broadcast: to, data: data, attachments: attachments}
	body := cluster.Broadcast{To: to.target(), Data: data, Attachments: attachments, Plain: t.plain}
	s.flying.Add(1) // what is written to the socket from now on waits for it
	l.publish(s.namespace.name, body, func(at cluster.Position, whole bool) {
		l.emit(b, at, whole)
		s.flying.Add(-1)
	})
}
