package realtime

import (
	"context"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"kapoor.example/desk/protocol"
)

// resumption is recovery by the Log. What it remembers of sockets is a convenience: which of them are connected, so that
// an older connection ends before its replay is read, and for a while which were ended for good and which rooms others
// had left.
type resumption struct {
	server  *Server
	options Replay
	signer  signer
	ring    ring
	readers *semaphore.Weighted
	room    *allowance // for replays
	epoch   uint64     // set by Begin, as is
	begun   Position   // where publishing began

	mu       sync.Mutex
	live     map[string]*Socket   // by id
	waiting  map[string][]*Socket // by id: they resume when its connection has ended
	gone     map[string]farewell  // by id
	goneInto []goneAs             // by the time they were added; some are in gone no more, or anew
	number   uint64               // of the last one
}

// farewell is what is remembered of a socket that is gone.
type farewell struct {
	over   bool     // it was ended for good
	left   []string // rooms of its user that it was not in
	until  time.Time
	number uint64 // rises with each
}

// goneAs is an id, and the number of its farewell.
type goneAs struct {
	id     string
	number uint64
}

// maxFarewells bounds what is remembered of sockets that are gone; beyond, the oldest are forgotten.
const maxFarewells = 100_000

func newResumption(s *Server, o Replay) *resumption {
	return &resumption{
		server: s, options: o, signer: newSigner(o.Key), readers: semaphore.NewWeighted(int64(o.Readers)),
		room: newAllowance(o.TotalBytes, s.options.Now),
		ring: ring{maxEvents: o.RingEvents, maxBytes: o.RingBytes},
		live: map[string]*Socket{}, waiting: map[string][]*Socket{}, gone: map[string]farewell{},
	}
}

// Begin says which log Publish will tell of, by a number that no other log has, and after which position. With
// Options.Replay it is called once, before the server takes connections. newest may be given: entries in their order and
// without a gap, up to head. What came after the first of them needs not be read from the log again, which is what
// everybody asks for who lost a server that was restarted.
func (s *Server) Begin(epoch uint64, head Position, newest ...Entry) {
	if r := s.resumption; r != nil {
		r.epoch, r.begun = epoch, head
		r.ring.begin(head, unknown)
		r.fill(newest)
	}
}

// unknown is said of a floor whose rooms are not known: it is for nobody, so that the log is asked.
var unknown = []string{}

// fill puts entries into the ring that were published by another process.
func (r *resumption) fill(newest []Entry) {
	for i, e := range newest {
		at, ok := parsePosition(e.Offset)
		if i == 0 && ok {
			r.ring.begin(at, e.audience())
			continue
		}
		if rooms := e.audience(); ok {
			r.ring.add(ringEntry{at: at, rooms: rooms, frame: protocol.EventFrame("/", e.Name, e.Payload, e.Offset)})
		}
	}
}

// serves reports whether a socket can be resumed later, and may resume.
func (r *resumption) serves(s *Socket) bool {
	return r != nil && s.user.ID != "" && s.namespace.name == "/"
}

// read returns what a socket's CONNECT asks for: the id to resume and what was missed. said is false where it asks for
// nothing, ok where what it says is not true.
func (r *resumption) read(s *Socket) (c *record, said, ok bool) {
	text, offset, said := wanted(s.auth)
	if !said {
		return nil, false, false
	}
	p, ok := r.signer.read(text, s.user.ID, s.user.Rights)
	if !ok || p.epoch != r.epoch {
		return nil, true, false
	}
	c = &record{id: p.id, pid: text, recall: Recall{After: p.connected, Vouched: true}, heard: p.heard}
	if offset != "" && hashOf(offset) != p.stale {
		at, ok := parsePosition(offset)
		if !ok || at.Compare(p.connected) <= 0 {
			return nil, true, false
		}
		c.recall.After, c.recall.Vouched = at, false
	}
	return c, true, true
}

// standing is what becomes of a claim.
type standing int

const (
	claimHeld    standing = iota // the socket is the one with this id now
	claimWaits                   // its older connection is being ended: the socket's session gets a resume message
	claimRefused                 // it was ended for good
)

// claim makes a socket the one with an id. left are the rooms the older one had left.
func (r *resumption) claim(id string, s *Socket) (left []string, standing standing) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if old := r.live[id]; old != nil {
		if old.session == s.session {
			return nil, claimRefused
		}
		r.waiting[id] = append(r.waiting[id], s)
		old.Close(ReasonTransportClose)
		return nil, claimWaits
	}
	f := r.gone[id]
	if f.over && r.server.options.Now().Before(f.until) {
		return nil, claimRefused
	}
	r.live[id] = s
	return f.left, claimHeld
}

// enter notes a socket that is new.
func (r *resumption) enter(s *Socket) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.live[s.id] = s
}

