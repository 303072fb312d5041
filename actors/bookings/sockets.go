package bookings

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"kapoor.example/desk/actors"
	"kapoor.example/desk/actors/realtime"
	"kapoor.example/desk/booking"
)

// SocketOptions are what Sockets needs and its limits.
type SocketOptions struct {
	// Authenticator and Directory are required.
	Authenticator Authenticator
	Directory     Directory
	// Anonymous lets sockets connect without a token and join any user's room. A token that is sent must be good all the
	// same.
	Anonymous bool
	// Revoked is called with every revocation before it ends sockets, so that no cache lets a client back in that the
	// revocation put out. It must not block for long: nothing is published meanwhile. Nil: nobody is told.
	Revoked func(booking.Revocation)
	// Limits replaces the limits of single events by name; "*" is that of all unknown ones.
	Limits map[string]Limit
	// MaxUndelivered bounds the log entries handed to the sockets and not yet fanned out. Defaults to 4,096.
	MaxUndelivered int
	// TypingFor is how long somebody counts as typing without saying so again. Defaults to 6 s.
	TypingFor time.Duration
	// StatsEvery is how often statsUpdated is sent at most. Defaults to 1 s.
	StatsEvery time.Duration
	// Trimming says how much of the log is kept. The zero value keeps all of it.
	Trimming Trimming
	// CutOff reports whether the other servers of the cluster cannot be reached now; it must not block. Nil: there are none.
	CutOff func() bool
	// Turn reports whether this server is the one of the cluster that works out the statistics now. It may wait. Nil: each
	// does so for its own sockets.
	Turn func(context.Context) (bool, error)
	// Beat is how often a server says to the others that it is there. Who was not heard of for seven times as long counts as
	// gone, with everybody who was online there. Defaults to 2 s.
	Beat time.Duration
	// Published is told how long it took from the commit of a batch's oldest event until all connections had it, or had it
	// queued. It must not block. Nil: nobody wants to know.
	Published func(took time.Duration)
	// LookupTimeout bounds what an event waits for the store. Defaults to 5 s.
	LookupTimeout time.Duration
	// Now is the clock, in the shop's time zone. Required.
	Now func() time.Time
	Log zerolog.Logger
}

func (o SocketOptions) withDefaults() SocketOptions {
	setDefault(&o.MaxUndelivered, 4096)
	setDefault(&o.TypingFor, 6*time.Second)
	setDefault(&o.StatsEvery, time.Second)
	setDefault(&o.Beat, 2*time.Second)
	setDefault(&o.LookupTimeout, 5*time.Second)
	setDefault(&o.Trimming.Every, max(time.Millisecond, min(o.Trimming.Keep/4, time.Minute)))
	setDefault(&o.Trimming.Batch, 500)
	return o
}

func (o SocketOptions) validate() error {
	switch {
	case o.Now == nil || o.Authenticator == nil || o.Directory == nil:
		return errors.New("bookings: Now, Authenticator and Directory are required")
	case o.MaxUndelivered < 0 || o.TypingFor < 0 || o.StatsEvery < 0 || o.LookupTimeout < 0 || o.Beat < 0,
		o.Trimming.Keep < 0 || o.Trimming.Every < 0 || o.Trimming.Batch < 0:
		return errors.New("bookings: limits and times must be positive")
	}
	return nil
}

// maxLookups bounds how many events wait for the store at once.
const maxLookups = 64

// Sockets is the desk for sockets: who may connect, what they may send, what they are sent.
type Sockets struct {
	system *actors.System
	server *realtime.Server
	space  *realtime.Namespace
	desk   *Desk
	store  booking.Store
	opts   SocketOptions
	limits *limits

	ctx     context.Context // of every look-up
	cancel  context.CancelFunc
	lookups chan struct{}
	work    sync.WaitGroup // goroutines

	typing   *typing
	presence *presence
	stats    *stats
	notifier *notifier
}

