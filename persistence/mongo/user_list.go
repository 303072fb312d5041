package mongo

import (
	"context"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"kapoor.example/desk/booking"
)

// ListUsers implements booking.Store.
func (s *Store) ListUsers(ctx context.Context, q booking.UserQuery) (booking.UserPage, error) {
	page := booking.UserPage{Users: []booking.User{}}
	if err := s.enter(ctx, "list users"); err != nil {
		return page, err
	}
	defer s.leave()
	var filters bson.A
	if len(q.Roles) > 0 {
		roles := bson.A{}
		for _, r := range q.Roles {
			roles = append(roles, text(string(r)))
		}
		filters = append(filters, bson.D{{Key: "role", Value: bson.D{{Key: "$in", Value: roles}}}})
	}
	if q.ActiveOnly {
		filters = append(filters, bson.D{{Key: "active", Value: true}})
	}
	if search := text(strings.ToLower(strings.TrimSpace(q.Search))); search != "" {
		filters = append(filters, bson.D{{Key: "$or", Value: bson.A{beginning("nameKey", search), beginning("emailKey", search)}}})
	}
	n, err := s.users.CountDocuments(ctx, all(filters), options.Count().SetLimit(booking.CountCap))
	if err != nil {
		return page, describe("list users", err)
	}
	page.Total = int(n)
	cursor, err := s.users.Find(ctx, all(filters), options.Find().
		SetSort(bson.D{{Key: "name", Value: asc}, {Key: "_id", Value: asc}}).
		SetSkip(int64(max(q.Skip, 0))).SetLimit(int64(booking.Size(q.Limit))).SetProjection(without("outbox")))
	if err != nil {
		return page, describe("list users", err)
	}
	var accounts []account
	if err := cursor.All(ctx, &accounts); err != nil {
		return page, describe("list users", err)
	}
	for _, a := range accounts {
		page.Users = append(page.Users, a.user())
	}
	return page, nil
}

// beginning filters the strings that begin with a prefix, as a range: so no character of it means anything.
func beginning(field, prefix string) bson.D {
	const last = "\U0010FFFF" // comes behind whatever text goes on with
	return bson.D{{Key: field, Value: bson.D{{Key: "$gte", Value: prefix}, {Key: "$lt", Value: prefix + last}}}}
}
