package bookings

import (
	"container/list"
	"time"

	"kapoor.example/desk/actors"
	"kapoor.example/desk/actors/realtime"
	"kapoor.example/desk/booking"
)

var typingKind = actors.Kind{Name: "typing", Directive: actors.Resume, Singleton: true}

// maxTypings bounds the bookings one socket can type on at a time; more are not told.
const maxTypings = 20

// typing knows who is typing where. Everybody who begins is told to end: by another word of theirs, when they
// disconnect, or when they have said nothing for a while.
type typing struct {
	sockets *Sockets
	pid     *actors.PID
	of      map[string]map[string]*typist // by socket and booking
	devices map[typingOn]int              // how many sockets a user types with
	due     *list.List                    // of *typist, the first to be due in front
	timer   *actors.Timer
}

type typingOn struct{ booking, user string }

type typist struct {
	typingOn
	socket string
	rooms  []string
	until  time.Time
	place  *list.Element
}

// TypingPayload is what userTyping carries.
type TypingPayload struct {
	BookingID string `json:"bookingId"`
	UserID    string `json:"userId"`
	IsTyping  bool   `json:"isTyping"`
}

// Messages of typing.
type (
	typed struct {
		typist
		isTyping bool
	}
	left      struct{ socket string }
	typingDue struct{}
)

func startTyping(f *Sockets) *typing {
	t := &typing{sockets: f, of: map[string]map[string]*typist{}, devices: map[typingOn]int{}, due: list.New()}
	t.pid = f.system.Spawn(typingKind, "typing", t)
	return t
}

// typed tells the other participants of a booking. Only what the sender may see tells them anything.
func (f *Sockets) typed(r *request, bookingID string, isTyping bool) {
	f.desk.Look(bookingID, func(b booking.Booking, heard booking.Audience, err error) {
		if err == nil {
			err = booking.Permit(r.by, booking.ActType, &b)
		}
		if err != nil {
			r.refuse(err)
			return
		}
		on := typingOn{booking: b.ID, user: r.by.ID}
		f.system.Send(f.typing.pid, typed{typist{typingOn: on, socket: r.socket.ID(), rooms: heard.Rooms()}, isTyping})
		r.accept(accepted{})
	})
}

// Receive implements actors.Receiver.
func (t *typing) Receive(c *actors.Context) {
	switch msg := c.Message().(type) {
	case typed:
		t.typed(msg)
	case left:
		for _, who := range t.of[msg.socket] {
			t.end(who)
		}
	case typingDue:
		t.expire()
	case actors.Stopped:
		t.timer.Stop()
	}
}

// Failed sees to it that those who are left end some time.
func (t *typing) Failed(any) {
	if t.due.Len() > 0 {
		t.wake(t.sockets.opts.TypingFor)
	}
}

func (t *typing) typed(msg typed) {
	who := t.of[msg.socket][msg.booking]
	switch {
	case !msg.isTyping && who == nil:
	case !msg.isTyping:
		t.end(who)
	case who == nil && len(t.of[msg.socket]) >= maxTypings:
	case who == nil:
		t.begin(&msg.typist)
	default:
		who.rooms = msg.rooms
		who.until = t.sockets.opts.Now().Add(t.sockets.opts.TypingFor)
		t.due.MoveToBack(who.place)
		t.tell(who, true)
	}
}

func (t *typing) begin(who *typist) {
	who.until = t.sockets.opts.Now().Add(t.sockets.opts.TypingFor)
	who.place = t.due.PushBack(who)
	if t.of[who.socket] == nil {
		t.of[who.socket] = map[string]*typist{}
	}
	t.of[who.socket][who.booking] = who
	t.devices[who.typingOn]++
	if t.due.Len() == 1 {
		t.wake(t.sockets.opts.TypingFor)
	}
	t.tell(who, true)
}

// end tells that somebody stopped, once the last of their devices did.
func (t *typing) end(who *typist) {
	t.due.Remove(who.place)
	delete(t.of[who.socket], who.booking)
	if len(t.of[who.socket]) == 0 {
		delete(t.of, who.socket)
	}
	if t.devices[who.typingOn]--; t.devices[who.typingOn] > 0 {
		return
	}
	delete(t.devices, who.typingOn)
	t.tell(who, false)
}

func (t *typing) expire() {
	now := t.sockets.opts.Now()
	for first := t.due.Front(); first != nil; first = t.due.Front() {
		who := first.Value.(*typist)
		if wait := who.until.Sub(now); wait > 0 {
			t.wake(wait)
			return
		}
		t.end(who)
	}
}

func (t *typing) wake(in time.Duration) {
	if t.timer == nil {
		t.timer = t.sockets.system.After(in, t.pid, typingDue{})
		return
	}
	t.timer.Reset(in)
}

// tell leaves out all sockets of the one who types.
func (t *typing) tell(who *typist, isTyping bool) {
	t.sockets.emit(who.rooms, []string{realtime.UserRoom(who.user), who.socket}, booking.EventUserTyping,
		TypingPayload{BookingID: who.booking, UserID: who.user, IsTyping: isTyping})
}
