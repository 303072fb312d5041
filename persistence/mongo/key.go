package mongo

import (
	"context"
	"errors"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"kapoor.example/desk/booking"
)

// key is an idempotency key. It lives in the booking it made, under a unique index on user and key: so key and booking are
// one write, and a crash cannot leave one without the other. A key that has expired stays in the index until somebody
// needs it again: who meets it takes it off its booking, provided it is still the same one, and inserts again. Of several
// that meet it, the unique index lets one through, and the others find that one's live key.
type key struct {
	User     string        `bson:"user"`
	Key      string        `bson:"key"`
	BodyHash string        `bson:"bodyHash"`
	At       bson.DateTime `bson:"at"` // its first use, by the clock of the process that wrote it
}

// live reports whether a key is still remembered.
func (k key) live(now time.Time) bool { return now.Sub(k.At.Time()) < booking.KeyTTL }

func (k key) used(id string) *booking.KeyUsedError {
	return &booking.KeyUsedError{BookingID: id, BodyHash: k.BodyHash}
}

// Keyed implements booking.Store.
func (s *Store) Keyed(ctx context.Context, userID, name string, now time.Time) (*booking.KeyUsedError, error) {
	if err := s.enter(ctx, "keyed"); err != nil {
		return nil, err
	}
	defer s.leave()
	d, err := s.holder(ctx, userID, name)
	if err != nil || d == nil || !d.Key.live(now) {
		return nil, describe("keyed", err)
	}
	return d.Key.used(d.ID), nil
}

// holder returns the booking that holds a key, live or not, with nothing but its id and key; nil for none.
func (s *Store) holder(ctx context.Context, user, name string) (*document, error) {
	var d document
	err := s.bookings.FindOne(ctx, bson.D{{Key: "key.user", Value: text(user)}, {Key: "key.key", Value: text(name)}},
		options.FindOne().SetProjection(bson.D{{Key: "key", Value: 1}})).Decode(&d)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return nil, nil
	}
	return &d, err
}

// release takes an expired key off its booking, unless another has done so.
func (s *Store) release(ctx context.Context, d document) error {
	_, err := s.bookings.UpdateOne(ctx, bson.D{{Key: "_id", Value: d.ID}, {Key: "key.at", Value: d.Key.At}},
		bson.D{{Key: "$unset", Value: bson.D{{Key: "key", Value: ""}}}})
	return err
}
