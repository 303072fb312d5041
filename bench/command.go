package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kapoor.example/desk/bench/result"
	"kapoor.example/desk/bench/swarm"
)

// commandCommand changes bookings over REST and waits for the events.
type commandCommand struct {
	common   `embed:""`
	accounts `embed:""`

	Clients  int           `default:"1000" help:"How many sockets are told of every change."`
	Audience string        `default:"staff" enum:"staff,owner" help:"Who the sockets are: staff (of the tokens, or all of the admin), or devices of the bookings' owner."`
	Rate     float64       `default:"20" help:"Changes per second, one at a time: the next one when all sockets have the last."`
	Parallel int           `default:"0" help:"Instead of --rate: so many change bookings as fast as they are answered, without waiting for the sockets."`
	Duration time.Duration `default:"10s" help:"How long to measure."`
	Warmup   time.Duration `default:"1s" help:"How long to change bookings before that."`
}

// accounts are who signs in to a desk.
type accounts struct {
	Admin    string `setting:"" default:"admin@example.com:admin123" placeholder:"EMAIL:PASSWORD" help:"An admin of the desk, who changes the bookings."`
	Customer string `setting:"" default:"customer@example.com:password123" placeholder:"EMAIL:PASSWORD" help:"A customer of the desk, who owns the bookings."`
	Tokens   string `setting:"" placeholder:"FILE" help:"File of people as server seed --tokens writes it."`
}

// Validate is called by kong.
func (a *accounts) Validate() error {
	return errors.Join(checkAccount("--admin", a.Admin), checkAccount("--customer", a.Customer))
}

// Help is shown by --help.
func (c *commandCommand) Help() string {
	return `The server is a desk (cmd/server). One user may have 50 connections there: give MAX_CONNECTIONS_PER_USER=100000, or
tokens of as many staff members as there are clients.

  go run ./bench command --start 'go run ./cmd/server --host {host} --port {port} --data-dir /tmp/desk' \
    --env MAX_CONNECTIONS_PER_USER=100000
  go run ./bench command --url http://127.0.0.1:4000 --clients 10 --parallel 32`
}

// Validate is called by kong.
func (c *commandCommand) Validate() error {
	switch {
	case c.Clients < 1:
		return fmt.Errorf("--clients %d: must be at least 1", c.Clients)
	case c.Rate <= 0 || c.Rate > 10_000:
		return fmt.Errorf("--rate %g: must be above 0 and at most 10000", c.Rate)
	case c.Parallel < 0 || c.Parallel > 1000:
		return fmt.Errorf("--parallel %d: may be 0 to 1000", c.Parallel)
	case c.Duration <= 0 || c.Duration > time.Hour || c.Warmup < 0 || c.Warmup > time.Hour:
		return errors.New("--duration and --warmup must be durations of up to 1h")
	}
	return errors.Join(c.common.Validate(), c.accounts.Validate())
}

// Events of a change. Staff get the first, the owner both.
const (
	updatedEvent       = "bookingUpdated"
	statusChangedEvent = "bookingStatusChanged"
)

// Run implements the command.
func (c *commandCommand) Run(ctx context.Context, around surroundings) error {
	return c.try(ctx, nil, around, func(t *trial) error { return c.run(ctx, t) })
}

func (c *commandCommand) run(ctx context.Context, t *trial) error {
	workers := max(c.Parallel, 1)
	api := newREST(t.address, workers+1, c.Timeout)
	defer api.close()
	admin, err := api.login(c.Admin)
	if err != nil {
		return err
	}
	customer, err := api.login(c.Customer)
	if err != nil {
		return err
	}
	kinds := []string{updatedEvent}
	sockets := []person{admin}
	if c.Audience == "owner" {
		kinds = append(kinds, statusChangedEvent)
		sockets = []person{customer}
	} else if c.Tokens != "" {
		people, err := readPeople(c.Tokens)
		if err != nil {
			return err
		}
		if sockets, _ = byRole(people); len(sockets) == 0 {
			return fmt.Errorf("tokens: %s has no staff", c.Tokens)
		}
	}
	const flights = 1 << 12
	w := newWatch(kinds, workers, flights, len(kinds)*workers*c.Clients, c.Loops)
	w.ledgerOf = func(client, subject, kind int) int { return (kind*workers+subject)*c.Clients + client }
	s, err := t.swarm(c.Clients, w, func(o *swarm.Options) {
		o.Auth = func(index int) string { return sockets[index%len(sockets)].auth }
	})
	if err != nil {
		return err
	}
	defer s.Close()
	if err := t.connect(ctx, s, &w.failures); err != nil {
		return err
	}
	d := newDriver(t, w, api)
	d.by, d.events = admin, int64(c.Clients*len(kinds))
	d.ownerOf = func(int) person { return customer }
	return c.measure(ctx, t, s, d)
}

func (c *commandCommand) measure(ctx context.Context, t *trial, s *swarm.Swarm, d *driver) error {
	workers := len(d.watch.subjects)
	subjectOf := func(ledger int) int { return ledger / c.Clients % workers }
	ledgers := func(client int) (own []int) {
		for i := client; i < len(d.watch.ledgers); i += c.Clients {
			own = append(own, i)
		}
		return own
	}
	part := func(length time.Duration, what string) error {
		stop := t.progress.watch(func() string { return fmt.Sprintf("%s: %d events to come", what, d.watch.pending.Load()) })
		defer stop()
		if c.Parallel == 0 {
			return d.paced(ctx, length, c.Rate)
		}
		return d.around(ctx, length, workers, 0)
	}
	if c.Parallel == 0 {
		if err := d.stock(ctx, int(c.Rate*(c.Warmup+c.Duration).Seconds())); err != nil {
			return err
		}
	}
	if c.Warmup > 0 {
		if err := part(c.Warmup, "warming up"); err != nil {
			return err
		}
		if err := d.restart(ctx, s, ledgers, subjectOf); err != nil {
			return err
		}
	}
	if err := t.begin(); err != nil {
		return err
	}
	if err := part(c.Duration, "commands"); err != nil {
		return err
	}
	if err := t.pause(); err != nil {
		return err
	}
	s.Close()
	t.result.Counts = d.watch.counts(subjectOf)
	if err := d.report(); err != nil {
		return err
	}
	t.result.Add("commands_per_second", result.PerSecond, float64(d.answered.Count())/d.commanding.Seconds())
	return t.publish()
}
