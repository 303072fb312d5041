package bookings

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"kapoor.example/desk/actors"
	"kapoor.example/desk/booking"
)

// keeperKind: a keeper that panicked forgets its booking. It never ends by itself, not even after many panics: without a
// booking it is as good as a new one, and what is on its way to it is not lost.
var keeperKind = actors.Kind{Name: "booking", Directive: actors.Reset, Singleton: true}

const (
	maxDecisions = 5 // of one command, when others write to its booking at the same time
	maxCodes     = 10
)

// keeper is the actor of one booking. It may block: on the store, and never longer than its command's deadline.
type keeper struct {
	desk       *Desk
	supervisor *actors.PID
	id         string
	handled    atomic.Uint64 // calls

	booking *booking.Booking // nil until it is needed, and whenever it may not be what is stored
}

// Receive implements actors.Receiver.
func (k *keeper) Receive(c *actors.Context) {
	if msg, ok := c.Message().(*call); ok {
		k.handle(msg)
	}
}

// Failed answers who waits for a command that could not be handled. It may have been stored.
func (k *keeper) Failed(msg any) {
	if c, ok := msg.(*call); ok {
		c.answer(booking.Outcome{}, errInternal())
		k.done(c)
	}
}

// Reset drops the booking; the next command loads it.
func (k *keeper) Reset() { k.booking = nil }

func (k *keeper) handle(c *call) {
	if !c.answered() { // else its time was up while it waited, and its caller was told so
		outcome, err := k.execute(c.ctx, c.command)
		k.log(c, outcome, err)
		c.answer(outcome, told(err))
	}
	k.done(c)
	if k.booking == nil {
		k.desk.system.Send(k.supervisor, vacant{k, k.handled.Load()})
	}
}

// done counts a call as handled. The supervisor may end the keeper from now on.
func (k *keeper) done(c *call) {
	if c.settle() {
		k.handled.Add(1)
	}
}

func (k *keeper) execute(ctx context.Context, c booking.Command) (booking.Outcome, error) {
	switch do := c.Do.(type) {
	case nil:
		return k.look(ctx)
	case booking.Create:
		return k.create(ctx, c, do)
	}
	for range maxDecisions {
		loaded, err := k.load(ctx)
		if err != nil {
			return booking.Outcome{}, err
		}
		commit, err := booking.Plan(*k.booking, c, k.desk.opts.Now(), k.desk.opts.Policy)
		if (err != nil || commit.Event == nil) && k.desk.opts.Shared && !loaded {
			k.booking = nil // it may be old: decide on what is stored
			continue
		}
		if err != nil {
			return booking.Outcome{}, err
		}
		if commit.Event == nil {
			return booking.OutcomeOf(c, *k.booking, false), nil
		}
		if commit, err = k.addressed(ctx, commit, c.By.ID); err != nil {
			return booking.Outcome{}, err
		}
		err = k.append(ctx, commit)
		if err == nil {
			return booking.OutcomeOf(c, commit.After, true), nil
		}
		if booking.CodeOf(err) != booking.CodeStale {
			return booking.Outcome{}, err
		}
	}
	if _, err := k.load(ctx); err != nil {
		return booking.Outcome{}, err
	}
	present := *k.booking
	return booking.Outcome{}, &booking.Error{Code: booking.CodeConflict, Message: "Others are changing this booking. Try again.", Booking: &present}
}

func (k *keeper) look(ctx context.Context) (booking.Outcome, error) {
	if _, err := k.load(ctx); err != nil {
		return booking.Outcome{}, err
	}
	heard := booking.Conversation(*k.booking)
	if id := k.booking.AssigneeID(); id != k.booking.CreatedBy {
		sees, err := k.sees(ctx, id, *k.booking)
		if err != nil {
			return booking.Outcome{}, err
		}
		if !sees {
			heard = heard.Without(id)
		}
	}
	return booking.Outcome{Booking: *k.booking, Heard: heard}, nil
}

