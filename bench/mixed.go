package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kapoor.example/desk/bench/result"
	"kapoor.example/desk/bench/swarm"
)

// mixedCommand lets customers, staff and admins do what they do.
type mixedCommand struct {
	common   `embed:""`
	accounts `embed:""`

	Customers int           `default:"200" help:"How many of the tokens' customers are connected."`
	Staff     int           `default:"10" help:"How many of the tokens' staff are connected."`
	Admins    int           `default:"2" help:"How many devices of the admin are connected."`
	Duration  time.Duration `default:"30s" help:"How long it goes on, up to a day."`
	Random    uint64        `default:"1" help:"Seed of the random choices."`

	Create    float64 `default:"2" help:"New bookings per second, by customers."`
	Message   float64 `default:"10" help:"Messages per second: half of them by customers over their sockets, half by staff over REST."`
	Typing    float64 `default:"10" help:"Times per second that a customer is typing."`
	List      float64 `default:"20" help:"Lists that are read per second: a customer's own, the staff's, the admin's statistics."`
	Status    float64 `default:"10" help:"Changes of a status per second, by staff."`
	Assign    float64 `default:"2" help:"Assignments per second, by the admin."`
	Reconnect float64 `default:"1" help:"Customers per second that lose their line and come back."`
}

// Help is shown by --help.
func (c *mixedCommand) Help() string {
	return `The server is a desk. When the time is over, every booking is read over REST: each event that its timeline tells of
must have come to the sockets it was for. A customer who was away and was not recovered reads its bookings anew, as the
app does, and is owed only what came later.

  go run ./cmd/server seed --data-dir /tmp/desk --users 200 --staff 10 --bookings 1 --tokens /tmp/tokens.txt
  go run ./bench mixed --start 'go run ./cmd/server --host {host} --port {port} --data-dir /tmp/desk' \
    --tokens /tmp/tokens.txt --duration 1h`
}

// Validate is called by kong.
func (c *mixedCommand) Validate() error {
	const longest, most = 24 * time.Hour, 10_000
	switch {
	case c.Tokens == "":
		return errors.New("--tokens is needed: server seed --tokens writes such a file")
	case c.Customers < 1 || c.Staff < 1 || c.Admins < 1:
		return errors.New("--customers, --staff and --admins must be at least 1")
	case c.Duration <= 0 || c.Duration > longest:
		return fmt.Errorf("--duration %s: must be above 0 and at most 24h", c.Duration)
	}
	for _, rate := range []float64{c.Create, c.Message, c.Typing, c.List, c.Status, c.Assign, c.Reconnect} {
		if rate < 0 || rate > most {
			return fmt.Errorf("a rate of %g: may be 0 to %d", rate, most)
		}
	}
	return errors.Join(c.common.Validate(), c.accounts.Validate())
}

// Run implements the command.
func (c *mixedCommand) Run(ctx context.Context, around surroundings) error {
	people, err := readPeople(c.Tokens)
	if err != nil {
		return err
	}
	staff, customers := byRole(people)
	if len(customers) < c.Customers || len(staff) < c.Staff {
		return fmt.Errorf("tokens: %s has %d customers and %d staff", c.Tokens, len(customers), len(staff))
	}
	return c.try(ctx, nil, around, func(t *trial) error {
		return c.run(ctx, t, customers[:c.Customers], staff[:c.Staff])
	})
}

func (c *mixedCommand) run(ctx context.Context, t *trial, customers, staff []person) error {
	api := newREST(t.address, mixedParallel, c.Timeout)
	defer api.close()
	admin, err := api.login(c.Admin)
	if err != nil {
		return err
	}
	m := newMixed(ctx, t, c, api, customers, staff, admin)
	s, err := t.swarm(len(m.people), m, func(o *swarm.Options) { o.Auth = m.auth })
	if err != nil {
		return err
	}
	m.swarm = s
	defer m.end()
	return m.run(ctx)
}

func (m *mixed) run(ctx context.Context) error {
	if err := m.connect(ctx, m.swarm, &m.failures); err != nil {
		return err
	}
	if err := m.prepare(ctx); err != nil {
		return err
	}
	if err := m.begin(); err != nil {
		return err
	}
	stop := m.progress.watch(func() string {
		return fmt.Sprintf("%d done, %d events received, %d errors, %d bookings",
			m.done.Load(), m.received.Load(), m.count(), m.books.count())
	})
	m.act(ctx)
	err := m.pause()
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		err = m.settle(ctx)
	}
	stop()
	if err != nil {
		return err
	}
	return m.report()
}

// report adds up what was found. The loops are done.
func (m *mixed) report() error {
	for _, kind := range mixedKinds() {
		if l := m.timed[kind].latency(kind); l.Count > 0 {
			m.result.Latencies = append(m.result.Latencies, l)
		}
	}
	m.result.Counts.Errors = uint64(m.count())
	m.tell(&m.failures)
	if err := m.accountDeliveries(); err != nil {
		return err
	}
	m.result.Add("actions_per_second", result.PerSecond, float64(m.done.Load())/m.result.Seconds)
	m.result.Add("bookings", result.Count, float64(m.books.count()))
	m.result.Add("reconnects", result.Count, float64(m.returned.Load()))
	m.result.Add("recovered", result.Count, float64(m.recovered.Load()))
	m.result.Add("late", result.Count, float64(m.late.Load()))
	return m.publish()
}
