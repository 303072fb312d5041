package booking

// Event is a fact about a booking, the outcome of a decision: Created, StatusChanged, Edited, MessageAdded, EntryRead.
type Event interface{ event() }

// Created says that a booking was made.
type Created struct{ Booking Booking }

// StatusChanged says that status or assignee changed, or that something was said with the present status.
type StatusChanged struct {
	Entry    Entry // its OldStatus and Status are equal when only assignee or message changed
	Assigned bool  // the assignee changed
	Assignee *Person
	// Said is true when a message was given with the change (the entry always has a text).
	Said bool
}

// Edited says that contact details or the preferred time changed.
type Edited struct {
	Entry   Entry
	Booking Booking  // the fields as they are now; its timeline does not count
	Changed []string // JSON names of the changed fields
}

// MessageAdded says that a message was written.
type MessageAdded struct{ Entry Entry }

// EntryRead says that a user has read an entry.
type EntryRead struct {
	EntryID string
	Author  string // who is to be told
	Receipt Receipt
}

func (Created) event()       {}
func (StatusChanged) event() {}
func (Edited) event()        {}
func (MessageAdded) event()  {}
func (EntryRead) event()     {}

// Apply returns b as it is after the event. It never changes b or what b shares.
func Apply(b Booking, e Event) Booking {
	switch e := e.(type) {
	case Created:
		return e.Booking
	case StatusChanged:
		b = b.with(e.Entry)
		b.Status = e.Entry.Status
		if e.Assigned {
			b.AssignedTo = e.Assignee
		}
	case Edited:
		b = b.with(e.Entry)
		b.Address, b.ContactNumber, b.Email = e.Booking.Address, e.Booking.ContactNumber, e.Booking.Email
		b.InvoiceNumber, b.PreferredDateTime = e.Booking.InvoiceNumber, e.Booking.PreferredDateTime
	case MessageAdded:
		b = b.with(e.Entry)
	case EntryRead:
		if i := b.entryIndex(e.EntryID); i >= 0 {
			b.Updates = append([]Entry(nil), b.Updates...)
			readBy := b.Updates[i].ReadBy
			b.Updates[i].ReadBy = append(readBy[:len(readBy):len(readBy)], e.Receipt)
			b.Revision++
		}
	}
	return b
}

// with returns b after a change that added an entry.
func (b Booking) with(e Entry) Booking {
	b.Updates = append(b.Updates[:len(b.Updates):len(b.Updates)], e)
	b.Version++
	b.Revision++
	b.UpdatedAt = e.Timestamp
	return b
}
