package main

import (
	"fmt"
	"strings"
)

// names are the targets as people read them.
func name(target string) string {
	switch target {
	case node:
		return "Node"
	case ours:
		return "ours"
	}
	return target
}

// headline says when and where, in a sentence or three.
func (r *report) headline() string {
	text := fmt.Sprintf("%s, on %s, %d cores, Linux %s, %s. ",
		r.Started.Format("2 January 2006, 15:04 UTC"), r.Machine.CPU, r.Machine.Cores, r.Machine.Kernel, r.Machine.Go)
	rounds := fmt.Sprintf("%d rounds, interleaved: medians, and from the lowest to the highest round in brackets.", r.Rounds)
	if r.Rounds == 1 {
		rounds = "One round."
	}
	text += rounds
	if r.Quick {
		text += " A quick form with few clients, to see that everything works: the figures mean nothing."
	}
	if r.Interrupted {
		text += " The comparison was interrupted: not all rounds are there."
	}
	return text
}

// ratioNote says what the columns of ratios are.
const ratioNote = "÷ limit: the median of the ratios to the limit in the same round."

// markdown is the report as a table.
func (r *report) markdown() string {
	var b strings.Builder
	took := r.targets()
	fmt.Fprintf(&b, "%s\n\n%s\n\n", r.headline(), ratioNote)
	head := []string{"scenario", "figure"}
	for _, target := range took {
		head = append(head, name(target))
	}
	for _, target := range others(took) {
		head = append(head, name(target)+" ÷ limit")
	}
	row(&b, append(head, "goal of ours"))
	b.WriteString(strings.Repeat("|---", len(head)+1) + "|\n")
	for _, s := range r.Scenarios {
		title := s.Title
		for _, l := range s.Lines {
			cells := []string{title, l.Title}
			title = ""
			for _, target := range took {
				cells = append(cells, l.value(target))
			}
			for _, target := range others(took) {
				c, _ := l.cell(target)
				cells = append(cells, c.Ratio.times())
			}
			row(&b, append(cells, l.goals()))
		}
	}
	b.WriteByte('\n')
	for _, p := range r.Peers {
		fmt.Fprintf(&b, "- %s: %s\n", name(p.Target), p.Is)
	}
	if r.failed() {
		b.WriteString("\nRuns that failed, and count nowhere:\n\n")
		for _, s := range r.Scenarios {
			for _, f := range s.failures() {
				fmt.Fprintf(&b, "- %s, %s, round %d: %s\n", s.Name, name(f.Target), f.Round, flat(f.Failure))
			}
		}
	}
	return b.String()
}

func row(b *strings.Builder, cells []string) {
	for _, c := range cells {
		b.WriteString("| " + strings.ReplaceAll(flat(c), "|", `\|`) + " ")
	}
	b.WriteString("|\n")
}

// flat is a text on one line.
func flat(text string) string { return strings.Join(strings.Fields(text), " ") }

// others are the targets that have a ratio, if there is the limit to compare with.
func others(took []string) []string {
	if len(took) < 2 || took[0] != limit {
		return nil
	}
	return took[1:]
}

// value is a target's figure, and how many of its runs failed.
func (l line) value(target string) string {
	c, found := l.cell(target)
	switch {
	case !found || c.Runs == 0:
		return "–"
	case c.Failed == c.Runs:
		return "failed"
	case c.Failed > 0:
		return fmt.Sprintf("%s, %d of %d failed", c.Value.text(l.Unit), c.Failed, c.Runs)
	}
	return c.Value.text(l.Unit)
}

// goals is what became of the line's goals.
func (l line) goals() string {
	var list []string
	for _, g := range l.Goals {
		list = append(list, g.Goal+": **"+g.Verdict+"**")
	}
	return strings.Join(list, "; ")
}
