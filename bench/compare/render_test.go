package main

import (
	"encoding/json"
	"errors"
	"math"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"kapoor.example/desk/bench/result"
)

func TestAmounts(t *testing.T) {
	tests := []struct {
		value float64
		unit  string
		want  string
	}{
		{5.126, result.Microseconds, "5.13 µs"},
		{0, result.Microseconds, "0 µs"},
		{22.18, result.Microseconds, "22.2 µs"},
		{999.4, result.Microseconds, "999 µs"},
		{22_230, result.Microseconds, "22.2 ms"},
		{1_500_000, result.Microseconds, "1.50 s"},
		{906, result.Bytes, "906 B"},
		{3072, result.Bytes, "3 KiB"},
		{15_340, result.Bytes, "15.0 KiB"},
		{93_000_000, result.Bytes, "88.7 MiB"},
		{27_715.4, result.PerSecond, "27,715/s"},
		{1_520_114, result.PerSecond, "1,520,114/s"},
		{1.1, result.Ratio, "1.10"},
		{-12_345, result.Count, "-12,345"},
		{2.5, result.Seconds, "2.50 s"},
	}
	for _, test := range tests {
		t.Run(test.want, func(t *testing.T) {
			if got := amount(test.value, test.unit); got != test.want {
				t.Errorf("%g %s is %q", test.value, test.unit, got)
			}
		})
	}
}

func TestAxes(t *testing.T) {
	for _, top := range []float64{0, 0.003, 0.9, 1, 1.01, 4.9, 5, 7.39, 12, 99, 100, 101, 764_000, 1_520_114} {
		end, step := niceEnd(top)
		if ticks := end / step; end < top || ticks > 6 || ticks < 1 || math.Abs(ticks-math.Round(ticks)) > 1e-6 || end > 2*top && top > 0 {
			t.Errorf("%g: up to %g by %g", top, end, step)
		}
	}
}

// sample is a report with everything in it.
func sample(t *testing.T) *report {
	t.Helper()
	scenarios := []scenario{
		duel("paced", atMostRatio(1.15), atMost(1, "1 µs")),
		duel("broken", atMostRatio(1.15)),
	}
	for i := range scenarios {
		c := scenarios[i].contenders
		scenarios[i].contenders = []contender{c[0], {target: node, program: node}, c[1]}
	}
	return made(t, 3, scenarios, func(scenario, target string, round int) (*result.Run, error) {
		switch {
		case scenario == "broken" && target == ours:
			return nil, errors.New("it said <script>alert(1)</script> | and\nended")
		case target == node:
			return found(map[string]float64{"cost": 20 * float64(round)}), nil
		case target == ours:
			return found(map[string]float64{"cost": 11 * float64(round)}), nil
		}
		return found(map[string]float64{"cost": 10 * float64(round)}), nil
	})
}

func TestMarkdown(t *testing.T) {
	text := sample(t).markdown()
	for _, want := range []string{
		"23 November 2026, 09:00 UTC, on ", " 3 rounds, interleaved",
		"| scenario | figure | limit | Node | ours | Node ÷ limit | ours ÷ limit | goal of ours |\n|---|---|---|---|---|---|---|---|\n",
		"| Scenario paced | the cost | 20 µs (10–30) | 40 µs (20–60) | 22 µs (11–33) | 2.00 (2.00–2.00) | 1.10 (1.10–1.10) | ≤ 1.15 × limit: **met**; ≤ 1 µs: **not met** |\n",
		"| Scenario broken | the cost | 20 µs (10–30) | 40 µs (20–60) | failed | 2.00 (2.00–2.00) | – | ≤ 1.15 × limit: **unknown** |\n",
		"- broken, ours, round 2: it said <script>alert(1)</script> | and ended\n", "- limit: a loop\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in:\n%s", want, text)
		}
	}
}

// TestMarkdownWithoutLimit: there is nothing to compare with, and no column for it.
func TestMarkdownWithoutLimit(t *testing.T) {
	s := duel("paced", atMostRatio(1.15))
	s.contenders = s.contenders[1:]
	text := made(t, 1, []scenario{s}, costs(nil, []float64{11})).markdown()
	if !strings.Contains(text, "| scenario | figure | ours | goal of ours |\n") || !strings.Contains(text, "| 11 µs | ≤ 1.15 × limit: **unknown** |\n") {
		t.Error(text)
	}
	row(new(strings.Builder), nil)
}

func TestPipesDoNotBreakTheTable(t *testing.T) {
	var b strings.Builder
	row(&b, []string{"a|b", "c\nd"})
	if got := b.String(); got != "| a\\|b | c d |\n" {
		t.Errorf("%q", got)
	}
}

func TestPage(t *testing.T) {
	page, err := sample(t).page()
	if err != nil {
		t.Fatal(err)
	}
	text := string(page)
	for _, want := range []string{
		"<!doctype html>", `name="viewport"`, "prefers-color-scheme: dark", `id="paced"`, `href="#paced"`, "23 November 2026",
		`<span class="verdict met">met</span>`, `<span class="verdict missed">not met</span>`, `<span class="verdict">unknown</span>`,
		"it said &lt;script&gt;alert(1)&lt;/script&gt;", "<title>round 3: 33 µs</title>", "<title>goal: ≤ 1.15 × limit</title>",
		`aria-label="ours: 22 µs"`, `aria-label="ours: failed"`, `aria-label="paced, ours: 1.10"`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not on the page", want)
		}
	}
	for _, not := range []string{"http:", "https:", "//", "<script", "@import", "url(", "<link", "NaN", "ZgotmplZ", "%!", "Inf"} {
		if strings.Contains(text, not) {
			t.Errorf("%q is on the page: it is to need nothing else", not)
		}
	}
	for _, tag := range []string{"svg", "section", "table", "tr", "td", "ul", "main", "div"} {
		opened, closed := strings.Count(text, "<"+tag+" ")+strings.Count(text, "<"+tag+">"), strings.Count(text, "</"+tag+">")
		if opened == 0 || opened != closed {
			t.Errorf("<%s> is opened %d times and closed %d times", tag, opened, closed)
		}
	}
	for _, place := range regexp.MustCompile(`(?:c?x[12]?)="([^"]*)"`).FindAllStringSubmatch(text, -1) {
		if !regexp.MustCompile(`^(\d{1,2}|100)\.\d\d%$`).MatchString(place[1]) {
			t.Errorf("a place at %q", place[1])
		}
	}
}

// TestPublish: the three files, and again from the JSON.
func TestPublish(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "a", "b")
	var stdout strings.Builder
	if err := sample(t).publish(folder, &stdout); err != nil {
		t.Fatal(err)
	}
	markdown, page := mustRead(t, folder, "report.md"), mustRead(t, folder, "index.html")
	if !strings.Contains(stdout.String(), markdown) || !strings.Contains(stdout.String(), filepath.Join(folder, "index.html")) {
		t.Errorf("said %q", stdout.String())
	}
	again := t.TempDir()
	code, _, stderr := mustRun(t.Context(), t, "--render", filepath.Join(folder, "report.json"), "--out", again)
	if code != 0 || stderr != "" {
		t.Fatalf("exit %d, %s", code, stderr)
	}
	if mustRead(t, again, "report.md") != markdown || mustRead(t, again, "index.html") != page {
		t.Error("rendered again it differs")
	}
	var loose map[string]any
	if err := json.Unmarshal([]byte(mustRead(t, again, "report.json")), &loose); err != nil || loose["schema"] != 1.0 {
		t.Errorf("schema %v, %v", loose["schema"], err)
	}
	if left, _ := filepath.Glob(filepath.Join(folder, ".report-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
