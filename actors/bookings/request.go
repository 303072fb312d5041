package bookings

import (
	"errors"
	"slices"

	"kapoor.example/desk/actors/realtime"
	"kapoor.example/desk/booking"
)

// request is an event on its way, and the one who sent it.
type request struct {
	socket *realtime.Socket
	event  *realtime.Event
	by     booking.Principal // as the directory has it now; zero for a socket without a token
}

// accepted is the ack of an event that was done.
type accepted struct {
	OK      bool           `json:"ok"`
	Room    string         `json:"room,omitempty"`
	Message *booking.Entry `json:"message,omitempty"`
	Online  []string       `json:"online,omitzero"`
}

// refused is the ack of an event that was not.
type refused struct {
	OK      bool              `json:"ok"`
	Code    booking.Code      `json:"code"`
	Message string            `json:"message"`
	Fields  map[string]string `json:"fields,omitempty"`
}

func (r *request) accept(a accepted) {
	a.OK = true
	_ = r.event.Ack(a) // fails only for what cannot be encoded
}

func (r *request) refuse(err error) { refuse(r.event, err) }

func refuse(e *realtime.Event, err error) {
	var said *booking.Error
	if !errors.As(told(err), &said) {
		return
	}
	_ = e.Ack(refused{Code: said.Code, Message: said.Message, Fields: said.Fields})
}

// handle runs on the session's actor.
func (f *Sockets) handle(row row, s *realtime.Socket, e *realtime.Event) {
	user := s.User().ID
	if !f.limits.allow(sender(s), row.event) {
		refuse(e, errTooMany())
		return
	}
	do, err := row.check(e)
	if err != nil {
		refuse(e, err)
		return
	}
	r := &request{socket: s, event: e}
	line := s.Data().(*line)
	if line.idle() && !row.waits {
		known := user == ""
		if !known {
			r.by, known = f.opts.Directory.Cached(user)
		}
		if known {
			run(row, r, do)
			return
		}
	}
	if !line.add(func() { f.later(row, r, do) }, f.spawn) {
		refuse(e, errTooMany())
	}
}

// later does what had to wait, on the socket's line.
func (f *Sockets) later(row row, r *request, do task) {
	defer f.recovered(func() { r.refuse(errInternal()) })
	select {
	case f.lookups <- struct{}{}:
		defer func() { <-f.lookups }()
	case <-f.ctx.Done():
		r.refuse(errClosing())
		return
	}
	if user := r.socket.User().ID; user != "" {
		ctx, cancel := f.timeout()
		defer cancel()
		var err error
		if r.by, err = f.opts.Directory.Principal(ctx, user); err != nil {
			f.fail(r, err)
			return
		}
	}
	run(row, r, do)
}

// fail refuses an event for what went wrong with it.
func (f *Sockets) fail(r *request, err error) {
	f.failed(err).Str("event", r.event.Name).Str("user_id", r.socket.User().ID).Str("sid", r.socket.ID()).Msg("Socket event failed")
	r.refuse(err)
}

// run does what an event asks for where its sender may ever do that; whether on this booking is found out later.
func run(row row, r *request, do task) {
	if row.action != "" {
		if err := booking.Permit(r.by, row.action, nil); err != nil {
			if r.by.ID == "" {
				err = booking.Errorf(booking.CodeUnauthorized, "You have to sign in for this.")
			}
			r.refuse(err)
			return
		}
	}
	do(r)
}

// unknown answers an event that is not in the table.
func (f *Sockets) unknown(s *realtime.Socket, e *realtime.Event) {
	if !f.limits.allow(sender(s), unknownEvent) {
		refuse(e, errTooMany())
		return
	}
	refuse(e, booking.Errorf(booking.CodeInvalid, "There is no such event."))
}

// sender is whose bucket an event is taken from: a user's, whatever the socket, or an address's where there is no user.
func sender(s *realtime.Socket) string {
	if user := s.User().ID; user != "" {
		return user
	}
	return "\x00" + s.Request().Address
}

func errTooMany() error {
	return booking.Errorf(booking.CodeRateLimited, "This is too much at once. Try again in a moment.")
}

// command has the desk do something on a booking.
func (f *Sockets) command(r *request, bookingID string, do booking.Operation) {
	c := booking.Command{ID: booking.NewID(f.opts.Now()), BookingID: bookingID, By: r.by, Do: do}
	f.desk.Submit(c, func(o booking.Outcome, err error) {
		if err != nil {
			r.refuse(err)
			return
		}
		a := accepted{}
		if _, message := do.(booking.AddMessage); message {
			a.Message = o.Entry
		}
		r.accept(a)
	})
}

// join enters a room the sender is entitled to.
func (f *Sockets) join(r *request, room string) {
	if !f.entitled(r.by, room) {
		r.refuse(booking.Errorf(booking.CodeForbidden, "This room is not yours to enter."))
		return
	}
	if !r.socket.Joined(room) {
		if err := r.socket.Join(room); err != nil {
			r.refuse(booking.Errorf(booking.CodeUnavailable, "You cannot enter this room now."))
			return
		}
		f.entered(r.socket, room)
	}
	r.accept(accepted{Room: room})
}

// leave leaves a room for as long as the connection lasts.
func (f *Sockets) leave(r *request, room string) {
	if !f.entitled(r.by, room) {
		r.refuse(booking.Errorf(booking.CodeForbidden, "This room is not yours to leave."))
		return
	}
	r.socket.Leave(room)
	if room == booking.AdminRoom {
		f.stats.unwatch(r.socket)
	}
	r.accept(accepted{Room: room})
}

// entitled reports whether a principal may be in a room. Without a token (see SocketOptions.Anonymous) it is any user's.
func (f *Sockets) entitled(p booking.Principal, room string) bool {
	if p.ID != "" {
		return slices.Contains(booking.RoomsOf(p), room)
	}
	return f.opts.Anonymous && room != booking.StaffRoom && room != booking.AdminRoom && room != booking.EveryoneRoom
}

// entered notes that a socket is in a room now.
func (f *Sockets) entered(s *realtime.Socket, room string) {
	switch {
	case room == booking.AdminRoom:
		f.stats.watch(s)
	case room != booking.StaffRoom:
		user := s.User().ID
		if user == "" && booking.ValidID(room) {
			user = room // as a client without a token says
		}
		f.opts.Log.Info().Str("sid", s.ID()).Str("user_id", user).Msg("User joined their room")
	}
}
