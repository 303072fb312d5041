package booking

// Command is the wish of a principal to change one booking. It is immutable.
type Command struct {
	// ID is unique to this command. The timeline entry it makes carries it, and the ids of its events begin with it:
	// whoever decides it again, after a stale version, decides the same ids.
	ID        string
	BookingID string
	By        Principal
	// Version is the version of the booking the command was made from; 0 applies it to whatever is there.
	Version uint64
	Do      Operation
	// Key makes a Create happen once, however often it is sent.
	Key *IdempotencyKey
}

// Operation is what a Command does: Create, ChangeStatus, Edit, AddMessage or MarkRead.
type Operation interface{ operation() }

// Create makes a new booking that belongs to the principal.
type Create struct {
	Code    string
	Details Details
}

// Details are what a customer fills in. Optional ones are empty.
type Details struct {
	CustomerName, Email, ContactNumber, Address, Brand, Model, InvoiceNumber string
	PreferredDateTime                                                        *Time
}

// ChangeStatus sets status and assignee and may say something; at least one of the three.
type ChangeStatus struct {
	Status   Status // "" keeps the present one
	Message  string
	Assignee *Assignment // nil keeps the present one
}

// Assignment is who shall carry a booking out; To nil is nobody.
type Assignment struct{ To *Person }

// Edit corrects contact details and the preferred time. Nil fields stay; an empty Email or InvoiceNumber and a zero
// PreferredDateTime take the value away.
type Edit struct {
	Address, ContactNumber, Email, InvoiceNumber *string
	PreferredDateTime                            *Time
}

// AddMessage writes a message on the booking. The same ClientID of the same author again is the same entry.
type AddMessage struct{ Message, ClientID string }

// MarkRead notes that the principal has read an entry of the booking.
type MarkRead struct{ EntryID string }

func (Create) operation()       {}
func (ChangeStatus) operation() {}
func (Edit) operation()         {}
func (AddMessage) operation()   {}
func (MarkRead) operation()     {}

// IdempotencyKey belongs to its user and lives for KeyTTL from the first use on.
type IdempotencyKey struct {
	UserID string
	Key    string
	// BodyHash tells whether a repeated request asks for the same.
	BodyHash string
}
