package bookings

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"kapoor.example/desk/actors"
	"kapoor.example/desk/booking"
)

// Options are the limits of a Desk.
type Options struct {
	Policy booking.Policy
	// Directory knows who may still see what is assigned to them. Nil: everybody may.
	Directory Directory
	// Now is the clock of the bookings. Required.
	Now func() time.Time
	Log zerolog.Logger
	// Idle is how long a booking nobody commands stays in memory. Defaults to 1 minute.
	Idle time.Duration
	// MaxActive is how many bookings stay in memory; beyond it the one commanded longest ago leaves. Defaults to 10,000.
	MaxActive int
	// Deadline is when a command is answered at the latest. Defaults to 10 s.
	Deadline time.Duration
	// QueuePerBooking is how many commands of one booking may wait, the one in hand included. Defaults to 1,000.
	QueuePerBooking int
	// QueueTotal is how many commands may wait altogether. Defaults to 10,000.
	QueueTotal int
	// Observe is told of every command that was answered: which, with what code ("" where it was done), and how long that
	// took. It must not block. Nil: nobody wants to know.
	Observe func(command string, code booking.Code, took time.Duration)
	// Shared says that other processes write to the store too. A keeper's booking may be old then: before a command is
	// refused, or said to change nothing, it is decided again on what is stored.
	Shared bool
}

func (o Options) withDefaults() Options {
	setDefault(&o.Idle, time.Minute)
	setDefault(&o.MaxActive, 10_000)
	setDefault(&o.Deadline, 10*time.Second)
	setDefault(&o.QueuePerBooking, 1_000)
	setDefault(&o.QueueTotal, 10_000)
	return o
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// validate says what is wrong with options that have their defaults.
func (o Options) validate() error {
	switch {
	case o.Now == nil:
		return errors.New("bookings: Now is required")
	case o.Idle < 0 || o.Deadline < 0:
		return errors.New("bookings: Idle and Deadline must be positive")
	case o.MaxActive < 0 || o.QueuePerBooking < 0 || o.QueueTotal < 0:
		return errors.New("bookings: MaxActive, QueuePerBooking and QueueTotal must be positive")
	}
	return nil
}

// Desk takes the commands of REST and sockets. All its methods may be called from any goroutine.
type Desk struct {
	system *actors.System
	store  booking.Bookings
	opts   Options

	ctx        context.Context // of every store call
	cancel     context.CancelFunc
	supervisor *actors.PID

	queued  atomic.Int64
	closing atomic.Bool
	drained chan struct{} // gets one value when queued falls to zero while closing
}

// NewDesk starts a desk over a store. It fails when the options make no sense.
func NewDesk(sys *actors.System, store booking.Bookings, opts Options) (*Desk, error) {
	opts = opts.withDefaults()
	if err := opts.validate(); err != nil {
		return nil, err
	}
	d := &Desk{system: sys, store: store, opts: opts, drained: make(chan struct{}, 1)}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	d.supervisor = sys.Spawn(supervisorKind, "desk", newSupervisor(d))
	return d, nil
}

// Execute does a command and returns what it came to. Every error is an *booking.Error, and none carries a driver's text.
//
// When ctx or the desk's deadline ends first, the error's code is CodeTimeout: the command was not done or may still be
// done. Commands with a Key, a ClientID or a Version can be sent again without harm.
func (d *Desk) Execute(ctx context.Context, c booking.Command) (booking.Outcome, error) {
	type answer struct {
		outcome booking.Outcome
		err     error
	}
	answers := make(chan answer, 1)
	waiting := d.submit(c, func(o booking.Outcome, err error) { answers <- answer{o, err} })
	select {
	case a := <-answers:
		return a.outcome, a.err
	case <-ctx.Done():
		waiting.answer(booking.Outcome{}, errTimeout())
	}
	a := <-answers // whichever came first
	return a.outcome, a.err
}

// Submit does a command and calls reply exactly once with what Execute would have returned, from any goroutine and
// maybe before Submit returns. Submit never blocks, and reply must not: it runs on an actor.
func (d *Desk) Submit(c booking.Command, reply func(booking.Outcome, error)) { d.submit(c, reply) }

// Look calls reply as Submit does, with the booking as it is and who is told what is said on it, and without changing
// anything. Whether whoever asked may see it is the caller's to find out. With Options.Shared it may be up to Options.Idle old.
func (d *Desk) Look(bookingID string, reply func(b booking.Booking, heard booking.Audience, err error)) {
	d.submit(booking.Command{BookingID: bookingID}, func(o booking.Outcome, err error) { reply(o.Booking, o.Heard, err) })
}

func (d *Desk) submit(c booking.Command, reply func(booking.Outcome, error)) *call {
	if c.Do != nil && d.opts.Observe != nil {
		reply = d.observed(c, reply)
	}
	made := d.newCall(c, reply)
	queued := d.queued.Add(1) // before closing is read: Close waits for who was counted before
	if err := d.refuse(c, queued); err != nil {
		made.answer(booking.Outcome{}, err)
		made.settle()
		return made
	}
	d.system.Send(d.supervisor, made)
	return made
}

// observed is reply, and tells Observe.
func (d *Desk) observed(c booking.Command, reply func(booking.Outcome, error)) func(booking.Outcome, error) {
	began := time.Now() // how long something took is no matter of the desk's clock
	return func(o booking.Outcome, err error) {
		d.opts.Observe(reflect.TypeOf(c.Do).Name(), booking.CodeOf(err), time.Since(began))
		reply(o, err)
	}
}

// refuse says what is wrong with a command that needs no look at its booking.
func (d *Desk) refuse(c booking.Command, queued int64) error {
	switch {
	case d.closing.Load():
		return errClosing()
	case queued > int64(d.opts.QueueTotal):
		return errBusy()
	case !booking.ValidID(c.BookingID):
		return booking.Errorf(booking.CodeNotFound, "There is no such booking.")
	}
	return nil
}

func (d *Desk) release() {
	if d.queued.Add(-1) == 0 && d.closing.Load() {
		select {
		case d.drained <- struct{}{}:
		default:
		}
	}
}

// Queued returns the number of commands that are waiting or in hand.
func (d *Desk) Queued() int64 { return d.queued.Load() }

// Close refuses new commands with CodeUnavailable, finishes those it has, and ends the actors. When ctx ends before, what
// is left is answered CodeUnavailable (it may or may not have been done) and Close returns ctx's error.
func (d *Desk) Close(ctx context.Context) error {
	if d.closing.Swap(true) {
		return errors.New("bookings: the desk is closed already")
	}
	for d.queued.Load() > 0 && ctx.Err() == nil {
		select {
		case <-d.drained:
		case <-ctx.Done():
		}
	}
	d.cancel()
	if err := d.system.EndAndWait(ctx, d.supervisor); err != nil { // it ends the keepers
		return fmt.Errorf("close desk: %w", err)
	}
	if err := d.system.Await(ctx, keeperKind); err != nil {
		return fmt.Errorf("close desk: %w", err)
	}
	return nil
}

// Detonate makes an actor of the desk panic, as actors.Detonate does: the keeper of a booking that is in memory, or with
// "" the supervisor. For tests.
func (d *Desk) Detonate(bookingID, reason string) {
	if bookingID == "" {
		d.system.Send(d.supervisor, actors.Detonate{Reason: reason})
		return
	}
	d.system.Send(d.supervisor, detonate{bookingID, reason})
}
