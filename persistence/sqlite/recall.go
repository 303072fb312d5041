package sqlite

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"kapoor.example/desk/booking"
)

// Recall implements booking.Log.
func (s *Store) Recall(ctx context.Context, q booking.Recall) (found booking.Recalled, err error) {
	rooms := audience(q.Rooms)
	err = s.read(ctx, "recall log", func(r *session) error {
		return r.snapshot(func() (err error) {
			var head int64
			if _, err := r.one(ctx, `SELECT value FROM meta WHERE name = 'position'`, nil, &head); err != nil {
				return err
			}
			found.Head = unpack(head)
			if known, err := r.reaches(ctx, q, rooms); !known || err != nil {
				return err
			}
			entries, err := r.sinceIn(ctx, pack(q.After), rooms, q.Limit+1, q.MaxBytes)
			if errors.Is(err, errTooMuch) {
				return nil
			}
			if err != nil || len(entries) > q.Limit {
				return err
			}
			found.Complete, found.Entries = true, entries
			found.Revocations, err = r.revocations(ctx, pack(q.Seen), q.UserID)
			return err
		})
	})
	return found, err
}

// reaches reports whether a position is one that a client may come from, and everything after it that was addressed to
// rooms is there.
func (q *session) reaches(ctx context.Context, r booking.Recall, rooms []string) (bool, error) {
	at := pack(r.After)
	if unpack(at) != r.After {
		return false, nil
	}
	from := audience(append(slices.Clone(rooms), r.Left...))
	var trimmed int64
	if _, err := q.one(ctx, `SELECT value FROM meta WHERE name = 'trimmed'`, nil, &trimmed); err != nil {
		return false, err
	}
	known, err := q.holds(ctx, at, r.Vouched, from)
	if err != nil {
		return false, err
	}
	if at > trimmed {
		return known, nil // nothing after it was removed
	}
	known = known || r.Vouched
	for _, room := range from {
		var mark int64
		marked, err := q.one(ctx, `SELECT position FROM trimmed WHERE room = ?`, []any{room}, &mark)
		if err != nil || mark > at && slices.Contains(rooms, room) {
			return false, err
		}
		known = known || marked && mark == at
	}
	return known, nil
}

// holds reports whether there is an entry at a position: any, or one that was addressed to one of the rooms.
func (q *session) holds(ctx context.Context, at int64, whatever bool, rooms []string) (bool, error) {
	var text string
	found, err := q.one(ctx, `SELECT rooms FROM log WHERE position = ?`, []any{at}, &text)
	if !found || whatever || err != nil {
		return found, err
	}
	var addressed []string
	err = json.Unmarshal([]byte(text), &addressed)
	return slices.ContainsFunc(addressed, func(room string) bool { return slices.Contains(rooms, room) }), err
}

// revocations returns what ended tokens of a user after a position. Whoever asks is not far behind: what is after it is read.
func (q *session) revocations(ctx context.Context, after int64, user string) (list []booking.Revocation, err error) {
	err = q.each(ctx, `SELECT revocation FROM log WHERE position > ? AND revocation IS NOT NULL ORDER BY position`, []any{after},
		func(scan scanner) error {
			var text string
			var r booking.Revocation
			if err := scan(&text); err != nil {
				return err
			}
			if err := json.Unmarshal([]byte(text), &r); err != nil {
				return err
			}
			if r.UserID == user {
				list = append(list, r)
			}
			return nil
		})
	return list, err
}
