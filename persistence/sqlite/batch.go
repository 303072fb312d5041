package sqlite

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"kapoor.example/desk/booking"
)

// batch is one transaction of the writer. What many of its writes would do over and over (counters, the search index) is
// noted in it and done once, by finish.
type batch struct {
	*session
	now      time.Time
	location *time.Location
	last     int64 // the newest position given out
	entries  []booking.LogEntry
	counts   counts
	indexing map[int64]indexing // by n
	pruneAt  time.Time          // when it is not zero, notifications that are too old by then are removed
}

// get reads the only row of a query.
func (b *batch) get(query string, args []any, to ...any) (found bool, err error) {
	return b.one(context.Background(), query, args, to...)
}

// publish writes an entry of the log at the next position. room may repeat among rooms.
func (b *batch) publish(e booking.LogEntry) error {
	b.last = nextPosition(b.last, b.now)
	e.Position = unpack(b.last)
	rooms, err := json.Marshal(e.Rooms)
	if err != nil {
		return err
	}
	var revocation any
	if e.Revocation != nil {
		encoded, err := json.Marshal(e.Revocation)
		if err != nil {
			return err
		}
		revocation = string(encoded)
	}
	err = b.exec(`INSERT INTO log (position, event_id, name, booking_id, rooms, payload, revocation) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		b.last, e.EventID, e.Name, e.BookingID, string(rooms), e.Payload, revocation)
	if err != nil {
		return fmt.Errorf("log entry: %w", err)
	}
	for i, room := range e.Rooms {
		if slices.Contains(e.Rooms[:i], room) {
			continue
		}
		if err := b.exec(`INSERT INTO audience (room, position) VALUES (?, ?)`, room, b.last); err != nil {
			return fmt.Errorf("audience: %w", err)
		}
	}
	b.entries = append(b.entries, e)
	return nil
}

// finish writes what was noted.
func (b *batch) finish() error {
	if err := b.counts.write(b); err != nil {
		return fmt.Errorf("counters: %w", err)
	}
	// The search index writes a segment whenever a number is lower than the one before it.
	for _, n := range slices.Sorted(maps.Keys(b.indexing)) {
		if err := b.indexing[n].write(b); err != nil {
			return fmt.Errorf("search index: %w", err)
		}
	}
	if !b.pruneAt.IsZero() {
		if err := b.pruneNotifications(); err != nil {
			return fmt.Errorf("old notifications: %w", err)
		}
	}
	if len(b.entries) == 0 {
		return nil
	}
	return b.exec(`INSERT INTO meta (name, value) VALUES ('position', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, b.last)
}
