package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kapoor.example/desk/actors/realtime"
)

const (
	// perSocket is how far apart two sockets are closed at least, on average: what the other nodes, or the process after
	// this one, can take back. The window is the most that all of them take.
	perSocket = time.Millisecond
	// flushTime is how long clients may take what is queued for them before their sockets are closed.
	flushTime = time.Second
)

// Close implements Desk. Load balancers are told first, and nobody new is let in; commands in hand are finished and told
// to everybody; then the sockets are closed in a way that brings their clients back, and the actors end.
//
// No step may use up the time of those behind it: a command that hangs must not keep the sockets from being closed in
// order.
func (d *desk) Close(ctx context.Context) error {
	var errs []error
	step := func(what string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", what, err))
		}
	}
	d.http.Drain()
	connections := d.realtime.Connections()
	d.log.Info().Int("connections", connections).Int64("commands", d.bookings.Queued()).Msg("Draining")
	step("finish commands", half(ctx, d.bookings.Close))
	step("publish what is stored", half(ctx, d.sockets.Flush))
	if err := d.flush(ctx); err != nil {
		d.log.Info().Msg("Some clients did not take what was queued for them")
	}
	step("drain sockets", half(ctx, func(ctx context.Context) error {
		over := min(d.window, time.Duration(connections+d.cluster.passed())*perSocket, left(ctx)/2)
		passed := make(chan error, 1)
		go func() { passed <- d.cluster.drain(ctx, over) }()
		return errors.Join(d.realtime.Drain(ctx, realtime.StatusServiceRestart, over), <-passed)
	}))
	step("close sockets", half(ctx, func(ctx context.Context) error {
		return d.realtime.Close(ctx, realtime.StatusServiceRestart)
	}))
	step("close the desk's actors", half(ctx, d.sockets.Close))
	step("shut down HTTP", half(ctx, d.http.Shutdown))
	step("close the actor system", d.system.Close(ctx))
	if d.cluster != nil {
		step("leave the cluster", d.cluster.close(ctx))
	}
	step("shut down metrics", d.metrics.Shutdown(ctx))
	return errors.Join(errs...)
}

// flush lets clients take what is queued for them, for a while.
func (d *desk) flush(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, min(flushTime, left(ctx)/2))
	defer cancel()
	return d.realtime.Flush(ctx)
}

// half does something within half of the time that is left.
func half(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, left(ctx)/2)
	defer cancel()
	return do(ctx)
}

// left returns how long a context has still; an hour where nothing ends it.
func left(ctx context.Context) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return time.Hour
	}
	return time.Until(deadline)
}
