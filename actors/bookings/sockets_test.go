package bookings

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"kapoor.example/desk/actors/realtime"
	"kapoor.example/desk/booking"
)

// socketing is a desk with sockets.
type socketing struct {
	*desking
	*Sockets
	tb      testing.TB
	server  *realtime.Server
	uncache atomic.Bool // the directory has to ask the store
	revoked atomic.Int64
}

// tokens: a user's id is the user's token. Some others fail in their way.
type tokenError string

func (e tokenError) Error() string { return string(e) }
func (e tokenError) Code() string  { return string(e) }

// Authenticate implements Authenticator.
func (s *socketing) Authenticate(ctx context.Context, token string) (Session, error) {
	switch token {
	case "expired":
		return Session{}, tokenError(TokenExpired)
	case "revoked":
		return Session{}, fmt.Errorf("check: %w", tokenError(TokenRevoked))
	case "overload":
		return Session{}, tokenError("unavailable")
	case "down":
		return Session{}, errors.New("database is locked")
	case "nobody":
		return Session{}, nil
	case "panic":
		panic("boom")
	case "short":
		return Session{Principal: asha.Principal(), ExpiresAt: time.Now().Add(20 * time.Millisecond)}, nil
	}
	u, err := s.desking.store.User(ctx, token)
	if err != nil {
		return Session{}, tokenError(TokenInvalid)
	}
	return Session{Principal: u.Principal(), TokenID: "t-" + u.ID, Rights: u.Rights}, nil
}

// Cached implements Directory.
func (s *socketing) Cached(user string) (booking.Principal, bool) {
	if s.uncache.Load() {
		return booking.Principal{}, false
	}
	p, err := s.Principal(context.Background(), user)
	return p, err == nil
}

// Principal implements Directory.
func (s *socketing) Principal(ctx context.Context, user string) (booking.Principal, error) {
	u, err := s.desking.store.User(ctx, user)
	if err != nil || !u.Active {
		return booking.Principal{}, booking.Errorf(booking.CodeUnauthorized, "This account is closed.")
	}
	return u.Principal(), nil
}

func (s *socketing) setUser(u booking.User) {
	s.desking.store.mu.Lock()
	defer s.desking.store.mu.Unlock()
	s.desking.store.users[u.ID] = u
}

var plenty = Limit{PerSecond: 1e6, Burst: 1e6}

func setupSockets(tb testing.TB, change func(*SocketOptions)) *socketing {
	tb.Helper()
	s := newSocketing(tb, change)
	if err := s.Start(context.Background()); err != nil {
		tb.Fatal(err)
	}
	return s
}

// newSocketing is setupSockets before Start.
func newSocketing(tb testing.TB, change func(*SocketOptions)) *socketing {
	tb.Helper()
	s := &socketing{desking: setupDesk(tb, nil), tb: tb}
	s.server = realtime.New(s.sys, realtime.Options{Offsets: true, Grace: 20 * time.Millisecond, Shards: 2})
	opts := SocketOptions{
		Authenticator: s, Directory: s, Now: time.Now, Log: zerolog.New(s.log), StatsEvery: 30 * time.Millisecond,
		Revoked: func(booking.Revocation) { s.revoked.Add(1) }, Limits: map[string]Limit{unknownEvent: plenty},
	}
	for _, event := range (&Sockets{}).Events() {
		opts.Limits[event] = plenty
	}
	if change != nil {
		change(&opts)
	}
	var err error
	if s.Sockets, err = NewSockets(s.sys, s.server, s.Desk, s.desking.store, opts); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := errors.Join(s.server.Close(ctx, realtime.StatusServiceRestart), s.Sockets.Close(ctx)); err != nil {
			tb.Error(err)
		}
	})
	return s
}

// Close and Detonate are both the desk's and the sockets'; a test names which.
func (s *socketing) Close(context.Context) error { panic("say whose") }

// flush waits until all that is committed has reached the clients.
func (s *socketing) flush() {
	s.tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.Flush(ctx); err != nil {
		s.tb.Fatal(err)
	}
}

func (s *socketing) mustDo(by booking.User, id string, do booking.Operation) booking.Outcome {
	s.tb.Helper()
	o, err := s.Execute(context.Background(), s.wish(by, id, do))
	if err != nil {
		s.tb.Fatal(err)
	}
	return o
}

func (s *socketing) mustAssign(id string, to booking.User) {
	s.tb.Helper()
	person := to.Person()
	s.mustDo(ram, id, booking.ChangeStatus{Assignee: &booking.Assignment{To: &person}})
}

