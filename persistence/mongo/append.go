package mongo

import (
	"context"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"kapoor.example/desk/booking"
)

// Append implements booking.Store: a new booking is one insert, a change is one update filtered on the revision.
func (s *Store) Append(ctx context.Context, c booking.Commit) error {
	if err := s.enter(ctx, "append"); err != nil {
		return err
	}
	defer s.leave()
	if c.Event == nil {
		return nil
	}
	l, told := letterOf(c)
	var err error
	if c.Expected == 0 {
		err = s.insert(ctx, c, l, told)
	} else {
		err = s.update(ctx, c, l, told)
	}
	// After an error the commit may be stored all the same, when its answer was lost: the sweep publishes it then.
	if err == nil && told {
		s.publisher.carry(due{inBookings, c.After.ID, l.Revision})
	}
	return err
}

// update writes a change of a booking that exists.
func (s *Store) update(ctx context.Context, c booking.Commit, l letter, told bool) error {
	change := changeOf(c)
	if told {
		change.set = append(change.set, l.put()...)
	}
	result, err := s.bookings.UpdateOne(ctx, bson.D{{Key: "_id", Value: c.After.ID}, {Key: "revision", Value: int64(c.Expected)}}, change.update())
	if err != nil {
		return describe("append", err)
	}
	if result.MatchedCount == 0 {
		return stale()
	}
	return nil
}

// change is an update of one document.
type change struct{ set, unset, push bson.D }

func (c change) update() bson.D {
	u := bson.D{{Key: "$set", Value: c.set}}
	if len(c.unset) > 0 {
		u = append(u, bson.E{Key: "$unset", Value: c.unset})
	}
	if len(c.push) > 0 {
		u = append(u, bson.E{Key: "$push", Value: c.push})
	}
	return u
}

// optional sets a field, or takes it away.
func (c *change) optional(field string, value any, present bool) {
	if present {
		c.set = append(c.set, bson.E{Key: field, Value: value})
	} else {
		c.unset = append(c.unset, bson.E{Key: field, Value: ""})
	}
}

// changeOf returns what an event changes in the document. The filter on the revision makes sure that the timeline is the
// one the commit was planned on, so an entry can be named by its place.
func changeOf(c booking.Commit) change {
	after := written(c.After)
	ch := change{set: bson.D{
		{Key: "revision", Value: after.Revision}, {Key: "version", Value: after.Version}, {Key: "updatedAt", Value: after.UpdatedAt},
	}}
	added := func(e booking.Entry) { ch.push = bson.D{{Key: "updates", Value: writtenEntry(e)}} }
	switch e := c.Event.(type) {
	case booking.StatusChanged:
		added(e.Entry)
		ch.set = append(ch.set, bson.E{Key: "status", Value: after.Status})
		if e.Assigned {
			ch.optional("assignedTo", after.AssignedTo, after.AssignedTo != nil)
		}
	case booking.Edited:
		added(e.Entry)
		ch.set = append(ch.set, bson.D{
			{Key: "address", Value: after.Address}, {Key: "contactNumber", Value: after.ContactNumber},
			{Key: "noPreferred", Value: after.NoPreferred}, {Key: "words", Value: after.Words},
		}...)
		ch.optional("email", after.Email, after.Email != "")
		ch.optional("invoiceNumber", after.InvoiceNumber, after.InvoiceNumber != "")
		ch.optional("preferredDateTime", after.PreferredDateTime, after.PreferredDateTime != nil)
	case booking.MessageAdded:
		added(e.Entry)
	case booking.EntryRead:
		for i, entry := range c.Before.Updates {
			if entry.ID == e.EntryID {
				ch.push = bson.D{{Key: "updates." + strconv.Itoa(i) + ".readBy", Value: writtenReceipt(e.Receipt)}}
			}
		}
	}
	return ch
}

// insert writes a new booking. Its id, its code and its key are unique, so the one insert decides all three.
func (s *Store) insert(ctx context.Context, c booking.Commit, l letter, told bool) error {
	d := written(c.After)
	if told {
		d.Box = holding(l)
	}
	if c.Key != nil {
		d.Key = &key{User: c.Key.UserID, Key: c.Key.Key, BodyHash: c.Key.BodyHash, At: millis(booking.At(s.now()))}
	}
	for {
		_, err := s.bookings.InsertOne(ctx, d)
		if err == nil || !mongo.IsDuplicateKeyError(err) {
			return describe("append", err)
		}
		switch reason, err := s.refusal(ctx, d); {
		case err != nil:
			return describe("append", err)
		case reason != nil:
			return reason
		}
		// What stood in the way has gone meanwhile: an expired key, taken off here or by another.
		if err := ctx.Err(); err != nil {
			return describe("append", err)
		}
	}
}

// refusal says why a new booking could not be inserted, nil when nothing is in its way any more.
func (s *Store) refusal(ctx context.Context, d document) (reason, err error) {
	if d.Key != nil {
		used, err := s.holder(ctx, d.Key.User, d.Key.Key)
		if err != nil {
			return nil, err
		}
		if used != nil {
			if used.Key.live(s.now()) {
				return used.Key.used(used.ID), nil
			}
			if err := s.release(ctx, *used); err != nil {
				return nil, err
			}
		}
	}
	if n, err := s.bookings.CountDocuments(ctx, bson.D{{Key: "_id", Value: d.ID}}); err != nil || n > 0 {
		return stale(), err
	}
	if n, err := s.bookings.CountDocuments(ctx, bson.D{{Key: "code", Value: d.Code}}); err != nil || n > 0 {
		return &booking.CodeTakenError{Code: d.Code}, err
	}
	return nil, nil
}
