package realtime

import (
	"encoding/json"
	"slices"
	"sync"
	"time"

	"kapoor.example/desk/actors"
	"kapoor.example/desk/protocol/cluster"
)

// Recovery is connection state recovery: a client whose connection was lost resumes with its id, its rooms and its data,
// and is sent what it missed, once and in order. It all stays in memory, or with Sessions is there for all servers of the
// cluster. The zero value of a field means its default.
type Recovery struct {
	// Sessions lets clients resume on any server of the cluster, with Options.Bus only: those of Node servers with
	// @socket.io/redis-streams-adapter among them, and the other way round. Events of sockets pass the bus too, then, and what
	// is emitted with Local is not replayed. Nil: clients resume where they were.
	Sessions Sessions
	// Window is how long after its end a connection can be resumed. Defaults to 2 minutes.
	Window time.Duration
	// RunMiddleware runs the connection middleware for those who resume, too. Whoever it says the socket belongs to must be
	// the same as before, and gets the rooms it says now. Defaults to false: as in Node.
	RunMiddleware bool
	// MaxSessions bounds the connections that can be resumed; beyond, the oldest are forgotten. Defaults to 100,000.
	MaxSessions int
	// MaxEvents and MaxBytes bound what is kept of events. Default to 100,000 and 64 MiB.
	MaxEvents, MaxBytes int
}

func (r Recovery) withDefaults() Recovery {
	if r.Window == 0 {
		r.Window = 2 * time.Minute
	}
	bound := func(n *int, to int) {
		if *n == 0 {
			*n = to
		}
	}
	bound(&r.MaxSessions, 100_000)
	bound(&r.MaxEvents, 100_000)
	bound(&r.MaxBytes, 64<<20)
	return r
}

// record is a socket as one that resumes it needs it.
type record struct {
	pid, id   string
	recall    Recall   // with a log: what it missed, and
	left      []string // which of its user's rooms it is not in
	heard     Position // of the bus, up to where it missed nothing
	namespace string
	user      User
	rooms     []string
	data      any
	connected uint64    // the last event before it connected
	sent      *position // the last event that was sent to it, nil for none
	detached  uint64    // the last event that was not for it any more, or before
	expires   time.Time
	queued    bool // in the keeper's order
	// Over the stream.
	session    *cluster.Session
	identified bool   // the middleware has to say whose it is
	found      *found // what it missed, until it was sent
}

// keeper remembers the sockets that can be resumed.
type keeper struct {
	options Recovery
	server  *Server

	mu      sync.Mutex
	live    map[string]*Socket   // by pid
	lost    map[string]*record   // by pid
	order   []*record            // lost ones, by their end; some are lost no more
	waiting map[string][]*Socket // by pid: they resume when its connection has ended
	sweep   *actors.Timer
	closed  bool
}

func newKeeper(s *Server, r Recovery) *keeper {
	return &keeper{
		options: r, server: s,
		live: map[string]*Socket{}, lost: map[string]*record{}, waiting: map[string][]*Socket{},
	}
}

// The messages of recovery: sweepDue to the adapter; resume to a session whose pid's older connection has ended.
type (
	sweepDue struct{}
	resume   struct{ socket *Socket }
)

// wanted reads what a client says in its CONNECT about where it was.
func wanted(auth []byte) (pid, offset string, ok bool) {
	var said struct {
		Pid    json.RawMessage `json:"pid"`
		Offset json.RawMessage `json:"offset"`
	}
	if len(auth) == 0 || json.Unmarshal(auth, &said) != nil || len(said.Pid) == 0 {
		return "", "", false
	}
	if json.Unmarshal(said.Pid, &pid) != nil || pid == "" {
		return "", "", false
	}
	if len(said.Offset) > 0 && json.Unmarshal(said.Offset, &offset) != nil {
		return "", "", false
	}
	return pid, offset, true
}

// claim takes the record of a pid. wait is true when its connection lives still: that is ended then, and the socket's
// session gets a resume message.
func (k *keeper) claim(pid string, s *Socket) (r *record, wait bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if old := k.live[pid]; old != nil && old.namespace == s.namespace && old.session != s.session {
		k.waiting[pid] = append(k.waiting[pid], s)
		old.Close(ReasonTransportClose)
		return nil, true
	}
	r = k.lost[pid]
	if r == nil || r.namespace != s.namespace.name || !k.server.options.Now().Before(r.expires) {
		return nil, false
	}
	delete(k.lost, pid)
	return r, false
}

