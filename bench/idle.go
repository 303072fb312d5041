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

// idleCommand measures what a connection that does nothing costs.
type idleCommand struct {
	common      `embed:""`
	credentials `embed:""`

	Clients int           `default:"5000" help:"How many connect."`
	Hold    time.Duration `default:"0s" help:"How long they stay before memory is looked at; longer than the server's ping interval, pings and pongs are part of it."`
	Still   time.Duration `default:"5s" help:"How long memory must stay the same, give or take a hundredth."`
	Settle  time.Duration `default:"60s" help:"How long to wait for that."`
}

// Help is shown by --help.
func (c *idleCommand) Help() string {
	return `Memory is the server's resident memory with all clients, less that before the first, when it has settled.
What is held by the kernel for a socket is not in it, and the same for all servers. A Go server that has nothing to do
collects its garbage every two minutes: with --hold 150s the figure is that of what lives.

  go run ./bench idle --start 'go run ./cmd/conformance --addr {addr}' --clients 5000
  go run ./bench idle --url http://127.0.0.1:4000 --tokens tokens.txt --hold 30s`
}

// Validate is called by kong.
func (c *idleCommand) Validate() error {
	switch {
	case c.Clients < 1:
		return fmt.Errorf("--clients %d: must be at least 1", c.Clients)
	case c.Hold < 0 || c.Still <= 0 || c.Settle <= 0:
		return errors.New("--hold, --still and --settle must be durations such as 5s")
	}
	return errors.Join(c.common.Validate(), c.credentials.Validate())
}

// Run implements the command.
func (c *idleCommand) Run(ctx context.Context, around surroundings) error {
	return c.try(ctx, &c.credentials, around, func(t *trial) error { return c.run(ctx, t) })
}

func (c *idleCommand) run(ctx context.Context, t *trial) error {
	if t.server == nil {
		return &usageError{errors.New("idle needs the server's process: give --start or --pid")}
	}
	arrivals := newArrivals(c.Loops)
	s, err := t.swarm(c.Clients, arrivals, nil)
	if err != nil {
		return err
	}
	defer s.Close()
	// A server that hashes a password when it starts holds that memory for a while.
	if t.before, _, err = t.settled(ctx, c.Still, c.Settle, func(process.Usage) {}); err != nil {
		return err
	}
	if err := t.connect(ctx, s, &arrivals.failures); err != nil {
		return err
	}
	if err := c.measure(ctx, t, s); err != nil {
		return err
	}
	t.result.Counts = result.Counts{Errors: uint64(arrivals.count())}
	t.tell(&arrivals.failures)
	return t.publish()
}

func (c *idleCommand) measure(ctx context.Context, t *trial, s *swarm.Swarm) error {
	if err := t.begin(); err != nil {
		return err
	}
	first, err := t.server.Usage()
	if err != nil {
		return err
	}
	per := func(now, before int64) float64 { return float64(now-before) / float64(c.Clients) }
	show := func(u process.Usage) {
		t.progress.show(fmt.Sprintf("%d connected, %s each", s.ConnectedCount(), size(per(u.RSS, t.before.RSS))))
	}
	show(first)
	if err := pause(ctx, c.Hold); err != nil {
		return err
	}
	last, stable, err := t.settled(ctx, c.Still, c.Settle, show)
	if err != nil {
		return err
	}
	if !stable {
		t.result.Note("Memory was still moving after %s.", c.Settle)
	}
	if err := t.pause(); err != nil {
		return err
	}
	if err := t.account(); err != nil {
		return err
	}
	each := per(last.RSS, t.before.RSS)
	t.result.Server.PerConnection = int64(each)
	t.result.Add(result.RSSPerConnection, result.Bytes, each)
	t.result.Add("server_anon_per_connection", result.Bytes, per(last.Anon, t.before.Anon))
	t.result.Add("server_rss_per_connection_at_first", result.Bytes, per(first.RSS, t.before.RSS))
	t.result.Add("connected", result.Count, float64(s.ConnectedCount()))
	return nil
}
