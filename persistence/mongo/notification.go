package mongo

import (
	"context"
	"errors"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"kapoor.example/desk/booking"
)

// notification is an entry addressed to a user. In a letter it has no id and no read flag yet.
type notification struct {
	ID            string        `bson:"_id,omitempty"` // see noteID
	User          string        `bson:"user"`
	Entry         string        `bson:"entry"`
	BookingID     string        `bson:"bookingId"`
	Code          string        `bson:"code"`
	Brand         string        `bson:"brand"`
	Model         string        `bson:"model"`
	Kind          string        `bson:"kind"`
	Message       string        `bson:"message"`
	Status        string        `bson:"status,omitempty"`
	OldStatus     string        `bson:"oldStatus,omitempty"`
	Timestamp     bson.DateTime `bson:"timestamp"`
	UpdatedBy     string        `bson:"updatedBy"`
	UpdatedByName string        `bson:"updatedByName"`
	Read          bool          `bson:"read"`
}

// noteID is the id of a user's notification of an entry: delivering it again finds it there.
func noteID(user, entry string) string { return user + "." + entry }

func writtenNotification(n booking.Notification) notification {
	return notification{
		User: n.UserID, Entry: n.ID, BookingID: n.BookingID, Code: n.Code, Brand: n.Brand, Model: n.Model, Kind: string(n.Kind),
		Message: n.Message, Status: string(n.Status), OldStatus: string(n.OldStatus), Timestamp: millis(n.Timestamp),
		UpdatedBy: n.UpdatedBy, UpdatedByName: n.UpdatedByName, Read: n.Read,
	}
}

func (n notification) notification() booking.Notification {
	return booking.Notification{
		ID: n.Entry, UserID: n.User, BookingID: n.BookingID, Code: n.Code, Brand: n.Brand, Model: n.Model, Kind: booking.EntryKind(n.Kind),
		Message: n.Message, Status: booking.Status(n.Status), OldStatus: booking.Status(n.OldStatus), Timestamp: moment(n.Timestamp),
		UpdatedBy: n.UpdatedBy, UpdatedByName: n.UpdatedByName, Read: n.Read,
	}
}

// deliveries returns the writes that deliver a letter's notifications, in order. They may be done again.
func (l letter) deliveries() []mongo.WriteModel {
	var writes []mongo.WriteModel
	for _, n := range l.Notifications {
		id := bson.D{{Key: "_id", Value: noteID(n.User, n.Entry)}}
		writes = append(writes, mongo.NewUpdateOneModel().SetFilter(id).SetUpdate(bson.D{{Key: "$setOnInsert", Value: n}}).SetUpsert(true))
	}
	if r := l.Read; r != nil {
		writes = append(writes, mongo.NewUpdateOneModel().
			SetFilter(bson.D{{Key: "_id", Value: noteID(r.User, r.Entry)}}).
			SetUpdate(bson.D{{Key: "$set", Value: bson.D{{Key: "read", Value: true}}}}))
	}
	return writes
}

// Notifications implements booking.Store. It waits until what this process has committed is delivered, so that a user who
// has just read an entry does not find it unread.
func (s *Store) Notifications(ctx context.Context, q booking.NotificationQuery) (booking.NotificationPage, error) {
	page := booking.NotificationPage{Notifications: []booking.Notification{}}
	if err := s.enter(ctx, "notifications"); err != nil {
		return page, err
	}
	defer s.leave()
	if err := s.publisher.settle(ctx); err != nil {
		return page, describe("notifications", err)
	}
	kept := bson.DateTime(s.now().Add(-booking.NotificationTTL).UnixMilli())
	filters := bson.A{
		bson.D{{Key: "user", Value: text(q.UserID)}}, bson.D{{Key: "timestamp", Value: bson.D{{Key: "$gt", Value: kept}}}},
	}
	notRead := bson.D{{Key: "read", Value: false}}
	unread, err := s.notes.CountDocuments(ctx, all(slices.Concat(filters, bson.A{notRead})))
	if err != nil {
		return page, describe("notifications", err)
	}
	page.Unread = int(unread)

	if q.Unread {
		filters = append(filters, notRead)
	}
	if q.After != "" {
		behind, err := s.behindNote(ctx, q)
		if err != nil {
			return page, err
		}
		filters = append(filters, behind)
	}
	limit := booking.Size(q.Limit)
	cursor, err := s.notes.Find(ctx, all(filters), options.Find().
		SetSort(bson.D{{Key: "timestamp", Value: desc}, {Key: "_id", Value: desc}}).SetLimit(int64(limit)+1))
	if err != nil {
		return page, describe("notifications", err)
	}
	var notes []notification
	if err := cursor.All(ctx, &notes); err != nil {
		return page, describe("notifications", err)
	}
	if len(notes) > limit {
		notes = notes[:limit]
		page.Next = notes[limit-1].Entry
	}
	for _, n := range notes {
		page.Notifications = append(page.Notifications, n.notification())
	}
	return page, nil
}

// behindNote filters what comes behind the notification a query goes on from.
func (s *Store) behindNote(ctx context.Context, q booking.NotificationQuery) (bson.D, error) {
	var last notification
	err := s.notes.FindOne(ctx, bson.D{{Key: "_id", Value: noteID(text(q.UserID), text(q.After))}}).Decode(&last)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return nil, booking.Invalid("after", "is not one of your notifications")
	}
	return bson.D{{Key: "$or", Value: bson.A{
		bson.D{{Key: "timestamp", Value: bson.D{{Key: "$lt", Value: last.Timestamp}}}},
		bson.D{{Key: "timestamp", Value: last.Timestamp}, {Key: "_id", Value: bson.D{{Key: "$lt", Value: last.ID}}}},
	}}}, describe("notifications", err)
}
