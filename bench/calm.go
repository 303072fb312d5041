package main

import (
	"context"
	"time"

	"kapoor.example/desk/bench/process"
)

// calm waits until the server has nothing to do, so that one part of a run does not pay for the part before: until it used
// less than a twentieth of a core for a tenth of a second. A server that is never calm, or whose process is not known, is
// given two seconds.
func (t *trial) calm(ctx context.Context) error {
	const look, patience, share = 100 * time.Millisecond, 2 * time.Second, 20
	end := t.clock() + int64(patience)
	last, before := t.clock(), time.Duration(-1)
	for t.clock() < end {
		if err := pause(ctx, look); err != nil {
			return err
		}
		if t.server == nil {
			continue
		}
		used, err := t.server.CPU()
		if err != nil {
			return err
		}
		now := t.clock()
		if before >= 0 && (used-before)*share < time.Duration(now-last) {
			return nil
		}
		last, before = now, used
	}
	return nil
}

// pause waits for a while.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// settled looks at the server's memory until it stays within a hundredth for a while, for at most so long. It tells each
// sample and returns the last one; stable is false when memory was still moving then.
func (t *trial) settled(ctx context.Context, still, most time.Duration, tell func(process.Usage)) (u process.Usage, stable bool, err error) {
	const look, hundredth = 250 * time.Millisecond, 100
	end := t.clock() + int64(most)
	var since int64
	var low, high int64
	for {
		if u, err = t.server.Usage(); err != nil {
			return u, false, err
		}
		tell(u)
		low, high = min(low, u.RSS), max(high, u.RSS)
		now := t.clock()
		if since == 0 || (high-low)*hundredth > high {
			since, low, high = now, u.RSS, u.RSS
		}
		switch {
		case now-since >= int64(still):
			return u, true, nil
		case now >= end:
			return u, false, nil
		}
		if err := pause(ctx, look); err != nil {
			return u, false, err
		}
	}
}