// connected notes a socket that has its pid.
func (k *keeper) connected(s *Socket) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.live[s.pid] = s
}

// ended says that a socket is gone. r is nil where it cannot be resumed.
func (k *keeper) ended(pid string, r *record) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.live, pid)
	if r != nil {
		k.putLocked(r)
	}
	for _, s := range k.waiting[pid] {
		k.server.system.Send(s.session.pid, resume{s})
	}
	delete(k.waiting, pid)
}

// giveBack returns a record whose claimant did not connect.
func (k *keeper) giveBack(r *record) {
	if st := k.server.stream; st != nil {
		st.giveBack(r)
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.putLocked(r)
}

func (k *keeper) putLocked(r *record) {
	if k.closed {
		return
	}
	if r.expires.IsZero() {
		r.expires = k.server.options.Now().Add(k.options.Window)
	}
	k.lost[r.pid] = r
	if !r.queued { // else it was claimed and given back
		r.queued = true
		k.order = append(k.order, r)
	}
	if len(k.order) > 2*len(k.lost)+orderSlack {
		k.order = slices.DeleteFunc(k.order, func(r *record) bool {
			r.queued = k.lost[r.pid] == r // one that is claimed may be given back
			return !r.queued
		})
	}
	for len(k.lost) > k.options.MaxSessions {
		k.shiftLocked()
	}
	if k.sweep == nil {
		k.sweep = k.server.system.After(k.options.Window, k.server.adapter.pid, sweepDue{})
	}
}

// orderSlack is how many records the order may hold that are lost no more, besides as many as are lost.
const orderSlack = 64

// shiftLocked forgets the oldest record. Its session may have resumed, and be lost again since: that is another record.
func (k *keeper) shiftLocked() {
	r := k.order[0]
	k.order[0], r.queued = nil, false
	k.order = k.order[1:]
	if k.lost[r.pid] == r {
		delete(k.lost, r.pid)
	}
}

// forget drops what has expired, and comes again while something is left.
func (k *keeper) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		return
	}
	now := k.server.options.Now()
	for len(k.order) > 0 {
		if r := k.order[0]; k.lost[r.pid] == r && now.Before(r.expires) {
			break
		}
		k.shiftLocked()
	}
	if len(k.order) == 0 {
		k.order, k.sweep = nil, nil
		return
	}
	wait := max(k.order[0].expires.Sub(now), time.Second)
	k.sweep.Reset(wait)
}

func (k *keeper) close() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.closed = true
	k.sweep.Stop()
}

// resume makes the socket the one of a record. What it had comes back with restore. It reports false where the socket has
// gone.
func (s *Socket) resume(r *record, offset string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone {
		return false
	}
	s.id, s.pid, s.record, s.offset = r.id, r.pid, r, offset
	return true
}

// restore gives the socket what it had: its data, and its rooms. Where a middleware has said whose it is, it gets the
// rooms of that user too, without those it had left.
func (s *Socket) restore(identified bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.record
	if s.data == nil {
		s.data = r.data
	}
	if !identified {
		s.user = &r.user
	}
	now := s.user.Rooms
	for _, room := range r.rooms {
		if !slices.Contains(r.user.Rooms, room) || slices.Contains(now, room) {
			s.rooms.add(room)
		}
	}
	user := *s.user
	user.Rooms = slices.DeleteFunc(slices.Clone(now), func(room string) bool {
		return slices.Contains(r.user.Rooms, room) && !slices.Contains(r.rooms, room)
	})
	s.user = &user
}

// begin makes the socket a new one, which cannot resume after all.
func (s *Socket) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.id, s.pid, s.record, s.offset = newSid(), newSid(), nil, ""
}

// recordAt returns what one that resumes the socket needs when it ends for a reason, or nil.
func (s *Socket) recordAt(reason Reason) *record {
	if s.session.server.resumption != nil && reason.Recoverable() {
		return &record{left: s.leftRooms()}
	}
	k := s.session.server.keeper
	if k == nil || !reason.Recoverable() {
		return nil
	}
	if !k.options.RunMiddleware && (reason == ReasonTokenExpired || reason == ReasonTokenRevoked) {
		return nil
	}
	return &record{pid: s.pid, id: s.id, namespace: s.namespace.name, user: *s.user, rooms: s.Rooms(), data: s.Data()}
}
