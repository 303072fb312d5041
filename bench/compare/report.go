package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"kapoor.example/desk/bench/result"
)

// schema is the version of report.json. A reader refuses another one.
const schema = 1

// report is a comparison, as report.json holds it.
type report struct {
	Schema      int              `json:"schema"`
	Started     time.Time        `json:"started"`
	Ended       time.Time        `json:"ended"`
	Machine     result.Machine   `json:"machine"`
	Rounds      int              `json:"rounds"`
	Quick       bool             `json:"quick,omitempty"`       // few clients: the figures mean nothing
	Interrupted bool             `json:"interrupted,omitempty"` // not all rounds are there
	Peers       []peer           `json:"peers"`
	Scenarios   []scenarioReport `json:"scenarios"`
}

// peer says what a target is.
type peer struct {
	Target string `json:"target"`
	Is     string `json:"is"` // such as "socket.io 4.8.4 on Node v20.1.0"
}

// scenarioReport is what a scenario found.
type scenarioReport struct {
	Name  string    `json:"name"`
	Title string    `json:"title"`
	About string    `json:"about"`
	Lines []line    `json:"lines"`
	Runs  []attempt `json:"runs"`
}

// attempt is one run of one target, whatever came of it.
type attempt struct {
	Target    string      `json:"target"`
	Round     int         `json:"round"` // from 1
	Program   string      `json:"program"`
	Arguments []string    `json:"arguments"`         // of the generator
	Failure   string      `json:"failure,omitempty"` // a sentence; the run counts nowhere then
	Result    *result.Run `json:"result,omitempty"`  // also of a failed run that came to its end
}

// line is a figure of all targets.
type line struct {
	Figure string    `json:"figure"`
	Title  string    `json:"title"`
	Unit   string    `json:"unit"`
	More   bool      `json:"more_is_better"`
	Drawn  bool      `json:"drawn"`
	Cells  []cell    `json:"cells"` // in the order of the targets; only of those that are in the scenario
	Goals  []verdict `json:"goals,omitempty"`
}

// cell is a figure of one target.
type cell struct {
	Target string  `json:"target"`
	Runs   int     `json:"runs"`
	Failed int     `json:"failed"`          // of the runs
	Rounds byRound `json:"rounds"`          // the value of each
	Value  *spread `json:"value,omitempty"` // nil where no run has the figure
	Ratio  *spread `json:"ratio,omitempty"` // to the limit of the same round; nil where that cannot be said, and of the limit
}

// cell returns that of a target.
func (l line) cell(target string) (cell, bool) {
	i := slices.IndexFunc(l.Cells, func(c cell) bool { return c.Target == target })
	if i < 0 {
		return cell{}, false
	}
	return l.Cells[i], true
}

// targets returns who took part, in the order of running.
func (r *report) targets() []string {
	var list []string
	for _, target := range targets() {
		took := func(a attempt) bool { return a.Target == target }
		if slices.ContainsFunc(r.Scenarios, func(s scenarioReport) bool { return slices.ContainsFunc(s.Runs, took) }) {
			list = append(list, target)
		}
	}
	return list
}

// any reports whether any run was made.
func (r *report) any() bool {
	return slices.ContainsFunc(r.Scenarios, func(s scenarioReport) bool { return len(s.Runs) > 0 })
}

// failed reports whether any run failed.
func (r *report) failed() bool {
	return slices.ContainsFunc(r.Scenarios, func(s scenarioReport) bool { return len(s.failures()) > 0 })
}

// failures returns the runs that failed.
func (s scenarioReport) failures() []attempt {
	var list []attempt
	for _, a := range s.Runs {
		if a.Failure != "" {
			list = append(list, a)
		}
	}
	return list
}

// readReport reads report.json. It fails on another schema.
func readReport(file string) (*report, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read report: %w", err)
	}
	var r report
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, fmt.Errorf("read report %s: %w", file, err)
	}
	if r.Schema != schema {
		return nil, fmt.Errorf("read report %s: schema %d, this program knows %d", file, r.Schema, schema)
	}
	if !r.any() {
		return nil, fmt.Errorf("read report %s: %w", file, errors.New("it has no runs"))
	}
	return &r, nil
}
