package sqlite

import (
	"context"
	"encoding/json"
	"fmt"

	"kapoor.example/desk/booking"
)

// timeline reads the entries of a booking, oldest first. It is never nil.
func (q *session) timeline(ctx context.Context, n int64) ([]booking.Entry, error) {
	entries := []booking.Entry{}
	err := q.each(ctx, `SELECT id, kind, message, status, old_status, at, updated_by, updated_by_name, read_by, client_id
		FROM entries WHERE booking = ? ORDER BY seq`, []any{n}, func(scan scanner) error {
		var e booking.Entry
		var at int64
		var readBy string
		err := scan(&e.ID, &e.Kind, &e.Message, &e.Status, &e.OldStatus, &at, &e.UpdatedBy, &e.UpdatedByName, &readBy, &e.ClientID)
		if err != nil {
			return err
		}
		e.Timestamp, e.ReadBy = booking.FromMillis(at), []booking.Receipt{}
		if readBy != "[]" {
			if err := json.Unmarshal([]byte(readBy), &e.ReadBy); err != nil {
				return err
			}
		}
		entries = append(entries, e)
		return nil
	})
	return entries, err
}

func (b *batch) insertEntry(n int64, seq int, e booking.Entry) error {
	readBy, err := receipts(e)
	if err != nil {
		return err
	}
	err = b.exec(`INSERT INTO entries (booking, seq, id, kind, message, status, old_status, at, updated_by, updated_by_name, read_by, client_id)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		n, seq, e.ID, e.Kind, e.Message, e.Status, e.OldStatus, e.Timestamp.UnixMilli(), e.UpdatedBy, e.UpdatedByName, readBy, e.ClientID)
	if err != nil {
		return fmt.Errorf("timeline entry: %w", err)
	}
	return nil
}

// appendEntry writes an entry behind those of a booking.
func (b *batch) appendEntry(n int64, e booking.Entry) error {
	var last int
	if _, err := b.get(`SELECT coalesce(max(seq), 0) FROM entries WHERE booking = ?`, []any{n}, &last); err != nil {
		return fmt.Errorf("timeline: %w", err)
	}
	return b.insertEntry(n, last+1, e)
}

func receipts(e booking.Entry) (string, error) {
	if len(e.ReadBy) == 0 {
		return "[]", nil
	}
	encoded, err := json.Marshal(e.ReadBy)
	return string(encoded), err
}
