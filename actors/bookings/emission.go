package bookings

import (
	"strings"

	"github.com/rs/zerolog"

	"kapoor.example/desk/booking"
)

// emission is what one commit emitted, for one line of the log. newBooking is not said: it is the admins' copy of
// bookingCreated.
type emission struct {
	commit    string
	bookingID string
	events    emitted
}

// emitted is a set of events.
type emitted uint8

const (
	emittedCreated emitted = 1 << iota
	emittedUpdated
	emittedStatusChanged
	emittedAssigned
	emittedMessage
	emittedReceipt
	emittedOther
)

func emittedBy(name string) emitted {
	switch name {
	case booking.EventBookingCreated:
		return emittedCreated
	case booking.EventNewBooking:
		return 0
	case booking.EventBookingUpdated:
		return emittedUpdated
	case booking.EventBookingStatusChanged:
		return emittedStatusChanged
	case booking.EventJobAssigned:
		return emittedAssigned
	case booking.EventBookingMessage:
		return emittedMessage
	case booking.EventMessageReadReceipt:
		return emittedReceipt
	}
	return emittedOther
}

// text is what operators look for. Each is constant: no name from outside gets into it.
func (e emitted) text() string {
	switch e {
	case emittedCreated:
		return "Socket event emitted: bookingCreated"
	case emittedUpdated:
		return "Socket event emitted: bookingUpdated"
	case emittedStatusChanged:
		return "Socket event emitted: bookingStatusChanged"
	case emittedAssigned:
		return "Socket event emitted: jobAssigned"
	case emittedMessage:
		return "Socket event emitted: bookingMessage"
	case emittedReceipt:
		return "Socket event emitted: messageReadReceipt"
	case emittedUpdated | emittedStatusChanged:
		return "Socket events emitted: bookingUpdated, bookingStatusChanged"
	case emittedUpdated | emittedAssigned:
		return "Socket events emitted: bookingUpdated, jobAssigned"
	case emittedUpdated | emittedStatusChanged | emittedAssigned:
		return "Socket events emitted: bookingUpdated, bookingStatusChanged, jobAssigned"
	case emittedStatusChanged | emittedAssigned:
		return "Socket events emitted: bookingStatusChanged, jobAssigned"
	}
	return "Socket events emitted"
}

// add notes an event. The notices of a commit follow on each other, and their ids begin with their command's.
func (e *emission) add(log *zerolog.Logger, entry booking.LogEntry) {
	commit, _, _ := strings.Cut(entry.EventID, ".")
	if commit != e.commit || entry.BookingID != e.bookingID {
		e.flush(log)
	}
	e.commit, e.bookingID = commit, entry.BookingID
	e.events |= emittedBy(entry.Name)
}

// flush writes the line of what was noted.
func (e *emission) flush(log *zerolog.Logger) {
	if e.events != 0 {
		log.Info().Str("booking_id", e.bookingID).Msg(e.events.text())
	}
	*e = emission{}
}
