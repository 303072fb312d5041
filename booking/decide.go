package booking

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Decide says what follows from a command: an event, nil when the command changes nothing, or an *Error. b is the
// booking as it is, the zero Booking for a Create. Decide is pure: now and every id are arguments.
func Decide(b Booking, c Command, now time.Time) (Event, error) {
	at := At(now)
	if create, ok := c.Do.(Create); ok {
		return decideCreate(create, c, at)
	}
	if err := Permit(c.By, actionOf(c, b), &b); err != nil {
		return nil, err
	}
	if c.Version != 0 && c.Version != b.Version {
		return nil, &Error{Code: CodeConflict, Message: "The booking has changed meanwhile.", Booking: &b}
	}
	event, err := decideChange(b, c, at)
	if _, read := event.(EntryRead); event != nil && !read && err == nil && len(b.Updates) >= MaxEntries {
		return nil, Errorf(CodeTimelineFull, "This booking has %d entries and takes no more.", MaxEntries)
	}
	return event, err
}

// actionOf names what a command on an existing booking asks for.
func actionOf(c Command, b Booking) Action {
	switch do := c.Do.(type) {
	case ChangeStatus:
		switch {
		case do.Status == Cancelled && do.Assignee == nil:
			return ActCancel
		case do.Status != "" && b.Status == Cancelled && do.Status != Cancelled:
			return ActReopen
		}
		return ActChange
	case Edit:
		return ActEdit
	case AddMessage:
		return ActMessage
	}
	return ActMarkRead
}

func decideCreate(create Create, c Command, at Time) (Event, error) {
	if err := Permit(c.By, ActCreate, nil); err != nil {
		return nil, err
	}
	d, missing := create.Details, map[string]string{}
	for field, value := range map[string]string{"name": d.CustomerName, "phone": d.ContactNumber, "address": d.Address, "brand": d.Brand, "model": d.Model} {
		if strings.TrimSpace(value) == "" {
			missing[field] = "is required"
		}
	}
	if len(missing) > 0 {
		return nil, &Error{Code: CodeInvalid, Message: "Some fields are not right.", Fields: missing}
	}
	return Created{Booking{
		ID: c.BookingID, Code: create.Code,
		CustomerName: d.CustomerName, Email: d.Email, ContactNumber: d.ContactNumber, Address: d.Address,
		Brand: d.Brand, Model: d.Model, InvoiceNumber: d.InvoiceNumber, PreferredDateTime: d.PreferredDateTime,
		Status: Pending, CreatedBy: c.By.ID, Updates: []Entry{}, Version: 1, Revision: 1, CreatedAt: at, UpdatedAt: at,
	}}, nil
}

func decideChange(b Booking, c Command, at Time) (Event, error) {
	switch do := c.Do.(type) {
	case ChangeStatus:
		return decideStatus(b, do, c, at)
	case Edit:
		return decideEdit(b, do, c, at)
	case AddMessage:
		return decideMessage(b, do, c, at)
	case MarkRead:
		entry := b.Entry(do.EntryID)
		if entry == nil {
			return nil, Errorf(CodeNotFound, "This booking has no such entry.")
		}
		if entry.UpdatedBy == c.By.ID || entry.WasReadBy(c.By.ID) {
			return nil, nil
		}
		return EntryRead{EntryID: entry.ID, Author: entry.UpdatedBy, Receipt: Receipt{UserID: c.By.ID, ReadAt: at}}, nil
	}
	return nil, Errorf(CodeInternal, "unknown operation %T", c.Do)
}

func decideStatus(b Booking, do ChangeStatus, c Command, at Time) (Event, error) {
	to := do.Status
	if to == "" {
		to = b.Status
	}
	if !to.Valid() {
		return nil, Invalid("status", "must be Pending, Scheduled, Completed or Cancelled")
	}
	message := strings.TrimSpace(do.Message)
	if err := checkLength(message); err != nil {
		return nil, err
	}
	assigned := do.Assignee != nil && !samePerson(b.AssignedTo, do.Assignee.To)
	if to == b.Status && !assigned && message == "" {
		return nil, nil
	}
	if to == b.Status && !b.Status.Open() {
		return nil, Errorf(CodeInvalidTransition, "A %s booking takes no changes.", strings.ToLower(string(b.Status)))
	}
	if to != b.Status && !b.Status.CanBecome(to) {
		return nil, Errorf(CodeInvalidTransition, "A booking cannot go from %s to %s.", b.Status, to)
	}
	event := StatusChanged{Entry: c.entry(EntryStatus, message, at), Assigned: assigned, Said: message != ""}
	event.Entry.OldStatus, event.Entry.Status = b.Status, to
	if assigned {
		event.Assignee = do.Assignee.To
	}
	if to == b.Status && assigned {
		event.Entry.Kind = EntryAssignment
	}
	if message == "" {
		event.Entry.Message = statusText(to, event)
	}
	return event, nil
}

