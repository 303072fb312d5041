package sqlite

import (
	"context"
	"fmt"

	"kapoor.example/desk/booking"
)

// Append implements booking.Bookings.
func (s *Store) Append(ctx context.Context, c booking.Commit) error {
	if s.closed() {
		return unavailable()
	}
	if c.Event == nil {
		return nil
	}
	return s.write(ctx, "append to booking", func(b *batch) error {
		if c.Key != nil {
			used, err := b.keyed(context.Background(), c.Key.UserID, c.Key.Key, c.After.UpdatedAt.Time)
			if err != nil {
				return err
			}
			if used != nil {
				return used
			}
		}
		if err := b.change(c); err != nil {
			return err
		}
		return b.tell(c)
	})
}

// change writes the booking itself.
func (b *batch) change(c booking.Commit) error {
	stored, found, err := b.row(c.After.ID)
	if err != nil {
		return err
	}
	if c.Expected == 0 {
		if err := b.free(c.After, found); err != nil {
			return err
		}
		return b.insert(c.After)
	}
	if !found || uint64(stored.revision) != c.Expected {
		return booking.Errorf(booking.CodeStale, "The booking has changed meanwhile.")
	}
	switch e := c.Event.(type) {
	case booking.StatusChanged:
		return b.changeStatus(stored, c.After, e)
	case booking.Edited:
		return b.edit(stored, c, e)
	case booking.MessageAdded:
		err := b.exec(`UPDATE bookings SET version = ?, revision = ?, updated_at = ? WHERE n = ?`,
			c.After.Version, c.After.Revision, c.After.UpdatedAt.UnixMilli(), stored.n)
		if err != nil {
			return fmt.Errorf("booking: %w", err)
		}
		return b.appendEntry(stored.n, e.Entry)
	case booking.EntryRead:
		return b.markRead(stored, c.After, e)
	}
	return fmt.Errorf("unknown event %T", c.Event)
}

// free answers with the contract's error when a new booking's id or code is taken. idTaken is what is known of the id.
func (b *batch) free(k booking.Booking, idTaken bool) error {
	if idTaken {
		return booking.Errorf(booking.CodeStale, "The booking exists.")
	}
	var one int
	codeTaken, err := b.get(`SELECT 1 FROM bookings WHERE code = ?`, []any{k.Code}, &one)
	if err == nil && codeTaken {
		err = &booking.CodeTakenError{Code: k.Code}
	}
	return err
}

// changeStatus, like its neighbours, sets only the columns its event can change: every index on a column that is set is
// written, whether the value differs or not.
func (b *batch) changeStatus(stored row, after booking.Booking, e booking.StatusChanged) error {
	status, err := numberOf(after.Status)
	if err != nil {
		return err
	}
	if status == stored.status && !e.Assigned {
		err = b.exec(`UPDATE bookings SET version = ?, revision = ?, updated_at = ? WHERE n = ?`,
			after.Version, after.Revision, after.UpdatedAt.UnixMilli(), stored.n)
	} else {
		p := personOf(after.AssignedTo)
		err = b.exec(`UPDATE bookings SET status = ?, version = ?, revision = ?, updated_at = ?,
				assignee = ?, assignee_name = ?, assignee_email = ?, assignee_phone = ? WHERE n = ?`,
			status, after.Version, after.Revision, after.UpdatedAt.UnixMilli(), p[0], p[1], p[2], p[3], stored.n)
	}
	if err != nil {
		return fmt.Errorf("booking: %w", err)
	}
	if status != stored.status || e.Assigned {
		b.index(stored.n, after, true)
	}
	if status != stored.status {
		b.counts.moved(stored.createdAt, stored.status, status, b.location)
	}
	return b.appendEntry(stored.n, e.Entry)
}

func (b *batch) edit(stored row, c booking.Commit, e booking.Edited) error {
	k := c.After
	err := b.exec(`UPDATE bookings SET version = ?, revision = ?, updated_at = ?, preferred_at = ?,
			address = ?, contact_number = ?, email = ?, invoice_number = ? WHERE n = ?`,
		k.Version, k.Revision, k.UpdatedAt.UnixMilli(), momentOf(k.PreferredDateTime),
		k.Address, k.ContactNumber, k.Email, k.InvoiceNumber, stored.n)
	if err != nil {
		return fmt.Errorf("booking: %w", err)
	}
	if k.InvoiceNumber != c.Before.InvoiceNumber {
		b.index(stored.n, k, true)
	}
	return b.appendEntry(stored.n, e.Entry)
}

func (b *batch) markRead(stored row, after booking.Booking, e booking.EntryRead) error {
	entry := after.Entry(e.EntryID)
	if entry == nil {
		return fmt.Errorf("the booking has no entry %s", e.EntryID)
	}
	readBy, err := receipts(*entry)
	if err != nil {
		return err
	}
	if err := b.exec(`UPDATE bookings SET version = ?, revision = ? WHERE n = ?`, after.Version, after.Revision, stored.n); err != nil {
		return fmt.Errorf("booking: %w", err)
	}
	if err := b.exec(`UPDATE entries SET read_by = ? WHERE booking = ? AND id = ?`, readBy, stored.n, e.EntryID); err != nil {
		return fmt.Errorf("receipt: %w", err)
	}
	if err := b.exec(`UPDATE notifications SET is_read = 1 WHERE user_id = ? AND id = ?`, e.Receipt.UserID, e.EntryID); err != nil {
		return fmt.Errorf("notification: %w", err)
	}
	return nil
}

// tell writes what follows from a commit.
func (b *batch) tell(c booking.Commit) error {
	for _, told := range c.Notices {
		entry := booking.LogEntry{EventID: told.ID, Name: told.Name, Rooms: told.Rooms, BookingID: c.After.ID, Payload: told.Payload}
		if err := b.publish(entry); err != nil {
			return err
		}
	}
	for _, n := range c.Notifications {
		if err := b.notify(n); err != nil {
			return err
		}
	}
	if c.Key == nil {
		return nil
	}
	return b.useKey(*c.Key, c.After.ID, c.After.UpdatedAt.Time)
}
