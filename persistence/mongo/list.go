package mongo

import (
	"context"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"kapoor.example/desk/booking"
)

// List implements booking.Store.
func (s *Store) List(ctx context.Context, q booking.Query) (booking.Page, error) {
	page := booking.Page{Bookings: []booking.Booking{}}
	if err := s.enter(ctx, "list"); err != nil {
		return page, err
	}
	defer s.leave()
	filters, possible := filtersOf(q)
	if !possible {
		return page, nil
	}
	if !q.NoTotal {
		n, err := s.bookings.CountDocuments(ctx, all(filters), options.Count().SetLimit(booking.CountCap+1))
		if err != nil {
			return page, describe("list", err)
		}
		page.Total, page.Capped = int(min(n, booking.CountCap)), n > booking.CountCap
	}
	order := orderOf(q)
	if q.After != nil {
		filters = append(filters, order.behind(*q.After))
	}
	limit := booking.Size(q.Limit)
	cursor, err := s.bookings.Find(ctx, all(filters), options.Find().
		SetSort(order.sort()).SetSkip(int64(max(q.Skip, 0))).SetLimit(int64(limit)+1).SetProjection(without("updates", "outbox", "words")))
	if err != nil {
		return page, describe("list", err)
	}
	var docs []document
	if err := cursor.All(ctx, &docs); err != nil {
		return page, describe("list", err)
	}
	if len(docs) > limit {
		docs = docs[:limit]
		page.Next = order.cursor(docs[limit-1])
	}
	for _, d := range docs {
		page.Bookings = append(page.Bookings, d.summary())
	}
	return page, nil
}

// all joins filters; none of them let everything through.
func all(filters bson.A) bson.D {
	if len(filters) == 0 {
		return bson.D{}
	}
	return bson.D{{Key: "$and", Value: filters}}
}

// filtersOf returns what a query asks for, and false when nothing can match.
func filtersOf(q booking.Query) (bson.A, bool) {
	filters, possible := searched(q.Search)
	equal := func(field, value string) {
		if value != "" {
			filters = append(filters, bson.D{{Key: field, Value: text(value)}})
		}
	}
	equal("createdBy", q.Owner)
	equal("assignedTo._id", q.AssignedTo)
	equal("status", string(q.Status))
	equal("brandKey", strings.ToLower(q.Brand))
	if !q.From.IsZero() {
		filters = append(filters, bson.D{{Key: "createdAt", Value: bson.D{{Key: "$gte", Value: atLeast(q.From)}}}})
	}
	if !q.To.IsZero() {
		filters = append(filters, bson.D{{Key: "createdAt", Value: bson.D{{Key: "$lt", Value: atLeast(q.To)}}}})
	}
	return filters, possible
}

// order is how a list is sorted: by a time and, between equals, by id.
type order struct {
	key       booking.SortKey
	asc       bool
	direction int
	beyond    string // the comparison that leads on
}

func orderOf(q booking.Query) order {
	o := order{key: q.Sort, asc: q.Asc, direction: desc, beyond: "$lt"}
	if o.key == "" {
		o.key = booking.SortCreatedAt
	}
	if q.Asc {
		o.direction, o.beyond = asc, "$gt"
	}
	return o
}

// optional reports whether bookings may lack the time they are sorted by.
func (o order) optional() bool { return o.key == booking.SortPreferredDateTime }

func (o order) sort() bson.D {
	by := bson.D{{Key: string(o.key), Value: o.direction}, {Key: "_id", Value: o.direction}}
	if o.optional() {
		by = append(bson.D{{Key: "noPreferred", Value: asc}}, by...)
	}
	return by
}

// behind filters what comes behind a cursor.
func (o order) behind(c booking.Cursor) bson.D {
	id := bson.E{Key: "_id", Value: bson.D{{Key: o.beyond, Value: text(c.ID)}}}
	if o.optional() && c.Value == booking.NoValue {
		return bson.D{{Key: "noPreferred", Value: 1}, id}
	}
	// A forged value may be any number; dates end here.
	const last = 8_640_000_000_000_000
	value := bson.DateTime(min(max(c.Value, -last), last))
	either := bson.A{
		bson.D{{Key: string(o.key), Value: bson.D{{Key: o.beyond, Value: value}}}},
		bson.D{{Key: string(o.key), Value: value}, id},
	}
	if o.optional() {
		either = append(either, bson.D{{Key: "noPreferred", Value: 1}})
	}
	return bson.D{{Key: "$or", Value: either}}
}

// cursor marks the end of a page.
func (o order) cursor(last document) *booking.Cursor {
	c := &booking.Cursor{Sort: o.key, Asc: o.asc, Value: booking.NoValue, ID: last.ID}
	switch {
	case o.key == booking.SortUpdatedAt:
		c.Value = int64(last.UpdatedAt)
	case o.key == booking.SortCreatedAt:
		c.Value = int64(last.CreatedAt)
	case last.PreferredDateTime != nil:
		c.Value = int64(*last.PreferredDateTime)
	}
	return c
}
