package auth

import (
	"context"
	"sync"
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
	// sharedTime bounds how long one login, or one registration, waits for the others' counts altogether.
	sharedTime = 500 * time.Millisecond
	// silence is how long nobody is asked after one was asked in vain.
	silence = 2 * time.Second
	// ownerLife is how long an address counts as one from which an account's owner signs in.
	ownerLife = 90 * 24 * time.Hour
)

// others are the servers that count together with this one; nil where there are none. Where they cannot be asked this
// server counts for itself, as it would alone: nobody is kept out for that, and guesses stay limited. Whoever runs Shared
// tells of its trouble.
type others struct {
	shared Shared

	mu    sync.Mutex
	quiet time.Time // until when nobody is asked
}

func newOthers(s Shared) *others {
	if s == nil {
		return nil
	}
	return &others{shared: s}
}

// patience is what one request may still wait for the others.
type patience struct{ left time.Duration }

func newPatience() *patience { return &patience{sharedTime} }

// ask asks the others, and reports whether they have answered.
func (o *others) ask(p *patience, f func(context.Context, Shared) error) (answered bool) {
	if o == nil || p.left <= 0 || !o.listening() {
		return false
	}
	begun := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), p.left)
	defer cancel()
	err := f(ctx, o.shared)
	p.left -= time.Since(begun)
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.quiet = (time.Time{}); err != nil {
		o.quiet = time.Now().Add(silence)
	}
	return err == nil
}

// listening reports whether it is worth asking. After a silence one asks first, and the rest when that was answered.
func (o *others) listening() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := time.Now()
	if now.Before(o.quiet) {
		return false
	}
	if !o.quiet.IsZero() {
		o.quiet = now.Add(sharedTime)
	}
	return true
}
