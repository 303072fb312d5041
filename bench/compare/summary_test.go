package main

import (
	"errors"
	"strings"
	"testing"

	"kapoor.example/desk/bench/result"
)

// costs are what a figure costs the two, by round.
func costs(limitCosts, ourCosts []float64) func(string, string, int) (*result.Run, error) {
	return func(_, target string, round int) (*result.Run, error) {
		of := ourCosts
		if target == limit {
			of = limitCosts
		}
		if of[round-1] < 0 {
			return nil, errors.New("it broke down")
		}
		return found(map[string]float64{"cost": of[round-1]}), nil
	}
}

// TestRatioIsTheMedianOfRatios: the machine became slower from round to round, which the ratio of the medians would show.
func TestRatioIsTheMedianOfRatios(t *testing.T) {
	r := made(t, 3, []scenario{duel("paced", atMostRatio(1.15))}, costs([]float64{10, 20, 40}, []float64{11, 22, 80}))
	l := r.Scenarios[0].Lines[0]
	own, _ := l.cell(ours)
	if *own.Ratio != (spread{1.1, 1.1, 2, 3}) || own.Value.Median != 22 || l.Unit != result.Microseconds {
		t.Errorf("%+v of %+v in %s", own.Ratio, own.Value, l.Unit)
	}
	if base, _ := l.cell(limit); base.Ratio != nil || base.Value.Median != 20 {
		t.Errorf("the limit: %+v", base)
	}
	if l.Goals[0].Verdict != met {
		t.Errorf("%+v", l.Goals)
	}
	if r.failed() || r.Interrupted {
		t.Error("failed or interrupted")
	}
}

func TestFailedRunsCountNowhere(t *testing.T) {
	tests := []struct {
		name        string
		limit, ours []float64
		value       string
		ratio       string
		verdict     string
		failures    int
	}{
		{"none", []float64{10, 10}, []float64{11, 11}, "11 µs (11–11)", "1.10 (1.10–1.10)", met, 0},
		{"ours once", []float64{10, 10}, []float64{-1, 20}, "20 µs, 1 of 2 failed", "2.00", missed, 1},
		{"the limit once", []float64{-1, 10}, []float64{1000, 11}, "506 µs (11–1,000)", "1.10", met, 1},
		{"each once", []float64{-1, 10}, []float64{10, -1}, "10 µs, 1 of 2 failed", "–", unknown, 2},
		{"ours always", []float64{10, 10}, []float64{-1, -1}, "failed", "–", unknown, 2},
		{"the limit always", []float64{-1, -1}, []float64{10, 12}, "11 µs (10–12)", "–", unknown, 2},
		{"all", []float64{-1, -1}, []float64{-1, -1}, "failed", "–", unknown, 4},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := made(t, 2, []scenario{duel("paced", atMostRatio(1.15))}, costs(test.limit, test.ours))
			l := r.Scenarios[0].Lines[0]
			own, _ := l.cell(ours)
			if l.value(ours) != test.value || own.Ratio.times() != test.ratio || l.Goals[0].Verdict != test.verdict {
				t.Errorf("%q, ratio %q, %+v", l.value(ours), own.Ratio.times(), l.Goals)
			}
			failures := r.Scenarios[0].failures()
			if len(failures) != test.failures || r.failed() != (test.failures > 0) {
				t.Errorf("failures: %+v", failures)
			}
			for _, f := range failures {
				if f.Failure != "it broke down" {
					t.Errorf("%+v", f)
				}
			}
		})
	}
}

// TestLossesFailARun: its figures are not those of a server that delivers.
func TestLossesFailARun(t *testing.T) {
	r := made(t, 1, []scenario{duel("paced")}, func(_, target string, _ int) (*result.Run, error) {
		run := found(map[string]float64{"cost": 1})
		if target == ours {
			return run, errors.New("of 10 events 9 came")
		}
		return run, nil
	})
	if own, _ := r.Scenarios[0].Lines[0].cell(ours); own.Value != nil || own.Failed != 1 {
		t.Errorf("%+v", own)
	}
	if kept := r.Scenarios[0].Runs[1].Result; kept == nil {
		t.Error("the result is not kept")
	}
}

