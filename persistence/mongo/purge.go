package mongo

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"kapoor.example/desk/booking"
)

// margin is how much longer than needed things are kept, for clocks that differ.
const margin = time.Hour

// purge takes away what has outlived its time: notifications, tokens that have expired by themselves, idempotency keys.
// It goes by the store's clock; an index that expires documents would go by the server's.
func (s *Store) purge(ctx context.Context) error {
	before := func(age time.Duration) bson.D {
		return bson.D{{Key: "$lt", Value: bson.DateTime(s.now().Add(-age).UnixMilli())}}
	}
	if _, err := s.notes.DeleteMany(ctx, bson.D{{Key: "timestamp", Value: before(booking.NotificationTTL)}}); err != nil {
		return err
	}
	done := bson.E{Key: "due", Value: bson.D{{Key: "$exists", Value: false}}}
	if _, err := s.tokens.DeleteMany(ctx, bson.D{{Key: "expiresAt", Value: before(margin)}, done}); err != nil {
		return err
	}
	_, err := s.bookings.UpdateMany(ctx, bson.D{{Key: "key.at", Value: before(booking.KeyTTL + margin)}},
		bson.D{{Key: "$unset", Value: bson.D{{Key: "key", Value: ""}}}})
	return err
}
