package mongo

import (
	"context"
	"crypto/rand"
	"encoding/binary"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"kapoor.example/desk/booking"
)

// logFacts is the document of meta about the log.
type logFacts struct {
	Epoch   int64  `bson:"epoch"`
	Trimmed string `bson:"trimmed"` // place of the last position that was removed, "" for none
	// TrimmedN is the number of the last event that was removed. An event whose number is not above it is void, whoever
	// writes it and when: the unique index keeps no number that is gone.
	TrimmedN int64 `bson:"trimmedN"`
}

// trimMark says up to where entries for a room were removed.
type trimMark struct {
	Room string `bson:"_id"`
	Upto string `bson:"upTo"` // a place
}

var logFactsID = bson.D{{Key: "_id", Value: "log"}}

// makeEpoch gives the log its number, unless it has one.
func (s *Store) makeEpoch(ctx context.Context) error {
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails
	epoch := int64(binary.BigEndian.Uint64(random[:]))
	_, err := s.meta.UpdateOne(ctx, logFactsID, bson.D{{Key: "$setOnInsert", Value: bson.D{{Key: "epoch", Value: epoch}}}},
		options.UpdateOne().SetUpsert(true))
	if mongo.IsDuplicateKeyError(err) {
		return nil // another process was first
	}
	return err
}

func (s *Store) logFacts(ctx context.Context) (facts logFacts, err error) {
	err = s.meta.FindOne(ctx, logFactsID).Decode(&facts)
	return facts, err
}

// Epoch implements booking.Log.
func (s *Store) Epoch(ctx context.Context) (uint64, error) {
	if err := s.enter(ctx, "epoch"); err != nil {
		return 0, err
	}
	defer s.leave()
	facts, err := s.logFacts(ctx)
	return uint64(facts.Epoch), describe("epoch", err)
}

// Trim implements booking.Log. The newest event stays: it says where the log goes on. Letters that are still in outboxes
// are carried first: an event that was removed would be published a second time.
func (s *Store) Trim(ctx context.Context, upTo booking.Position, limit int) (int, error) {
	if err := s.enter(ctx, "trim"); err != nil {
		return 0, err
	}
	defer s.leave()
	if err := s.publisher.settle(ctx); err != nil {
		return 0, describe("trim", err)
	}
	removed, err := s.trim(ctx, upTo, limit)
	return removed, describe("trim", err)
}

func (s *Store) trim(ctx context.Context, upTo booking.Position, limit int) (removed int, err error) {
	end, err := s.head(ctx)
	if err != nil || limit <= 0 {
		return 0, err
	}
	cursor, err := s.events.Find(ctx,
		bson.D{{Key: "_id", Value: bson.D{{Key: "$lte", Value: place(upTo)}}}, {Key: "n", Value: bson.D{{Key: "$lt", Value: end.n}}}},
		options.Find().SetSort(bson.D{{Key: "_id", Value: asc}}).SetLimit(int64(limit)).SetBatchSize(int32(min(limit, batchSize))))
	if err != nil {
		return 0, err
	}
	var events []event
	if err := cursor.All(ctx, &events); err != nil {
		return 0, err
	}
	marks := map[string]string{} // place by room
	last, number := "", int64(0)
	var gone []event
	for _, e := range events {
		if removed >= limit {
			break
		}
		last, number, gone = e.ID, e.N, append(gone, e)
		entries := e.entries(booking.Position{})
		removed += len(entries)
		for _, entry := range entries {
			for _, room := range entry.Rooms {
				marks[room] = place(entry.Position)
			}
		}
	}
	if last == "" {
		return 0, nil
	}
	// First it is said that they are gone, and then they go: who reads in between has less to say, and never too little.
	if err := s.markTrimmed(ctx, marks, last, number); err != nil {
		return 0, err
	}
	// Their letters go before them, should a process have died between the two: an outbox would bring them back.
	if err := s.discard(ctx, parcelsOf(gone)); err != nil {
		return 0, err
	}
	return removed, s.removeUpTo(ctx, number)
}

// removeUpTo removes events by their numbers, void ones among them.
func (s *Store) removeUpTo(ctx context.Context, number int64) error {
	_, err := s.events.DeleteMany(ctx, bson.D{{Key: "n", Value: bson.D{{Key: "$lte", Value: number}}}})
	return err
}

func (s *Store) markTrimmed(ctx context.Context, marks map[string]string, last string, number int64) error {
	var writes []mongo.WriteModel
	for room, upTo := range marks {
		writes = append(writes, mongo.NewUpdateOneModel().SetUpsert(true).SetFilter(bson.D{{Key: "_id", Value: room}}).
			SetUpdate(bson.D{{Key: "$max", Value: bson.D{{Key: "upTo", Value: upTo}}}}))
	}
	if len(writes) > 0 {
		if _, err := s.trimmed.BulkWrite(ctx, writes); err != nil {
			return err
		}
	}
	_, err := s.meta.UpdateOne(ctx, logFactsID, bson.D{{Key: "$max", Value: bson.D{{Key: "trimmed", Value: last}, {Key: "trimmedN", Value: number}}}})
	return err
}
