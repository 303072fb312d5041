package booking

import "time"

// NotificationTTL is how long a notification is kept.
const NotificationTTL = 90 * 24 * time.Hour

// Notification is an entry of a timeline addressed to a user: what others did on the user's own booking, or on one that
// is (or was until then) assigned to the user. It counts as read once the user has read the entry.
type Notification struct {
	ID            string    `json:"_id"` // the entry's id
	UserID        string    `json:"-"`
	BookingID     string    `json:"bookingId"`
	Code          string    `json:"code"`
	Brand         string    `json:"brand"`
	Model         string    `json:"model"`
	Kind          EntryKind `json:"kind"`
	Message       string    `json:"message"`
	Status        Status    `json:"status,omitempty"`
	OldStatus     Status    `json:"oldStatus,omitempty"`
	Timestamp     Time      `json:"timestamp"`
	UpdatedBy     string    `json:"updatedBy"`
	UpdatedByName string    `json:"updatedByName"`
	Read          bool      `json:"read"`
}

// notifications returns the entries that are to be kept for users who may be away.
func notifications(before, after Booking, e Event) []Notification {
	var entry Entry
	switch e := e.(type) {
	case StatusChanged:
		entry = e.Entry
	case Edited:
		entry = e.Entry
	case MessageAdded:
		entry = e.Entry
	default:
		return nil
	}
	var told []Notification
	users := after.Participants(entry.UpdatedBy)
	if was := before.AssigneeID(); was != "" && was != entry.UpdatedBy && was != after.AssigneeID() && was != after.CreatedBy {
		users = append(users, was)
	}
	for _, user := range users {
		told = append(told, Notification{
			ID: entry.ID, UserID: user, BookingID: after.ID, Code: after.Code, Brand: after.Brand, Model: after.Model,
			Kind: entry.Kind, Message: entry.Message, Status: entry.Status, OldStatus: entry.OldStatus,
			Timestamp: entry.Timestamp, UpdatedBy: entry.UpdatedBy, UpdatedByName: entry.UpdatedByName,
		})
	}
	return told
}
