package http

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"kapoor.example/desk/booking"
)

const headerIdempotencyKey = "Idempotency-Key"

// maxCodes is how many codes are drawn for a new booking before it is given up: by then something else is wrong.
const maxCodes = 10

type newBooking struct {
	Key         *string       `header:"Idempotency-Key" text:"raw" maxLength:"255" description:"1 to 255 printable ASCII characters. The same key and body again within 24 hours give the same booking."`
	Name        string        `json:"name" also:"customerName" required:"true" maxLength:"100" example:"Asha Kapoor"`
	Phone       string        `json:"phone" also:"contactNumber" required:"true" maxLength:"32" example:"+91 98100 00000"`
	Address     string        `json:"address" required:"true" maxLength:"500" example:"12 Park Street, Kolkata"`
	Brand       string        `json:"brand" required:"true" maxLength:"100" example:"LG"`
	Model       string        `json:"model" required:"true" maxLength:"100" example:"OLED C4"`
	InvoiceNo   string        `json:"invoiceNo" also:"invoiceNumber" maxLength:"64"`
	PreferredAt *booking.Time `json:"preferredAt" also:"preferredDateTime" nullable:"true"`
	Email       string        `json:"email" format:"email" maxLength:"254"`
}

// details returns what the booking is to hold, whichever names and spaces the request had.
func (in newBooking) details() booking.Details {
	d := booking.Details{
		CustomerName: in.Name, Email: in.Email, ContactNumber: in.Phone, Address: in.Address,
		Brand: in.Brand, Model: in.Model, InvoiceNumber: in.InvoiceNo, PreferredDateTime: in.PreferredAt,
	}
	if d.PreferredDateTime != nil && d.PreferredDateTime.IsZero() {
		d.PreferredDateTime = nil
	}
	return d
}

// idempotencyKey returns the key of a request, nil where it has none.
func (in newBooking) idempotencyKey(userID string, d booking.Details) (*booking.IdempotencyKey, error) {
	if in.Key == nil {
		return nil, nil
	}
	key := *in.Key
	if key == "" || len(key) > 255 || strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r > '~' }) {
		return nil, booking.Invalid(headerIdempotencyKey, "must have 1 to 255 printable ASCII characters")
	}
	body, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("hash request: %w", err)
	}
	hash := sha256.Sum256(body)
	return &booking.IdempotencyKey{UserID: userID, Key: key, BodyHash: hex.EncodeToString(hash[:])}, nil
}

func (s *Server) createBooking(c *call, in newBooking) (bookingAnswer, error) {
	d := in.details()
	key, err := in.idempotencyKey(c.by().ID, d)
	if err != nil {
		return bookingAnswer{}, err
	}
	now := s.opts.Now()
	if key != nil { // this saves work; Append decides
		used, err := s.opts.Store.Keyed(c.ctx, key.UserID, key.Key, now)
		if err != nil {
			return bookingAnswer{}, fmt.Errorf("look for key: %w", err)
		}
		if used != nil {
			return s.repeated(c, key, used)
		}
	}
	command := booking.Command{ID: booking.NewID(now), BookingID: booking.NewID(now), By: c.by(), Key: key}
	for range maxCodes {
		command.Do = booking.Create{Code: booking.NewCode(), Details: d}
		outcome, err := s.opts.Desk.Execute(c.ctx, command)
		var taken *booking.CodeTakenError
		var used *booking.KeyUsedError
		switch {
		case err == nil:
			return bookingAnswer{Booking: outcome.Booking}, nil
		case errors.As(err, &taken):
		case errors.As(err, &used) && key != nil:
			return s.repeated(c, key, used)
		default:
			return bookingAnswer{}, fmt.Errorf("create booking: %w", err)
		}
	}
	return bookingAnswer{}, fmt.Errorf("create booking: no free code in %d draws", maxCodes)
}

// repeated answers a request whose key was used before.
func (s *Server) repeated(c *call, key *booking.IdempotencyKey, used *booking.KeyUsedError) (bookingAnswer, error) {
	if used.BodyHash != key.BodyHash {
		return bookingAnswer{}, booking.Errorf(booking.CodeKeyReused, "This Idempotency-Key was used for another request.")
	}
	b, err := s.opts.Store.Load(c.ctx, used.BookingID)
	if err != nil {
		return bookingAnswer{}, fmt.Errorf("load the key's booking: %w", err)
	}
	return bookingAnswer{Booking: b}, nil
}
