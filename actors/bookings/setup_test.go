package bookings

import (
	"bytes"
	"context"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"kapoor.example/desk/actors"
	"kapoor.example/desk/booking"
)

// patience is how long a test waits for what must happen.
const patience = 10 * time.Second

var (
	asha  = booking.User{ID: "asha", Name: "Asha", Role: booking.Customer, Active: true}
	binod = booking.User{ID: "binod", Name: "Binod", Role: booking.Customer, Active: true}
	sita  = booking.User{ID: "sita", Name: "Sita", Role: booking.Staff, Active: true}
	ram   = booking.User{ID: "ram", Name: "Ram", Role: booking.Admin, Active: true}
)

// clock is a time that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// lines is a log that a test can read.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func mustSystem(tb testing.TB) *actors.System {
	tb.Helper()
	sys, err := actors.New(zerolog.Nop(), time.Now)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := sys.Close(ctx); err != nil {
			tb.Error(err)
		}
		eventually(tb, "no timer runs", func() bool { return sys.Timers() == 0 })
	})
	return sys
}

// desking is a desk over a memory store.
type desking struct {
	*Desk
	sys   *actors.System
	store *memory
	clock *clock
	log   *lines
}

func setupDesk(tb testing.TB, change func(*Options)) *desking {
	tb.Helper()
	s := &desking{sys: mustSystem(tb), store: newMemory(asha, binod, sita, ram), clock: newClock(), log: &lines{}}
	opts := Options{Now: s.clock.Now, Log: zerolog.New(s.log), Deadline: patience}
	if change != nil {
		change(&opts)
	}
	desk, err := NewDesk(s.sys, s.store, opts)
	if err != nil {
		tb.Fatal(err)
	}
	s.Desk = desk
	tb.Cleanup(func() {
		if desk.closing.Load() {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := desk.Close(ctx); err != nil {
			tb.Error(err)
		}
		if n := desk.Queued(); n != 0 {
			tb.Errorf("%d calls were never settled", n)
		}
		if n := s.sys.Counts()["booking"].Running; n != 0 {
			tb.Errorf("%d keepers still run", n)
		}
	})
	return s
}

func (s *desking) wish(by booking.User, id string, do booking.Operation) booking.Command {
	return booking.Command{ID: booking.NewID(s.clock.Now()), BookingID: id, By: by.Principal(), Do: do}
}

// mustCreate makes a booking of a user and returns it.
func (s *desking) mustCreate(tb testing.TB, by booking.User) booking.Booking {
	tb.Helper()
	o, err := s.Execute(context.Background(), s.wish(by, booking.NewID(s.clock.Now()), someDetails()))
	if err != nil {
		tb.Fatal(err)
	}
	return o.Booking
}

func someDetails() booking.Create {
	return booking.Create{Details: booking.Details{
		CustomerName: "Asha Rao", ContactNumber: "12345", Address: "1 Hill Road", Brand: "Daikin", Model: "X1",
	}}
}

// eventually waits until ok, and fails with what was waited for.
func eventually(tb testing.TB, what string, ok func() bool) {
	tb.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			tb.Fatalf("never: %s", what)
		}
	}
}

// receive returns the next value, and fails with what was waited for.
func receive[T any](tb testing.TB, what string, from <-chan T) T {
	tb.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		tb.Fatalf("never: %s", what)
	}
	panic("unreachable")
}
