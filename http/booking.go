package http

import (
	"context"
	"errors"
	"fmt"

	"kapoor.example/desk/booking"
)

type bookingAnswer struct {
	ok
	Booking booking.Booking `json:"booking"`
}

// bookingRef names a booking.
type bookingRef struct {
	ID string `path:"id" description:"The booking's _id or its code."`
}

func errNoBooking() error { return booking.Errorf(booking.CodeNotFound, "There is no such booking.") }

func (s *Server) readBooking(c *call, in bookingRef) (bookingAnswer, error) {
	b, err := s.find(c.ctx, in.ID)
	if err != nil {
		return bookingAnswer{}, err
	}
	if err := booking.Permit(c.by(), booking.ActRead, &b); err != nil {
		return bookingAnswer{}, err
	}
	return bookingAnswer{Booking: b}, nil
}

// find returns a booking by id or code. What has the form of neither needs no look-up.
func (s *Server) find(ctx context.Context, ref string) (booking.Booking, error) {
	if _, ok := booking.NormalCode(ref); !ok && !booking.ValidID(ref) {
		return booking.Booking{}, errNoBooking()
	}
	b, err := s.opts.Store.Find(ctx, ref)
	if err != nil {
		return booking.Booking{}, fmt.Errorf("find booking: %w", err)
	}
	return b, nil
}

// statusChange is what can be said of a booking's state; what is left out stays.
type statusChange struct {
	bookingRef
	Status     string  `json:"status" enum:"Pending,Scheduled,Completed,Cancelled"`
	Message    string  `json:"message" text:"prose" maxLength:"2000"`
	AssignedTo *string `json:"assignedTo" maxLength:"64" nullable:"true" description:"The id of an active staff member or admin; null for nobody."`
	Version    uint64  `json:"version" minimum:"1" description:"The version the change was made from; 409 when the booking has another."`
}

func (s *Server) changeStatus(c *call, in statusChange) (bookingAnswer, error) {
	do := booking.ChangeStatus{Status: booking.Status(in.Status), Message: in.Message}
	if in.AssignedTo != nil {
		assignment, err := s.assignment(c, *in.AssignedTo)
		if err != nil {
			return bookingAnswer{}, err
		}
		do.Assignee = assignment
	}
	if do == (booking.ChangeStatus{}) {
		return bookingAnswer{}, booking.Invalid("status", "is required, unless there is a message or assignedTo")
	}
	outcome, err := s.command(c, in.ID, in.Version, do)
	return bookingAnswer{Booking: outcome.Booking}, err
}

// assignment resolves an assignee. Whoever may not assign is not told who works here: their command goes to the domain
// with the id as it is, and is refused there.
func (s *Server) assignment(c *call, id string) (*booking.Assignment, error) {
	if id == "" {
		return &booking.Assignment{}, nil
	}
	if refused := booking.Permit(c.by(), booking.ActChange, nil); refused != nil {
		//nolint:nilerr // the domain refuses it, after it has decided whether the booking may be seen at all
		return &booking.Assignment{To: &booking.Person{ID: id}}, nil
	}
	person, err := s.opts.Auth.Assignee(c.ctx, id)
	if err != nil {
		return nil, err
	}
	return &booking.Assignment{To: &person}, nil
}

// edit corrects a booking; what is left out stays, and null takes an optional value away.
type edit struct {
	bookingRef
	PreferredAt *booking.Time `json:"preferredAt" also:"preferredDateTime" nullable:"true"`
	Address     *string       `json:"address" maxLength:"500"`
	Phone       *string       `json:"phone" also:"contactNumber" maxLength:"32"`
	Email       *string       `json:"email" format:"email" maxLength:"254" nullable:"true"`
	InvoiceNo   *string       `json:"invoiceNo" also:"invoiceNumber" maxLength:"64" nullable:"true"`
	Version     uint64        `json:"version" minimum:"1" description:"The version the change was made from; 409 when the booking has another."`
}

func (s *Server) editBooking(c *call, in edit) (bookingAnswer, error) {
	do := booking.Edit{
		Address: in.Address, ContactNumber: in.Phone, Email: in.Email, InvoiceNumber: in.InvoiceNo, PreferredDateTime: in.PreferredAt,
	}
	outcome, err := s.command(c, in.ID, in.Version, do)
	return bookingAnswer{Booking: outcome.Booking}, err
}

type newMessage struct {
	bookingRef
	Message  string `json:"message" text:"prose" required:"true" maxLength:"2000"`
	ClientID string `json:"clientId" maxLength:"64" description:"The sender's own name for the message: the same one again is the same message."`
}

type entryAnswer struct {
	ok
	Message booking.Entry `json:"message"`
}

func (s *Server) addMessage(c *call, in newMessage) (entryAnswer, error) {
	outcome, err := s.command(c, in.ID, 0, booking.AddMessage{Message: in.Message, ClientID: in.ClientID})
	if err != nil {
		return entryAnswer{}, err
	}
	if outcome.Entry == nil {
		return entryAnswer{}, errors.New("add message: the outcome has no entry")
	}
	return entryAnswer{Message: *outcome.Entry}, nil
}

// command has the desk carry out an operation on a booking that is named by id or code.
func (s *Server) command(c *call, ref string, version uint64, do booking.Operation) (booking.Outcome, error) {
	id := ref
	if !booking.ValidID(ref) {
		b, err := s.find(c.ctx, ref)
		if err != nil {
			return booking.Outcome{}, err
		}
		id = b.ID
	}
	outcome, err := s.opts.Desk.Execute(c.ctx, booking.Command{
		ID: booking.NewID(s.opts.Now()), BookingID: id, By: c.by(), Version: version, Do: do,
	})
	if err != nil {
		return booking.Outcome{}, fmt.Errorf("execute command: %w", err)
	}
	return outcome, nil
}
