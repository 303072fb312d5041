package main

import (
	"context"
	"fmt"
	"time"

	"kapoor.example/desk/bench/result"
)

// comparison makes the runs.
type comparison struct {
	scenarios []scenario
	rounds    int
	quick     bool
	run       func(context.Context, scenario, contender) (*result.Run, error)
	show      *progress
	now       func() time.Time
}

// step is one run that is to be made.
type step struct {
	round     int // from 1
	scenario  int // index
	contender contender
}

// plan returns the runs in their order: round by round, in each scenario by scenario, and in each of those target by
// target, so that the runs that are compared are neighbours in time. What is made only once comes last.
func (c *comparison) plan() []step {
	var steps []step
	add := func(round int, once bool) {
		for i, s := range c.scenarios {
			if s.once != once {
				continue
			}
			for _, contender := range s.contenders {
				steps = append(steps, step{round, i, contender})
			}
		}
	}
	for round := range c.rounds {
		add(round+1, false)
	}
	add(1, true)
	return steps
}

// make makes all runs, or those that are finished when ctx ends, and returns the report. A run that fails is noted, and the
// others go on.
func (c *comparison) make(ctx context.Context) *report {
	r := &report{
		Schema: schema, Started: c.now().UTC().Truncate(time.Second), Machine: result.ThisMachine(), Rounds: c.rounds, Quick: c.quick,
	}
	for _, s := range c.scenarios {
		r.Scenarios = append(r.Scenarios, scenarioReport{Name: s.name, Title: s.title, About: s.about})
	}
	steps := c.plan()
	left := newForecast(c.scenarios, steps)
	for i, step := range steps {
		if ctx.Err() != nil {
			break
		}
		s := c.scenarios[step.scenario]
		what := fmt.Sprintf("[%d/%d] round %d of %d: %s, %s", i+1, len(steps), step.round, c.rounds, s.name, step.contender.target)
		stop := c.show.during(func() string { return what + " · " + left.text(i) })
		began := c.now()
		found, err := c.run(ctx, s, step.contender)
		stop()
		if err != nil && ctx.Err() != nil {
			break // it did not fail, it was interrupted
		}
		left.took(step, c.now().Sub(began))
		a := attempt{
			Target: step.contender.target, Round: step.round, Program: step.contender.program, Arguments: step.contender.arguments, Result: found,
		}
		if err != nil {
			a.Failure = err.Error()
		}
		r.Scenarios[step.scenario].Runs = append(r.Scenarios[step.scenario].Runs, a)
		c.show.line(what + ": " + outcome(s, a))
	}
	r.Interrupted = ctx.Err() != nil
	r.Ended = c.now().UTC().Truncate(time.Second)
	r.summarize(c.scenarios)
	return r
}

// outcome is a run in a few words: its first figure, or what went wrong.
func outcome(s scenario, a attempt) string {
	if a.Failure != "" {
		return "FAILED: " + a.Failure
	}
	for _, f := range s.figures {
		if found, ok := a.Result.Figure(f.name); ok {
			return f.title + " " + amount(found.Value, found.Unit)
		}
	}
	return "done"
}