func TestGoals(t *testing.T) {
	at := func(median float64) *spread { return &spread{Median: median, Min: median, Max: median, N: 1} }
	elsewhere := func(of *spread) func(string) *spread { return func(string) *spread { return of } }
	tests := []struct {
		name string
		goal goal
		view view
		want string
	}{
		{"ratio, at it", atMostRatio(1.15), view{ratio: at(1.15)}, met},
		{"ratio, above", atMostRatio(1.15), view{ratio: at(1.16)}, missed},
		{"ratio, none", atMostRatio(1.15), view{value: at(1)}, unknown},
		{"value, at it", atMost(3072, "3 KiB"), view{value: at(3072)}, met},
		{"value, above", atMost(3072, "3 KiB"), view{value: at(3073), ratio: at(1)}, missed},
		{"value, none", atMost(3072, "3 KiB"), view{}, unknown},
		{"count, at it", atLeast(10), view{value: at(10)}, met},
		{"count, below", atLeast(10), view{value: at(9)}, missed},
		{"count, none", atLeast(10), view{}, unknown},
		{"either, by the value", atLeastOrRatio(100, "100/s", 0.85), view{value: at(100), ratio: at(0.1)}, met},
		{"either, by the value alone", atLeastOrRatio(100, "100/s", 0.85), view{value: at(100)}, met},
		{"either, by the ratio", atLeastOrRatio(100, "100/s", 0.85), view{value: at(50), ratio: at(0.85)}, met},
		{"either, by neither", atLeastOrRatio(100, "100/s", 0.85), view{value: at(99), ratio: at(0.84)}, missed},
		{"either, below and no ratio", atLeastOrRatio(100, "100/s", 0.85), view{value: at(99)}, unknown},
		{"either, nothing", atLeastOrRatio(100, "100/s", 0.85), view{}, unknown},
		{"no worse, within the rounds", noWorseThan("x", "x"), view{ratio: at(1.3), elsewhere: elsewhere(&spread{1.1, 1, 1.3, 3})}, met},
		{"no worse, above", noWorseThan("x", "x"), view{ratio: at(1.31), elsewhere: elsewhere(&spread{1.1, 1, 1.3, 3})}, missed},
		{"no worse than nothing", noWorseThan("x", "x"), view{ratio: at(1), elsewhere: elsewhere(nil)}, unknown},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := test.goal.judge(test.view); got.Verdict != test.want {
				t.Errorf("%+v", got)
			}
		})
	}
}

// TestGoalsLookElsewhere: at a scenario that is further on, too.
func TestGoalsLookElsewhere(t *testing.T) {
	scenarios := []scenario{duel("crowd", noWorseThan("paced", "with few")), duel("paced")}
	r := made(t, 1, scenarios, costs([]float64{10}, []float64{11}))
	if got := r.Scenarios[0].Lines[0].Goals[0]; got.Verdict != met || got.Goal != "no worse than with few" {
		t.Errorf("%+v", got)
	}
	r = made(t, 1, scenarios[:1], costs([]float64{10}, []float64{11}))
	if got := r.Scenarios[0].Lines[0].Goals[0]; got.Verdict != unknown {
		t.Errorf("alone: %+v", got)
	}
}

func TestQuickJudgesNothing(t *testing.T) {
	r := made(t, 1, []scenario{duel("paced", atMostRatio(1.15))}, costs([]float64{10}, []float64{11}))
	r.Quick = true
	r.summarize([]scenario{duel("paced", atMostRatio(1.15))})
	if got := r.Scenarios[0].Lines[0].Goals; len(got) != 1 || got[0].Verdict != unknown {
		t.Errorf("%+v", got)
	}
	if !strings.Contains(r.headline(), "the figures mean nothing") {
		t.Error(r.headline())
	}
}

// TestCatalogue: what the scenarios look at, and what they let run, is there.
func TestCatalogue(t *testing.T) {
	names, programs := map[string]bool{}, map[string]bool{limit: true, node: true, conformance: true, desk: true}
	for _, o := range []options{{Quick: true}, {Duration: 10e9}} {
		clear(names)
		for _, s := range catalogue(o.scale()) {
			if names[s.name] || s.title == "" || s.about == "" || s.guess <= 0 || len(s.figures) == 0 || len(s.contenders) == 0 {
				t.Errorf("%+v", s)
			}
			names[s.name] = true
			for i, c := range s.contenders {
				if !programs[c.program] || len(c.arguments) == 0 || i > 0 && s.contenders[i-1].target == c.target {
					t.Errorf("%s: %+v", s.name, c)
				}
			}
		}
	}
}