// addressed returns a commit without what it tells assignees who may see the booking no more. by is whose command it is: the
// domain has let them.
func (k *keeper) addressed(ctx context.Context, c booking.Commit, by string) (booking.Commit, error) {
	for _, id := range c.Assignees() {
		if id == by {
			continue
		}
		sees, err := k.sees(ctx, id, c.After)
		if err != nil {
			return c, err
		}
		if !sees {
			c = c.Without(id)
		}
	}
	return c, nil
}

// sees reports whether a user may see a booking. An account that is not active has no sockets and reads nothing: what is
// kept for it waits until it is active again.
func (k *keeper) sees(ctx context.Context, user string, b booking.Booking) (bool, error) {
	if k.desk.opts.Directory == nil || user == "" {
		return true, nil
	}
	who, err := k.desk.opts.Directory.Principal(ctx, user)
	switch {
	case booking.CodeOf(err) == booking.CodeUnauthorized:
		return true, nil
	case err != nil:
		return false, fmt.Errorf("read assignee: %w", err)
	}
	return booking.CanSee(who, b), nil
}

// load makes sure that there is a booking to decide on, and reports whether it had to be read.
func (k *keeper) load(ctx context.Context) (bool, error) {
	if k.booking != nil {
		return false, nil
	}
	b, err := k.desk.store.Load(ctx, k.id)
	if err != nil {
		return false, fmt.Errorf("load booking: %w", err)
	}
	k.booking = &b
	return true, nil
}

// append stores a commit. After an error the booking is not known: a commit that ran out of time may be stored.
func (k *keeper) append(ctx context.Context, commit booking.Commit) error {
	k.booking = nil
	if err := k.desk.store.Append(ctx, commit); err != nil {
		return fmt.Errorf("append: %w", err)
	}
	k.booking = &commit.After
	return nil
}

// create stores a new booking. It reads nothing: that the id and the code are new, and the key unused, is Append's to say.
func (k *keeper) create(ctx context.Context, c booking.Command, create booking.Create) (booking.Outcome, error) {
	for range maxCodes {
		if create.Code == "" {
			create.Code = booking.NewCode()
		}
		c.Do = create
		commit, err := booking.Plan(booking.Booking{}, c, k.desk.opts.Now(), k.desk.opts.Policy)
		if err != nil {
			return booking.Outcome{}, err
		}
		err = k.append(ctx, commit)
		var used *booking.KeyUsedError
		var taken *booking.CodeTakenError
		switch {
		case err == nil:
			return booking.OutcomeOf(c, commit.After, true), nil
		case errors.As(err, &used):
			return k.repeated(ctx, c, used)
		case errors.As(err, &taken):
			create.Code = ""
		case booking.CodeOf(err) == booking.CodeStale:
			return booking.Outcome{}, booking.Errorf(booking.CodeConflict, "This booking was made already.")
		default:
			return booking.Outcome{}, err
		}
	}
	return booking.Outcome{}, fmt.Errorf("no free code in %d draws", maxCodes)
}

// repeated answers a Create whose idempotency key was used before.
func (k *keeper) repeated(ctx context.Context, c booking.Command, used *booking.KeyUsedError) (booking.Outcome, error) {
	if c.Key == nil || used.BodyHash != c.Key.BodyHash {
		return booking.Outcome{}, booking.Errorf(booking.CodeKeyReused, "This Idempotency-Key was used for another request.")
	}
	made, err := k.desk.store.Load(ctx, used.BookingID)
	if err != nil {
		return booking.Outcome{}, fmt.Errorf("load the key's booking: %w", err)
	}
	return booking.Outcome{Booking: made}, nil
}

// told returns the error as its caller may see it.
func told(err error) error {
	if err == nil {
		return nil
	}
	var e *booking.Error
	switch {
	case errors.As(err, &e):
		return e
	case errors.Is(err, context.DeadlineExceeded):
		return errTimeout()
	case errors.Is(err, context.Canceled):
		return errClosing() // nobody else cancels a call
	}
	return errInternal()
}
