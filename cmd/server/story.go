package main

import (
	"fmt"
	"time"

	"kapoor.example/desk/booking"
)

// story makes a booking with a past: each command is decided and applied as it would have been at its time, so what
// comes out is what the desk itself could have made.
type story struct {
	booking booking.Booking
	err     error // the first; later commands do nothing
}

// begin starts the story of a booking that a customer makes.
func begin(by booking.Principal, at time.Time, code string, d booking.Details) *story {
	s := &story{}
	s.decide(booking.Command{ID: booking.NewID(at), BookingID: booking.NewID(at), By: by, Do: booking.Create{Code: code, Details: d}}, at)
	return s
}

// then goes on with what somebody does.
func (s *story) then(by booking.Principal, at time.Time, do booking.Operation) *story {
	s.decide(booking.Command{ID: booking.NewID(at), BookingID: s.booking.ID, By: by, Do: do}, at)
	return s
}

// read goes on with somebody reading the newest entry.
func (s *story) read(by booking.Principal, at time.Time) *story {
	if n := len(s.booking.Updates); n > 0 {
		s.then(by, at, booking.MarkRead{EntryID: s.booking.Updates[n-1].ID})
	}
	return s
}

func (s *story) decide(c booking.Command, at time.Time) {
	if s.err != nil {
		return
	}
	event, err := booking.Decide(s.booking, c, at)
	if err != nil {
		s.err = fmt.Errorf("tell booking: %w", err)
		return
	}
	if event != nil {
		s.booking = booking.Apply(s.booking, event)
	}
}

// assign is the assignment to a person.
func assign(p booking.Person) *booking.Assignment { return &booking.Assignment{To: &p} }

// moment returns t as a booking's optional time.
func moment(t time.Time) *booking.Time {
	at := booking.At(t)
	return &at
}
