package bookings

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"kapoor.example/desk/booking"
)

func TestJoinAndLeave(t *testing.T) {
	s := setupSockets(t, nil)
	for _, row := range []struct {
		user booking.User
		room string
		ok   bool
	}{
		{asha, asha.ID, true}, {asha, binod.ID, false}, {asha, "staff-room", false}, {asha, "admin-room", false}, {asha, "*", false},
		{sita, sita.ID, true}, {sita, "staff-room", true}, {sita, "admin-room", false}, {sita, asha.ID, false},
		{ram, "staff-room", true}, {ram, "admin-room", true}, {ram, ram.ID, true}, {ram, asha.ID, false},
	} {
		for _, event := range []string{EventJoin, EventLeave, EventJoin} {
			t.Run(fmt.Sprintf("%s %s %s", row.user.ID, event, row.room), func(t *testing.T) {
				c := s.mustConnect(row.user)
				a := c.ask(event, `"`+row.room+`"`)
				if a.OK != row.ok || !row.ok && a.Code != booking.CodeForbidden || row.ok && a.Room != row.room {
					t.Errorf("got %+v", a)
				}
				c.gone()
			})
		}
	}
}

func TestLeavingStopsAndJoiningResumes(t *testing.T) {
	s := setupSockets(t, nil)
	c := s.mustConnect(asha)
	c.ask(EventLeave, `"asha"`)
	first := s.mustCreate(t, asha)
	s.flush()
	c.ask(EventJoin, `"asha"`)
	second := s.mustCreate(t, asha)
	s.flush()
	if got := c.events(booking.EventBookingCreated); len(got) != 1 || got[0]["bookingId"] != second.ID {
		t.Errorf("got %v, want only %s and not %s", got, second.ID, first.ID)
	}
}

// authorisation is what everybody may do with each event on a booking that asha owns.
func TestAuthorisationOfEveryEvent(t *testing.T) {
	s := setupSockets(t, nil)
	b := s.mustCreate(t, asha)
	entry := s.mustDo(ram, b.ID, booking.AddMessage{Message: "x"}).Entry.ID
	unknown := booking.NewID(time.Now())
	type wants map[string]booking.Code // by user; a user who is not in it is let through
	authorisation := map[string][]struct {
		args string
		want wants
	}{
		EventJoin:  {{`"admin-room"`, wants{"asha": "forbidden", "binod": "forbidden", "sita": "forbidden"}}},
		EventLeave: {{`"admin-room"`, wants{"asha": "forbidden", "binod": "forbidden", "sita": "forbidden"}}},
		EventTyping: {
			{`{"bookingId":"` + b.ID + `"}`, wants{"binod": "not_found"}},
			{`{"bookingId":"` + unknown + `"}`, wants{"asha": "not_found", "binod": "not_found", "sita": "not_found", "ram": "not_found"}},
		},
		EventMessageRead: {
			{`{"bookingId":"` + b.ID + `","messageId":"` + entry + `"}`, wants{"binod": "not_found"}},
			{`{"bookingId":"` + b.ID + `","messageId":"` + unknown + `"}`, wants{"asha": "not_found", "binod": "not_found", "sita": "not_found", "ram": "not_found"}},
			{`{"bookingId":"` + unknown + `","messageId":"` + entry + `"}`, wants{"asha": "not_found", "binod": "not_found", "sita": "not_found", "ram": "not_found"}},
		},
		EventSendMessage: {
			{`{"bookingId":"` + b.ID + `","message":"x"}`, wants{"binod": "not_found"}},
			{`{"bookingId":"` + unknown + `","message":"x"}`, wants{"asha": "not_found", "binod": "not_found", "sita": "not_found", "ram": "not_found"}},
		},
		EventPresence: {{"", wants{}}},
	}
	for _, cached := range []bool{true, false} {
		s.uncache.Store(!cached)
		for _, event := range s.Events() {
			rows, ok := authorisation[event]
			if !ok {
				t.Errorf("%s has no row in this test", event)
			}
			for _, u := range []booking.User{asha, binod, sita, ram} {
				c := s.mustConnect(u)
				for _, row := range rows {
					t.Run(fmt.Sprintf("%s %s %s %v", u.ID, event, row.args, cached), func(t *testing.T) {
						want := row.want[u.ID]
						if a := c.ask(event, row.args); a.OK != (want == "") || a.Code != want {
							t.Errorf("got %+v, want %q", a, want)
						}
					})
				}
				c.gone()
			}
		}
	}
}

