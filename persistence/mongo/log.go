package mongo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"

	"kapoor.example/desk/booking"
)

// event is a document of the log: the notices of one commit, or a revocation. Its entries have the positions from First on,
// one after the other.
type event struct {
	ID         string      `bson:"_id"` // place of the last entry's position
	N          int64       `bson:"n"`   // 1, 2, 3 … without gaps
	Key        string      `bson:"key"` // of the letter: unique
	Ms         int64       `bson:"ms"`
	Seq        int64       `bson:"seq"` // of the first entry
	BookingID  string      `bson:"bookingId,omitempty"`
	Rooms      []string    `bson:"rooms,omitempty"` // of all entries
	Notices    []notice    `bson:"notices,omitempty"`
	Revocation *revocation `bson:"revocation,omitempty"`
}

// head is where the log ends: the number and the position of its last entry.
type head struct {
	n        int64
	position booking.Position
}

// place writes a position so that strings sort as positions do.
func place(p booking.Position) string { return fmt.Sprintf("%016x%016x", p.Ms, p.Seq) }

func placed(id string) (booking.Position, error) {
	if len(id) != 32 {
		return booking.Position{}, fmt.Errorf("event %q has no position", id)
	}
	ms, err1 := strconv.ParseUint(id[:16], 16, 64)
	seq, err2 := strconv.ParseUint(id[16:], 16, 64)
	return booking.Position{Ms: ms, Seq: seq}, errors.Join(err1, err2)
}

// next returns the event that a letter becomes behind the head, and the head then.
func (h head) next(key, bookingID string, l letter, nowMs uint64) (event, head) {
	first := h.position.Next(nowMs)
	last := first
	last.Seq += uint64(max(len(l.Notices), 1) - 1)
	e := event{
		ID: place(last), N: h.n + 1, Key: key, Ms: int64(first.Ms), Seq: int64(first.Seq),
		BookingID: bookingID, Notices: l.Notices, Revocation: l.Revocation,
	}
	for _, n := range l.Notices {
		for _, room := range n.Rooms {
			if !slices.Contains(e.Rooms, room) {
				e.Rooms = append(e.Rooms, room)
			}
		}
	}
	return e, head{n: e.N, position: last}
}

func (e event) head() (head, error) {
	p, err := placed(e.ID)
	return head{n: e.N, position: p}, err
}

// entries returns the entries of e after a position. They share nothing with e.
func (e event) entries(after booking.Position) []booking.LogEntry {
	p := booking.Position{Ms: uint64(e.Ms), Seq: uint64(e.Seq)}
	if r := e.Revocation; r != nil {
		if p.Compare(after) <= 0 {
			return nil
		}
		revoked := &booking.Revocation{UserID: r.UserID, Rights: uint64(r.Rights), TokenID: r.TokenID}
		if r.TokenID != "" {
			revoked.ExpiresAt = moment(r.ExpiresAt)
		}
		return []booking.LogEntry{{Position: p, EventID: e.Key, Revocation: revoked}}
	}
	var entries []booking.LogEntry
	for _, n := range e.Notices {
		if p.Compare(after) > 0 {
			entries = append(entries, booking.LogEntry{
				Position: p, EventID: n.ID, Name: n.Name, Rooms: slices.Clone(n.Rooms), BookingID: e.BookingID, Payload: slices.Clone(n.Payload),
			})
		}
		p.Seq++
	}
	return entries
}

// Head implements booking.Store.
func (s *Store) Head(ctx context.Context) (booking.Position, error) {
	if err := s.enter(ctx, "head"); err != nil {
		return booking.Position{}, err
	}
	defer s.leave()
	h, err := s.head(ctx)
	return h.position, describe("head", err)
}

func (s *Store) head(ctx context.Context) (head, error) { return headOf(ctx, s.events) }

