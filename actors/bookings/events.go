package bookings

import (
	"unicode/utf8"

	"kapoor.example/desk/actors/realtime"
	"kapoor.example/desk/booking"
)

// The events clients send.
const (
	EventJoin        = "join"
	EventLeave       = "leave"
	EventTyping      = "typing"
	EventMessageRead = "messageRead"
	EventSendMessage = "sendMessage"
	EventPresence    = "presence"
)

// unknownEvent names the limit of every event that is not in the table.
const unknownEvent = "*"

// maxRoom bounds the name of a room, in characters.
const maxRoom = 64

// row is an event of the table: what its arguments must be and what it does.
type row struct {
	event string
	// action is what the domain is asked before anything else. Empty for rooms: booking.RoomsOf says whose they are.
	action booking.Action
	limit  Limit // where the options have no other
	waits  bool  // for the store, before it answers
	// check reads the arguments and returns what is to be done, or an *booking.Error.
	check func(*realtime.Event) (task, error)
}

// task does what an event asks for and answers it, at once or later.
type task func(*request)

// table is all that clients may send. An event that is not in it is refused.
func (f *Sockets) table() []row {
	return []row{
		{event: EventJoin, limit: Limit{5, 20}, check: checkRoom(f.join)},
		{event: EventLeave, limit: Limit{5, 20}, check: checkRoom(f.leave)},
		{event: EventTyping, action: booking.ActType, limit: Limit{5, 10}, check: f.checkTyping},
		{event: EventMessageRead, action: booking.ActMarkRead, limit: Limit{20, 100}, check: f.checkMessageRead},
		{event: EventSendMessage, action: booking.ActMessage, limit: Limit{2, 10}, check: f.checkSendMessage},
		{event: EventPresence, action: booking.ActOwnAccount, limit: Limit{1, 5}, waits: true, check: f.checkPresence},
	}
}

// bind reads the first argument of an event into v, a pointer to a struct.
func bind(e *realtime.Event, v any) error {
	if err := e.Args.Bind(0, v); err != nil {
		return booking.Errorf(booking.CodeInvalid, "The argument of %s must be an object of the right form.", e.Name)
	}
	return nil
}

func checkRoom(do func(r *request, room string)) func(*realtime.Event) (task, error) {
	return func(e *realtime.Event) (task, error) {
		var room string
		if err := e.Args.Bind(0, &room); err != nil || room == "" || utf8.RuneCountInString(room) > maxRoom {
			return nil, booking.Errorf(booking.CodeInvalid, "The argument of %s must be the name of a room.", e.Name)
		}
		return func(r *request) { do(r, room) }, nil
	}
}

func (f *Sockets) checkTyping(e *realtime.Event) (task, error) {
	var args struct {
		BookingID string `json:"bookingId"`
		IsTyping  *bool  `json:"isTyping"`
	}
	if err := bind(e, &args); err != nil {
		return nil, err
	}
	if args.BookingID == "" {
		return nil, booking.Invalid("bookingId", "is required")
	}
	isTyping := args.IsTyping == nil || *args.IsTyping
	return func(r *request) { f.typed(r, args.BookingID, isTyping) }, nil
}

func (f *Sockets) checkMessageRead(e *realtime.Event) (task, error) {
	var args struct {
		BookingID string `json:"bookingId"`
		MessageID string `json:"messageId"`
	}
	if err := bind(e, &args); err != nil {
		return nil, err
	}
	switch {
	case args.BookingID == "":
		return nil, booking.Invalid("bookingId", "is required")
	case args.MessageID == "":
		return nil, booking.Invalid("messageId", "is required")
	}
	return func(r *request) { f.command(r, args.BookingID, booking.MarkRead{EntryID: args.MessageID}) }, nil
}

func (f *Sockets) checkSendMessage(e *realtime.Event) (task, error) {
	var args struct {
		BookingID string `json:"bookingId"`
		Message   string `json:"message"`
		ClientID  string `json:"clientId"`
	}
	if err := bind(e, &args); err != nil {
		return nil, err
	}
	if args.BookingID == "" {
		return nil, booking.Invalid("bookingId", "is required")
	}
	message, why := booking.Prose(args.Message, booking.MaxMessageLength)
	if why != "" {
		return nil, booking.Invalid("message", why)
	}
	clientID, why := booking.Line(args.ClientID, booking.MaxClientID)
	if why != "" {
		return nil, booking.Invalid("clientId", why)
	}
	do := booking.AddMessage{Message: message, ClientID: clientID}
	return func(r *request) { f.command(r, args.BookingID, do) }, nil
}

func (f *Sockets) checkPresence(*realtime.Event) (task, error) { return f.present, nil }
