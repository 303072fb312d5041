package booking

import "slices"

// Bounds of a booking.
const (
	MaxEntries       = 500  // entries of one timeline; one more is CodeTimelineFull
	MaxMessageLength = 2000 // characters (not bytes) of a message
)

// Booking is one demo or installation. Values are immutable: Apply returns a changed copy.
type Booking struct {
	ID                string  `json:"_id"`
	Code              string  `json:"code"` // CodeLength characters for people to read out
	CustomerName      string  `json:"customerName"`
	Email             string  `json:"email,omitempty"`
	ContactNumber     string  `json:"contactNumber"`
	Address           string  `json:"address"`
	Brand             string  `json:"brand"`
	Model             string  `json:"model"`
	InvoiceNumber     string  `json:"invoiceNumber,omitempty"`
	PreferredDateTime *Time   `json:"preferredDateTime,omitempty"`
	Status            Status  `json:"status"`
	AssignedTo        *Person `json:"assignedTo,omitempty"`
	CreatedBy         string  `json:"createdBy"` // the owner's user id
	// Updates is the timeline, oldest first. Nil in lists, where it is left out.
	Updates   []Entry `json:"updates,omitzero"`
	Version   uint64  `json:"version"` // counts changes from 1; read receipts do not count
	CreatedAt Time    `json:"createdAt"`
	UpdatedAt Time    `json:"updatedAt"`
	// Revision counts writes, read receipts included. It is what Store.Append compares; nobody outside sees it.
	Revision uint64 `json:"-"`
}

// EntryKind says what an entry of the timeline tells.
type EntryKind string

// The kinds of entries.
const (
	EntryStatus     EntryKind = "status"     // another status, or a message with the present one
	EntryMessage    EntryKind = "message"    // written on the booking
	EntryAssignment EntryKind = "assignment" // another assignee, the same status
	EntryEdit       EntryKind = "edit"       // contact details or the preferred time
)

// Entry is one line of the timeline.
type Entry struct {
	ID            string    `json:"_id"`
	Kind          EntryKind `json:"kind"`
	Message       string    `json:"message"`
	Status        Status    `json:"status,omitempty"`
	OldStatus     Status    `json:"oldStatus,omitempty"`
	Timestamp     Time      `json:"timestamp"`
	UpdatedBy     string    `json:"updatedBy"`
	UpdatedByName string    `json:"updatedByName"`
	ReadBy        []Receipt `json:"readBy"` // never nil
	// ClientID is the sender's own name for a message: the same one again is the same entry.
	ClientID string `json:"clientId,omitempty"`
}

// Receipt says that a user has read an entry.
type Receipt struct {
	UserID string `json:"userId"`
	ReadAt Time   `json:"readAt"`
}

// WasReadBy reports whether the user has a receipt on e.
func (e Entry) WasReadBy(user string) bool {
	return slices.ContainsFunc(e.ReadBy, func(r Receipt) bool { return r.UserID == user })
}

// Entry returns the entry with this id, or nil.
func (b Booking) Entry(id string) *Entry {
	if i := b.entryIndex(id); i >= 0 {
		return &b.Updates[i]
	}
	return nil
}

func (b Booking) entryIndex(id string) int {
	return slices.IndexFunc(b.Updates, func(e Entry) bool { return e.ID == id })
}

// AssigneeID returns the assignee's user id, "" when nobody is assigned.
func (b Booking) AssigneeID() string {
	if b.AssignedTo == nil {
		return ""
	}
	return b.AssignedTo.ID
}

// Summary returns b without its timeline, as lists show it.
func (b Booking) Summary() Booking {
	b.Updates = nil
	return b
}
