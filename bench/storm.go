package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kapoor.example/desk/bench/process"
	"kapoor.example/desk/bench/result"
	"kapoor.example/desk/bench/swarm"
)

// stormCommand cuts all clients at once and lets them come back.
type stormCommand struct {
	common      `embed:""`
	credentials `embed:""`

	Clients int  `default:"5000" help:"How many are cut and come back."`
	Stop    bool `help:"End the server with a signal that lets it close in order, instead of killing it."`
}

// Help is shown by --help.
func (c *stormCommand) Help() string {
	return `First all clients close their connections at once and connect again at once. Then, with --start, the server is
killed and started again, and they come back as the stock client does: after 1 to 5 s, more or less by half. Times are
from the cut, and from when the new server listens.

  go run ./bench storm --start 'go run ./cmd/conformance --addr {addr}' --clients 5000`
}

// Validate is called by kong.
func (c *stormCommand) Validate() error {
	if c.Clients < 1 {
		return fmt.Errorf("--clients %d: must be at least 1", c.Clients)
	}
	return errors.Join(c.common.Validate(), c.credentials.Validate())
}

// Run implements the command.
func (c *stormCommand) Run(ctx context.Context, around surroundings) error {
	return c.try(ctx, &c.credentials, around, func(t *trial) error { return c.run(ctx, t) })
}

func (c *stormCommand) run(ctx context.Context, t *trial) error {
	r := newReturners(c.Clients, c.Loops)
	s, err := t.swarm(c.Clients, r, nil)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := t.connect(ctx, s, &r.failures); err != nil {
		return err
	}
	s.SetInFlight(0)
	if err := t.calm(ctx); err != nil {
		return err
	}
	if err := c.storms(ctx, t, s, r); err != nil {
		return err
	}
	t.tell(&r.failures)
	t.tell(&r.broken)
	if err := t.account(); err != nil {
		return err
	}
	return t.publish()
}

func (c *stormCommand) storms(ctx context.Context, t *trial, s *swarm.Swarm, r *returners) error {
	if err := t.begin(); err != nil {
		return err
	}
	now := t.clock()
	r.since.Store(now)
	err := r.storm(ctx, t, s, "cut", func() error {
		return s.Each(ctx, func(c *swarm.Client) { c.Cut(false); c.Connect() })
	})
	if err := errors.Join(err, t.pause()); err != nil {
		return err
	}
	if t.common.Start == "" {
		t.result.Note("Without --start the server is not ended and started again.")
		return nil
	}
	if err := t.calm(ctx); err != nil {
		return err
	}
	if err := r.storm(ctx, t, s, "restart", func() error { return c.restart(ctx, t, r) }); err != nil {
		return err
	}
	return t.pause()
}

// restart ends the server and starts it again.
func (c *stormCommand) restart(ctx context.Context, t *trial, r *returners) error {
	r.comeBack.Store(true)
	began := t.clock()
	var err error
	if c.Stop {
		limited, cancel := context.WithTimeout(ctx, t.common.Timeout)
		err = t.server.Stop(limited)
		cancel()
	} else {
		err = t.server.Kill()
	}
	if err != nil {
		return err
	}
	started, err := process.Start(ctx, t.command)
	if err != nil {
		return err
	}
	t.server = started
	now := t.clock()
	r.since.Store(now)
	t.result.Add("restart_listens_after", result.Seconds, time.Duration(now-began).Seconds())
	return t.begin()
}
