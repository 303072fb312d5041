package sqlite

import (
	"context"
	"fmt"

	"kapoor.example/desk/booking"
)

func (b *batch) notify(n booking.Notification) error {
	err := b.exec(`INSERT INTO notifications (user_id, id, at, is_read, booking_id, code, brand, model, kind, message, status, old_status,
			updated_by, updated_by_name)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		n.UserID, n.ID, n.Timestamp.UnixMilli(), n.Read, n.BookingID, n.Code, n.Brand, n.Model, n.Kind, n.Message, n.Status, n.OldStatus,
		n.UpdatedBy, n.UpdatedByName)
	if err != nil {
		return fmt.Errorf("notification: %w", err)
	}
	if n.Timestamp.After(b.pruneAt) {
		b.pruneAt = n.Timestamp.Time
	}
	return nil
}

// pruneNotifications removes some of those that are too old: more than a batch adds on average, so that they come to an
// end, and few enough not to be felt.
func (b *batch) pruneNotifications() error {
	return b.exec(`DELETE FROM notifications WHERE (user_id, id) IN (
		SELECT user_id, id FROM notifications WHERE at < ? ORDER BY at LIMIT 20)`, b.pruneAt.Add(-booking.NotificationTTL).UnixMilli())
}

// Notifications implements booking.Bookings.
func (s *Store) Notifications(ctx context.Context, q booking.NotificationQuery) (booking.NotificationPage, error) {
	page := booking.NotificationPage{Notifications: []booking.Notification{}}
	err := s.read(ctx, "notifications", func(r *session) error {
		return r.snapshot(func() error { return r.notifications(ctx, q, &page) })
	})
	return page, err
}

func (q *session) notifications(ctx context.Context, query booking.NotificationQuery, page *booking.NotificationPage) error {
	_, err := q.one(ctx, `SELECT count(*) FROM notifications INDEXED BY notifications_unread WHERE user_id = ? AND is_read = 0`,
		[]any{query.UserID}, &page.Unread)
	if err != nil {
		return err
	}
	// Without an id to go on after, the page begins at the end of time.
	at, id := int64(maxMs), ""
	if query.After != "" {
		found, err := q.one(ctx, `SELECT at FROM notifications WHERE user_id = ? AND id = ?`, []any{query.UserID, query.After}, &at)
		if err != nil {
			return err
		}
		if !found { // too old by now, and so is what came before it
			return nil
		}
		id = query.After
	}
	size := booking.Size(query.Limit)
	text := notificationsQuery
	if query.Unread {
		text = unreadQuery
	}
	err = q.each(ctx, text, []any{query.UserID, at, id, size + 1}, func(scan scanner) error {
		n := booking.Notification{UserID: query.UserID}
		var at int64
		err := scan(&n.ID, &at, &n.Read, &n.BookingID, &n.Code, &n.Brand, &n.Model, &n.Kind, &n.Message, &n.Status, &n.OldStatus,
			&n.UpdatedBy, &n.UpdatedByName)
		n.Timestamp = booking.FromMillis(at)
		page.Notifications = append(page.Notifications, n)
		return err
	})
	if err != nil {
		return err
	}
	if len(page.Notifications) > size {
		page.Notifications = page.Notifications[:size]
		page.Next = page.Notifications[size-1].ID
	}
	return nil
}

const (
	notificationColumns = `id, at, is_read, booking_id, code, brand, model, kind, message, status, old_status, updated_by, updated_by_name`
	notificationsQuery  = `SELECT ` + notificationColumns + ` FROM notifications INDEXED BY notifications_user
		WHERE user_id = ? AND (at, id) < (?, ?) ORDER BY at DESC, id DESC LIMIT ?`
	unreadQuery = `SELECT ` + notificationColumns + ` FROM notifications INDEXED BY notifications_unread
		WHERE user_id = ? AND is_read = 0 AND (at, id) < (?, ?) ORDER BY at DESC, id DESC LIMIT ?`
)
