package mongo

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"kapoor.example/desk/booking"
)

// Load implements booking.Store.
func (s *Store) Load(ctx context.Context, id string) (booking.Booking, error) {
	if err := s.enter(ctx, "load"); err != nil {
		return booking.Booking{}, err
	}
	defer s.leave()
	if !booking.ValidID(id) {
		return booking.Booking{}, unknown("booking")
	}
	return s.one(ctx, "load", "_id", id)
}

// Find implements booking.Store.
func (s *Store) Find(ctx context.Context, ref string) (booking.Booking, error) {
	if err := s.enter(ctx, "find"); err != nil {
		return booking.Booking{}, err
	}
	defer s.leave()
	if code, ok := booking.NormalCode(ref); ok {
		return s.one(ctx, "find", "code", code)
	}
	if !booking.ValidID(ref) {
		return booking.Booking{}, unknown("booking")
	}
	return s.one(ctx, "find", "_id", ref)
}

func (s *Store) one(ctx context.Context, operation, field, value string) (booking.Booking, error) {
	var d document
	err := s.bookings.FindOne(ctx, bson.D{{Key: field, Value: value}}, options.FindOne().SetProjection(without("outbox", "words"))).Decode(&d)
	if err != nil {
		return booking.Booking{}, found(operation, "booking", err)
	}
	return d.booking(), nil
}

// without is a projection that leaves fields out.
func without(fields ...string) bson.D {
	var p bson.D
	for _, f := range fields {
		p = append(p, bson.E{Key: f, Value: 0})
	}
	return p
}
