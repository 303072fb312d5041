package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kapoor.example/desk/bench/result"
	"kapoor.example/desk/bench/swarm"
)

// roomsCommand sends each event to one customer of thousands, and to the staff.
type roomsCommand struct {
	common   `embed:""`
	accounts `embed:""`

	Staff    int           `default:"20" help:"How many of the tokens' staff are connected."`
	Bookings int           `default:"500" help:"How many customers have a booking that is changed. The others are connected and are to hear nothing."`
	Parallel int           `default:"4" help:"How many changes are under way at once."`
	Rate     float64       `default:"200" help:"Changes per second; 0 means as many as are answered."`
	Duration time.Duration `default:"10s" help:"How long to measure."`
}

// Help is shown by --help.
func (c *roomsCommand) Help() string {
	return `Every person of the tokens is connected; each change concerns one customer and the staff. Whoever hears of somebody
else's booking is counted as an error. Tokens come from the desk's own seed:

  go run ./cmd/server seed --data-dir /tmp/desk --users 10000 --staff 20 --bookings 1 --tokens /tmp/tokens.txt
  go run ./bench rooms --start 'go run ./cmd/server --host {host} --port {port} --data-dir /tmp/desk' \
    --tokens /tmp/tokens.txt`
}

// Validate is called by kong.
func (c *roomsCommand) Validate() error {
	switch {
	case c.Tokens == "":
		return errors.New("--tokens is needed: server seed --tokens writes such a file")
	case c.Staff < 0:
		return fmt.Errorf("--staff %d: must not be negative", c.Staff)
	case c.Bookings < 1:
		return fmt.Errorf("--bookings %d: must be at least 1", c.Bookings)
	case c.Parallel < 1 || c.Parallel > 1000 || c.Parallel > c.Bookings:
		return fmt.Errorf("--parallel %d: may be 1 to 1000, and at most --bookings", c.Parallel)
	case c.Rate < 0 || c.Rate > 100_000:
		return fmt.Errorf("--rate %g: may be 0 to 100000", c.Rate)
	case c.Duration <= 0 || c.Duration > time.Hour:
		return fmt.Errorf("--duration %s: must be above 0 and at most 1h", c.Duration)
	}
	return errors.Join(c.common.Validate(), c.accounts.Validate())
}

// Run implements the command.
func (c *roomsCommand) Run(ctx context.Context, around surroundings) error {
	people, err := readPeople(c.Tokens)
	if err != nil {
		return err
	}
	staff, customers := byRole(people)
	staff = staff[:min(c.Staff, len(staff))]
	if len(customers) < c.Bookings {
		return fmt.Errorf("tokens: %s has %d customers, --bookings asks for %d", c.Tokens, len(customers), c.Bookings)
	}
	return c.try(ctx, nil, around, func(t *trial) error {
		api := newREST(t.address, c.Parallel+1, c.Timeout)
		defer api.close()
		r := &rooms{trial: t, settings: c, api: api, staff: staff, customers: customers}
		return r.run(ctx)
	})
}

// rooms is a run of the scenario. The first clients are the staff, the others the customers; the first customers have a
// booking each, which is the subject of that number.
type rooms struct {
	*trial
	settings         *roomsCommand
	api              *rest
	staff, customers []person
}

func (r *rooms) run(ctx context.Context) error {
	c := r.settings
	const flights, kinds = 4, 2
	ofStaff := len(r.staff) * c.Bookings
	w := newWatch([]string{updatedEvent, statusChangedEvent}, c.Bookings, flights, ofStaff+kinds*c.Bookings, c.Loops)
	w.ledgerOf = func(client, subject, kind int) int {
		switch {
		case client < len(r.staff) && kind == 0:
			return client*c.Bookings + subject
		case client == len(r.staff)+subject:
			return ofStaff + subject*kinds + kind
		}
		return -1
	}
	subjectOf := func(ledger int) int {
		if ledger < ofStaff {
			return ledger % c.Bookings
		}
		return (ledger - ofStaff) / kinds
	}
	admin, err := r.api.login(c.Admin)
	if err != nil {
		return err
	}
	clients := len(r.staff) + len(r.customers)
	s, err := r.swarm(clients, w, func(o *swarm.Options) {
		o.Auth = func(index int) string {
			if index < len(r.staff) {
				return r.staff[index].auth
			}
			return r.customers[index-len(r.staff)].auth
		}
	})
	if err != nil {
		return err
	}
	defer s.Close()
	if err := r.connect(ctx, s, &w.failures); err != nil {
		return err
	}
	d := newDriver(r.trial, w, r.api)
	d.by, d.events = admin, int64(len(r.staff)+kinds)
	d.ownerOf = func(subject int) person { return r.customers[subject] }
	if err := d.prepare(ctx, c.Parallel); err != nil {
		return err
	}
	if err := r.calm(ctx); err != nil {
		return err
	}
	if err := r.begin(); err != nil {
		return err
	}
	stop := r.progress.watch(func() string {
		return fmt.Sprintf("%d changes, %d events to come", d.answered.Count(), w.pending.Load())
	})
	err = d.around(ctx, c.Duration, c.Parallel, c.Rate)
	stop()
	if err := errors.Join(err, r.pause()); err != nil {
		return err
	}
	s.Close()
	r.result.Counts = w.counts(subjectOf)
	if err := d.report(); err != nil {
		return err
	}
	r.result.Add("commands_per_second", result.PerSecond, float64(d.answered.Count())/d.commanding.Seconds())
	r.result.Add("connected", result.Count, float64(clients))
	r.result.Add("strays", result.Count, float64(w.strays.Load()))
	return r.publish()
}
