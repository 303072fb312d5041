package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"kapoor.example/desk/bench/result"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// found is a result with these figures.
func found(figures map[string]float64) *result.Run {
	r := &result.Run{Schema: result.Schema, Scenario: "made up", Target: "made up"}
	for name, value := range figures {
		r.Add(name, result.Microseconds, value)
	}
	return r
}

// duel is a scenario of the limit and ours with one figure, "cost".
func duel(name string, goals ...goal) scenario {
	return scenario{
		name: name, title: "Scenario " + name, about: "About " + name + ".", guess: time.Second,
		contenders: []contender{{target: limit, program: limit}, {target: ours, program: conformance}},
		figures:    []figure{{name: "cost", title: "the cost", drawn: true, goals: goals}},
	}
}

// made lets a comparison make runs, of which each is what outcome says.
func made(t *testing.T, rounds int, scenarios []scenario, outcome func(scenario, target string, round int) (*result.Run, error)) *report {
	t.Helper()
	round := map[string]int{}
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	c := comparison{
		scenarios: scenarios, rounds: rounds, show: newProgress(new(strings.Builder)), now: func() time.Time { return now },
		run: func(_ context.Context, s scenario, c contender) (*result.Run, error) {
			round[s.name+c.target]++
			return outcome(s.name, c.target, round[s.name+c.target])
		},
	}
	r := c.make(t.Context())
	r.Peers = []peer{{limit, "a loop"}, {node, "of others"}, {ours, "the desk"}}
	return r
}

// mustRun runs the command line.
func mustRun(ctx context.Context, t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs strings.Builder
	code = run(ctx, args, &out, &errs)
	return code, out.String(), errs.String()
}

func mustRead(t *testing.T, elements ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(elements...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
