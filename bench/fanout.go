package main

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"kapoor.example/desk/bench/swarm"
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
func (c *fanoutCommand) Run(ctx context.Context, around surroundings) (err error) {
	auth, err := c.load()
	if err != nil {
		return err
	}
	t, err := newTrial(ctx, c.common, around)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	f := &fanout{trial: t, settings: c, audience: newAudience(c.Clients, c.Loops), done: make(chan struct{}, 1)}
	f.audience.drained = f.drained
	f.swarm, err = t.swarm(c.Clients, f.audience, func(o *swarm.Options) { o.Auth = auth })
	if err != nil {
		return err
	}
	defer f.swarm.Close()
	if err := t.connect(ctx, f.swarm, &f.audience.failures); err != nil {
		return err
	}
	return f.run(ctx)
}

// fanout is a run of the scenario.
type fanout struct {
	*trial
	settings *fanoutCommand
	audience *audience
	swarm    *swarm.Swarm
	caster   *caster
	until    atomic.Int64  // when the part ends, by clock, unless paced
	over     atomic.Bool   // the last broadcast of a paced part is out
	done     chan struct{} // a token when a part is over and all of it has come
}

func (f *fanout) run(ctx context.Context) error {
	c := f.settings
	f.caster = &caster{clock: f.clock, audience: f.audience, clients: c.Clients, size: c.Size}
	if c.Warmup > 0 {
		if complete, err := f.part(ctx, c.Warmup, "warming up"); err != nil {
			return err
		} else if !complete {
			return fmt.Errorf("warming up: %d deliveries did not come: does the server answer fan with %s?", f.audience.pending.Load(), broadcastEvent)
		}
	}
	f.audience.restart(f.caster.seq)
	if err := f.begin(); err != nil {
		return err
	}
	if _, err := f.part(ctx, c.Duration, c.Mode); err != nil {
		return err
	}
	if err := f.pause(); err != nil {
		return err
	}
	f.swarm.Close() // before the counts: now nothing changes them, and errors are only those of the run
	f.result.Counts = f.audience.counts(f.caster.seq)
	f.result.Latencies = append(f.result.Latencies, f.audience.latency("delivery"))
	f.tell(&f.audience.failures)
	if err := f.accountDeliveries(); err != nil {
		return err
	}
	return f.publish()
}

// part broadcasts for a while and waits until all has come. It reports whether it has.
func (f *fanout) part(ctx context.Context, d time.Duration, what string) (complete bool, err error) {
	stop := f.progress.watch(func() string {
		return fmt.Sprintf("%s: %d deliveries to come, %d errors", what, f.audience.pending.Load(), f.audience.count())
	})
	defer stop()
	if f.settings.Mode == "paced" {
		err = f.pace(ctx, d)
	} else {
		f.until.Store(f.clock() + int64(d))
		f.next()
	}
	if err != nil {
		return false, err
	}
	patience := time.NewTimer(f.settings.Timeout)
	defer patience.Stop()
	if f.settings.Mode != "paced" {
		patience.Reset(d + f.settings.Timeout)
	}
	select {
	case <-f.done:
		return true, nil
	case <-patience.C:
		return false, nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

// drained is called on a loop when everybody has received everything that was sent.
func (f *fanout) drained() {
	switch {
	case f.settings.Mode == "paced":
		f.finishPaced()
	case f.clock() < f.until.Load():
		f.next()
	default:
		f.finish()
	}
}

// finish says that the part is over.
func (f *fanout) finish() {
	select {
	case f.done <- struct{}{}:
	default:
	}
}

// finishPaced is finish if the last broadcast is out and has come. With several loops, one may still be at the end of the
// broadcast before while the last one is being sent.
func (f *fanout) finishPaced() {
	if f.over.Load() && f.audience.pending.Load() == 0 {
		f.finish()
	}
}

// pace sends the broadcasts at their times, the last one when d is over.
func (f *fanout) pace(ctx context.Context, d time.Duration) error {
	interval := time.Duration(float64(time.Second) / f.settings.Rate)
	n := max(int(d/interval), 1)
	f.over.Store(false)
	began := f.clock()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for i := range n {
		timer.Reset(time.Duration(began + int64(i+1)*int64(interval) - f.clock()))
		select {
		case <-timer.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		f.swarm.Post(0, func(c *swarm.Client) {
			f.caster.cast(c, 1)
			if i == n-1 {
				f.over.Store(true)
				f.finishPaced()
			}
		})
	}
	return nil
}

// next sends what is to be sent when everybody has the last.
func (f *fanout) next() {
	n := 1
	if f.settings.Mode == "queued" {
		n = f.settings.Burst
	}
	f.swarm.Post(0, func(c *swarm.Client) { f.caster.cast(c, n) })
}
