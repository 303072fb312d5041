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

// connectCommand measures complete Socket.IO connects.
type connectCommand struct {
	common      `embed:""`
	credentials `embed:""`

	Clients  int `default:"5000" help:"How many connect in each round."`
	Rounds   int `default:"5" help:"How often all are cut and connect again. The figure is the median of the rounds."`
	InFlight int `default:"64" help:"How many connect at once; the next begins when one is connected."`
}

// Help is shown by --help.
func (c *connectCommand) Help() string {
	return `A connect is all of it: TCP, the HTTP upgrade, the open packet, CONNECT with the token, and its answer.

  go run ./bench connect --url http://127.0.0.1:3000
  go run ./bench connect --start './server serve --host {host} --port {port}' --tokens tokens.txt`
}

// Validate is called by kong.
func (c *connectCommand) Validate() error {
	switch {
	case c.Clients < 1:
		return fmt.Errorf("--clients %d: must be at least 1", c.Clients)
	case c.Rounds < 1 || c.Rounds > 1000:
		return fmt.Errorf("--rounds %d: may be 1 to 1000", c.Rounds)
	case c.InFlight < 1:
		return fmt.Errorf("--in-flight %d: must be at least 1", c.InFlight)
	}
	return errors.Join(c.common.Validate(), c.credentials.Validate())
}

// Run implements the command.
func (c *connectCommand) Run(ctx context.Context, around surroundings) error {
	return c.try(ctx, &c.credentials, around, func(t *trial) error { return c.run(ctx, t) })
}

func (c *connectCommand) run(ctx context.Context, t *trial) error {
	arrivals := newArrivals(c.Loops)
	s, err := t.swarm(c.Clients, arrivals, func(o *swarm.Options) { o.InFlight = max(c.InFlight/c.Loops, 1) })
	if err != nil {
		return err
	}
	defer s.Close()
	rates, err := c.rounds(ctx, t, s)
	if err != nil {
		return err
	}
	s.Close()
	slices.Sort(rates)
	t.result.Add(result.Connects, result.PerSecond, rates[len(rates)/2])
	t.result.Add(result.Connects+"_min", result.PerSecond, rates[0])
	t.result.Add(result.Connects+"_max", result.PerSecond, rates[len(rates)-1])
	t.result.Latencies = append(t.result.Latencies, arrivals.latency("connect"))
	t.result.Counts = result.Counts{
		Expected: uint64(c.Clients * c.Rounds), Received: uint64(arrivals.arrived()), Errors: uint64(arrivals.count()),
	}
	t.result.Counts.Lost = t.result.Counts.Expected - t.result.Counts.Received
	t.tell(&arrivals.failures)
	if err := t.account(); err != nil {
		return err
	}
	if s := t.result.Server; s != nil {
		t.result.Add("server_cpu_per_connect", result.Microseconds, s.CPUSeconds*1e6/float64(t.result.Counts.Expected))
	}
	return t.publish()
}

// rounds connects all, again and again, and returns the rate of each round.
func (c *connectCommand) rounds(ctx context.Context, t *trial, s *swarm.Swarm) ([]float64, error) {
	var rates []float64
	for round := range c.Rounds {
		t.progress.show(fmt.Sprintf("round %d of %d", round+1, c.Rounds))
		if err := t.begin(); err != nil {
			return nil, err
		}
		before := t.parts.elapsed
		limited, cancel := context.WithTimeout(ctx, t.common.Timeout)
		err := s.Connect(limited)
		cancel()
		if err != nil {
			return nil, fmt.Errorf("round %d: %w (%d of %d are connected)", round+1, err, s.ConnectedCount(), c.Clients)
		}
		if err := t.pause(); err != nil {
			return nil, err
		}
		rates = append(rates, float64(s.ConnectedCount())/(t.parts.elapsed-before).Seconds())
		if err := s.Each(ctx, func(c *swarm.Client) { c.Cut(true) }); err != nil {
			return nil, err
		}
		if err := t.calm(ctx); err != nil {
			return nil, err
		}
	}
	return rates, nil
}

// arrivals times connects. It implements swarm.Observer.
type arrivals struct {
	failures
	histograms []*result.Histogram // by loop
}

func newArrivals(loops int) *arrivals {
	a := &arrivals{}
	for range loops {
		a.histograms = append(a.histograms, result.NewHistogram())
	}
	return a
}

// Connected implements swarm.Observer.
func (a *arrivals) Connected(c *swarm.Client, at int64, _ []byte) {
	a.histograms[c.Index()%len(a.histograms)].Record(time.Duration(at - c.Began()))
}

// Packet implements swarm.Observer.
func (a *arrivals) Packet(*swarm.Client, int64, []byte) {}

// latency and arrived are asked when the loops are done.
func (a *arrivals) latency(name string) result.Latency { return merged(a.histograms).Latency(name) }

func (a *arrivals) arrived() int64 { return merged(a.histograms).Count() }

func merged(histograms []*result.Histogram) *result.Histogram {
	all := result.NewHistogram()
	for _, h := range histograms {
		all.Merge(h)
	}
	return all
}
