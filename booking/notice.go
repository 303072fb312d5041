package booking

import (
	"encoding/json"
	"strconv"
)

// Names of the events clients receive. Volatile ones are not stored and not sent again.
const (
	EventBookingCreated       = "bookingCreated"
	EventNewBooking           = "newBooking"
	EventBookingUpdated       = "bookingUpdated"
	EventBookingStatusChanged = "bookingStatusChanged"
	EventJobAssigned          = "jobAssigned"
	EventBookingMessage       = "bookingMessage"
	EventMessageReadReceipt   = "messageReadReceipt"
	EventUserTyping           = "userTyping"   // volatile
	EventUserOnline           = "userOnline"   // volatile
	EventUserOffline          = "userOffline"  // volatile
	EventStatsUpdated         = "statsUpdated" // volatile
)

// Notice is one event as clients will see it: encoded once, here, before it is stored.
type Notice struct {
	ID      string // eventId: unique, and the same whenever the notice is published again
	Name    string
	Rooms   []string
	Payload []byte // JSON object, its eventId included
}

// CreatedPayload is what bookingCreated and newBooking carry.
type CreatedPayload struct {
	EventID      string `json:"eventId"`
	BookingID    string `json:"bookingId"`
	CustomerName string `json:"customerName"`
	Brand        string `json:"brand"`
	Model        string `json:"model"`
	Status       Status `json:"status"`
	CreatedAt    Time   `json:"createdAt"`
	Version      uint64 `json:"version"`
}

// UpdatedPayload is what bookingUpdated carries. AssignedTo is absent when nobody is assigned.
type UpdatedPayload struct {
	EventID      string   `json:"eventId"`
	BookingID    string   `json:"bookingId"`
	CustomerName string   `json:"customerName"`
	Brand        string   `json:"brand"`
	Model        string   `json:"model"`
	Status       Status   `json:"status"`
	OldStatus    Status   `json:"oldStatus"`
	AssignedTo   *NameTag `json:"assignedTo,omitempty"`
	UpdatedAt    Time     `json:"updatedAt"`
	Version      uint64   `json:"version"`
	Changed      []string `json:"changed"` // JSON names of a Booking's fields
}

// NameTag is a person by id and name only.
type NameTag struct {
	ID   string `json:"_id"`
	Name string `json:"name"`
}

// StatusPayload is what bookingStatusChanged carries.
type StatusPayload struct {
	EventID   string `json:"eventId"`
	BookingID string `json:"bookingId"`
	Status    Status `json:"status"`
	OldStatus Status `json:"oldStatus"`
	Message   string `json:"message"`
	MessageID string `json:"messageId"` // the timeline entry's id
	Version   uint64 `json:"version"`
}

// AssignedPayload is what jobAssigned carries. AssignedBy is the name of who assigned.
type AssignedPayload struct {
	EventID           string `json:"eventId"`
	BookingID         string `json:"bookingId"`
	CustomerName      string `json:"customerName"`
	Brand             string `json:"brand"`
	Model             string `json:"model"`
	Address           string `json:"address"`
	PreferredDateTime *Time  `json:"preferredDateTime,omitempty"`
	AssignedBy        string `json:"assignedBy"`
}

// MessagePayload is what bookingMessage carries.
type MessagePayload struct {
	EventID   string `json:"eventId"`
	BookingID string `json:"bookingId"`
	MessageID string `json:"messageId"`
	Message   string `json:"message"`
	From      Sender `json:"from"`
	CreatedAt Time   `json:"createdAt"`
}

// Sender is who wrote a message.
type Sender struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Role Role   `json:"role"`
}

// ReadPayload is what messageReadReceipt carries.
type ReadPayload struct {
	EventID   string `json:"eventId"`
	BookingID string `json:"bookingId"`
	MessageID string `json:"messageId"`
	ReadBy    string `json:"readBy"`
	ReadAt    Time   `json:"readAt"`
}

