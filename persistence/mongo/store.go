package mongo

import (
	"context"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"kapoor.example/desk/booking"
)

// Store is a booking.Store in a MongoDB database. Open makes one.
type Store struct {
	client   *mongo.Client
	now      func() time.Time
	location *time.Location

	bookings, users, tokens, events, notes, meta, trimmed *mongo.Collection

	publisher *publisher
	log       *ring

	mu     sync.Mutex
	closed bool
	calls  sync.WaitGroup // calls under way; none begins once closed is set
	done   chan struct{}  // closed when Follow has to end
}

var _ booking.Store = (*Store)(nil)

// closeWithin bounds what Close waits for: the publisher's last letters and the driver's connections.
const closeWithin = 5 * time.Second

// Close ends Follow, waits for the calls under way, publishes what they committed and closes the connections.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.mu.Unlock()

	s.calls.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
	defer cancel()
	s.publisher.stop(ctx)
	close(s.done)
	return describe("close", s.client.Disconnect(ctx))
}

// enter begins a call; leave must follow when there is no error.
func (s *Store) enter(ctx context.Context, operation string) error {
	if err := ctx.Err(); err != nil {
		return describe(operation, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return booking.Errorf(booking.CodeUnavailable, "The store is closed.")
	}
	s.calls.Add(1)
	return nil
}

func (s *Store) leave() { s.calls.Done() }