func TestGate(t *testing.T) {
	for _, row := range []struct {
		name, auth string
		code       string // "" for a connection that is closed
	}{
		{"no payload", ``, TokenMissing},
		{"no token", `{}`, TokenMissing},
		{"an empty token", `{"token":""}`, TokenMissing},
		{"null", `{"token":null}`, TokenMissing},
		{"a number", `{"token":5}`, TokenInvalid},
		{"an object", `{"token":{"$gt":""}}`, TokenInvalid},
		{"an unknown token", `{"token":"mallory"}`, TokenInvalid},
		{"a long token", `{"token":"` + strings.Repeat("x", 100_000) + `"}`, TokenInvalid},
		{"an expired token", `{"token":"expired"}`, TokenExpired},
		{"a revoked token", `{"token":"revoked"}`, TokenRevoked},
		{"a refusal that is not final", `{"token":"overload"}`, ""},
		{"a store that fails", `{"token":"down"}`, ""},
		{"a session of nobody", `{"token":"nobody"}`, ""},
		{"a panic", `{"token":"panic"}`, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := setupSockets(t, nil)
			c := s.connecting(row.auth)
			if row.code == "" {
				eventually(t, "connection closed", c.isClosed)
				if refusals := c.received("44"); len(refusals) > 0 {
					t.Errorf("a final answer: %s", refusals)
				}
				return
			}
			if got, want := c.await("44", 1), `{"message":"Authentication error","data":{"code":"`+row.code+`"}}`; got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

func TestExpiryClosesWithoutDisconnect(t *testing.T) {
	s := setupSockets(t, nil)
	c := s.connecting(`{"token":"short"}`)
	eventually(t, "connection closed", c.isClosed)
	if len(c.received("41")) > 0 || len(c.received("44")) > 0 {
		t.Error("the client would not come back")
	}
}

func TestRoomsFollowFromTheRole(t *testing.T) {
	s := setupSockets(t, nil)
	clients := map[string]*client{}
	for _, u := range []booking.User{asha, binod, sita, ram} {
		clients[u.ID] = s.mustConnect(u)
	}
	b := s.mustCreate(t, asha)
	s.mustDo(sita, b.ID, booking.ChangeStatus{Status: booking.Scheduled, Assignee: &booking.Assignment{To: &booking.Person{ID: sita.ID, Name: sita.Name}}})
	s.mustDo(asha, b.ID, booking.AddMessage{Message: "hello"})
	s.flush()
	for _, row := range []struct {
		name string
		want map[string]int
	}{
		{booking.EventBookingCreated, map[string]int{"asha": 1, "sita": 1, "ram": 1}},
		{booking.EventNewBooking, map[string]int{"ram": 1}},
		{booking.EventBookingUpdated, map[string]int{"asha": 1, "sita": 1, "ram": 1}},
		{booking.EventBookingStatusChanged, map[string]int{"asha": 1}},
		{booking.EventJobAssigned, map[string]int{"sita": 1}},
		{booking.EventBookingMessage, map[string]int{"asha": 1, "sita": 1, "ram": 1}},
	} {
		for user, c := range clients {
			if got := len(c.events(row.name)); got != row.want[user] {
				t.Errorf("%s got %s %d times, want %d: %q", user, row.name, got, row.want[user], c.received("42"))
			}
		}
	}
	if e := clients["asha"].event(booking.EventBookingStatusChanged, 1); e["message"] != "Status changed to Scheduled" || e["eventId"] == "" {
		t.Errorf("bookingStatusChanged %v", e)
	}
}

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

func TestAnonymous(t *testing.T) {
	s := setupSockets(t, func(o *SocketOptions) { o.Anonymous = true })
	c := s.connecting("")
	c.await("40", 1)
	b := s.mustCreate(t, asha)
	s.flush()
	for _, row := range []struct {
		event, args string
		code        booking.Code
	}{
		{EventJoin, `"asha"`, ""},
		{EventJoin, `"staff-room"`, booking.CodeForbidden},
		{EventJoin, `"admin-room"`, booking.CodeForbidden},
		{EventJoin, `"*"`, booking.CodeForbidden},
		{EventTyping, `{"bookingId":"` + b.ID + `"}`, booking.CodeUnauthorized},
		{EventSendMessage, `{"bookingId":"` + b.ID + `","message":"x"}`, booking.CodeUnauthorized},
		{EventMessageRead, `{"bookingId":"` + b.ID + `","messageId":"x"}`, booking.CodeUnauthorized},
		{EventPresence, "", booking.CodeUnauthorized},
	} {
		if a := c.ask(row.event, row.args); a.OK != (row.code == "") || a.Code != row.code {
			t.Errorf("%s %s: %+v", row.event, row.args, a)
		}
	}
	s.mustDo(asha, b.ID, booking.AddMessage{Message: "x"})
	s.flush()
	if len(c.events(booking.EventBookingMessage)) != 1 || len(c.events(booking.EventBookingCreated)) != 0 {
		t.Error("the joined room's events did not come, or others did")
	}
	bad := s.connecting(`{"token":"mallory"}`)
	bad.await("44", 1)
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
			`{`+id+`,"message":"x","clientId":5}`, `{`+id+`,"message":"x","clientId":"`+strings.Repeat("x", 101)+`"}`, `{`+id+`,"message":"x","clientId":"a\nb"}`),
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

func TestConnectionLogLines(t *testing.T) {
	s := setupSockets(t, nil)
	c := s.mustConnect(asha)
	c.barrier()
	c.gone()
	eventually(t, "disconnect logged", func() bool { return strings.Contains(s.log.String(), "Socket disconnected") })
	for _, want := range []string{`"message":"Socket connected"`, `"message":"User joined their room"`, `"user_id":"asha"`, `"reason":"transport close"`, `"transport":"websocket"`} {
		if !strings.Contains(s.log.String(), want) {
			t.Errorf("no %s in\n%s", want, s.log)
		}
	}
}

func TestFiftyCreatesReachEverybodyOnce(t *testing.T) {
	s := setupSockets(t, nil)
	var customers []booking.User
	clients := map[string]*client{}
	for i := range 5 {
		u := booking.User{ID: fmt.Sprint("user", i), Name: "U", Role: booking.Customer, Active: true}
		s.setUser(u)
		customers = append(customers, u)
		clients[u.ID] = s.mustConnect(u)
	}
	staff, admin, third := s.mustConnect(sita), s.mustConnect(ram), s.mustConnect(binod)
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() { s.mustCreate(t, customers[i%5]) })
	}
	wg.Wait()
	s.flush()
	for who, want := range map[*client]int{staff: 50, admin: 50, third: 0, clients["user0"]: 10, clients["user4"]: 10} {
		seen := map[any]bool{}
		for _, e := range who.events(booking.EventBookingCreated) {
			seen[e["eventId"]] = true
		}
		if got := len(who.events(booking.EventBookingCreated)); got != want || len(seen) != want {
			t.Errorf("got %d, %d different, want %d", got, len(seen), want)
		}
	}
	if len(admin.events(booking.EventNewBooking)) != 50 || len(third.received("42")) != 0 {
		t.Error("newBooking did not reach the admin, or something reached a stranger")
	}
	assertRising(t, admin.offsets(), 100)
}

func assertRising(t *testing.T, offsets []booking.Position, count int) {
	t.Helper()
	if len(offsets) != count {
		t.Errorf("%d events with an offset, want %d", len(offsets), count)
	}
	for i := 1; i < len(offsets); i++ {
		if offsets[i].Compare(offsets[i-1]) <= 0 {
			t.Fatalf("%s after %s", offsets[i], offsets[i-1])
		}
	}
}

func TestTenDetonationsOfEachSocketActor(t *testing.T) {
	s := setupSockets(t, func(o *SocketOptions) { o.TypingFor = 20 * time.Millisecond })
	b := s.mustCreate(t, asha)
	owner, admin := s.mustConnect(asha), s.mustConnect(ram)
	for i, kind := range []string{"typing", "presence", "stats", "notifier"} {
		t.Run(kind, func(t *testing.T) {
			for range 10 {
				s.Sockets.Detonate(kind, "test")
				s.mustDo(asha, b.ID, booking.AddMessage{Message: "x"})
			}
			owner.ask(EventTyping, `{"bookingId":"`+b.ID+`"}`)
			admin.event(booking.EventUserTyping, 2*i+2) // typing, and typing no more
			s.mustCreate(t, asha)
			s.flush()
			admin.event(booking.EventStatsUpdated, i+1)
			guest := booking.User{ID: "guest of " + kind, Name: "G", Role: booking.Customer, Active: true}
			s.setUser(guest)
			s.mustConnect(guest)
			eventually(t, "the guest's arrival", func() bool {
				return slices.ContainsFunc(admin.events(booking.EventUserOnline), func(e map[string]any) bool { return e["userId"] == guest.ID })
			})
			if got := len(admin.events(booking.EventBookingMessage)); got != 10*(i+1) {
				t.Errorf("%d messages, want %d", got, 10*(i+1))
			}
			eventually(t, "ten panics", func() bool { return s.sys.Counts()[kind].Panics == 10 })
		})
	}
}

func TestSocketOptions(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(*SocketOptions)
	}{
		{"no clock", func(o *SocketOptions) { o.Now = nil }},
		{"no authenticator", func(o *SocketOptions) { o.Authenticator = nil }},
		{"no directory", func(o *SocketOptions) { o.Directory = nil }},
		{"a limit of zero", func(o *SocketOptions) { o.Limits = map[string]Limit{EventJoin: {}} }},
		{"a negative time", func(o *SocketOptions) { o.TypingFor = -1 }},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := &socketing{}
			opts := SocketOptions{Authenticator: s, Directory: s, Now: time.Now}
			row.change(&opts)
			sys := mustSystem(t)
			server := realtime.New(sys, realtime.Options{})
			defer func() { _ = server.Close(context.Background(), 0) }()
			if _, err := NewSockets(sys, server, nil, nil, opts); err == nil {
				t.Error("accepted")
			}
		})
	}
}
