package main

import "fmt"

// goal is what ours is to reach in a figure.
type goal struct {
	text  string  // such as "≤ 1.15 × limit"
	ratio float64 // where the goal stands in a chart of ratios, 0: nowhere
	value float64 // the same in a chart of the figure itself
	met   func(v view) (met, known bool)
}

// view is what a goal looks at.
type view struct {
	value, ratio *spread                       // of ours; nil where there is none
	elsewhere    func(scenario string) *spread // the ratio of the same figure in another scenario
}

// Verdicts.
const (
	met     = "met"
	missed  = "not met"
	unknown = "unknown"
)

// verdict is what became of a goal.
type verdict struct {
	Goal    string  `json:"goal"`
	Verdict string  `json:"verdict"`         // met, not met or unknown
	Ratio   float64 `json:"ratio,omitempty"` // the goal as a ratio to the limit, where it is one
	Value   float64 `json:"value,omitempty"` // and as a value, where it is one
}

func (g goal) judge(v view) verdict {
	found := verdict{Goal: g.text, Verdict: missed, Ratio: g.ratio, Value: g.value}
	switch reached, known := g.met(v); {
	case !known:
		found.Verdict = unknown
	case reached:
		found.Verdict = met
	}
	return found
}

// atMostRatio: the median ratio to the limit.
func atMostRatio(most float64) goal {
	return goal{text: fmt.Sprintf("≤ %.2f × limit", most), ratio: most, met: func(v view) (bool, bool) {
		if v.ratio == nil {
			return false, false
		}
		return v.ratio.Median <= most, true
	}}
}

// atMost: the median itself, in the figure's unit.
func atMost(most float64, text string) goal {
	return goal{text: "≤ " + text, value: most, met: func(v view) (bool, bool) {
		if v.value == nil {
			return false, false
		}
		return v.value.Median <= most, true
	}}
}

// atLeast: the median itself, a count.
func atLeast(least float64) goal {
	return goal{text: fmt.Sprintf("≥ %g", least), value: least, met: func(v view) (bool, bool) {
		if v.value == nil {
			return false, false
		}
		return v.value.Median >= least, true
	}}
}

// atLeastOrRatio: the median itself, or else the median ratio to the limit.
func atLeastOrRatio(least float64, text string, ratio float64) goal {
	return goal{text: fmt.Sprintf("≥ %s, or ≥ %.2f × limit", text, ratio), ratio: ratio, value: least, met: func(v view) (bool, bool) {
		switch {
		case v.value == nil:
			return false, false
		case v.value.Median >= least:
			return true, true
		case v.ratio == nil:
			return false, false
		}
		return v.ratio.Median >= ratio, true
	}}
}

// noWorseThan: the median ratio is not above the highest ratio that any round had in another scenario; below that, the two
// cannot be told apart.
func noWorseThan(scenario, text string) goal {
	return goal{text: "no worse than " + text, met: func(v view) (bool, bool) {
		other := v.elsewhere(scenario)
		if v.ratio == nil || other == nil {
			return false, false
		}
		return v.ratio.Median <= other.Max, true
	}}
}
