package main

// summarize works the lines of all scenarios out of their runs.
func (r *report) summarize(scenarios []scenario) {
	for i, s := range scenarios {
		found := &r.Scenarios[i]
		found.Lines = nil
		for _, f := range s.figures {
			if l := found.line(s, f); len(l.Cells) > 0 {
				found.Lines = append(found.Lines, l)
			}
		}
	}
	for i, s := range scenarios { // now that ratios of other scenarios are known
		r.judge(&r.Scenarios[i], s)
	}
}

// line is a figure of all targets of a scenario. It has no cells where nobody has the figure.
func (s *scenarioReport) line(from scenario, f figure) line {
	l := line{Figure: f.name, Title: f.title, More: f.more, Drawn: f.drawn}
	var base byRound
	has := false
	for _, c := range from.contenders {
		made := s.cell(c.target, f.name, &l.Unit)
		if made.Value != nil {
			has = true
		}
		if c.target == limit {
			base = made.Rounds
		} else {
			made.Ratio = made.Rounds.over(base).spread()
		}
		l.Cells = append(l.Cells, made)
	}
	if !has && len(s.failures()) == 0 {
		l.Cells = nil // the generator's figures depend on what it could find out; a failed target is shown as such
	}
	return l
}

// cell collects the runs of a target that went well.
func (s *scenarioReport) cell(target, name string, unit *string) cell {
	c := cell{Target: target, Rounds: byRound{}}
	for _, a := range s.Runs {
		if a.Target != target {
			continue
		}
		c.Runs++
		if a.Failure != "" {
			c.Failed++
			continue
		}
		if f, found := a.Result.Figure(name); found {
			c.Rounds[a.Round], *unit = f.Value, f.Unit
		}
	}
	c.Value = c.Rounds.spread()
	return c
}

// judge says of each goal whether it is met.
func (r *report) judge(found *scenarioReport, s scenario) {
	for _, f := range s.figures {
		for i := range found.Lines {
			l := &found.Lines[i]
			if l.Figure != f.name {
				continue
			}
			own, _ := l.cell(ours)
			v := view{value: own.Value, ratio: own.Ratio, elsewhere: func(scenario string) *spread { return r.ratio(scenario, f.name) }}
			for _, g := range f.goals {
				found := g.judge(v)
				if r.Quick {
					found.Verdict = unknown // with so few clients it would say nothing
				}
				l.Goals = append(l.Goals, found)
			}
		}
	}
}

// ratio returns that of ours in a figure of a scenario, nil where there is none.
func (r *report) ratio(scenario, figure string) *spread {
	for _, s := range r.Scenarios {
		if s.Name != scenario {
			continue
		}
		for _, l := range s.Lines {
			if own, found := l.cell(ours); found && l.Figure == figure {
				return own.Ratio
			}
		}
	}
	return nil
}
