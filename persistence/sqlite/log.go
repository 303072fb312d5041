package sqlite

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"kapoor.example/desk/booking"
)

// Head implements booking.Log.
func (s *Store) Head(ctx context.Context) (booking.Position, error) {
	if s.closed() {
		return booking.Position{}, unavailable()
	}
	return unpack(s.feed.newest()), ctx.Err()
}

const logColumns = `l.position, l.event_id, l.name, l.booking_id, l.rooms, l.payload, l.revocation`

func scanEntry(scan scanner) (e booking.LogEntry, err error) {
	var position int64
	var rooms string
	var revocation *string
	if err := scan(&position, &e.EventID, &e.Name, &e.BookingID, &rooms, &e.Payload, &revocation); err != nil {
		return e, err
	}
	e.Position = unpack(position)
	if err := json.Unmarshal([]byte(rooms), &e.Rooms); err != nil {
		return e, err
	}
	if revocation != nil {
		return e, json.Unmarshal([]byte(*revocation), &e.Revocation)
	}
	return e, nil
}

// Since implements booking.Log.
func (s *Store) Since(ctx context.Context, after booking.Position, rooms []string, limit int) ([]booking.LogEntry, error) {
	entries := []booking.LogEntry{}
	if limit <= 0 {
		return entries, ctx.Err()
	}
	err := s.read(ctx, "log since", func(r *session) error {
		return r.snapshot(func() (err error) {
			entries, err = r.sinceIn(ctx, pack(after), audience(rooms), limit, 0)
			return err
		})
	})
	return entries, err
}

// audience returns rooms and that of everyone, each once.
func audience(rooms []string) []string {
	rooms = append(slices.Clone(rooms), booking.EveryoneRoom)
	slices.Sort(rooms)
	return slices.Compact(rooms)
}

// errTooMuch says that entries have more bytes than are wanted.
var errTooMuch = errors.New("more bytes than are wanted")

// sinceIn returns the entries after a position that are addressed to one of the rooms, in order, limit at most. errTooMuch
// says that their payloads have more than so many bytes; zero is any number.
func (q *session) sinceIn(ctx context.Context, after int64, rooms []string, limit, maxBytes int) ([]booking.LogEntry, error) {
	entries := []booking.LogEntry{}
	for some := range slices.Chunk(rooms, maxRooms) {
		if err := q.since(ctx, after, some, limit, maxBytes, &entries); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(entries, func(a, b booking.LogEntry) int { return a.Position.Compare(b.Position) })
	entries = slices.CompactFunc(entries, func(a, b booking.LogEntry) bool { return a.Position == b.Position })
	entries = entries[:min(len(entries), limit)]
	size := 0
	for _, e := range entries {
		size += len(e.Payload)
	}
	if maxBytes > 0 && size > maxBytes {
		return nil, errTooMuch
	}
	return entries, nil
}

// maxRooms is how many rooms one query merges. Nobody is in more; who is costs one more query.
const maxRooms = 8

// since appends what is addressed to some rooms, and stops where that alone is too much.
func (q *session) since(ctx context.Context, after int64, rooms []string, limit, maxBytes int, entries *[]booking.LogEntry) error {
	arm := `SELECT position FROM audience WHERE room = ? AND position > ?`
	arms := strings.TrimSuffix(strings.Repeat(arm+` UNION `, len(rooms)), ` UNION `)
	var args []any
	for _, room := range rooms {
		args = append(args, room, after)
	}
	size := 0
	return q.each(ctx, `SELECT `+logColumns+` FROM (`+arms+` ORDER BY position LIMIT ?) a CROSS JOIN log l ON l.position = a.position`,
		append(args, limit), func(scan scanner) error {
			e, err := scanEntry(scan)
			if size += len(e.Payload); err == nil && maxBytes > 0 && size > maxBytes {
				return errTooMuch
			}
			*entries = append(*entries, e)
			return err
		})
}

// Follow implements booking.Log.
func (s *Store) Follow(ctx context.Context, after booking.Position, deliver func([]booking.LogEntry) error) error {
	if s.closed() {
		return unavailable()
	}
	at := pack(after)
	for {
		entries, floor, changed := s.feed.after(at)
		behind := at < floor
		if behind {
			var err error
			if entries, err = s.entriesAfter(ctx, at); err != nil {
				return s.ended(ctx, err)
			}
		}
		switch {
		case len(entries) > 0:
			if err := deliver(entries); err != nil {
				return err
			}
			at = pack(entries[len(entries)-1].Position)
			changed = nil
		case behind: // the table has nothing up to floor
			at, changed = floor, nil
		}
		if ctx.Err() != nil || s.closed() {
			return s.ended(ctx, ctx.Err())
		}
		if changed == nil {
			continue
		}
		select {
		case <-changed:
		case <-s.closing:
		case <-ctx.Done():
		}
	}
}

// ended returns what Follow returns after err: nothing is wrong with a store that was closed.
func (s *Store) ended(ctx context.Context, err error) error {
	if s.closed() && ctx.Err() == nil {
		return nil
	}
	return err
}

// entriesAfter reads the entries after a position from the table, followBatch at most.
func (s *Store) entriesAfter(ctx context.Context, position int64) (entries []booking.LogEntry, err error) {
	err = s.read(ctx, "follow log", func(r *session) error {
		return r.each(ctx, `SELECT `+logColumns+` FROM log l WHERE l.position > ? ORDER BY l.position LIMIT ?`, []any{position, followBatch},
			func(scan scanner) error {
				e, err := scanEntry(scan)
				entries = append(entries, e)
				return err
			})
	})
	return entries, err
}
