package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"kapoor.example/desk/booking"
	"kapoor.example/desk/persistence/sqlite"
)

// takeover opens a store that another process may have open still: the one before this in a deploy, which is stopping.
type takeover struct {
	open  func() (booking.Store, error)
	limit time.Duration // how long to wait at most
	again time.Duration // how often to try
	tell  time.Duration // how often to say so
	log   zerolog.Logger
	now   func() time.Time
}

// How often a store that is in use is tried, which is what a hand-over takes at most beyond the stop of the old process,
// and how often the log says that it is waited for.
const (
	takeoverAgain = 20 * time.Millisecond
	takeoverTell  = 5 * time.Second
)

// run waits until the store opens. Errors: that of the last try when the limit has passed, ctx's, and whatever else keeps
// the store from being opened, at once.
func (t takeover) run(ctx context.Context) (booking.Store, error) {
	store, err := t.open()
	if t.limit == 0 || !errors.Is(err, sqlite.ErrInUse) {
		return store, err
	}
	began := t.now()
	t.log.Info().Int64("limit_ms", t.limit.Milliseconds()).Msg("Another process has the store open: waiting until it lets go")
	over := time.NewTimer(t.limit)
	defer over.Stop()
	again, tell := time.NewTicker(t.again), time.NewTicker(t.tell)
	defer again.Stop()
	defer tell.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-over.C:
			return nil, fmt.Errorf("%w (STORE_WAIT of %s is over)", err, t.limit)
		case <-tell.C:
			t.log.Info().Int64("waited_ms", t.now().Sub(began).Milliseconds()).Msg("Still waiting for the store")
		case <-again.C:
			if store, err = t.open(); !errors.Is(err, sqlite.ErrInUse) {
				t.log.Info().Int64("waited_ms", t.now().Sub(began).Milliseconds()).Msg("The other process has let go of the store")
				return store, err
			}
		}
	}
}
