package sqlite

import (
	"context"
	"strings"

	"kapoor.example/desk/booking"
)

// Import implements booking.Bookings. Everything is checked before anything is written, and counters and search index are
// written once for all. Batches of some thousands are best: other writes wait meanwhile.
func (s *Store) Import(ctx context.Context, bookings []booking.Booking) error {
	if len(bookings) == 0 && !s.closed() {
		return nil
	}
	return s.write(ctx, "import bookings", func(b *batch) error {
		ids, codes := make(map[string]bool, len(bookings)), make(map[string]bool, len(bookings))
		for _, k := range bookings {
			_, found, err := b.row(k.ID)
			if err != nil {
				return err
			}
			if err := b.free(k, found || ids[k.ID]); err != nil {
				return err
			}
			code := strings.ToUpper(k.Code)
			if codes[code] {
				return &booking.CodeTakenError{Code: k.Code}
			}
			ids[k.ID], codes[code] = true, true
		}
		for _, k := range bookings {
			if err := b.insert(k); err != nil {
				return err
			}
		}
		return nil
	})
}
