package realtime

import (
	"sync/atomic"
	"time"

	"kapoor.example/desk/actors"
	"kapoor.example/desk/protocol"
)

var shardKind = actors.Kind{Name: "shard", Directive: actors.Resume, Singleton: true}

// shard owns the room index of its share of the sockets, by hash of the sid, and writes to their outboxes. All that is
// emitted reaches every shard in one order. A shard takes the emits that wait for it together: each member gets one
// write for all of them.
type shard struct {
	server *Server
	pid    *actors.PID
	index  map[string]*namespaceIndex

	backlog  atomic.Int64        // emits that the adapter has sent and no flush has written yet
	taken    int64               // those of them that are pending
	seen     uint64              // the last event of the history that came here
	at       Position            // with a log, the last entry that did
	heard    Position            // with a log, the last event of the bus that did
	places   map[string]Position // over the stream, the last entry that did, by namespace
	unplaced uint64              // over the stream, the last event without a place, or gap

	pending   []emit // resolved at the next flush
	done      []func()
	scheduled bool // a flush is in the inbox
	flushing  bool // a flush has begun and not ended: some members may have been written to
	mark      uint64
	members   int // of all namespaces
	sent      sent
	touched   []*member
	queue     []queued
	batch     []*protocol.Frame // of the member that is being written
	joint     joint

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
		unplaced      uint64                                     // over the stream: it has no place there yet
		heard         Position                                   // its place among those that are not in the log
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
	beginAnew struct{} // an emit was lost before it came here
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
		if s.server.stream != nil {
			s.streamedHere(&m)
		}
		if s.heard.Compare(m.heard) < 0 {
			s.heard = m.heard
		}
		s.pending = append(s.pending, m)
		s.schedule()
	case direct:
		s.taken++
		s.pending = append(s.pending, emit{only: m.member, frame: m.frame, volatile: m.volatile, event: m.event, then: m.then})
		s.schedule()
	case emits:
		s.taken++
		if m.done != nil {
			s.done = append(s.done, m.done)
		}
		for i := range m.list {
			s.saw(m.list[i].at)
		}
		s.pending = append(s.pending, m.list...)
		s.schedule()
	case flush:
		s.scheduled = false
		s.flush()
	case replayed:
		s.replayed(m)
	case attach:
		s.flush()
		s.attach(m)
	case detach:
		s.keep(m, s.detach(m.member))
	case join:
		s.flush()
		m.member.socket.moved(m.rooms)
		if m.member.all >= 0 { // else it has gone meanwhile, and its namespace perhaps with it
			s.of(m.member).join(m.member, m.rooms)
		}
	case leave:
		s.flush()
		m.member.socket.moved(m.rooms)
		if m.member.all >= 0 {
			s.of(m.member).leave(m.member, m.rooms)
		}
	case visit:
		s.flush()
		s.visit(m)
	case gap:
		s.flush()
		s.lose(m)
	case exited:
		s.exited(m)
	case Revocation:
		s.flush()
		s.revoke(m)
	case beginAnew:
		s.Reset()
	}
}

// saw notes an event of the history.
func (s *shard) saw(at *position) {
	if at != nil {
		s.seen, s.at = at.seq, at.place
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
