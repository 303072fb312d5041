package bookings

import (
	"fmt"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"
)

// Limit is a token bucket: how many events a user may send per second in the long run, and how many at once.
type Limit struct {
	PerSecond float64
	Burst     int
}

// maxBuckets bounds the buckets in memory. The one used longest ago leaves first; it is full by then.
const maxBuckets = 100_000

// limits keeps a bucket for every user and event.
type limits struct {
	now     func() time.Time
	of      map[string]Limit // by event
	buckets *lru.Cache[bucketKey, *rate.Limiter]
}

type bucketKey struct{ who, event string }

func newLimits(now func() time.Time, of map[string]Limit) (*limits, error) {
	for event, l := range of {
		if l.PerSecond <= 0 || l.Burst <= 0 {
			return nil, fmt.Errorf("bookings: the limit of %q must be positive", event)
		}
	}
	buckets, err := lru.New[bucketKey, *rate.Limiter](maxBuckets)
	if err != nil {
		return nil, fmt.Errorf("bookings: %w", err)
	}
	return &limits{now: now, of: of, buckets: buckets}, nil
}

// allow takes one from the bucket, and reports whether there was one.
func (l *limits) allow(who, event string) bool {
	key := bucketKey{who, event}
	bucket, ok := l.buckets.Get(key)
	if !ok {
		limit := l.of[event]
		bucket = rate.NewLimiter(rate.Limit(limit.PerSecond), limit.Burst)
		if other, was, _ := l.buckets.PeekOrAdd(key, bucket); was {
			bucket = other
		}
	}
	return bucket.AllowN(l.now(), 1)
}
