package realtime

import (
	"context"
	"errors"
	"slices"
	"time"

	"kapoor.example/desk/actors"
	"kapoor.example/desk/protocol"
	"kapoor.example/desk/protocol/cluster"
	"kapoor.example/desk/protocol/socketio"
)

// A socket resumes over the stream in this order: its session is taken (retrieval), the middleware runs where it has to, what
// it missed is read (reading), and its shard answers the CONNECT and sends that and what has come since (greet). Wherever
// anything is not known it begins anew.

// streamTime bounds each of the two that ask Redis.
const streamTime = 5 * time.Second

// streamPage is how many entries are read at once.
const streamPage = 1000

// streamKind names them in logs and counts; none of them is an actor.
var streamKind = actors.Kind{Name: "stream"}

type (
	// retrieval looks for the session of a pid.
	retrieval struct {
		socket      *Socket
		pid, offset string
	}
	retrieved struct {
		socket *Socket
		record *record // nil for none; the socket has it
	}
	// reading reads what a socket has missed.
	reading struct {
		socket *Socket
		rooms  []string
	}
	reread struct {
		socket *Socket
		found  *found // nil where it is not known
	}
)

// found is what a socket that resumes has missed.
type found struct {
	frames    []*protocol.Frame
	through   Position  // they are all up to here
	sent      *position // the last one that it was sent, now or before
	epoch     string
	connected Position
	stale     string
	unplaced  uint64 // of the server, when it began to read
}

// asking runs something that may ask Redis, a bounded number at once.
func (st *stream) asking(socket *Socket, f func(context.Context)) {
	ctx, cancel := context.WithTimeout(context.Background(), streamTime)
	defer cancel()
	if !st.settled(socket.namespace.name) || st.readers.Acquire(ctx, 1) != nil {
		return
	}
	defer st.readers.Release(1)
	st.server.system.Safely(streamKind, socket.session.sid, func() { f(ctx) })
}

