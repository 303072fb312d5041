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

// trial is one run of a scenario while it goes on.
type trial struct {
	*target
	around   surroundings
	common   common
	clock    swarm.Clock
	progress *progress
	result   result.Run

	before   process.Usage // of the server, without clients
	cpuBegan time.Duration // of the server, when the measured part began
	ownBegan time.Duration // the generator's
	began    int64         // by clock
}

// newTrial opens the target. The caller closes the trial.
func newTrial(ctx context.Context, c common, around surroundings) (*trial, error) {
	found, err := c.open(ctx)
	if err != nil {
		return nil, err
	}
	t := &trial{
		target: found, around: around, common: c, clock: swarm.NewClock(), progress: newProgress(around.stderr),
		result: result.Run{
			Schema: result.Schema, Scenario: around.scenario, Target: found.name, Started: time.Now().UTC().Truncate(time.Millisecond),
			Parameters: around.parameters, Machine: result.ThisMachine(),
		},
	}
	if t.server != nil {
		if t.before, err = t.server.Usage(); err != nil {
			return nil, errors.Join(err, t.close())
		}
		_ = t.server.ResetPeak() // where that is not allowed, the peak is that of the process's life
	}
	return t, nil
}

// close stops what newTrial started.
func (t *trial) close() error {
	t.progress.end()
	return t.target.close()
}

// swarm makes the clients. The caller closes them.
func (t *trial) swarm(clients int, observer swarm.Observer, change func(*swarm.Options)) (*swarm.Swarm, error) {
	o := swarm.Options{
		Address: t.address, Path: t.common.Path, Clients: clients, Loops: t.common.Loops, Observer: observer, Clock: t.clock,
		InFlight: defaultInFlight, ConnectTimeout: t.common.Timeout,
	}
	if change != nil {
		change(&o)
	}
	return swarm.New(o)
}

// defaultInFlight is how many clients connect at once where the scenario is not about that.
const defaultInFlight = 128

// connect connects all, and fails unless all are.
func (t *trial) connect(ctx context.Context, s *swarm.Swarm, failures *failures) error {
	ctx, cancel := context.WithTimeout(ctx, t.common.Timeout)
	defer cancel()
	stop := t.progress.watch(func() string { return fmt.Sprintf("connecting: %d of %d", s.ConnectedCount(), s.Clients()) })
	defer stop()
	if err := s.Connect(ctx); err != nil {
		return fmt.Errorf("connect %d clients: %w (%d are)", s.Clients(), err, s.ConnectedCount())
	}
	if n := failures.count(); n > 0 {
		return fmt.Errorf("connect %d clients: %d failed, the first one: %w", s.Clients(), n, failures.first())
	}
	return nil
}

// begin begins the measured part.
func (t *trial) begin() error {
	t.result.Started = time.Now().UTC().Truncate(time.Millisecond)
	t.ownBegan = ownCPU()
	var err error
	if t.server != nil {
		if t.cpuBegan, err = t.server.CPU(); err != nil {
			return err
		}
	}
	t.began = t.clock()
	return nil
}

// end ends the measured part: times and costs are those until now. Counts must be set.
func (t *trial) end() error {
	t.result.Seconds = time.Duration(t.clock() - t.began).Seconds()
	own := ownCPU() - t.ownBegan
	received := t.result.Counts.Received
	t.result.Add(result.Deliveries, result.PerSecond, float64(received)/t.result.Seconds)
	if t.server != nil {
		used, err := t.server.Usage()
		if err != nil {
			return err
		}
		spent := used.CPU - t.cpuBegan
		s := &result.Server{
			CPUSeconds: spent.Seconds(), RSSBefore: t.before.RSS, RSSAfter: used.RSS, RSSPeak: used.Peak,
			AnonBefore: t.before.Anon, AnonAfter: used.Anon,
		}
		if received > 0 {
			s.CPUPerDelivery = float64(spent) / float64(time.Microsecond) / float64(received)
			t.result.Add(result.CPUPerDelivery, result.Microseconds, s.CPUPerDelivery)
		}
		t.result.Server = s
		t.result.Add(result.ServerCPU, result.Ratio, spent.Seconds()/t.result.Seconds)
	}
	t.result.Add(result.ClientCPU, result.Ratio, own.Seconds()/t.result.Seconds)
	return nil
}

// publish prints the result and writes the file. It returns errUnclean where something did not come as it should.
func (t *trial) publish() error {
	t.progress.end()
	if err := printRun(t.around.stdout, &t.result); err != nil {
		return fmt.Errorf("print result: %w", err)
	}
	if t.common.JSON != "" {
		if err := result.Write(t.common.JSON, &t.result); err != nil {
			return err
		}
	}
	if !t.result.Counts.Clean() {
		return errUnclean
	}
	return nil
}