func TestBadArguments(t *testing.T) {
	s := setupSockets(t, nil)
	b := s.mustCreate(t, asha)
	c := s.mustConnect(asha)
	before := len(s.desking.store.history(b.ID))
	id := `"bookingId":"` + b.ID + `"`
	shapes := []string{``, `null`, `5`, `true`, `[]`, `[{}]`, `{}`, `{"bookingId":5}`, `{"bookingId":{"$gt":""}}`, `{"bookingId":null}`, `{"bookingId":""}`}
	bad := map[string][]string{
		EventJoin:        {``, `null`, `5`, `{}`, `[]`, `""`, `"` + strings.Repeat("x", 65) + `"`, `{"$gt":""}`},
		EventTyping:      append(shapes, `"text"`, `{`+id+`,"isTyping":"yes"}`, `{`+id+`,"isTyping":1}`),
		EventMessageRead: append(shapes, `"text"`, `{`+id+`}`, `{`+id+`,"messageId":""}`, `{`+id+`,"messageId":7}`, `{`+id+`,"messageId":["x"]}`),
		EventSendMessage: append(shapes, `"text"`, `{`+id+`}`, `{`+id+`,"message":""}`, `{`+id+`,"message":"  \n "}`, `{`+id+`,"message":5}`,
			`{`+id+`,"message":"`+strings.Repeat("é", 2001)+`"}`, `{`+id+`,"message":"a\u0000b"}`, `{`+id+`,"message":"\u001b[31m"}`,
			`{`+id+`,"message":"x","clientId":5}`, `{`+id+`,"message":"x","clientId":"`+strings.Repeat("x", 101)+`"}`,
			`{`+id+`,"message":"x","clientId":"`+strings.Repeat("x", booking.MaxClientID+1)+`"}`, `{`+id+`,"message":"x","clientId":"a\nb"}`),
	}
	bad[EventLeave] = bad[EventJoin]
	for _, event := range s.Events() {
		for _, args := range bad[event] {
			t.Run(event+" "+args[:min(len(args), 60)], func(t *testing.T) {
				if a := c.ask(event, args); a.OK || a.Code != booking.CodeInvalid {
					t.Errorf("got %+v", a)
				}
				c.tell(event, args) // the same without an ack
			})
		}
	}
	for _, args := range []string{`{"bookingId":"x"}`, `{"bookingId":"../../etc/passwd"}`, `{"bookingId":"` + strings.Repeat("a", 5000) + `"}`} {
		if a := c.ask(EventTyping, args); a.Code != booking.CodeNotFound {
			t.Errorf("typing on a malformed id: %+v", a)
		}
	}
	if a := c.ask("no such event", `{"a":1}`); a.OK || a.Code != booking.CodeInvalid {
		t.Errorf("unknown event: %+v", a)
	}
	if a := c.ask(EventPresence, `{"what":"ever"}`); !a.OK {
		t.Errorf("presence takes no argument and minds none: %+v", a)
	}
	if after := len(s.desking.store.history(b.ID)); after != before || c.isClosed() {
		t.Errorf("%d commits came of it; closed %v", after-before, c.isClosed())
	}
}

func TestSendMessageAndMessageRead(t *testing.T) {
	s := setupSockets(t, nil)
	b := s.mustCreate(t, asha)
	owner, admin := s.mustConnect(asha), s.mustConnect(ram)
	var entry booking.Entry
	for range 2 { // the same clientId again gives the same entry
		a := owner.ask(EventSendMessage, `{"bookingId":"`+b.ID+`","message":"hello","clientId":"c1"}`)
		var got booking.Entry
		if err := json.Unmarshal(a.Message, &got); err != nil || !a.OK || got.Message != "hello" {
			t.Fatalf("got %+v, %v", a, err)
		}
		if entry.ID != "" && got.ID != entry.ID {
			t.Error("another entry")
		}
		entry = got
	}
	// The spaces around a clientId do not count, as over REST: a message that is tried here after it was tried there, or the
	// other way round, is one.
	if a := owner.ask(EventSendMessage, `{"bookingId":"`+b.ID+`","message":"hello","clientId":" c1\t"}`); !strings.Contains(string(a.Message), entry.ID) {
		t.Errorf("another entry: %+v", a)
	}
	for range 2 { // told once
		if a := admin.ask(EventMessageRead, `{"bookingId":"`+b.ID+`","messageId":"`+entry.ID+`"}`); !a.OK {
			t.Errorf("got %+v", a)
		}
	}
	if a := owner.ask(EventMessageRead, `{"bookingId":"`+b.ID+`","messageId":"`+entry.ID+`"}`); !a.OK {
		t.Errorf("reading one's own: %+v", a)
	}
	s.flush()
	if got := owner.events(booking.EventMessageReadReceipt); len(got) != 1 || got[0]["readBy"] != "ram" || got[0]["messageId"] != entry.ID {
		t.Errorf("receipts %v", got)
	}
	if got := admin.events(booking.EventBookingMessage); len(got) != 1 || len(admin.events(booking.EventMessageReadReceipt)) != 0 {
		t.Errorf("messages %v", got)
	}
}