func statusText(to Status, e StatusChanged) string {
	switch {
	case e.Entry.Kind != EntryAssignment:
		return "Status changed to " + string(to)
	case e.Assignee == nil:
		return "Assignment cleared"
	}
	return "Assigned to " + e.Assignee.Name
}

func samePerson(a, b *Person) bool {
	return a == nil && b == nil || a != nil && b != nil && a.ID == b.ID
}

func decideEdit(b Booking, do Edit, c Command, at Time) (Event, error) {
	after, changed := b, []string(nil)
	set := func(name string, field *string, to *string) {
		if to != nil && *to != *field {
			*field = *to
			changed = append(changed, name)
		}
	}
	set("address", &after.Address, do.Address)
	set("contactNumber", &after.ContactNumber, do.ContactNumber)
	set("email", &after.Email, do.Email)
	set("invoiceNumber", &after.InvoiceNumber, do.InvoiceNumber)
	if to := do.PreferredDateTime; to != nil && !sameTime(b.PreferredDateTime, to) {
		if !b.Status.Open() {
			return nil, Errorf(CodeInvalidTransition, "A %s booking cannot be rescheduled.", strings.ToLower(string(b.Status)))
		}
		after.PreferredDateTime = to
		if to.IsZero() {
			after.PreferredDateTime = nil
		}
		changed = append(changed, "preferredDateTime")
	}
	if len(changed) == 0 {
		return nil, nil
	}
	if after.Address == "" || after.ContactNumber == "" {
		return nil, &Error{Code: CodeInvalid, Message: "Address and phone cannot be empty.", Fields: emptyFields(after)}
	}
	after.Updates = nil
	return Edited{Entry: c.entry(EntryEdit, editText(changed), at), Booking: after, Changed: changed}, nil
}

func emptyFields(b Booking) map[string]string {
	fields := map[string]string{}
	if b.Address == "" {
		fields["address"] = "is required"
	}
	if b.ContactNumber == "" {
		fields["phone"] = "is required"
	}
	return fields
}

func sameTime(a, b *Time) bool {
	if a == nil {
		return b.IsZero()
	}
	return a.Equal(b.Time)
}

// editText names the changed fields for people. It never holds their values: the timeline outlives an address.
func editText(changed []string) string {
	names := map[string]string{"address": "address", "contactNumber": "phone", "email": "e-mail", "invoiceNumber": "invoice number", "preferredDateTime": "preferred time"}
	said := make([]string, len(changed))
	for i, field := range changed {
		said[i] = names[field]
	}
	return "Changed " + strings.Join(said, ", ")
}

func decideMessage(b Booking, do AddMessage, c Command, at Time) (Event, error) {
	message := strings.TrimSpace(do.Message)
	if message == "" {
		return nil, Invalid("message", "is required")
	}
	if err := checkLength(message); err != nil {
		return nil, err
	}
	if b.sent(c.By.ID, do.ClientID) != nil {
		return nil, nil
	}
	entry := c.entry(EntryMessage, message, at)
	entry.ClientID = do.ClientID
	return MessageAdded{entry}, nil
}

// sent returns the entry that author wrote under clientID, or nil.
func (b Booking) sent(author, clientID string) *Entry {
	if clientID == "" {
		return nil
	}
	i := slices.IndexFunc(b.Updates, func(e Entry) bool { return e.ClientID == clientID && e.UpdatedBy == author })
	if i < 0 {
		return nil
	}
	return &b.Updates[i]
}

func checkLength(message string) error {
	if utf8.RuneCountInString(message) > MaxMessageLength {
		return Invalid("message", fmt.Sprintf("has more than %d characters", MaxMessageLength))
	}
	return nil
}

func (c Command) entry(kind EntryKind, message string, at Time) Entry {
	return Entry{ID: c.ID, Kind: kind, Message: message, Timestamp: at, UpdatedBy: c.By.ID, UpdatedByName: c.By.Name, ReadBy: []Receipt{}}
}
