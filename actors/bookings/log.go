package bookings

import (
	"github.com/rs/zerolog"

	"kapoor.example/desk/booking"
)

// log writes the line of a command: who did what to which booking, and nothing about persons.
func (k *keeper) log(c *call, o booking.Outcome, err error) {
	if err == nil && !o.Changed {
		return
	}
	if err != nil {
		k.logFailure(c, err)
		return
	}
	logged(k.desk.opts.Log.Info(), c).Str("status", string(o.Booking.Status)).
		Int64("took_ms", k.desk.opts.Now().Sub(c.began).Milliseconds()).Msg(done(c.command.Do))
}

func (k *keeper) logFailure(c *call, err error) {
	said := booking.CodeOf(told(err))
	switch said {
	case booking.CodeInternal:
		logged(k.desk.opts.Log.Error(), c).Err(err).Msg("Booking command failed")
	case booking.CodeTimeout, booking.CodeUnavailable:
		logged(k.desk.opts.Log.Warn(), c).Str("code", string(said)).Err(err).Msg("Booking command not done in time")
	default:
		logged(k.desk.opts.Log.Debug(), c).Str("code", string(said)).Msg("Booking command refused")
	}
}

func logged(e *zerolog.Event, c *call) *zerolog.Event {
	return e.Str("booking_id", c.command.BookingID).Str("user_id", c.command.By.ID)
}

// done names what an operation did.
func done(do booking.Operation) string {
	switch do.(type) {
	case booking.Create:
		return "Booking created"
	case booking.ChangeStatus:
		return "Booking status changed"
	case booking.Edit:
		return "Booking edited"
	case booking.AddMessage:
		return "Booking message added"
	}
	return "Booking entry read"
}
