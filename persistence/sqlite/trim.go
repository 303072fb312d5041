package sqlite

import (
	"context"
	"fmt"

	"kapoor.example/desk/booking"
)

// Epoch implements booking.Log.
func (s *Store) Epoch(ctx context.Context) (uint64, error) {
	var epoch int64
	err := s.read(ctx, "log epoch", func(r *session) error {
		_, err := r.one(ctx, `SELECT value FROM meta WHERE name = 'epoch'`, nil, &epoch)
		return err
	})
	return uint64(epoch), err // #nosec G115 -- any 64 bits
}

// Trim implements booking.Log.
func (s *Store) Trim(ctx context.Context, upTo booking.Position, limit int) (int, error) {
	if limit <= 0 {
		return 0, nil
	}
	removed := make(chan int, 1) // the writer may be at it still when ctx has ended
	err := s.write(ctx, "trim log", func(b *batch) error {
		n, err := b.trim(pack(upTo), limit)
		select {
		case <-removed: // of a transaction that was undone
		default:
		}
		removed <- n
		return err
	})
	if err != nil {
		return 0, err
	}
	return <-removed, nil
}

// trim removes the oldest entries up to a position, and notes for their rooms and for the log how far that went.
func (b *batch) trim(upTo int64, limit int) (removed int, err error) {
	var last int64
	if _, err := b.get(`SELECT count(*), coalesce(max(position), 0) FROM (SELECT position FROM log WHERE position <= ? ORDER BY position LIMIT ?)`,
		[]any{upTo, limit}, &removed, &last); err != nil || removed == 0 {
		return 0, err
	}
	const addressed = `FROM log l, json_each(l.rooms) r WHERE l.position <= ? AND r.value IS NOT NULL`
	for _, step := range []string{
		`INSERT INTO trimmed (room, position) SELECT r.value, max(l.position) ` + addressed +
			` GROUP BY r.value ON CONFLICT (room) DO UPDATE SET position = excluded.position`,
		`INSERT INTO meta (name, value) VALUES ('trimmed', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
		`DELETE FROM audience WHERE (room, position) IN (SELECT r.value, l.position ` + addressed + `)`,
		`DELETE FROM log WHERE position <= ?`,
	} {
		if err := b.exec(step, last); err != nil {
			return 0, fmt.Errorf("trim: %w", err)
		}
	}
	return removed, nil
}
