package booking

import (
	"errors"
	"testing"
	"time"
)

// The people of these tests, by id: olga owns the booking, carl is another customer, sam and sue are staff, ada is an
// admin.
const (
	olga = "olga"
	carl = "carl"
	sam  = "sam"
	sue  = "sue"
	ada  = "ada"
)

// noon is when everything in these tests happens; the booking was made a day before.
func noon() time.Time { return time.Date(2026, time.March, 14, 12, 0, 0, 987654321, time.UTC) }

func by(role Role, id string) Principal { return Principal{ID: id, Name: "Name of " + id, Role: role} }

func person(id string) *Person {
	return &Person{ID: id, Name: "Name of " + id, Email: id + "@example.com", Phone: "555 0100"}
}

// booked returns olga's booking with a status and, where an id is given, an assignee.
func booked(status Status, assignee string) Booking {
	made := At(noon().Add(-24 * time.Hour))
	preferred := At(noon().Add(72 * time.Hour))
	b := Booking{
		ID: "b1", Code: "Q7XK4M", CustomerName: "Olga Iyer", Email: "olga@example.com", ContactNumber: "555 0101",
		Address: "1 Old Road", Brand: "Miele", Model: "W1", InvoiceNumber: "INV-1", PreferredDateTime: &preferred,
		Status: status, CreatedBy: olga, Version: 3, Revision: 5, CreatedAt: made, UpdatedAt: made,
		Updates: []Entry{
			{
				ID: "e1", Kind: EntryMessage, Message: "Is there a lift?", Timestamp: made, UpdatedBy: sam,
				UpdatedByName: "Name of sam", ClientID: "k1", ReadBy: []Receipt{{UserID: ada, ReadAt: made}},
			},
			{
				ID: "e2", Kind: EntryMessage, Message: "There is.", Timestamp: made, UpdatedBy: olga,
				UpdatedByName: "Name of olga", ClientID: "k2", ReadBy: []Receipt{},
			},
		},
	}
	if assignee != "" {
		b.AssignedTo = person(assignee)
	}
	return b
}

// full returns b with as many entries as a booking may have.
func full(b Booking) Booking {
	for len(b.Updates) < MaxEntries {
		e := b.Updates[0]
		e.ID, e.ClientID = NewID(noon()), ""
		b.Updates = append(b.Updates, e)
	}
	return b
}

// ask returns the command c1 on a booking.
func ask(p Principal, do Operation) Command {
	return Command{ID: "c1", BookingID: "b1", By: p, Do: do}
}

func mustPlan(tb testing.TB, b Booking, c Command, policy Policy) Commit {
	tb.Helper()
	commit, err := Plan(b, c, noon(), policy)
	if err != nil {
		tb.Fatalf("Plan(%+v): %v", c.Do, err)
	}
	return commit
}

// wantCode fails unless err has the code, "" for none, and is an *Error where it has one.
func wantCode(tb testing.TB, err error, code Code) {
	tb.Helper()
	if CodeOf(err) != code {
		tb.Fatalf("error %v, want code %q", err, code)
	}
	if said := (*Error)(nil); err != nil && (!errors.As(err, &said) || said.Message == "") {
		tb.Fatalf("error %v says nothing to a person", err)
	}
}