// leave says that a socket does not have its id any more. f is what to remember of it.
func (r *resumption) leave(id string, s *Socket, f farewell) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.live[id] != s {
		return
	}
	delete(r.live, id)
	if f.over || len(f.left) > 0 {
		r.rememberLocked(id, f)
	} else {
		delete(r.gone, id)
	}
	for _, next := range r.waiting[id] {
		r.server.system.Send(next.session.pid, resume{next})
	}
	delete(r.waiting, id)
}

func (r *resumption) rememberLocked(id string, f farewell) {
	now := r.server.options.Now()
	r.number++
	f.until, f.number = now.Add(r.options.Window), r.number
	r.gone[id] = f
	r.goneInto = append(r.goneInto, goneAs{id, f.number})
	is := func(as goneAs) bool { return r.gone[as.id].number == as.number } // else it came back since
	if len(r.goneInto) > 2*len(r.gone)+orderSlack {
		r.goneInto = slices.DeleteFunc(r.goneInto, func(as goneAs) bool { return !is(as) })
	}
	n := 0
	for ; n < len(r.goneInto); n++ {
		oldest := r.goneInto[n]
		if !is(oldest) {
			continue
		}
		if now.Before(r.gone[oldest.id].until) && len(r.gone) <= maxFarewells {
			break
		}
		delete(r.gone, oldest.id)
	}
	clear(r.goneInto[:n])
	r.goneInto = r.goneInto[n:]
}

// issue gives a socket the pid by which it can be resumed: it has everything up to a position of the log, and one of the bus.
func (r *resumption) issue(s *Socket, at, heard Position) {
	_, offset, _ := wanted(s.auth)
	s.pid = r.signer.write(pid{id: s.id, epoch: r.epoch, connected: at, stale: hashOf(offset), heard: heard}, s.user.ID, s.user.Rights)
}

// add keeps an entry that is being published, and returns its place: nil for one that cannot be replayed.
func (r *resumption) add(namespace, offset string, rooms []string, f *protocol.Frame) *position {
	at, ok := parsePosition(offset)
	if !ok || namespace != "/" {
		return nil
	}
	r.ring.add(ringEntry{at: at, rooms: rooms, frame: f})
	return &position{place: at}
}

// recalled is a Recalled whose entries are encoded.
type recalled struct {
	known   bool
	frames  []*protocol.Frame
	bytes   int // of the frames
	head    Position
	revoked []Revocation
	lent    *loan // for the frames: whoever has the answer hands it on or ends it
}

// refuses reports whether what was read says that a user's token is void.
func (r recalled) refuses(u User) bool {
	return slices.ContainsFunc(r.revoked, func(one Revocation) bool { return one.hits(u) })
}

// recall reads what was missed, from the ring or the log: everything up to a position at least, which the log is bound to
// have. It may wait.
//
// The log may be ahead of the shard that asks, and so it has to say which tokens it has ended meanwhile. The ring is ahead
// of nobody in that: what was published before an entry of it, revocations too, is on its way to every shard already, and
// comes there before the answer.
func (r *resumption) recall(ctx context.Context, q Recall, upTo Position) (answer recalled, err error) {
	if answer, ok := r.ring.recall(q); ok {
		// Others have the same frames. What a connection may have queued anyway is not counted a second time.
		if more := answer.bytes - r.server.options.MaxQueue; more > 0 {
			answer.lent, err = r.room.take(ctx, more)
		}
		return answer, err
	}
	lent, err := r.room.take(ctx, q.MaxBytes) // nobody knows yet how much it will be
	if err != nil {
		return recalled{}, err
	}
	defer func() {
		if answer.lent == nil {
			lent.end()
		}
	}()
	if err := r.readers.Acquire(ctx, 1); err != nil {
		return recalled{}, err
	}
	defer r.readers.Release(1)
	found, err := r.options.Log.Recall(ctx, q)
	if err != nil {
		return recalled{}, err
	}
	if found.Known && found.Head.Compare(upTo) < 0 {
		return recalled{}, errLogBehind
	}
	answer = recalled{known: found.Known, head: found.Head, revoked: found.Revoked}
	for i, e := range found.Entries {
		f := protocol.EventFrame("/", e.Name, e.Payload, e.Offset)
		answer.bytes += f.Size()
		answer.frames = append(answer.frames, f)
		found.Entries[i] = Entry{} // it is not needed twice
	}
	if answer.bytes > q.MaxBytes {
		return recalled{head: found.Head}, nil
	}
	if len(answer.frames) > 0 {
		lent.give(q.MaxBytes - answer.bytes)
		answer.lent = lent
	}
	return answer, nil
}

// leftRooms returns the rooms of its user that the socket is not in.
func (s *Socket) leftRooms() (left []string) {
	for _, room := range s.user.Rooms {
		if !s.Joined(room) {
			left = append(left, room)
		}
	}
	return left
}

func (r *resumption) observe(result RecoveryResult) {
	r.server.counted.resumed.add(result)
	r.options.Observe(result)
}
