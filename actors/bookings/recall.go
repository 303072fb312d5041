package bookings

import (
	"context"
	"time"

	"kapoor.example/desk/actors/realtime"
	"kapoor.example/desk/booking"
)

// recallLog is the store's log as the sockets' server reads it.
type recallLog struct{ store booking.Log }

// NewLog returns the log from which clients get what they missed.
func NewLog(store booking.Log) realtime.Log { return recallLog{store} }

// Recall implements realtime.Log.
func (l recallLog) Recall(ctx context.Context, r realtime.Recall) (realtime.Recalled, error) {
	found, err := l.store.Recall(ctx, booking.Recall{
		After: booking.Position(r.After), Vouched: r.Vouched, Rooms: r.Rooms, Left: r.Left, Limit: r.Limit, MaxBytes: r.MaxBytes,
		UserID: r.User, Seen: booking.Position(r.Seen),
	})
	if err != nil {
		return realtime.Recalled{}, err
	}
	answer := realtime.Recalled{Known: found.Complete, Head: realtime.Position(found.Head)}
	for _, e := range found.Entries {
		answer.Entries = append(answer.Entries, published(e))
	}
	for _, one := range found.Revocations {
		answer.Revoked = append(answer.Revoked, revoked(one))
	}
	return answer, nil
}

// revoked is a revocation as the sockets' server gets it.
func revoked(r booking.Revocation) realtime.Revocation {
	return realtime.Revocation{User: r.UserID, Rights: r.Rights, TokenID: r.TokenID}
}

// published is an entry as clients get it.
func published(e booking.LogEntry) realtime.Entry {
	return realtime.Entry{Name: e.Name, Rooms: e.Rooms, Payload: e.Payload, Offset: e.Position.String()}
}

// Trimming says how much of the log is kept.
type Trimming struct {
	// Keep is how long an entry stays. Zero: for ever.
	Keep time.Duration
	// Every is how often entries are removed. Defaults to a quarter of Keep, and 1 min at most.
	Every time.Duration
	// Batch is about how many go at a time, so that nobody waits long for the store. Defaults to 500.
	Batch int
}

// trim removes what is too old, and has been published, until f.ctx ends.
func (f *Sockets) trim(t Trimming) {
	tick := time.NewTicker(t.Every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			f.trimOnce(t)
		case <-f.ctx.Done():
			return
		}
	}
}

// trimOnce removes everything that is too old. What fails is tried again the next time.
func (f *Sockets) trimOnce(t Trimming) {
	upTo := booking.Position{Ms: uint64(max(0, f.opts.Now().Add(-t.Keep).UnixMilli()))}
	if passed := f.notifier.position(); passed.Compare(upTo) < 0 {
		upTo = passed
	}
	removed := 0
	for {
		ctx, cancel := f.timeout()
		n, err := f.store.Trim(ctx, upTo, t.Batch)
		cancel()
		removed += n
		switch {
		case err != nil && f.ctx.Err() == nil:
			f.opts.Log.Error().Err(err).Msg("Log could not be trimmed")
			return
		case n > 0 && f.ctx.Err() == nil:
			continue
		case removed > 0:
			f.opts.Log.Debug().Int("entries", removed).Msg("Log trimmed")
		}
		return
	}
}
