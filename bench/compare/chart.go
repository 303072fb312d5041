package main

import (
	"fmt"
	"math"
	"slices"
)

// chart is lines of dots over one axis. Places on the axis are percent of its width, so that the browser does the rest.
type chart struct {
	Title string
	Hint  string // which way is better
	Ticks []mark
	Rows  []chartRow
}

// mark is a place on an axis.
type mark struct {
	At   float64
	Text string
}

// chartRow is one target.
type chartRow struct {
	Label  string // of the row, on its left
	Target string // gives it its colour
	Value  string // the median as text, or why there is none
	Known  bool
	Min    float64
	Max    float64
	Median float64
	Dots   []mark // the rounds
	Goal   *mark
	Base   bool // a line at the limit's place
	BaseAt float64
}

// figureChart draws a line of the report: every target's rounds in the figure's own unit, from zero.
func figureChart(l line) chart {
	top := 0.0
	for _, c := range l.Cells {
		if c.Value != nil {
			top = max(top, c.Value.Max)
		}
	}
	var goal *mark
	for _, g := range l.Goals {
		if g.Value > 0 {
			top = max(top, g.Value)
			goal = &mark{g.Value, "goal: " + g.Goal}
		}
	}
	end, step := niceEnd(top)
	at := func(v float64) float64 { return 100 * v / end }
	c := chart{Title: l.Title, Hint: "less is better"}
	if l.More {
		c.Hint = "more is better"
	}
	m := measureFor(end, l.Unit)
	for v := 0.0; v <= end*1.0001; v += step {
		c.Ticks = append(c.Ticks, mark{at(v), m.tick(v)})
	}
	c.Title += unitOf(m)
	for _, cell := range l.Cells {
		r := chartRow{Label: name(cell.Target), Target: cell.Target, Value: l.value(cell.Target)}
		if cell.Value != nil {
			r.place(cell.Value, at)
			r.Value = amount(cell.Value.Median, l.Unit)
			r.Dots = dots(cell.Rounds, at, func(v float64) string { return amount(v, l.Unit) })
		}
		if goal != nil && cell.Target == ours {
			r.Goal = &mark{at(goal.At), goal.Text}
		}
		c.Rows = append(c.Rows, r)
	}
	return c
}

// unitOf is what an axis says of its unit.
func unitOf(m measure) string {
	switch m.suffix {
	case "":
		return ""
	case "/s":
		return ", per second"
	}
	return "," + m.suffix
}

// ratioChart draws the ratios to the limit of every scenario's first line with a ratio, on a logarithmic axis: twice and half
// are equally far from one.
func ratioChart(r *report) chart {
	c := chart{Title: "What it costs, as a ratio to the limit", Hint: "1 is the limit; less is better"}
	low, high := 0.5, 2.0
	type entry struct {
		label string
		line  line
		cell  cell
	}
	var entries []entry
	for _, s := range r.Scenarios {
		for _, l := range s.Lines {
			if l.More || !l.Drawn || l.Figure != s.Lines[0].Figure {
				continue
			}
			for _, cell := range l.Cells {
				if cell.Ratio != nil {
					low, high = min(low, cell.Ratio.Min), max(high, cell.Ratio.Max)
					if g := l.ratioGoal(); g != nil && cell.Target == ours {
						low, high = min(low, g.Ratio), max(high, g.Ratio)
					}
					entries = append(entries, entry{s.Name + ", " + name(cell.Target), l, cell})
				}
			}
		}
	}
	if len(entries) == 0 {
		return chart{}
	}
	low, high = math.Log(low)-0.1, math.Log(high)+0.1
	at := func(v float64) float64 { return 100 * (math.Log(v) - low) / (high - low) }
	for _, v := range []float64{0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000} {
		if p := at(v); p >= 0 && p <= 100 {
			c.Ticks = append(c.Ticks, mark{p, fmt.Sprintf("%g", v)})
		}
	}
	for _, e := range entries {
		row := chartRow{Label: e.label, Target: e.cell.Target, Value: fmt.Sprintf("%.2f", e.cell.Ratio.Median), Base: true, BaseAt: at(1)}
		row.place(e.cell.Ratio, at)
		base, _ := e.line.cell(limit)
		row.Dots = dots(e.cell.Rounds.over(base.Rounds), at, func(v float64) string { return fmt.Sprintf("%.2f", v) })
		if g := e.line.ratioGoal(); g != nil && e.cell.Target == ours {
			row.Goal = &mark{at(g.Ratio), "goal: " + g.Goal}
		}
		c.Rows = append(c.Rows, row)
	}
	return c
}

// ratioGoal is the goal that is a ratio to the limit, nil where there is none.
func (l line) ratioGoal() *verdict {
	for i := range l.Goals {
		if l.Goals[i].Ratio > 0 {
			return &l.Goals[i]
		}
	}
	return nil
}

func (r *chartRow) place(s *spread, at func(float64) float64) {
	r.Known, r.Min, r.Max, r.Median = true, at(s.Min), at(s.Max), at(s.Median)
}

// dots are the rounds in their order.
func dots(rounds byRound, at func(float64) float64, text func(float64) string) []mark {
	numbers := make([]int, 0, len(rounds))
	for round := range rounds {
		numbers = append(numbers, round)
	}
	slices.Sort(numbers)
	list := make([]mark, 0, len(numbers))
	for _, round := range numbers {
		list = append(list, mark{at(rounds[round]), fmt.Sprintf("round %d: %s", round, text(rounds[round]))})
	}
	return list
}

// niceEnd returns where an axis from zero to a value ends, and the step of its ticks: three to six of them.
func niceEnd(top float64) (end, step float64) {
	if top <= 0 {
		return 1, 1
	}
	step = math.Pow(10, math.Floor(math.Log10(top)))
	for _, part := range []float64{0.2, 0.25, 0.5, 1, 2} {
		if math.Ceil(top/(step*part)) <= 5 {
			step *= part
			break
		}
	}
	return step * math.Ceil(top/step), step
}
