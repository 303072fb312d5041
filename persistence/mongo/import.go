package mongo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"kapoor.example/desk/booking"
)

// importAtOnce is how many bookings one write inserts.
const importAtOnce = 500

// brokenAfter is the age at which an import that has not ended is taken for broken off.
const brokenAfter = 24 * time.Hour

// running is the note in meta that an import is under way. Taking it away is what makes the import count: without its note
// a mark means nothing, so the bookings keep theirs.
type running struct {
	ID string        `bson:"_id"` // "import/" and the mark that its bookings carry
	At bson.DateTime `bson:"at"`
}

// Import implements booking.Store. Without transactions "in one piece" is kept like this: what could be refused is looked
// for first, the bookings carry the import's mark, and when one is refused all the same, those with the mark are deleted
// again. A crash half-way leaves bookings with a mark and the note in meta; Open deletes them when the note is old. Until
// the end readers may see a part.
func (s *Store) Import(ctx context.Context, bookings []booking.Booking) error {
	if err := s.enter(ctx, "import"); err != nil {
		return err
	}
	defer s.leave()
	if len(bookings) == 0 {
		return nil
	}
	if reason, err := s.refusedImport(ctx, bookings); reason != nil || err != nil {
		return either(reason, describe("import", err))
	}
	mark := booking.NewID(s.now())
	note := running{ID: "import/" + mark, At: millis(booking.At(s.now()))}
	if _, err := s.meta.InsertOne(ctx, note); err != nil {
		return describe("import", err)
	}
	err := s.importMarked(ctx, bookings, mark)
	if err == nil {
		_, err = s.meta.DeleteOne(ctx, bson.D{{Key: "_id", Value: note.ID}})
	}
	if err != nil {
		return s.undoImport(ctx, bookings, note, err)
	}
	return nil
}

// undoImport takes back an import that failed and returns why it did.
func (s *Store) undoImport(ctx context.Context, bookings []booking.Booking, note running, failed error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callWithin) // the caller's context may be what failed
	defer cancel()
	if err := s.dropImport(ctx, note); err != nil {
		return fmt.Errorf("%w; taking it back: %w", describe("import", failed), err)
	}
	if !mongo.IsDuplicateKeyError(failed) {
		return describe("import", failed)
	}
	reason, err := s.refusedImport(ctx, bookings)
	if reason == nil && err == nil {
		reason = stale() // whoever was in the way has gone
	}
	return either(reason, describe("import", err))
}

func either(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

func (s *Store) importMarked(ctx context.Context, bookings []booking.Booking, mark string) error {
	for len(bookings) > 0 {
		n := min(len(bookings), importAtOnce)
		docs := make([]any, n)
		for i, b := range bookings[:n] {
			d := written(b)
			d.Import = mark
			docs[i] = d
		}
		if _, err := s.bookings.InsertMany(ctx, docs); err != nil {
			return err
		}
		bookings = bookings[n:]
	}
	return nil
}

// refusedImport says why bookings cannot be imported, nil when nothing is in the way.
func (s *Store) refusedImport(ctx context.Context, bookings []booking.Booking) (reason, err error) {
	ids, codes := map[string]bool{}, map[string]bool{}
	for _, b := range bookings {
		if ids[b.ID] {
			return stale(), nil
		}
		if codes[b.Code] {
			return &booking.CodeTakenError{Code: b.Code}, nil
		}
		ids[b.ID], codes[b.Code] = true, true
	}
	for ; len(bookings) > 0; bookings = bookings[min(len(bookings), importAtOnce):] {
		var someIDs, someCodes bson.A
		for _, b := range bookings[:min(len(bookings), importAtOnce)] {
			someIDs, someCodes = append(someIDs, b.ID), append(someCodes, b.Code)
		}
		for field, values := range map[string]bson.A{"_id": someIDs, "code": someCodes} {
			var d document
			err := s.bookings.FindOne(ctx, bson.D{{Key: field, Value: bson.D{{Key: "$in", Value: values}}}},
				options.FindOne().SetProjection(bson.D{{Key: "code", Value: 1}})).Decode(&d)
			switch {
			case err == nil && field == "_id":
				return stale(), nil
			case err == nil:
				return &booking.CodeTakenError{Code: d.Code}, nil
			case !errors.Is(err, mongo.ErrNoDocuments):
				return nil, err
			}
		}
	}
	return nil, nil
}

func (s *Store) dropImport(ctx context.Context, note running) error {
	mark := note.ID[len("import/"):]
	if _, err := s.bookings.DeleteMany(ctx, bson.D{{Key: "import", Value: mark}}); err != nil {
		return err
	}
	_, err := s.meta.DeleteOne(ctx, bson.D{{Key: "_id", Value: note.ID}})
	return err
}

// dropBrokenImports deletes what imports left that a crash broke off.
func (s *Store) dropBrokenImports(ctx context.Context) error {
	old := bson.DateTime(s.now().Add(-brokenAfter).UnixMilli())
	cursor, err := s.meta.Find(ctx, bson.D{{Key: "at", Value: bson.D{{Key: "$lt", Value: old}}}})
	if err != nil {
		return err
	}
	var notes []running
	if err := cursor.All(ctx, &notes); err != nil {
		return err
	}
	for _, note := range notes {
		if err := s.dropImport(ctx, note); err != nil {
			return err
		}
	}
	return nil
}
