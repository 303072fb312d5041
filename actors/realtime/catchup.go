package realtime

import (
	"context"
	"errors"
	"time"

	"kapoor.example/desk/actors"
	"kapoor.example/desk/protocol"
)

// A socket resumes in this order: its older connection is ended (claim); its shard enters it into the index and holds
// what comes for it (hold); what it missed is read, of which the log is bound to have everything that the shard has seen
// (replay); the CONNECT is answered, and what was missed is sent, and then what was held and not read (replayed). What
// comes after that is delivered as to everybody. Nothing can fall between, and nothing comes twice.

// errLogBehind says that the log does not show yet what a shard has seen.
var errLogBehind = errors.New("the log is behind what was published")

// The messages: replayed to the shard of a socket whose log was read, anew to the session of one that cannot resume.
type (
	replayed struct {
		member *member
		answer recalled
		err    error
	}
	anew struct{ socket *Socket }
)

// resuming is a member that resumes.
type resuming struct {
	live     bool     // it is connected, and has everything up to through
	through  Position // once it is live
	held     []heldFrame
	bytes    int
	overflow bool
}

type heldFrame struct {
	frame *protocol.Frame
	at    *position // nil for what is not in the log
}

// holds reports whether what comes for the member has to wait.
func (m *member) holds() bool { return m.resuming != nil && !m.resuming.live }

// hold keeps a frame until the member is connected. A volatile one is lost.
func (h *resuming) hold(f *protocol.Frame, at *position, volatile bool, limit int) {
	if volatile || h.overflow {
		return
	}
	h.held = append(h.held, heldFrame{f, at})
	if h.bytes += f.Size(); h.bytes > limit {
		h.overflow, h.held = true, nil
	}
}

// has reports whether a member has an event of the log, or of the history, already.
func (m *member) has(at *position) bool {
	if m.trace != nil {
		return m.trace.has(m, at)
	}
	if at.seq > 0 {
		if at.seq <= m.from {
			return true // it came back from a shard that was ahead of this one
		}
		m.sent = at
		return false
	}
	if m.resuming == nil || !m.resuming.live {
		return false
	}
	if at.place.Compare(m.resuming.through) <= 0 {
		return true
	}
	m.resuming = nil
	return false
}

// claim has a socket resume what its client says it was, if that is so; otherwise it begins anew. The middleware has run.
func (a *sessionActor) claim(socket *Socket) {
	r := a.s.server.resumption
	c, said, ok := r.read(socket)
	switch {
	case !said:
	case !ok:
		r.observe(RecoveryRefused)
	default:
		left, standing := r.claim(c.id, socket)
		switch standing {
		case claimWaits:
			return
		case claimRefused:
			r.observe(RecoveryEnded)
		case claimHeld:
			c.left = left
			socket.id, socket.record = c.id, c
		}
	}
	a.enter(socket)
}

// anew has a socket that could not resume connect as a new one.
func (a *sessionActor) anew(socket *Socket) {
	if a.ended || socket.state != socketAttaching {
		return
	}
	a.s.server.resumption.leave(socket.id, socket, farewell{})
	socket.forgetRecord()
	a.attach(socket)
}

// forgetRecord makes the socket a new one.
func (s *Socket) forgetRecord() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rooms.remove(s.id)
	s.id, s.record, s.entered = newSid(), nil, false
}

// place returns the position up to which everything has come to this shard.
func (s *shard) place() Position {
	if at := s.server.resumption.begun; s.at.Compare(at) < 0 {
		return at
	}
	return s.at
}

// hold enters a member that resumes into the index, and has read what it missed.
func (s *shard) hold(m attach) {
	s.include(m)
	c := m.member.socket.record
	c.recall.Rooms, c.recall.Left, c.recall.Limit = m.rooms, c.left, s.server.resumption.options.MaxEvents
	c.recall.MaxBytes = s.server.resumption.options.MaxBytes
	c.recall.User, c.recall.Seen = m.member.socket.user.ID, s.place()
	s.server.system.Go(replay{shard: s, member: m.member, recall: c.recall, upTo: s.place()})
}

// replay reads what a member has missed, up to a position at least.
type replay struct {
	shard  *shard
	member *member
	recall Recall
	upTo   Position
}

// Run implements actors.Task.
func (t replay) Run() {
	r := t.shard.server.resumption
	ctx, cancel := context.WithTimeout(context.Background(), r.options.Timeout)
	defer cancel()
	m := replayed{member: t.member, err: errors.New("the log could not be read")} // a panic in it
	t.shard.server.system.Safely(replayKind, t.member.socket.id, func() {
		for {
			m.answer, m.err = r.recall(ctx, t.recall, t.upTo)
			if !errors.Is(m.err, errLogBehind) {
				return
			}
			select {
			case <-time.After(logBehindPause):
			case <-ctx.Done():
				return
			}
		}
	})
	t.shard.send(m)
}

// logBehindPause is how long a replay waits before it looks again.
const logBehindPause = 20 * time.Millisecond

// replayKind names replays in logs and counts; none of them is an actor.
var replayKind = actors.Kind{Name: "replay"}

// replayed connects a member with what it missed.
func (s *shard) replayed(m replayed) {
	member, h, r := m.member, m.member.resuming, s.server.resumption
	lent := m.answer.lent
	defer func() { lent.end() }() // unless the outbox has it
	if member.all < 0 || !member.holds() {
		return // it has gone meanwhile
	}
	s.flush()
	socket := member.socket
	tell := func(msg any) { s.server.system.Send(socket.session.pid, msg) }
	switch {
	case m.err != nil:
		s.server.options.Logger.Warn().Str("sid", socket.id).Err(m.err).Msg("Missed events could not be read")
		r.observe(RecoveryFailed)
		tell(attached{socket: socket, refused: ReasonOverload})
	case !m.answer.known:
		r.observe(RecoveryUnknown)
		s.detach(member)
		tell(anew{socket})
	case m.answer.refuses(*socket.user):
		// It came in before its token was void, and the revocation has not come here yet. Not even what is older is sent: who
		// knows what else the answer has.
		r.observe(RecoveryRefused)
		s.detach(member)
		tell(attached{socket: socket, refused: ReasonTokenRevoked})
	case h.overflow:
		r.observe(RecoveryTooSlow)
		tell(attached{socket: socket, refused: ReasonSlowConsumer})
	default:
		r.observe(RecoveryDone)
		frames := m.answer.frames
		for _, held := range h.held {
			if held.at == nil || held.at.place.Compare(m.answer.head) > 0 {
				frames = append(frames, held.frame)
			}
		}
		socket.pid = socket.record.pid
		s.greet(member)
		s.server.counted.sent(together(frames...))
		member.out.replay(frames, lent)
		lent = nil
		if member.resuming = nil; s.at.Compare(m.answer.head) < 0 {
			member.resuming = &resuming{live: true, through: m.answer.head}
		}
		tell(attached{socket: socket})
	}
}
