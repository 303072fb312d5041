package bookings

import (
	"context"
	"sync/atomic"
	"time"

	"kapoor.example/desk/booking"
)

// call is a command on its way, and whoever waits for it. It is answered once, by the keeper, by its deadline or by who
// refuses it, and settled once, when no actor holds it any more: these are two things, because a caller whose time is up
// is answered while the command still waits in an inbox.
type call struct {
	desk    *Desk
	command booking.Command
	began   time.Time
	reply   func(booking.Outcome, error)

	ctx    context.Context // for the store: ends at the deadline, or with the desk
	cancel context.CancelFunc
	disarm func() bool // takes the deadline's answer back

	replied atomic.Bool
	settled atomic.Bool
}

func (d *Desk) newCall(c booking.Command, reply func(booking.Outcome, error)) *call {
	made := &call{desk: d, command: c, began: d.opts.Now(), reply: reply}
	made.ctx, made.cancel = context.WithTimeout(d.ctx, d.opts.Deadline)
	made.disarm = context.AfterFunc(made.ctx, made.expire)
	return made
}

// answer tells the caller, unless somebody did.
func (c *call) answer(o booking.Outcome, err error) {
	if c.replied.CompareAndSwap(false, true) {
		c.reply(o, err)
	}
}

func (c *call) answered() bool { return c.replied.Load() }

// expire answers a call whose time is up.
func (c *call) expire() {
	if c.desk.ctx.Err() != nil {
		c.answer(booking.Outcome{}, errClosing())
		return
	}
	c.answer(booking.Outcome{}, errTimeout())
}

// settle says that no actor holds the call any more and reports whether it was the first to say so.
func (c *call) settle() bool {
	if !c.settled.CompareAndSwap(false, true) {
		return false
	}
	c.disarm()
	c.cancel()
	c.desk.release()
	return true
}

func errTimeout() error {
	return booking.Errorf(booking.CodeTimeout, "This takes too long. It may still be done: look before you try again.")
}

func errClosing() error {
	return booking.Errorf(booking.CodeUnavailable, "The server is about to stop. Try again in a moment.")
}

func errBusy() error {
	return booking.Errorf(booking.CodeUnavailable, "Too much is going on. Try again in a moment.")
}

func errInternal() error {
	return booking.Errorf(booking.CodeInternal, "Something went wrong on our side.")
}
