package mongo

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"kapoor.example/desk/booking"
)

// OpenOwners implements booking.Store.
func (s *Store) OpenOwners(ctx context.Context, assignee string) ([]string, error) {
	return s.across(ctx, "open owners", "assignedTo._id", assignee, "createdBy")
}

// OpenAssignees implements booking.Store.
func (s *Store) OpenAssignees(ctx context.Context, owner string) ([]string, error) {
	return s.across(ctx, "open assignees", "createdBy", owner, "assignedTo._id")
}

// across returns who stands on the other side of the open bookings of a user.
func (s *Store) across(ctx context.Context, operation, side, user, other string) ([]string, error) {
	if err := s.enter(ctx, operation); err != nil {
		return nil, err
	}
	defer s.leave()
	if user == "" {
		return nil, nil
	}
	cursor, err := s.bookings.Aggregate(ctx, bson.A{
		bson.D{{Key: "$match", Value: bson.D{
			{Key: side, Value: text(user)},
			{Key: "status", Value: bson.D{{Key: "$in", Value: bson.A{string(booking.Pending), string(booking.Scheduled)}}}},
			{Key: other, Value: bson.D{{Key: "$exists", Value: true}}},
		}}},
		bson.D{{Key: "$group", Value: bson.D{{Key: "_id", Value: "$" + other}}}},
		bson.D{{Key: "$limit", Value: booking.MaxRelated}},
	}, options.Aggregate().SetBatchSize(booking.MaxRelated+1))
	if err != nil {
		return nil, describe(operation, err)
	}
	var groups []struct {
		ID string `bson:"_id"`
	}
	if err := cursor.All(ctx, &groups); err != nil {
		return nil, describe(operation, err)
	}
	ids := make([]string, len(groups))
	for i, g := range groups {
		ids[i] = g.ID
	}
	return ids, nil
}
