package mongo

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"kapoor.example/desk/booking"
)

const (
	batchSize = 256                   // events that Follow reads and delivers at a time
	readAgain = time.Second           // after an error of the database
	catchUp   = 50 * time.Millisecond // for a majority to have what the ring knows of
)

// Follow implements booking.Store. It reads the ring, and the database for what is older; when the database fails, it
// tries again.
func (s *Store) Follow(ctx context.Context, after booking.Position, deliver func([]booking.LogEntry) error) error {
	if err := s.enter(ctx, "follow"); err != nil {
		return err
	}
	s.leave() // Close does not wait for Follow: it ends it
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		select {
		case <-s.done:
			cancel()
		case <-stop:
		}
	}()
	for {
		events, more, ok := s.log.after(after, batchSize)
		var again <-chan time.Time
		if !ok {
			var err error
			if events, err = s.eventsAfter(ctx, after, bson.E{}, batchSize); err != nil {
				again = time.After(readAgain)
				s.tellUnless(ctx, err)
			} else {
				again = time.After(catchUp)
			}
		}
		if ctx.Err() != nil {
			return s.endOf(ctx)
		}
		var entries []booking.LogEntry
		for _, e := range events {
			entries = append(entries, e.entries(after)...)
		}
		if len(entries) > 0 {
			after = entries[len(entries)-1].Position
			if err := deliver(entries); err != nil {
				return err
			}
			continue
		}
		select {
		case <-more:
		case <-again:
		case <-ctx.Done():
			return s.endOf(ctx)
		}
	}
}

// tellUnless reports an error of the database that is not the end of ctx.
func (s *Store) tellUnless(ctx context.Context, err error) {
	if ctx.Err() == nil {
		s.publisher.onError(describe("follow", err))
	}
}

// endOf returns nil where the store's end has ended ctx, else the reason of ctx.
func (s *Store) endOf(ctx context.Context) error {
	select {
	case <-s.done:
		return nil
	default:
		return ctx.Err()
	}
}
