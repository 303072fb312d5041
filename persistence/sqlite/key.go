package sqlite

import (
	"context"
	"fmt"
	"time"

	"kapoor.example/desk/booking"
)

// Keyed implements booking.Bookings.
func (s *Store) Keyed(ctx context.Context, userID, key string, now time.Time) (used *booking.KeyUsedError, err error) {
	err = s.read(ctx, "look up idempotency key", func(q *session) error {
		used, err = q.keyed(ctx, userID, key, now)
		return err
	})
	return used, err
}

func (q *session) keyed(ctx context.Context, userID, key string, now time.Time) (*booking.KeyUsedError, error) {
	var used booking.KeyUsedError
	found, err := q.one(ctx, `SELECT booking_id, body_hash FROM idempotency_keys WHERE user_id = ? AND key = ? AND used_at > ?`,
		[]any{userID, key, keysDie(now)}, &used.BookingID, &used.BodyHash)
	if err != nil || !found {
		return nil, err
	}
	return &used, nil
}

// useKey remembers a key. The clock is the commit's, as it is the caller's in Keyed. Each use removes two that have died,
// so the table holds a day's worth without ever stopping to clean up.
func (b *batch) useKey(key booking.IdempotencyKey, bookingID string, now time.Time) error {
	err := b.exec(`DELETE FROM idempotency_keys WHERE (user_id, key) IN (
		SELECT user_id, key FROM idempotency_keys WHERE used_at <= ? ORDER BY used_at LIMIT 2)`, keysDie(now))
	if err != nil {
		return fmt.Errorf("old idempotency keys: %w", err)
	}
	err = b.exec(`INSERT INTO idempotency_keys (user_id, key, booking_id, body_hash, used_at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (user_id, key) DO UPDATE SET booking_id = excluded.booking_id, body_hash = excluded.body_hash, used_at = excluded.used_at`,
		key.UserID, key.Key, bookingID, key.BodyHash, now.UnixMilli())
	if err != nil {
		return fmt.Errorf("idempotency key: %w", err)
	}
	return nil
}

// keysDie returns the moment in milliseconds at or before which a key that is dead now was used.
func keysDie(now time.Time) int64 { return now.Add(-booking.KeyTTL).UnixMilli() }
