package mongo

import (
	"context"
	"errors"
	"math"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"kapoor.example/desk/booking"
)

// Recall implements booking.Log. The head is read first, and as a majority has it, like the entries: it is not said that
// something is among them which is not. What was removed is looked up after they were read: then it is not said too little.
func (s *Store) Recall(ctx context.Context, q booking.Recall) (booking.Recalled, error) {
	if err := s.enter(ctx, "recall"); err != nil {
		return booking.Recalled{}, err
	}
	defer s.leave()
	head, err := headOf(ctx, s.settled())
	if err != nil {
		return booking.Recalled{}, describe("recall", err)
	}
	entries, err := s.sinceIn(ctx, q.After, q.Rooms, q.Limit+1, q.MaxBytes)
	if errors.Is(err, errTooMuch) {
		return booking.Recalled{Head: head.position}, nil
	}
	if err != nil {
		return booking.Recalled{}, describe("recall", err)
	}
	complete, err := s.reaches(ctx, q)
	if err != nil {
		return booking.Recalled{}, describe("recall", err)
	}
	if !complete || len(entries) > q.Limit {
		return booking.Recalled{Head: head.position}, nil
	}
	if n := len(entries); n > 0 && entries[n-1].Position.Compare(head.position) > 0 {
		head.position = entries[n-1].Position
	}
	revocations, err := s.revocations(ctx, q.Seen, q.UserID)
	if err != nil {
		return booking.Recalled{}, describe("recall", err)
	}
	return booking.Recalled{Complete: true, Entries: entries, Head: head.position, Revocations: revocations}, nil
}

// revocations returns what ended tokens of a user after a position. Whoever asks is not far behind: what is after it is
// read. It is called after the entries were read, and so it knows of everything that was before them.
func (s *Store) revocations(ctx context.Context, after booking.Position, user string) (list []booking.Revocation, err error) {
	events, err := s.eventsAfter(ctx, after, bson.E{Key: "revocation.userId", Value: text(user)}, math.MaxInt32)
	for _, event := range events {
		for _, e := range event.entries(after) {
			list = append(list, *e.Revocation)
		}
	}
	return list, err
}

// reaches reports whether a position is one that a client may come from, and everything after it that was addressed to the
// rooms is there.
func (s *Store) reaches(ctx context.Context, q booking.Recall) (bool, error) {
	rooms := append(slices.Clone(q.Rooms), booking.EveryoneRoom)
	from := append(slices.Clone(rooms), q.Left...)
	known, err := s.holds(ctx, q, from)
	if err != nil {
		return false, err
	}
	facts, err := s.logFacts(ctx)
	if err != nil {
		return false, err
	}
	if at := place(q.After); at > facts.Trimmed && !q.After.IsZero() {
		return known, nil
	}
	known = known || q.Vouched
	in := bson.A{}
	for _, room := range from {
		in = append(in, text(room))
	}
	cursor, err := s.trimmed.Find(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: in}}}})
	if err != nil {
		return false, err
	}
	var marks []trimMark
	if err := cursor.All(ctx, &marks); err != nil {
		return false, err
	}
	for _, m := range marks {
		if m.Upto > place(q.After) && slices.ContainsFunc(rooms, func(room string) bool { return text(room) == m.Room }) {
			return false, nil
		}
		known = known || m.Upto == place(q.After)
	}
	return known, nil
}

// holds reports whether there is an entry at the position: any where that is vouched for, else one that was addressed to one
// of the rooms.
func (s *Store) holds(ctx context.Context, q booking.Recall, rooms []string) (bool, error) {
	var e event
	err := s.events.FindOne(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$gte", Value: place(q.After)}}}},
		options.FindOne().SetSort(bson.D{{Key: "_id", Value: asc}})).Decode(&e)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(e.entries(booking.Position{}), func(entry booking.LogEntry) bool {
		return entry.Position == q.After && (q.Vouched || addressed(entry, rooms))
	}), nil
}

// addressed reports whether an entry is for one of the rooms.
func addressed(e booking.LogEntry, rooms []string) bool {
	return slices.ContainsFunc(e.Rooms, func(room string) bool { return room == booking.EveryoneRoom || slices.Contains(rooms, room) })
}
