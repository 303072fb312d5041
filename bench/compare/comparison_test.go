package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"kapoor.example/desk/bench/result"
)

// TestRunsAreInterleaved: round by round, and in a round the targets of a scenario one after the other.
func TestRunsAreInterleaved(t *testing.T) {
	last := duel("slow")
	last.once, last.contenders = true, last.contenders[1:]
	var order []string
	made(t, 2, []scenario{last, duel("paced"), duel("closed")}, func(scenario, target string, round int) (*result.Run, error) {
		order = append(order, scenario+" "+target)
		return nil, errors.New("not needed")
	})
	round := []string{"paced limit", "paced ours", "closed limit", "closed ours"}
	if want := slices.Concat(round, round, []string{"slow ours"}); !slices.Equal(order, want) {
		t.Errorf("%q", order)
	}
}

// TestFailuresStopNothing: the others go on, and the terminal says what happened.
func TestFailuresStopNothing(t *testing.T) {
	var said strings.Builder
	c := comparison{
		scenarios: []scenario{duel("paced")}, rounds: 2, show: newProgress(&said), now: time.Now,
		run: func(_ context.Context, _ scenario, c contender) (*result.Run, error) {
			if c.target == limit {
				return nil, errors.New("the port is taken")
			}
			return found(map[string]float64{"cost": 1234}), nil
		},
	}
	r := c.make(t.Context())
	if len(r.Scenarios[0].Runs) != 4 || !r.failed() {
		t.Errorf("%+v", r.Scenarios[0].Runs)
	}
	for _, line := range []string{
		"[1/4] round 1 of 2: paced, limit: FAILED: the port is taken\n", "[2/4] round 1 of 2: paced, ours: the cost 1.23 ms\n",
		"[3/4] round 2 of 2: paced, limit: FAILED", "[4/4] round 2 of 2: paced, ours",
	} {
		if !strings.Contains(said.String(), line) {
			t.Errorf("%q is not in:\n%s", line, said.String())
		}
	}
}

// TestInterruptedKeepsWhatIsFinished: the run that was under way did not fail.
func TestInterruptedKeepsWhatIsFinished(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	count := 0
	c := comparison{
		scenarios: []scenario{duel("paced")}, rounds: 5, show: newProgress(new(strings.Builder)), now: time.Now,
		run: func(ctx context.Context, _ scenario, _ contender) (*result.Run, error) {
			if count++; count == 4 {
				cancel()
				return nil, ctx.Err()
			}
			return found(map[string]float64{"cost": 1}), nil
		},
	}
	r := c.make(ctx)
	if len(r.Scenarios[0].Runs) != 3 || !r.Interrupted || r.failed() || count != 4 {
		t.Errorf("%d runs, interrupted %v, failed %v, %d made", len(r.Scenarios[0].Runs), r.Interrupted, r.failed(), count)
	}
	if own, _ := r.Scenarios[0].Lines[0].cell(ours); own.Value == nil || own.Value.N != 1 {
		t.Errorf("%+v", own)
	}
}

// TestForecast: a guess at first, then what the same run took before.
func TestForecast(t *testing.T) {
	scenarios := []scenario{duel("paced")}
	steps := (&comparison{scenarios: scenarios, rounds: 3}).plan()
	f := newForecast(scenarios, steps)
	const long = 100 * time.Hour // so that the time of this test does not matter
	for key := range f.expected {
		f.expected[key] = long
	}
	if left := f.left(0).Round(time.Hour); left != 6*long {
		t.Errorf("at first %s", left)
	}
	f.took(steps[0], 2*long)
	if left := f.left(1).Round(time.Hour); left != 3*long+2*2*long {
		t.Errorf("then %s", left)
	}
	f.took(steps[1], time.Second)
	if text := f.text(5); !strings.HasSuffix(text, " s left") {
		t.Errorf("at the end %q", text)
	}
	if text := f.text(2); text != "24000 min left" {
		t.Errorf("in the middle %q", text)
	}
}
