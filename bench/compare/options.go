package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// options is the command line. Kong fills it.
type options struct {
	Runs      int           `default:"5" help:"Rounds: in each, every target makes every scenario once."`
	Scenarios []string      `placeholder:"NAME,…" help:"Only these scenarios; --list tells them."`
	Targets   []string      `default:"limit,node,ours" help:"Only these targets. Without limit there are no ratios."`
	Duration  time.Duration `default:"10s" help:"How long each run is measured, where a scenario lasts."`
	Out       string        `default:"bench/out" placeholder:"FOLDER" help:"Folder for report.md, report.json and index.html."`
	Quick     bool          `help:"One round with few clients, to see that everything works. The figures mean nothing."`
	List      bool          `help:"Tell the scenarios and what they run, and end."`
	Render    string        `placeholder:"FILE" help:"Write the pages of an earlier report.json again, and end."`
}

// The targets, in the order in which they run.
const (
	limit = "limit"
	node  = "node"
	ours  = "ours"
)

func targets() []string { return []string{limit, node, ours} }

// Validate is called by kong.
func (o *options) Validate() error {
	const mostRuns = 1000
	switch {
	case o.Runs < 1 || o.Runs > mostRuns:
		return fmt.Errorf("--runs %d: may be 1 to %d", o.Runs, mostRuns)
	case o.Duration <= 0 || o.Duration > time.Hour:
		return fmt.Errorf("--duration %s: must be above 0 and at most 1h", o.Duration)
	case o.Out == "":
		return errors.New("--out must name a folder")
	case len(o.Targets) == 0:
		return errors.New("--targets must name at least one of limit, node and ours")
	}
	for _, name := range o.Targets {
		if !slices.Contains(targets(), name) {
			return fmt.Errorf("--targets %q: may be %s", name, strings.Join(targets(), ", "))
		}
	}
	var known []string
	for _, s := range catalogue(o.scale()) {
		known = append(known, s.name)
	}
	for _, name := range o.Scenarios {
		if !slices.Contains(known, name) {
			return fmt.Errorf("--scenarios %q: may be %s", name, strings.Join(known, ", "))
		}
	}
	if o.Quick {
		o.Runs = 1
	}
	return nil
}

// scale is how large scenarios are.
type scale struct {
	divide   int // numbers of clients are divided by it
	duration time.Duration
	warmup   time.Duration
	pairs    int // of slow
	still    time.Duration
}

func (o *options) scale() scale {
	if o.Quick {
		return scale{divide: 50, duration: 300 * time.Millisecond, warmup: 100 * time.Millisecond, pairs: 1, still: 300 * time.Millisecond}
	}
	return scale{divide: 1, duration: o.Duration, warmup: 2 * time.Second, pairs: 7, still: 5 * time.Second}
}

// chosen returns what is to run of a catalogue: scenarios without any target left are left out.
func (o *options) chosen(all []scenario) []scenario {
	var list []scenario
	for _, s := range all {
		if len(o.Scenarios) > 0 && !slices.Contains(o.Scenarios, s.name) {
			continue
		}
		s.contenders = slices.DeleteFunc(slices.Clone(s.contenders), func(c contender) bool { return !slices.Contains(o.Targets, c.target) })
		if len(s.contenders) > 0 {
			list = append(list, s)
		}
	}
	return list
}

// list tells what there is to choose from.
func list(w io.Writer, scenarios []scenario) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, s := range scenarios {
		fmt.Fprintf(table, "%s\t%s\t\n", s.name, s.title)
		for _, c := range s.contenders {
			fmt.Fprintf(table, "\t  %s\t%s %s\n", c.target, c.program, strings.Join(c.arguments, " "))
		}
	}
	return table.Flush()
}
