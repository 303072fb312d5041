package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"kapoor.example/desk/bench/result"
	"kapoor.example/desk/bench/swarm"
)

// driver gives the desk commands and notes them in a watch.
type driver struct {
	*trial
	watch   *watch
	api     *rest
	by      person                   // who changes the bookings
	ownerOf func(subject int) person // whose they are
	events  int64                    // that come of a command

	mu         sync.Mutex
	answered   *result.Histogram // from the PATCH to its answer
	commanding time.Duration     // how long commands were given, without waiting for the last events
	spare      []string          // bookings made before, for the first subject
	current    []string          // by subject: the booking it changes
	changed    []int             // by subject: how often that has been changed
}

func newDriver(t *trial, w *watch, api *rest) *driver {
	return &driver{
		trial: t, watch: w, api: api, answered: result.NewHistogram(),
		current: make([]string, len(w.subjects)), changed: make([]int, len(w.subjects)),
	}
}

// mostChanges is how often one booking is changed, as in life: each answer has the whole timeline.
const mostChanges = 20

// command gives the next command of a subject. Failures are noted in the watch, and the subject goes on with another
// booking.
func (d *driver) command(s int) {
	if d.current[s] == "" || d.changed[s] >= mostChanges {
		if !d.create(s) {
			return
		}
	}
	next := change{Status: "Scheduled"}
	if d.changed[s]%2 == 1 {
		next.Status = "Pending"
	}
	began := d.clock()
	d.watch.begin(s, began, d.events)
	err := d.api.status(d.by.token, d.current[s], next)
	took := time.Duration(d.clock() - began)
	if err != nil {
		d.watch.forget(d.current[s])
		d.watch.undo(s)
		d.watch.add(err)
		d.current[s] = ""
		return
	}
	d.changed[s]++
	d.mu.Lock()
	d.answered.Record(took)
	d.mu.Unlock()
}

// create gives a subject a new booking and reports whether that was possible.
func (d *driver) create(s int) bool {
	var id string
	if n := len(d.spare); s == 0 && n > 0 {
		id, d.spare = d.spare[n-1], d.spare[:n-1]
	} else {
		created, err := d.api.create(d.ownerOf(s).token)
		if err != nil {
			d.watch.add(err)
			return false
		}
		id = created.ID
	}
	d.watch.follow(s, id)
	d.current[s], d.changed[s] = id, 0
	return true
}

// stock makes the bookings that so many commands of the first subject take. A booking made between two commands would be
// told to every socket that is measured, and the next command would be timed behind that.
func (d *driver) stock(ctx context.Context, commands int) error {
	for range commands/mostChanges + 1 {
		created, err := d.api.create(d.ownerOf(0).token)
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		d.spare = append(d.spare, created.ID)
	}
	return nil
}

// prepare makes a booking for every subject.
func (d *driver) prepare(ctx context.Context, workers int) error {
	var working sync.WaitGroup
	for first := range workers {
		working.Go(func() {
			for s := first; s < len(d.watch.subjects) && ctx.Err() == nil; s += workers {
				d.create(s)
			}
		})
	}
	working.Wait()
	return errors.Join(ctx.Err(), d.watch.first())
}

// around lets each worker give commands to its share of the subjects in turn, together so many per second (0: as many as
// are answered), then waits for the last events.
func (d *driver) around(ctx context.Context, total time.Duration, workers int, rate float64) error {
	began := d.clock()
	end := began + int64(total)
	var working sync.WaitGroup
	for first := range workers {
		working.Go(func() {
			s := first
			for i := int64(1); d.clock() < end && ctx.Err() == nil; i++ {
				if rate > 0 {
					due := began + int64(float64(i)*float64(workers)/rate*float64(time.Second))
					_ = pause(ctx, time.Duration(due-d.clock())) // the loop looks at ctx
				}
				if d.watch.free(s) {
					d.command(s)
				}
				if s += workers; s >= len(d.watch.subjects) {
					s = first
				}
			}
		})
	}
	working.Wait()
	d.commanding += time.Duration(d.clock() - began)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return d.drained(ctx)
}

// paced gives commands one at a time, the next when all events of the last have come, and not before its time.
func (d *driver) paced(ctx context.Context, total time.Duration, rate float64) error {
	interval := time.Duration(float64(time.Second) / rate)
	began := d.clock()
	timer := time.NewTimer(0)
	defer timer.Stop()
	patience := time.NewTimer(d.common.Timeout)
	defer patience.Stop()
	for i := int64(1); ; i++ {
		due := began + i*int64(interval)
		if due > began+int64(total) {
			break
		}
		timer.Reset(time.Duration(due - d.clock()))
		select {
		case <-timer.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		before := d.watch.count()
		d.command(0)
		if d.watch.count() > before {
			continue
		}
		patience.Reset(d.common.Timeout)
		select {
		case <-d.watch.subjects[0].done:
		case <-patience.C:
			return d.missing()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	d.commanding += time.Duration(d.clock() - began)
	return nil
}

// drained waits until all events have come, for as long as the run is patient.
func (d *driver) drained(ctx context.Context) error {
	end := d.clock() + int64(d.common.Timeout)
	for d.watch.pending.Load() > 0 && d.clock() < end {
		if err := pause(ctx, time.Millisecond); err != nil {
			return err
		}
	}
	return nil // what is missing shows in the counts
}

func (d *driver) missing() error {
	err := fmt.Errorf("%d events have not come after %s", d.watch.pending.Load(), d.common.Timeout)
	return errors.Join(err, d.watch.first())
}

// restart forgets what was counted and timed so far. ledgers are those of a client and subjectOf what they are about. It
// fails where something has not come: it would be missed later.
func (d *driver) restart(ctx context.Context, s *swarm.Swarm, ledgers func(client int) []int, subjectOf func(ledger int) int) error {
	if err := d.drained(ctx); err != nil {
		return err
	}
	if n := d.watch.pending.Load(); n > 0 {
		return fmt.Errorf("warming up: %w", d.missing())
	}
	d.answered.Reset()
	d.commanding = 0
	w := d.watch
	return s.Each(ctx, func(c *swarm.Client) {
		for _, i := range ledgers(c.Index()) {
			w.ledgers[i] = newLedger(w.subjects[subjectOf(i)].seq)
		}
		if loop := c.Index(); loop < len(w.each) { // the first client of a loop
			w.each[loop].Reset()
			w.last[loop].Reset()
		}
	})
}

// report adds what was timed to the result, and what the server spent. Counts must be set and the loops done.
func (d *driver) report() error {
	d.result.Latencies = append(d.result.Latencies,
		d.answered.Latency("answer"), merged(d.watch.each).Latency("delivery"), merged(d.watch.last).Latency("last"))
	d.tell(&d.watch.failures)
	if n := d.watch.strays.Load(); n > 0 {
		d.result.Note("%d events came to somebody they were not for.", n)
	}
	if err := d.accountDeliveries(); err != nil {
		return err
	}
	if s := d.result.Server; s != nil && d.answered.Count() > 0 {
		d.result.Add("server_cpu_per_command", result.Microseconds, s.CPUSeconds*1e6/float64(d.answered.Count()))
	}
	return nil
}
