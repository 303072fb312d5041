package main

import (
	"bytes"
	_ "embed" // the page's template
	"fmt"
	"html/template"
)

//go:embed page.html
var pageText string

// pageView is what the page shows.
type pageView struct {
	Headline  string
	Ratios    chart
	Goals     []pageGoal
	Targets   []string
	Others    []string // that have ratios
	Scenarios []pageScenario
	Peers     []peer
	Note      string
}

// pageGoal is a goal and what became of it.
type pageGoal struct {
	verdict
	Scenario, Title, Figure, Found string
}

// pageScenario is a scenario with its charts.
type pageScenario struct {
	scenarioReport
	Charts   []chart
	Failures []attempt
}

// page is the report as a page that needs nothing else: no script, no font, no address outside.
func (r *report) page() ([]byte, error) {
	t, err := template.New("page").Funcs(template.FuncMap{
		"name":   name,
		"value":  func(l line, target string) string { return l.value(target) },
		"ratio":  func(l line, target string) string { c, _ := l.cell(target); return c.Ratio.times() },
		"places": func(v float64) string { return fmt.Sprintf("%.2f%%", v) },
	}).Parse(pageText)
	if err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	took := r.targets()
	v := pageView{Headline: r.headline(), Ratios: ratioChart(r), Targets: took, Others: others(took), Peers: r.Peers, Note: ratioNote}
	for _, s := range r.Scenarios {
		shown := pageScenario{scenarioReport: s, Failures: s.failures()}
		for _, l := range s.Lines {
			if l.Drawn {
				shown.Charts = append(shown.Charts, figureChart(l))
			}
			own, _ := l.cell(ours)
			for _, g := range l.Goals {
				found := own.Value.text(l.Unit)
				if g.Value == 0 && own.Ratio != nil {
					found = own.Ratio.times() + " × limit"
				}
				v.Goals = append(v.Goals, pageGoal{g, s.Name, s.Title, l.Title, found})
			}
		}
		v.Scenarios = append(v.Scenarios, shown)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, v); err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	return b.Bytes(), nil
}
