package auth

import (
	"context"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// Rate is a token bucket: Events at once, refilled evenly so that Events come back within Per.
type Rate struct {
	Events int
	Per    time.Duration
}

// Unlimited is the Rate that lets everything pass.
var Unlimited = Rate{Events: -1}

// buckets are token buckets by key, so many at most: the one not used for longest goes first.
type buckets struct {
	rate   Rate
	now    func() time.Time
	name   string
	others *others

	mu   sync.Mutex
	byID *simplelru.LRU[string, *bucket]
}

type bucket struct {
	tokens float64
	at     time.Time // when tokens was right
}

func newBuckets(o Options, others *others, name string, rate Rate) (*buckets, error) {
	lru, err := simplelru.NewLRU[string, *bucket](o.Tracked, nil)
	if err != nil {
		return nil, err
	}
	return &buckets{rate: rate, now: o.Now, name: name, others: others, byID: lru}, nil
}

// take takes a token, or says how long it is until there is one.
func (b *buckets) take(p *patience, key string) (wait time.Duration) {
	if b.rate.Events < 0 {
		return 0
	}
	if b.others.ask(p, func(ctx context.Context, s Shared) (err error) {
		wait, err = s.Take(ctx, b.name, key, b.rate)
		return err
	}) {
		return wait
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	full, now := float64(b.rate.Events), b.now()
	one, ok := b.byID.Get(key)
	if !ok {
		one = &bucket{tokens: full, at: now}
		b.byID.Add(key, one)
	}
	each := b.rate.Per / time.Duration(b.rate.Events)
	if passed := now.Sub(one.at); passed > 0 {
		one.tokens = min(full, one.tokens+float64(passed)/float64(each))
		one.at = now
	}
	if one.tokens < 1 {
		return time.Duration((1 - one.tokens) * float64(each))
	}
	one.tokens--
	return 0
}

// giveBack returns a token that was taken for something that turned out not to count.
func (b *buckets) giveBack(p *patience, key string) {
	if b.rate.Events < 0 {
		return
	}
	if b.others.ask(p, func(ctx context.Context, s Shared) error { return s.GiveBack(ctx, b.name, key, b.rate) }) {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if one, ok := b.byID.Peek(key); ok {
		one.tokens = min(float64(b.rate.Events), one.tokens+1)
	}
}

// forget fills a key's bucket.
func (b *buckets) forget(p *patience, key string) {
	b.others.ask(p, func(ctx context.Context, s Shared) error { return s.Forget(ctx, b.name, key) })
	b.mu.Lock()
	defer b.mu.Unlock()
	b.byID.Remove(key)
}
