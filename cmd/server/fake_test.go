package main

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"kapoor.example/desk/booking"
)

// memory is as much of a store as the commands need. What they do not need panics.
type memory struct {
	booking.Store
	mu       sync.Mutex
	users    map[string]booking.User // by EmailKey
	bookings []booking.Booking
	codes    map[string]bool
	imports  int
	onImport func() error // asked before every import
	closed   bool
}

func newMemory() *memory {
	return &memory{users: map[string]booking.User{}, codes: map[string]bool{}}
}

func (m *memory) CreateUser(_ context.Context, u booking.User) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := booking.EmailKey(u.Email)
	if _, taken := m.users[key]; taken {
		return booking.Errorf(booking.CodeEmailTaken, "This e-mail address has an account.")
	}
	m.users[key] = u
	return nil
}

func (m *memory) UserByEmail(_ context.Context, email string) (booking.User, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	u, found := m.users[booking.EmailKey(email)]
	if !found {
		return booking.User{}, booking.Errorf(booking.CodeNotFound, "There is no such account.")
	}
	return u, nil
}

func (m *memory) Import(ctx context.Context, bookings []booking.Booking) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.imports++
	if m.onImport != nil {
		if err := m.onImport(); err != nil {
			return err
		}
	}
	for _, b := range bookings {
		if m.codes[b.Code] {
			return &booking.CodeTakenError{Code: b.Code}
		}
	}
	for _, b := range bookings {
		m.codes[b.Code] = true
		m.bookings = append(m.bookings, b)
	}
	return nil
}

func (m *memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	return nil
}

// fakeDesk answers nothing and notes what is asked of it.
type fakeDesk struct {
	mu      sync.Mutex
	config  Config
	steps   []string
	serving chan struct{}
	stop    chan error
}

func newFakeDesk() *fakeDesk {
	return &fakeDesk{serving: make(chan struct{}), stop: make(chan error, 1)}
}

func (d *fakeDesk) Serve(net.Listener) error {
	close(d.serving)
	return <-d.stop
}

func (d *fakeDesk) ServeMetrics(l net.Listener) error {
	d.note("metrics listen")
	return l.Close()
}

func (d *fakeDesk) Close(context.Context) error {
	d.note("desk closed")
	d.stop <- nil
	return nil
}

func (d *fakeDesk) note(step string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.steps = append(d.steps, step)
}

func (d *fakeDesk) noted() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.steps)
}

// fakeParts are parts made of fakes. A hash is the password with a mark.
func (w *world) fakeParts() parts {
	return parts{
		openStore: func(context.Context, Common, zerolog.Logger, func() time.Time) (booking.Store, error) {
			w.desk.note("store opened")
			return notingClose{w.store, w.desk}, nil
		},
		newDesk: func(_ context.Context, c Config, _ booking.Store, _ zerolog.Logger, _ func() time.Time) (Desk, error) {
			w.desk.config = c
			return w.desk, nil
		},
		hash: func(password string) (string, error) {
			if password == "unhashable" {
				return "", errors.New("no memory")
			}
			return "hashed:" + password, nil
		},
		verify: func(hash, password string) bool { return hash == "hashed:"+password },
	}
}

// notingClose notes when the store is closed.
type notingClose struct {
	booking.Store
	desk *fakeDesk
}

func (s notingClose) Close() error {
	s.desk.note("store closed")
	return s.Store.Close()
}
