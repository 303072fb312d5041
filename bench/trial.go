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
	auth     func(client int) string // what clients carry; nil for nothing
	result   result.Run

	before process.Usage // of the server, without clients
	parts  meter         // what was measured so far
}

// try makes a run: it opens the target, runs, and closes what was opened. who may be nil.
func (c *common) try(ctx context.Context, who *credentials, around surroundings, run func(*trial) error) (err error) {
	var auth func(int) string
	if who != nil {
		if auth, err = who.load(); err != nil {
			return err
		}
	}
	t, err := newTrial(ctx, *c, around)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	t.auth = auth
	return run(t)
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
		Auth: t.auth, InFlight: defaultInFlight, ConnectTimeout: t.common.Timeout,
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

// meter adds up what the measured parts of a run took.
type meter struct {
	began    int64 // by clock
	cpuBegan time.Duration
	ownBegan time.Duration
	elapsed  time.Duration
	cpu, own time.Duration // of the server and of the generator
}

// begin begins a measured part.
func (t *trial) begin() error {
	if t.parts.elapsed == 0 {
		t.result.Started = time.Now().UTC().Truncate(time.Millisecond)
	}
	t.parts.ownBegan = ownCPU()
	var err error
	if t.server != nil {
		if t.parts.cpuBegan, err = t.server.CPU(); err != nil {
			return err
		}
	}
	t.parts.began = t.clock()
	return nil
}

// pause ends a measured part; begin may begin another one.
func (t *trial) pause() error {
	t.parts.elapsed += time.Duration(t.clock() - t.parts.began)
	t.parts.own += ownCPU() - t.parts.ownBegan
	if t.server == nil {
		return nil
	}
	now, err := t.server.CPU()
	if err != nil {
		return err
	}
	t.parts.cpu += now - t.parts.cpuBegan
	return nil
}

// account writes into the result what the measured parts took, and the server's memory now.
func (t *trial) account() error {
	seconds := t.parts.elapsed.Seconds()
	t.result.Seconds = seconds
	t.result.Add(result.ClientCPU, result.Ratio, t.parts.own.Seconds()/seconds)
	if t.server == nil {
		t.result.Note("The server's process is not known: nothing is said of its CPU time and memory.")
		return nil
	}
	used, err := t.server.Usage()
	if err != nil {
		return err
	}
	t.result.Server = &result.Server{
		CPUSeconds: t.parts.cpu.Seconds(), RSSBefore: t.before.RSS, RSSAfter: used.RSS, RSSPeak: used.Peak,
		AnonBefore: t.before.Anon, AnonAfter: used.Anon,
	}
	t.result.Add(result.ServerCPU, result.Ratio, t.parts.cpu.Seconds()/seconds)
	return nil
}

// accountDeliveries is account for a run that counted deliveries: Counts must be set.
func (t *trial) accountDeliveries() error {
	if err := t.account(); err != nil {
		return err
	}
	received := float64(t.result.Counts.Received)
	t.result.Add(result.Deliveries, result.PerSecond, received/t.result.Seconds)
	if s := t.result.Server; s != nil && received > 0 {
		s.CPUPerDelivery = float64(t.parts.cpu) / float64(time.Microsecond) / received
		t.result.Add(result.CPUPerDelivery, result.Microseconds, s.CPUPerDelivery)
	}
	return nil
}

// tell notes what went wrong.
func (t *trial) tell(f *failures) {
	for _, failure := range f.most() {
		t.result.Note("%d × %s", failure.times, failure.text)
	}
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
