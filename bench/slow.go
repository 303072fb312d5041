package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"kapoor.example/desk/bench/result"
	"kapoor.example/desk/bench/swarm"
)

// slowCommand broadcasts while some clients do not read.
type slowCommand struct {
	common      `embed:""`
	credentials `embed:""`

	Clients  int           `default:"1000" help:"How many receive each broadcast."`
	Stopped  int           `default:"10" help:"How many of them stop reading."`
	Pairs    int           `default:"1" help:"How often to run without and with stopped readers, one after the other; the figures are medians."`
	Rate     float64       `default:"50" help:"Broadcasts per second."`
	Size     int           `default:"2000" help:"Bytes of a broadcast's packet: large enough that the server's queues for the stopped fill during the run."`
	Buffer   int           `default:"65536" help:"Bytes of the receive buffers of those that stop; the kernel holds that much for them before the server does."`
	Duration time.Duration `default:"20s" help:"How long each run is measured."`
	Warmup   time.Duration `default:"1s" help:"How long to broadcast before each."`
}

// Help is shown by --help.
func (c *slowCommand) Help() string {
	return `Latencies and losses are those of the clients that read. A run without stopped readers looks at the same ones.
When a run is over the stopped ones read on: what they find, and how their connection ended, is told.

  go run ./bench slow --start 'go run ./cmd/conformance --addr {addr}' --pairs 7`
}

// Validate is called by kong.
func (c *slowCommand) Validate() error {
	const mostBytes = 60_000
	switch {
	case c.Clients < 2:
		return fmt.Errorf("--clients %d: must be at least 2", c.Clients)
	case c.Stopped < 1 || c.Stopped >= c.Clients:
		return fmt.Errorf("--stopped %d: must be at least 1 and less than --clients", c.Stopped)
	case c.Pairs < 1 || c.Pairs > 100:
		return fmt.Errorf("--pairs %d: may be 1 to 100", c.Pairs)
	case c.Rate <= 0 || c.Rate > 100_000:
		return fmt.Errorf("--rate %g: must be above 0 and at most 100000", c.Rate)
	case c.Size < stampLength+len(comes) || c.Size > mostBytes:
		return fmt.Errorf("--size %d: may be %d to %d", c.Size, stampLength+len(comes), mostBytes)
	case c.Buffer < 0:
		return fmt.Errorf("--buffer %d: must not be negative", c.Buffer)
	case c.Duration <= 0 || c.Duration > time.Hour || c.Warmup < 0 || c.Warmup > time.Hour:
		return errors.New("--duration and --warmup must be durations of up to 1h")
	}
	return errors.Join(c.common.Validate(), c.credentials.Validate())
}

// Run implements the command.
func (c *slowCommand) Run(ctx context.Context, around surroundings) error {
	return c.try(ctx, &c.credentials, around, func(t *trial) error { return c.run(ctx, t) })
}

func (c *slowCommand) run(ctx context.Context, t *trial) error {
	pairs := slowPairs{healthy: result.NewHistogram(), alone: result.NewHistogram()}
	for i := range c.Pairs {
		both := []int{0, c.Stopped}
		if i%2 == 1 {
			slices.Reverse(both) // so that neither always has the warmer server
		}
		for _, stopped := range both {
			t.progress.show(fmt.Sprintf("pair %d of %d, %d stopped", i+1, c.Pairs, stopped))
			if err := c.one(ctx, t, stopped, &pairs); err != nil {
				return err
			}
		}
	}
	pairs.report(t)
	if err := t.accountDeliveries(); err != nil {
		return err
	}
	return t.publish()
}

// one makes one run with new connections.
func (c *slowCommand) one(ctx context.Context, t *trial, stopped int, pairs *slowPairs) error {
	a := newSlowAudience(c.Clients, c.Clients-c.Stopped, c.Loops)
	s, err := t.swarm(c.Clients, a, func(o *swarm.Options) {
		o.ReceiveBuffer = func(index int) int {
			if index < a.healthy {
				return 0
			}
			return c.Buffer
		}
	})
	if err != nil {
		return err
	}
	defer s.Close()
	if err := t.connect(ctx, s, &a.failures); err != nil {
		return err
	}
	b := newBroadcasts(t, s, &a.audience, c.Size)
	b.rate, b.caster.clients = c.Rate, a.healthy
	if err := b.warmUp(ctx, c.Warmup); err != nil {
		return err
	}
	if stopped > 0 {
		if err := s.Each(ctx, a.stop); err != nil {
			return err
		}
	}
	if t.server != nil {
		_ = t.server.ResetPeak()
	}
	if err := t.begin(); err != nil {
		return err
	}
	if _, err := b.part(ctx, c.Duration, fmt.Sprintf("%d stopped", stopped)); err != nil {
		return err
	}
	if err := t.pause(); err != nil {
		return err
	}
	pairs.peak(t, stopped)
	if stopped > 0 {
		if err := a.resume(ctx, t, s); err != nil {
			return err
		}
	}
	s.Close()
	pairs.add(t, a, b.caster.seq, stopped)
	return t.calm(ctx)
}
