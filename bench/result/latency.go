package result

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Latency is the distribution of a duration, in microseconds.
type Latency struct {
	Name  string  `json:"name"` // such as "delivery": from the send to the receipt by one client
	Count int64   `json:"count"`
	Mean  float64 `json:"mean_us"`
	P50   float64 `json:"p50_us"`
	P90   float64 `json:"p90_us"`
	P99   float64 `json:"p99_us"`
	P999  float64 `json:"p999_us"`
	Max   float64 `json:"max_us"`
}

type percentile struct {
	name  string
	value float64
}

func (l Latency) percentiles() []percentile {
	return []percentile{{"p50", l.P50}, {"p90", l.P90}, {"p99", l.P99}, {"p999", l.P999}, {"max", l.Max}}
}

// What a Histogram can hold: up to ten minutes, with an error below a thousandth. Above, it counts as ten minutes.
const (
	longest = 10 * time.Minute
	digits  = 3
)

// Histogram collects durations. Recording allocates nothing. It is used by one goroutine at a time.
type Histogram struct{ counts *hdrhistogram.Histogram }

// NewHistogram returns an empty one. It takes about 300 KiB.
func NewHistogram() *Histogram {
	return &Histogram{hdrhistogram.New(1, int64(longest), digits)}
}

// Record adds a duration. What is below a nanosecond counts as one.
func (h *Histogram) Record(d time.Duration) {
	_ = h.counts.RecordValue(min(max(int64(d), 1), int64(longest))) // in range, so it takes it
}

// Merge adds all of another one.
func (h *Histogram) Merge(other *Histogram) { h.counts.Merge(other.counts) }

// Reset forgets everything.
func (h *Histogram) Reset() { h.counts.Reset() }

// Count returns how many durations there are.
func (h *Histogram) Count() int64 { return h.counts.TotalCount() }

// At returns the duration that so many percent do not exceed, 0 where there are none.
func (h *Histogram) At(percent float64) time.Duration {
	return time.Duration(h.counts.ValueAtQuantile(percent))
}

// Latency returns the percentiles under a name. Those of an empty one are 0.
func (h *Histogram) Latency(name string) Latency {
	at := func(percent float64) float64 { return micros(int64(h.At(percent))) }
	l := Latency{Name: name, Count: h.Count()}
	if l.Count > 0 {
		l.Mean = h.counts.Mean() / float64(time.Microsecond)
		l.P50, l.P90, l.P99, l.P999, l.Max = at(50), at(90), at(99), at(99.9), micros(h.counts.Max())
	}
	return l
}

func micros(nanoseconds int64) float64 { return float64(nanoseconds) / float64(time.Microsecond) }