// headOf returns where a view of the log ends.
func headOf(ctx context.Context, events *mongo.Collection) (head, error) {
	var e event
	err := events.FindOne(ctx, bson.D{}, options.FindOne().
		SetSort(bson.D{{Key: "n", Value: desc}}).SetProjection(bson.D{{Key: "n", Value: 1}})).Decode(&e)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return head{}, nil
	}
	if err != nil {
		return head{}, err
	}
	return e.head()
}

// Since implements booking.Store.
func (s *Store) Since(ctx context.Context, after booking.Position, rooms []string, limit int) ([]booking.LogEntry, error) {
	if err := s.enter(ctx, "since"); err != nil {
		return nil, err
	}
	defer s.leave()
	entries, err := s.sinceIn(ctx, after, rooms, limit, 0)
	return entries, describe("since", err)
}

// errTooMuch says that entries have more bytes than are wanted.
var errTooMuch = errors.New("more bytes than are wanted")

// sinceIn returns the entries after a position that are addressed to one of the rooms, limit at most. errTooMuch says that
// their payloads have more than so many bytes; zero is any number.
func (s *Store) sinceIn(ctx context.Context, after booking.Position, rooms []string, limit, maxBytes int) ([]booking.LogEntry, error) {
	in := bson.A{booking.EveryoneRoom}
	for _, room := range rooms {
		in = append(in, text(room))
	}
	var entries []booking.LogEntry
	var numbers []int64 // of their events
	size := 0
	// One event more: of the first, what is addressed to the rooms may be before the position.
	err := s.eachAfter(ctx, after, bson.E{Key: "rooms", Value: bson.D{{Key: "$in", Value: in}}}, limit+1, func(one event) error {
		for _, e := range one.entries(after) {
			if len(entries) >= limit || !addressed(e, rooms) {
				continue
			}
			if size += len(e.Payload); maxBytes > 0 && size > maxBytes {
				return errTooMuch
			}
			entries, numbers = append(entries, e), append(numbers, one.N)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s.valid(ctx, entries, numbers)
}

// valid returns the entries whose events are not void. What was removed is looked up after they were read: a number whose
// event is gone was said to be so before anybody could use it again.
func (s *Store) valid(ctx context.Context, entries []booking.LogEntry, numbers []int64) (list []booking.LogEntry, err error) {
	if len(entries) == 0 {
		return nil, nil
	}
	facts, err := s.logFacts(ctx)
	if err != nil {
		return nil, err
	}
	for i, e := range entries {
		if numbers[i] > facts.TrimmedN {
			list = append(list, e)
		}
	}
	return list, nil
}

// settled is the log as a majority has it.
func (s *Store) settled() *mongo.Collection {
	return s.events.Clone(options.Collection().SetReadConcern(readconcern.Majority()))
}

// eventsAfter returns events with entries after a position, in order.
func (s *Store) eventsAfter(ctx context.Context, after booking.Position, filter bson.E, limit int) (events []event, err error) {
	err = s.eachAfter(ctx, after, filter, limit, func(e event) error {
		events = append(events, e)
		return nil
	})
	return events, err
}

// readAtOnce is how many events come from the server at a time: a part of all that is wanted is in memory twice.
const readAtOnce = 1000

// eachAfter calls do with events that have entries after a position, in order, until it fails. It reads what a majority has:
// another process' event that a new primary might not know is not shown to anybody.
func (s *Store) eachAfter(ctx context.Context, after booking.Position, filter bson.E, limit int, do func(event) error) (err error) {
	where := bson.D{{Key: "_id", Value: bson.D{{Key: "$gt", Value: place(after)}}}}
	if filter.Key != "" {
		where = append(where, filter)
	}
	cursor, err := s.settled().Find(ctx, where, options.Find().SetSort(bson.D{{Key: "_id", Value: asc}}).
		SetLimit(int64(max(limit, 1))).SetBatchSize(int32(min(max(limit, 1), readAtOnce))))
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := cursor.Close(ctx); err == nil {
			err = closeErr
		}
	}()
	for cursor.Next(ctx) {
		var e event
		if err := cursor.Decode(&e); err != nil {
			return err
		}
		if err := do(e); err != nil {
			return err
		}
	}
	return cursor.Err()
}
