package bookings

import (
	"context"

	"kapoor.example/desk/actors/realtime"
	"kapoor.example/desk/booking"
)

// statsEvent is the event by which a server says to the others that it has told all admins the statistics.
const statsEvent = "desk:stats"

// whose is the turn to work out the statistics.
type whose int

const (
	turnNone  whose = iota // each server does so for its own sockets
	turnOwn                // this one, for all
	turnOther              // another one
)

// turn asks whose it is. Where nobody can say, it is everybody's: without the others, each serves its own.
func (f *Sockets) turn(ctx context.Context) whose {
	if f.opts.Turn == nil || f.opts.CutOff != nil && f.opts.CutOff() {
		return turnNone
	}
	switch own, err := f.opts.Turn(ctx); {
	case err != nil:
		f.opts.Log.Debug().Err(err).Msg("Nobody says who works out the statistics")
		return turnNone
	case own:
		return turnOwn
	}
	return turnOther
}

// hearStats listens for other servers that tell the statistics.
func (f *Sockets) hearStats() {
	if f.opts.Turn == nil {
		return
	}
	f.space.OnServerSide(statsEvent, func(e *realtime.ServerEvent) {
		var through booking.Position
		if err := e.Args.Bind(0, &through); err != nil {
			f.opts.Log.Warn().Err(err).Msg("Another server says what is not understood")
			return
		}
		f.system.Send(f.stats.pid, statsTold{through})
	})
}

// toldStats says to the others that all admins were told what is, up to a position of the log.
func (f *Sockets) toldStats(through booking.Position) {
	if err := f.space.ServerSideEmit(statsEvent, through); err != nil {
		f.opts.Log.Error().Err(err).Msg("Other servers could not be told of the statistics")
	}
}
