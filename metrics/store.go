package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"kapoor.example/desk/booking"
)

// Store returns a store that does what another one does, and shows how long that took.
func (m *Metrics) Store(store booking.Store) (booking.Store, error) {
	took := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Namespace: namespace, Name: "store_seconds", Buckets: storeBuckets,
		Help: "How long the store took, by what it was asked. A refusal, such as a stale version, is ok; failed is trouble.",
	}, []string{"operation", "result"})
	for _, operation := range []string{"append", "load", "list", "user", "recall", "trim"} {
		took.WithLabelValues(operation, "ok")
	}
	return timedStore{store, took}, m.register(took)
}

// timedStore times what is asked often or may be slow. The rest passes.
type timedStore struct {
	booking.Store
	took *prometheus.HistogramVec
}

// timed returns what to call when an operation is over.
func (s timedStore) timed(operation string) func(error) {
	began := time.Now()
	return func(err error) {
		result := "ok"
		if code := booking.CodeOf(err); err != nil && (code == "" || code == booking.CodeInternal || code == booking.CodeUnavailable) {
			result = "failed"
		}
		s.took.WithLabelValues(operation, result).Observe(time.Since(began).Seconds())
	}
}

// Append implements booking.Store.
func (s timedStore) Append(ctx context.Context, c booking.Commit) error {
	done := s.timed("append")
	err := s.Store.Append(ctx, c)
	done(err)
	return err
}

// Load implements booking.Store.
func (s timedStore) Load(ctx context.Context, id string) (booking.Booking, error) {
	done := s.timed("load")
	b, err := s.Store.Load(ctx, id)
	done(err)
	return b, err
}

// Find implements booking.Store.
func (s timedStore) Find(ctx context.Context, ref string) (booking.Booking, error) {
	done := s.timed("load")
	b, err := s.Store.Find(ctx, ref)
	done(err)
	return b, err
}

// List implements booking.Store.
func (s timedStore) List(ctx context.Context, q booking.Query) (booking.Page, error) {
	done := s.timed("list")
	p, err := s.Store.List(ctx, q)
	done(err)
	return p, err
}

// User implements booking.Store.
func (s timedStore) User(ctx context.Context, id string) (booking.User, error) {
	done := s.timed("user")
	u, err := s.Store.User(ctx, id)
	done(err)
	return u, err
}

// Recall implements booking.Store.
func (s timedStore) Recall(ctx context.Context, r booking.Recall) (booking.Recalled, error) {
	done := s.timed("recall")
	found, err := s.Store.Recall(ctx, r)
	done(err)
	return found, err
}

// Trim implements booking.Store.
func (s timedStore) Trim(ctx context.Context, upTo booking.Position, limit int) (int, error) {
	done := s.timed("trim")
	n, err := s.Store.Trim(ctx, upTo, limit)
	done(err)
	return n, err
}