// NewSockets sets up a server's namespace "/". Call it before the server takes connections; nothing is published before
// Start.
func NewSockets(sys *actors.System, server *realtime.Server, desk *Desk, store booking.Store, opts SocketOptions) (*Sockets, error) {
	opts = opts.withDefaults()
	if err := opts.validate(); err != nil {
		return nil, err
	}
	f := &Sockets{
		system: sys, server: server, space: server.Of("/"), desk: desk, store: store, opts: opts,
		lookups: make(chan struct{}, maxLookups),
	}
	rows := f.table()
	of := map[string]Limit{unknownEvent: {5, 20}}
	for _, row := range rows {
		of[row.event] = row.limit
	}
	maps.Copy(of, opts.Limits)
	var err error
	if f.limits, err = newLimits(opts.Now, of); err != nil {
		return nil, err
	}
	f.ctx, f.cancel = context.WithCancel(context.Background())
	f.typing, f.presence, f.stats, f.notifier = startTyping(f), startPresence(f), startStats(f), startNotifier(f)
	f.attach(rows)
	return f, nil
}

// attach puts everything into the namespace.
func (f *Sockets) attach(rows []row) {
	gate := &gate{authenticator: f.opts.Authenticator, anonymous: f.opts.Anonymous, log: f.opts.Log}
	f.space.Use(gate.admit).OnConnection(f.connected).OnDisconnect(f.disconnected).OnUnhandled(f.unknown)
	for _, row := range rows {
		f.space.On(row.event, func(s *realtime.Socket, e *realtime.Event) { f.handle(row, s, e) })
	}
	f.server.OnPresence(func(user string, online bool, at time.Time) {
		f.system.Send(f.presence.pid, here{user, online, at})
	})
	f.presence.join()
	f.hearStats()
}

// Events returns the names of the events clients may send.
func (f *Sockets) Events() []string {
	var names []string
	for _, row := range f.table() {
		names = append(names, row.event)
	}
	return names
}

// Start begins to publish what is committed from now on. Call it once, before commands come in.
func (f *Sockets) Start(ctx context.Context) error {
	head, err := f.store.Head(ctx)
	if err != nil {
		return fmt.Errorf("read the log's head: %w", err)
	}
	epoch, err := f.store.Epoch(ctx)
	if err != nil {
		return fmt.Errorf("read the log's epoch: %w", err)
	}
	newest, err := f.newest(ctx, head)
	if err != nil {
		f.opts.Log.Warn().Err(err).Msg("Newest events could not be read: those who were here ask the store one by one")
	}
	f.server.Begin(epoch, realtime.Position(head), newest...)
	f.notifier.follow(head)
	if f.opts.Trimming.Keep > 0 {
		f.spawn(func() { f.trim(f.opts.Trimming) })
	}
	return nil
}

const (
	// newestFor is how old the entries are that a start reads at once for all who come back: what they missed while there
	// was no server, and what they had not received before.
	newestFor = 2 * time.Minute
	// newestMost bounds how many.
	newestMost = 16_384
	// newestTime bounds how long a start waits for them.
	newestTime = 5 * time.Second
)

// newest returns the newest entries up to head.
func (f *Sockets) newest(ctx context.Context, head booking.Position) (newest []realtime.Entry, err error) {
	after := booking.Position{Ms: head.Ms - min(head.Ms, uint64(newestFor.Milliseconds()))}
	if head.Compare(after) <= 0 {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, newestTime)
	defer cancel()
	err = f.store.Follow(ctx, after, func(batch []booking.LogEntry) error {
		for _, e := range batch {
			if e.Position.Compare(head) <= 0 && e.Revocation == nil {
				newest = append(newest, published(e))
			}
		}
		if over := len(newest) - newestMost; over > 0 {
			newest = slices.Clone(newest[over:])
		}
		if batch[len(batch)-1].Position.Compare(head) >= 0 {
			return errReached
		}
		return nil
	})
	if !errors.Is(err, errReached) {
		return nil, err
	}
	return newest, nil
}

