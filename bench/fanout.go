package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// fanoutCommand broadcasts to all clients.
type fanoutCommand struct {
	common      `embed:""`
	credentials `embed:""`

	Clients  int           `default:"1000" help:"How many receive each broadcast; the first of them also sends it."`
	Mode     string        `default:"paced" enum:"paced,closed,queued" help:"paced: --rate broadcasts a second. closed: the next one when all have the last. queued: closed, and --burst of them in one write."`
	Rate     float64       `default:"20" help:"Broadcasts per second, when paced."`
	Burst    int           `default:"10" help:"Broadcasts in one write, when queued."`
	Size     int           `default:"250" help:"Bytes of a broadcast's packet, as clients receive it."`
	Duration time.Duration `default:"10s" help:"How long to measure."`
	Warmup   time.Duration `default:"1s" help:"How long to broadcast before that."`
}

// Help is shown by --help.
func (c *fanoutCommand) Help() string {
	return `One client emits 42["fan",payload]; the server is to emit bookingUpdated with the payload to everybody.

  go run ./bench fanout --start 'go run ./cmd/conformance --addr {addr}'
  go run ./bench fanout --url http://127.0.0.1:3000 --mode closed --clients 10000 --json closed.json`
}

// Validate is called by kong.
func (c *fanoutCommand) Validate() error {
	const mostBytes = 60_000
	switch {
	case c.Clients < 1:
		return fmt.Errorf("--clients %d: must be at least 1", c.Clients)
	case c.Rate <= 0 || c.Rate > 100_000:
		return fmt.Errorf("--rate %g: must be above 0 and at most 100000", c.Rate)
	case c.Burst < 1 || c.Burst > 1000:
		return fmt.Errorf("--burst %d: may be 1 to 1000", c.Burst)
	case c.Size < stampLength+len(comes) || c.Size > mostBytes:
		return fmt.Errorf("--size %d: may be %d to %d", c.Size, stampLength+len(comes), mostBytes)
	case c.Duration <= 0 || c.Duration > time.Hour:
		return fmt.Errorf("--duration %s: must be above 0 and at most 1h", c.Duration)
	case c.Warmup < 0 || c.Warmup > time.Hour:
		return fmt.Errorf("--warmup %s: may be 0s to 1h", c.Warmup)
	}
	return errors.Join(c.common.Validate(), c.credentials.Validate())
}

// Run implements the command.
func (c *fanoutCommand) Run(ctx context.Context, around surroundings) error {
	return c.try(ctx, &c.credentials, around, func(t *trial) error { return c.run(ctx, t) })
}

func (c *fanoutCommand) run(ctx context.Context, t *trial) error {
	a := newAudience(c.Clients, c.Loops)
	s, err := t.swarm(c.Clients, a, nil)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := t.connect(ctx, s, &a.failures); err != nil {
		return err
	}
	b := newBroadcasts(t, s, a, c.Size)
	b.rate = c.Rate
	switch c.Mode {
	case "closed":
		b.rate = 0
	case "queued":
		b.rate, b.burst = 0, c.Burst
	}
	return c.measure(ctx, t, b)
}

func (c *fanoutCommand) measure(ctx context.Context, t *trial, b *broadcasts) error {
	if err := b.warmUp(ctx, c.Warmup); err != nil {
		return err
	}
	if err := t.begin(); err != nil {
		return err
	}
	if _, err := b.part(ctx, c.Duration, c.Mode); err != nil {
		return err
	}
	if err := t.pause(); err != nil {
		return err
	}
	b.swarm.Close() // before the counts: now nothing changes them, and errors are only those of the run
	t.result.Counts = b.audience.counts(b.caster.seq)
	t.result.Latencies = append(t.result.Latencies, b.audience.latency("delivery"))
	t.tell(&b.audience.failures)
	if err := t.accountDeliveries(); err != nil {
		return err
	}
	return t.publish()
}
