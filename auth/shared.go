package auth

import (
	"context"
	"time"
)

// Shared keeps what limits count where all servers of a cluster see it. A bucket is named by the limit and a key, which may
// be an e-mail address: it must not be written down as it is. All methods may be called from any goroutine, and have to be
// done soon, since somebody waits to be let in.
type Shared interface {
	// Take takes a token of a bucket, or says how long it is until there is one.
	Take(ctx context.Context, limit, key string, rate Rate) (wait time.Duration, err error)
	// GiveBack returns a token that was taken for something that turned out not to count.
	GiveBack(ctx context.Context, limit, key string, rate Rate) error
	// Forget fills a bucket.
	Forget(ctx context.Context, limit, key string) error
	// Remember keeps a mark for so long, and Remembered reports whether it is kept.
	Remember(ctx context.Context, mark string, life time.Duration) error
	Remembered(ctx context.Context, mark string) (bool, error)
}

const (
	// sharedTime bounds how long a limit waits for the others' counts.
	sharedTime = 500 * time.Millisecond
	// ownerLife is how long an address counts as one from which an account's owner signs in.
	ownerLife = 90 * 24 * time.Hour
)

// ask asks Shared. Where it fails this server counts for itself, as it would alone: nobody is kept out for that, and
// guesses stay limited. Whoever runs Shared tells of its trouble.
func ask(s Shared, f func(context.Context) error) (answered bool) {
	if s == nil {
		return false
	}
	ctx, cancel := context.WithTimeout(context.Background(), sharedTime)
	defer cancel()
	return f(ctx) == nil
}