// settled reports whether the log has everything that this server has sent to a namespace.
func (st *stream) settled(namespace string) bool {
	if st.bus.State().Degraded || !st.server.link.whole(namespace) {
		return false
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	return !st.server.options.Now().Before(st.doubtful)
}

// Run implements actors.Task.
func (t retrieval) Run() {
	st := t.socket.session.server.stream
	m := retrieved{socket: t.socket}
	st.asking(t.socket, func(ctx context.Context) {
		session, err := st.options.Sessions.Take(ctx, t.pid)
		if err != nil {
			st.server.options.Logger.Warn().Str("sid", t.socket.id).Err(err).Msg("Lost connections could not be looked up")
		}
		if session == nil {
			return
		}
		if name := t.socket.namespace.name; session.PID == t.pid && (session.Trace == nil || session.Trace.Namespace == name) {
			m.record = recordOf(session, name)
		}
	})
	if m.record != nil && !t.socket.resume(m.record, t.offset) {
		st.giveBack(m.record) // the client was cut, and its session may be too far gone to hear of this
		return
	}
	st.server.system.Send(t.socket.session.pid, m)
}

// retrieved goes on with a socket whose session was looked for.
//
// Node does not say of which namespace a session is, nor whose: there the middleware decides again, or a client of one
// namespace could come into another by it.
func (a *sessionActor) retrieved(m retrieved) {
	if a.ended || m.socket.state != socketAdmitting {
		return // drop has given the session back
	}
	if m.record == nil {
		a.admit(m.socket)
		return
	}
	if a.s.server.keeper.options.RunMiddleware || m.record.session.Trace == nil || m.record.user.ID != "" {
		m.record.identified = true
		a.admit(m.socket)
		return
	}
	a.read(m.socket)
}

// readmitted goes on with a socket that has a session and was let in by the middleware.
func (a *sessionActor) readmitted(socket *Socket) {
	if r := socket.record; r.user.ID != socket.user.ID {
		a.s.server.stream.giveBack(r)
		socket.begin()
		a.enter(socket)
		return
	}
	a.read(socket)
}

func (a *sessionActor) read(socket *Socket) {
	a.s.server.system.Go(reading{socket: socket, rooms: socket.record.roomsFor(socket.user)})
}

// roomsFor returns the rooms of a record that its user is in still, as far as the middleware has said so.
func (r *record) roomsFor(u *User) (rooms []string) {
	for _, room := range r.rooms {
		if !r.identified || !slices.Contains(r.user.Rooms, room) || slices.Contains(u.Rooms, room) {
			rooms = append(rooms, room)
		}
	}
	return rooms
}

// Run implements actors.Task.
func (t reading) Run() {
	st := t.socket.session.server.stream
	m := reread{socket: t.socket}
	st.asking(t.socket, func(ctx context.Context) {
		name, f := t.socket.namespace.name, &found{unplaced: st.unplaced.Load()}
		if st.settled(name) && st.missed(ctx, t.socket, t.rooms, f) && st.settled(name) {
			m.found = f
		}
	})
	st.server.system.Send(t.socket.session.pid, m)
}

// reread connects a socket with what it missed, or as a new one where that is not known.
func (a *sessionActor) reread(m reread) {
	socket := m.socket
	if a.ended || socket.state != socketAdmitting {
		return // drop has given the session back
	}
	r := socket.record
	if m.found == nil {
		socket.begin()
		if r.identified {
			a.enter(socket)
		} else {
			a.admit(socket)
		}
		return
	}
	r.found = m.found
	socket.restore(r.identified)
	a.enter(socket)
}

// missed reads what a socket has missed. It reports false where that cannot be said.
func (st *stream) missed(ctx context.Context, socket *Socket, rooms []string, f *found) bool {
	r := socket.record
	q := cluster.Query{Namespace: socket.namespace.name, Rooms: rooms, Limit: streamPage}
	vouched, ok := st.begin(r.session, socket.offset, &q, f)
	if !ok {
		return false
	}
	if st.inTail(q, vouched) {
		f.through, f.epoch = Position(q.After), r.session.Epoch
		return true
	}
	for bytes := 0; ; {
		replay, err := st.bus.Since(ctx, q)
		if err != nil {
			if !errors.Is(err, cluster.ErrUnknownPosition) {
				st.server.options.Logger.Warn().Str("sid", socket.id).Err(err).Msg("Missed events could not be read")
			}
			return false
		}
		if replay.Epoch != r.session.Epoch {
			return false // the log has lost something since
		}
		for _, e := range replay.Entries {
			frame, at := replayedFrame(e)
			f.frames, f.sent = append(f.frames, frame), at
			bytes += frame.Size()
		}
		if len(f.frames) > st.options.MaxEvents || bytes > st.options.MaxBytes {
			return false // the client is quicker when it begins anew
		}
		f.through, f.epoch, q.After, q.Epoch = Position(replay.Through), replay.Epoch, replay.Through, replay.Epoch
		if !replay.More {
			return true
		}
	}
}

// begin finds after which position a socket has missed events, and whether that was the end of the log once: else it has to be
// an entry.
func (st *stream) begin(s *cluster.Session, offset string, q *cluster.Query, f *found) (vouched, ok bool) {
	t, epoch := s.Trace, s.Epoch
	at, isPosition := cluster.ParsePosition(offset)
	if t == nil { // Node's: it says nothing, and an offset has to be there
		f.connected, f.stale = Position(at), offset
		q.After = at
		f.sent = &position{offset: offset, place: Position(at)}
		return false, isPosition && !st.changedLately(epoch)
	}
	if t.Epoch != epoch {
		return false, false // the log has lost something since, and maybe nobody here has noticed yet
	}
	f.connected, f.stale = Position(t.Connected), t.Stale
	if !t.Sent.IsZero() {
		f.sent = &position{offset: t.Sent.String(), place: Position(t.Sent)}
	}
	none := offset == "" || offset == t.Stale // nothing that came over this connection
	switch {
	case t.Sent.IsZero() && none, isPosition && at == t.Sent:
		// It has all that was sent to it, and nothing else up to its end was for it.
		q.After, q.Epoch = t.Detached, epoch
		for _, had := range []cluster.Position{t.Connected, t.Sent} {
			if q.After.Compare(had) < 0 {
				q.After = had
			}
		}
		return true, true
	case none:
		q.After, q.Epoch = t.Connected, epoch
		return true, true
	}
	q.After = at
	return false, isPosition && at.Compare(t.Connected) > 0 && at.Compare(t.Sent) < 0
}

// inTail reports whether everything after a position is in memory.
func (st *stream) inTail(q cluster.Query, vouched bool) bool {
	if !vouched {
		return st.tail.holds(q.Namespace, Position(q.After))
	}
	_, _, ok := st.tail.since(q.Namespace, Position(q.After), Position(q.After), nil)
	return ok
}

// replayedFrame encodes an entry of the log.
func replayedFrame(e cluster.Entry) (*protocol.Frame, *position) {
	b, offset := e.Body.(cluster.Broadcast), e.Position.String()
	p := socketio.Packet{
		Type: socketio.Event, Namespace: e.Namespace, Data: socketio.AppendLast(nil, b.Data, offset), Attachments: b.Attachments,
	}
	return frameOf(p, b.Plain), &position{offset: offset, place: Position(e.Position)}
}
