package bookings

import (
	"testing"
	"time"

	"kapoor.example/desk/booking"
)

func TestTyping(t *testing.T) {
	s := setupSockets(t, nil)
	b := s.mustCreate(t, asha)
	s.mustAssign(b.ID, sita)
	phone, tablet := s.mustConnect(asha), s.mustConnect(asha)
	assignee, admin, stranger := s.mustConnect(sita), s.mustConnect(ram), s.mustConnect(binod)
	if a := phone.ask(EventTyping, `{"bookingId":"`+b.ID+`"}`); !a.OK {
		t.Fatalf("got %+v", a)
	}
	for _, c := range []*client{assignee, admin} {
		if e := c.event(booking.EventUserTyping, 1); e["isTyping"] != true || e["userId"] != "asha" || e["bookingId"] != b.ID {
			t.Errorf("got %v", e)
		}
	}
	phone.ask(EventTyping, `{"bookingId":"`+b.ID+`","isTyping":false}`)
	if e := admin.event(booking.EventUserTyping, 2); e["isTyping"] != false {
		t.Errorf("got %v", e)
	}
	admin.ask(EventTyping, `{"bookingId":"`+b.ID+`"}`)
	for _, c := range []*client{phone, tablet} {
		if e := c.event(booking.EventUserTyping, 1); e["userId"] != "ram" {
			t.Errorf("the sender's own devices got %v", e)
		}
	}
	s.flush()
	if len(stranger.received("42")) != 0 || len(admin.events(booking.EventUserTyping)) != 2 {
		t.Error("a stranger, or the sender, was told")
	}
}

func TestTypingEndsByItself(t *testing.T) {
	s := setupSockets(t, func(o *SocketOptions) { o.TypingFor = 20 * time.Millisecond })
	b := s.mustCreate(t, asha)
	other := s.mustCreate(t, asha)
	owner, admin := s.mustConnect(asha), s.mustConnect(ram)
	owner.ask(EventTyping, `{"bookingId":"`+b.ID+`"}`)
	owner.ask(EventTyping, `{"bookingId":"`+other.ID+`"}`)
	owner.ask(EventTyping, `{"bookingId":"`+b.ID+`","isTyping":true}`)
	eventually(t, "nobody types any more", func() bool {
		last := map[any]any{}
		for _, e := range admin.events(booking.EventUserTyping) {
			last[e["bookingId"]] = e["isTyping"]
		}
		return last[b.ID] == false && last[other.ID] == false
	})
}

func TestTypingEndsWithTheLastDevice(t *testing.T) {
	s := setupSockets(t, func(o *SocketOptions) { o.TypingFor = time.Hour })
	b := s.mustCreate(t, asha)
	phone, tablet, admin := s.mustConnect(asha), s.mustConnect(asha), s.mustConnect(ram)
	phone.ask(EventTyping, `{"bookingId":"`+b.ID+`"}`)
	tablet.ask(EventTyping, `{"bookingId":"`+b.ID+`"}`)
	admin.event(booking.EventUserTyping, 2)
	phone.gone()
	tablet.ask(EventTyping, `{"bookingId":"`+b.ID+`"}`)
	if e := admin.event(booking.EventUserTyping, 3); e["isTyping"] != true {
		t.Errorf("the phone's end was told: %v", e)
	}
	tablet.gone()
	if e := admin.event(booking.EventUserTyping, 4); e["isTyping"] != false {
		t.Errorf("got %v", e)
	}
}

func TestTypingIsBoundedPerSocket(t *testing.T) {
	s := setupSockets(t, func(o *SocketOptions) { o.TypingFor = time.Hour })
	owner, admin := s.mustConnect(asha), s.mustConnect(ram)
	for range maxTypings + 5 {
		owner.ask(EventTyping, `{"bookingId":"`+s.mustCreate(t, asha).ID+`"}`)
	}
	owner.gone()
	admin.event(booking.EventUserTyping, 2*maxTypings)
	s.flush()
	if got := len(admin.events(booking.EventUserTyping)); got != 2*maxTypings {
		t.Errorf("%d events", got)
	}
}
