package result

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func sample() *Run {
	h := NewHistogram()
	for i := range 1000 {
		h.Record(time.Duration(i+1) * time.Millisecond)
	}
	r := &Run{
		Schema: Schema, Scenario: "fanout", Target: "limit", Started: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC),
		Seconds: 5, Parameters: map[string]any{"clients": float64(1000), "mode": "paced"}, Machine: ThisMachine(),
		Latencies: []Latency{h.Latency("delivery")},
		Counts:    Counts{Expected: 10, Received: 9, Lost: 1},
		Server:    &Server{CPUSeconds: 1.5, RSSBefore: 1 << 20},
	}
	r.Add(CPUPerDelivery, Microseconds, 3.25)
	r.Note("%d of %d came.", 9, 10)
	return r
}

func TestRunSurvivesItsFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "run.json")
	want := sample()
	if err := Write(file, want); err != nil {
		t.Fatal(err)
	}
	got, err := Read(file)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("read %+v, %v\nwant %+v", got, err, want)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(file), ".result-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestRunIsRefused(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(*Run)
		want  string
	}{
		{"another schema", func(r *Run) { r.Schema = 99 }, "schema 99"},
		{"no scenario", func(r *Run) { r.Scenario = "" }, "must be named"},
		{"no target", func(r *Run) { r.Target = "" }, "must be named"},
		{"a figure without a unit", func(r *Run) { r.Add("x", "", 1) }, "no unit"},
		{"a figure without a name", func(r *Run) { r.Add("", Count, 1) }, "no name"},
		{"a figure twice", func(r *Run) { r.Add(CPUPerDelivery, Microseconds, 1) }, "twice"},
		{"not a number", func(r *Run) { r.Add("x", Count, math.NaN()) }, "no number"},
		{"infinite", func(r *Run) { r.Add("x", Count, math.Inf(1)) }, "no number"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "run.json")
			r := sample()
			test.spoil(r)
			if err := Write(file, r); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("err = %v", err)
			}
			if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("there is a file: %v", err)
			}
		})
	}
}

func TestReadRefusesWhatIsNoRun(t *testing.T) {
	for name, text := range map[string]string{"no JSON": "{", "another schema": `{"schema":7,"scenario":"a","target":"b"}`, "empty": ""} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "run.json")
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if r, err := Read(file); err == nil {
				t.Errorf("read %+v", r)
			}
		})
	}
	if _, err := Read(filepath.Join(t.TempDir(), "missing.json")); err == nil {
		t.Error("read a file that is not there")
	}
}

func TestFigureFindsPercentiles(t *testing.T) {
	r := sample()
	tests := []struct {
		name  string
		want  float64
		found bool
	}{
		{CPUPerDelivery, 3.25, true},
		{"delivery_p50", 500_000, true},
		{"delivery_p90", 900_000, true},
		{"delivery_p99", 990_000, true},
		{"delivery_p999", 999_000, true},
		{"delivery_max", 1_000_000, true},
		{"delivery_p42", 0, false},
		{"", 0, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f, found := r.Figure(test.name)
			if found != test.found || math.Abs(f.Value-test.want) > test.want/100 {
				t.Errorf("%+v, %v", f, found)
			}
		})
	}
}

func TestHistogramTakesWhatIsOutOfRange(t *testing.T) {
	h := NewHistogram()
	h.Record(-time.Second)
	h.Record(0)
	h.Record(time.Hour)
	l := h.Latency("x")
	if l.Count != 3 || l.P50 > 1 || l.Max < 599e6 {
		t.Errorf("%+v", l)
	}
	h.Reset()
	if l := h.Latency("x"); l != (Latency{Name: "x"}) {
		t.Errorf("after Reset: %+v", l)
	}
}

func TestRecordAllocatesNothing(t *testing.T) {
	h := NewHistogram()
	if n := testing.AllocsPerRun(1000, func() { h.Record(123 * time.Microsecond) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestClean(t *testing.T) {
	clean := Counts{Expected: 5, Received: 5}
	if !clean.Clean() {
		t.Error("a clean one is not")
	}
	for name, c := range map[string]Counts{
		"lost": {Expected: 5, Received: 4, Lost: 1}, "doubled": {Expected: 5, Received: 5, Doubled: 1},
		"out of order": {Expected: 5, Received: 5, OutOfOrder: 1}, "errors": {Expected: 5, Received: 5, Errors: 1},
	} {
		t.Run(name, func(t *testing.T) {
			if c.Clean() {
				t.Error("clean")
			}
		})
	}
}
