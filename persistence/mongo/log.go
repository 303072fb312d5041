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

func (s *Store) head(ctx context.Context) (head, error) {
	var e event
	err := s.events.FindOne(ctx, bson.D{}, options.FindOne().
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
	entries, err := s.sinceIn(ctx, after, rooms, limit)
	return entries, describe("since", err)
}

func (s *Store) sinceIn(ctx context.Context, after booking.Position, rooms []string, limit int) ([]booking.LogEntry, error) {
	in := bson.A{booking.EveryoneRoom}
	for _, room := range rooms {
		in = append(in, text(room))
	}
	// One event more: of the first, what is addressed to the rooms may be before the position.
	events, err := s.eventsAfter(ctx, after, bson.E{Key: "rooms", Value: bson.D{{Key: "$in", Value: in}}}, limit+1)
	if err == nil {
		events, err = s.valid(ctx, events)
	}
	if err != nil {
		return nil, err
	}
	var entries []booking.LogEntry
	for _, event := range events {
		for _, e := range event.entries(after) {
			if slices.ContainsFunc(e.Rooms, func(room string) bool { return room == booking.EveryoneRoom || slices.Contains(rooms, room) }) {
				entries = append(entries, e)
			}
		}
	}
	return entries[:min(len(entries), max(limit, 0))], nil
}

// valid returns the events that are not void. What was removed is looked up after the events were read: a number whose event
// is gone was said to be so before anybody could use it again.
func (s *Store) valid(ctx context.Context, events []event) ([]event, error) {
	if len(events) == 0 {
		return nil, nil
	}
	facts, err := s.logFacts(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(events, func(e event) bool { return e.N <= facts.TrimmedN }), nil
}

// eventsAfter returns events with entries after a position, in order. It reads what a majority has: another process' event
// that a new primary might not know is not shown to anybody.
func (s *Store) eventsAfter(ctx context.Context, after booking.Position, filter bson.E, limit int) ([]event, error) {
	where := bson.D{{Key: "_id", Value: bson.D{{Key: "$gt", Value: place(after)}}}}
	if filter.Key != "" {
		where = append(where, filter)
	}
	majority := s.events.Clone(options.Collection().SetReadConcern(readconcern.Majority()))
	cursor, err := majority.Find(ctx, where, options.Find().SetSort(bson.D{{Key: "_id", Value: asc}}).
		SetLimit(int64(max(limit, 1))).SetBatchSize(int32(max(limit, 1))))
	if err != nil {
		return nil, err
	}
	var events []event
	err = cursor.All(ctx, &events)
	return events, err
}
