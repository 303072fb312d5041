package main

import (
	"context"
	"net"
	"time"

	"github.com/rs/zerolog"

	"kapoor.example/desk/auth"
	"kapoor.example/desk/booking"
)

// Desk is everything behind the listener: the actor system, the routes, the sockets. It uses the store, but whoever
// opened the store closes it.
type Desk interface {
	// Serve answers on l until Close is called, and returns nil then. It owns l.
	Serve(l net.Listener) error
	// ServeMetrics is Serve for /metrics alone, where that has an address of its own.
	ServeMetrics(l net.Listener) error
	// Close finishes what is in flight, flushes the outboxes and closes the sockets, all before ctx ends.
	Close(ctx context.Context) error
}

// parts are the makers of what the commands work with. Tests bring their own.
type parts struct {
	// openStore opens the store that the configuration names. The error is sqlite.ErrInUse where another process has it open.
	openStore func(ctx context.Context, c Common, log zerolog.Logger, now func() time.Time) (booking.Store, error)
	// newDesk builds the desk on an open store. Nothing runs before Serve.
	newDesk func(ctx context.Context, c Config, store booking.Store, log zerolog.Logger, now func() time.Time) (Desk, error)
	// hash makes what is stored of a password, verify tells whether a password belongs to it.
	hash   func(password string) (string, error)
	verify func(hash, password string) bool
}

// wired returns the parts of the real server. This function is all that has to change to put other ones in.
func wired() parts {
	passwords := auth.NewPasswords(auth.Cost{}, 0, 0)
	return parts{
		openStore: openStore,
		newDesk:   newDesk,
		hash: func(password string) (string, error) {
			return passwords.Hash(context.Background(), password)
		},
		verify: func(hash, password string) bool {
			ok, err := passwords.Verify(context.Background(), hash, password)
			return ok && err == nil
		},
	}
}