// The order in which a socket says things stays, also when the directory has to ask the store about the sender.
func TestMessagesKeepTheirOrder(t *testing.T) {
	s := setupSockets(t, nil)
	b := s.mustCreate(t, asha)
	c := s.mustConnect(asha)
	for i := range 30 {
		s.uncache.Store(i%3 == 0)
		c.tell(EventSendMessage, fmt.Sprintf(`{"bookingId":"%s","message":"%d"}`, b.ID, i))
	}
	eventually(t, "thirty messages", func() bool { stored, _ := s.desking.store.booking(b.ID); return len(stored.Updates) == 30 })
	stored, _ := s.desking.store.booking(b.ID)
	for i, e := range stored.Updates {
		if e.Message != fmt.Sprint(i) {
			t.Fatalf("message %d is %s", i, e.Message)
		}
	}
}

func TestRateLimits(t *testing.T) {
	s := setupSockets(t, func(o *SocketOptions) {
		o.Limits[EventSendMessage] = Limit{PerSecond: 0.001, Burst: 3}
		o.Limits[unknownEvent] = Limit{PerSecond: 0.001, Burst: 3}
	})
	b := s.mustCreate(t, asha)
	first, second := s.mustConnect(asha), s.mustConnect(asha)
	say := func(c *client) booking.Code {
		return c.ask(EventSendMessage, `{"bookingId":"`+b.ID+`","message":"x"}`).Code
	}
	for i, want := range []booking.Code{"", "", "", booking.CodeRateLimited, booking.CodeRateLimited} {
		if got := say([]*client{first, second}[i%2]); got != want {
			t.Errorf("message %d: %q, want %q", i, got, want)
		}
	}
	if got := say(s.mustConnect(ram)); got != "" {
		t.Errorf("somebody else is limited too: %s", got)
	}
	for range 3 {
		first.ask("nonsense", "")
	}
	if a := first.ask("other nonsense", ""); a.Code != booking.CodeRateLimited {
		t.Errorf("unknown events: %+v", a)
	}
	if a := first.ask(EventPresence, ""); !a.OK {
		t.Errorf("another event is limited too: %+v", a)
	}
}

// The role counts that the directory has now, not the one at CONNECT.
func TestPrincipalIsReadAtEveryEvent(t *testing.T) {
	s := setupSockets(t, nil)
	c := s.mustConnect(sita)
	if a := c.ask(EventJoin, `"staff-room"`); !a.OK {
		t.Fatalf("got %+v", a)
	}
	demoted := sita
	demoted.Role = booking.Customer
	s.setUser(demoted)
	if a := c.ask(EventJoin, `"staff-room"`); a.Code != booking.CodeForbidden {
		t.Errorf("demoted: %+v", a)
	}
	demoted.Active = false
	s.setUser(demoted)
	if a := c.ask(EventJoin, `"sita"`); a.Code != booking.CodeUnauthorized {
		t.Errorf("deactivated: %+v", a)
	}
}

// An assignment outlives its assignee's role: who was made a customer could not read the booking any more, and was told
// every message on it, on the socket and among the notifications.
func TestAssigneeWhoMayNotSeeTheBookingIsToldNothing(t *testing.T) {
	for _, cached := range []bool{true, false} {
		t.Run(fmt.Sprintf("cached %v", cached), func(t *testing.T) {
			s := setupSockets(t, func(o *SocketOptions) { o.TypingFor = time.Hour })
			s.uncache.Store(!cached)
			b := s.mustCreate(t, asha)
			s.mustAssign(b.ID, sita)
			owner, staff := s.mustConnect(asha), s.mustConnect(sita)
			say := func(message string) {
				t.Helper()
				if a := owner.ask(EventSendMessage, `{"bookingId":"`+b.ID+`","message":"`+message+`"}`); !a.OK {
					t.Fatalf("got %+v", a)
				}
				s.flush()
			}
			say("before")
			staff.event(booking.EventBookingMessage, 1)
			staff.gone()

			demoted := sita
			demoted.Role = booking.Customer
			s.setUser(demoted)
			customer, admin := s.mustConnect(demoted), s.mustConnect(ram)
			say("after")
			owner.ask(EventTyping, `{"bookingId":"`+b.ID+`"}`)
			admin.event(booking.EventUserTyping, 1)
			say("behind the typing")
			s.mustAssign(b.ID, ram)
			s.flush()
			admin.event(booking.EventBookingUpdated, 1)
			if got := customer.received("42"); len(got) > 0 {
				t.Errorf("told %s", got)
			}
			for _, commit := range s.desking.store.history(b.ID)[3:] {
				for _, n := range commit.Notifications {
					if n.UserID == demoted.ID {
						t.Errorf("notified of %q", n.Message)
					}
				}
			}
		})
	}
}
