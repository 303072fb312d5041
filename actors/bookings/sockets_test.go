package bookings

import (
	"context"
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
	s := &socketing{tb: tb}
	s.desking = setupDesk(tb, func(o *Options) { o.Directory = s })
	s.server = realtime.New(s.sys, realtime.Options{Recovery: &realtime.Recovery{RunMiddleware: true}, Grace: 20 * time.Millisecond, Shards: 2})
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