// notices returns what is to be told about an event, in the order in which it is to be told.
func notices(before, after Booking, e Event, c Command, policy Policy) ([]Notice, error) {
	t := telling{command: c}
	switch e := e.(type) {
	case Created:
		payload := CreatedPayload{
			EventID: t.next(), BookingID: after.ID, CustomerName: after.CustomerName, Brand: after.Brand,
			Model: after.Model, Status: after.Status, CreatedAt: after.CreatedAt, Version: after.Version,
		}
		t.tell(EventBookingCreated, policy.ownerAndStaff(after), payload)
		payload.EventID = t.next()
		t.tell(EventNewBooking, Audience{Admins: true}, payload)
	case StatusChanged:
		var changed []string
		if e.Entry.Status != e.Entry.OldStatus {
			changed = append(changed, "status")
		}
		if e.Assigned {
			changed = append(changed, "assignedTo")
		}
		if e.Said {
			changed = append(changed, "updates")
		}
		t.tellUpdated(before, after, changed, policy)
		if e.Entry.Status != e.Entry.OldStatus || e.Said {
			message := e.Entry.Message
			if !e.Said {
				message = "Status changed to " + string(after.Status)
			}
			t.tell(EventBookingStatusChanged, owner(after), StatusPayload{
				EventID: t.next(), BookingID: after.ID, Status: after.Status, OldStatus: before.Status,
				Message: message, MessageID: e.Entry.ID, Version: after.Version,
			})
		}
		if e.Assigned && e.Assignee != nil {
			t.tell(EventJobAssigned, Audience{Users: []string{e.Assignee.ID}}, AssignedPayload{
				EventID: t.next(), BookingID: after.ID, CustomerName: after.CustomerName, Brand: after.Brand, Model: after.Model,
				Address: after.Address, PreferredDateTime: after.PreferredDateTime, AssignedBy: c.By.Name,
			})
		}
	case Edited:
		t.tellUpdated(before, after, e.Changed, policy)
	case MessageAdded:
		t.tell(EventBookingMessage, Conversation(after), MessagePayload{
			EventID: t.next(), BookingID: after.ID, MessageID: e.Entry.ID, Message: e.Entry.Message,
			From: Sender{ID: c.By.ID, Name: c.By.Name, Role: c.By.Role}, CreatedAt: e.Entry.Timestamp,
		})
	case EntryRead:
		t.tell(EventMessageReadReceipt, Audience{Users: []string{e.Author}}, ReadPayload{
			EventID: t.next(), BookingID: after.ID, MessageID: e.EntryID, ReadBy: e.Receipt.UserID, ReadAt: e.Receipt.ReadAt,
		})
	}
	return t.notices, t.err
}

// telling collects the notices of one command.
type telling struct {
	command Command
	count   int
	id      string
	notices []Notice
	err     error
}

// next returns the id of the notice that is told next.
func (t *telling) next() string {
	t.count++
	t.id = t.command.ID + "." + strconv.Itoa(t.count)
	return t.id
}

func (t *telling) tell(name string, to Audience, payload any) {
	encoded, err := json.Marshal(payload)
	if err != nil {
		t.err = err
		return
	}
	t.notices = append(t.notices, Notice{ID: t.id, Name: name, Rooms: to.Rooms(), Payload: encoded})
}

func (t *telling) tellUpdated(before, after Booking, changed []string, policy Policy) {
	payload := UpdatedPayload{
		EventID: t.next(), BookingID: after.ID, CustomerName: after.CustomerName, Brand: after.Brand, Model: after.Model,
		Status: after.Status, OldStatus: before.Status, UpdatedAt: after.UpdatedAt, Version: after.Version, Changed: changed,
	}
	if after.AssignedTo != nil {
		payload.AssignedTo = &NameTag{ID: after.AssignedTo.ID, Name: after.AssignedTo.Name}
	}
	t.tell(EventBookingUpdated, policy.ownerAndStaff(after), payload)
}