// errReached ends following.
var errReached = errors.New("the head was reached")

// Flush waits until everything that is committed by now has been fanned out, or ctx ends.
func (f *Sockets) Flush(ctx context.Context) error { return f.notifier.flush(ctx) }

// Close stops publishing and ends the actors, with what waits for the store; it waits until they are gone or ctx ends.
// Close the server before: its hooks send to these actors.
func (f *Sockets) Close(ctx context.Context) error {
	f.cancel()
	var errs []error
	for _, pid := range []*actors.PID{f.notifier.pid, f.typing.pid, f.presence.pid, f.stats.pid} {
		errs = append(errs, f.system.EndAndWait(ctx, pid))
	}
	done := make(chan struct{})
	go func() { // only now that no actor begins anything more
		f.work.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
		errs = append(errs, ctx.Err())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close sockets: %w", err)
	}
	return nil
}

// Detonate makes an actor panic, as actors.Detonate does: "typing", "presence", "stats" or "notifier". For tests.
func (f *Sockets) Detonate(kind, reason string) {
	pids := map[string]*actors.PID{
		typingKind.Name: f.typing.pid, presenceKind.Name: f.presence.pid, statsKind.Name: f.stats.pid, notifierKind.Name: f.notifier.pid,
	}
	f.system.Send(pids[kind], actors.Detonate{Reason: reason})
}

// connected runs on the session's actor, before any of the socket's events.
func (f *Sockets) connected(s *realtime.Socket) {
	s.SetData(&line{})
	user := s.User()
	f.opts.Log.Info().Str("sid", s.ID()).Str("user_id", user.ID).Str("transport", s.Transport()).Msg("Socket connected")
	for _, room := range user.Rooms {
		if s.Joined(room) { // it may have left it before its connection was lost
			f.entered(s, room)
		}
	}
}

// disconnected runs on the session's actor.
func (f *Sockets) disconnected(s *realtime.Socket, reason realtime.Reason) {
	f.stats.unwatch(s)
	f.system.Send(f.typing.pid, left{s.ID()})
	f.opts.Log.Info().Str("sid", s.ID()).Str("user_id", s.User().ID).Str("reason", string(reason)).Msg("Socket disconnected")
}

// spawn runs work on a goroutine that Close waits for. Work ends soon once f.ctx has ended.
func (f *Sockets) spawn(work func()) { f.work.Go(work) }

// timeout is the context of one look-up.
func (f *Sockets) timeout() (context.Context, context.CancelFunc) {
	return context.WithTimeout(f.ctx, f.opts.LookupTimeout)
}

// failed begins the line about what an *booking.Error does not tell; nil, which is a line that is not written, about all else.
func (f *Sockets) failed(err error) *zerolog.Event {
	if code := booking.CodeOf(told(err)); code == booking.CodeInternal || code == booking.CodeTimeout {
		return f.opts.Log.Error().Err(err)
	}
	return nil
}

// recovered is deferred where work runs outside of an actor.
func (f *Sockets) recovered(then func()) {
	if reason := recover(); reason != nil {
		f.opts.Log.Error().Interface("panic", reason).Msg("Look-up panicked")
		then()
	}
}

// emit sends an event that may be lost.
func (f *Sockets) emit(rooms, except []string, name string, payload any) {
	if err := f.space.To(rooms...).Except(except...).Volatile().Emit(name, payload); err != nil {
		f.opts.Log.Error().Str("event", name).Err(err).Msg("Socket event could not be encoded")
	}
}

// emitHere is emit to the sockets of this server only.
func (f *Sockets) emitHere(rooms []string, name string, payload any) {
	if err := f.space.To(rooms...).Local().Volatile().Emit(name, payload); err != nil {
		f.opts.Log.Error().Str("event", name).Err(err).Msg("Socket event could not be encoded")
	}
}
