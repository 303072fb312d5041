package main

import (
	"slices"

	"kapoor.example/desk/bench/result"
)

// slowPairs collects the runs without and with stopped readers.
type slowPairs struct {
	alone, healthy    *result.Histogram // all runs without and with
	p99Alone, p99With []float64         // of each run, in µs; entry i of both is a pair
	peakAlone         []float64         // in bytes
	peakWith          []float64
	closed            []float64
}

// peak notes the most memory of the run that is just over.
func (p *slowPairs) peak(t *trial, stopped int) {
	if t.server == nil {
		return
	}
	u, err := t.server.Usage()
	switch {
	case err != nil: // the next look at it tells
	case stopped == 0:
		p.peakAlone = append(p.peakAlone, float64(u.Peak))
	default:
		p.peakWith = append(p.peakWith, float64(u.Peak))
	}
}

// add notes a run whose clients are closed.
func (p *slowPairs) add(t *trial, a *slowAudience, sent uint32, stopped int) {
	h := merged(a.histograms)
	p99 := float64(h.At(99)) / 1e3
	if stopped == 0 {
		p.alone.Merge(h)
		p.p99Alone = append(p.p99Alone, p99)
	} else {
		p.healthy.Merge(h)
		p.p99With = append(p.p99With, p99)
		p.closed = append(p.closed, float64(a.ends.count()))
	}
	add(&t.result.Counts, a.counts(sent))
	t.tell(&a.failures)
}

// report adds the figures.
func (p *slowPairs) report(t *trial) {
	ratios := make([]float64, len(p.p99With))
	for i := range ratios {
		ratios[i] = p.p99With[i] / p.p99Alone[i]
	}
	r := &t.result
	r.Add("slow_p99_ratio", result.Ratio, median(ratios))
	r.Add("slow_p99_ratio_min", result.Ratio, slices.Min(ratios))
	r.Add("slow_p99_ratio_max", result.Ratio, slices.Max(ratios))
	r.Add("stopped_closed", result.Count, median(p.closed))
	if len(p.peakWith) > 0 {
		r.Add("server_rss_peak_alone", result.Bytes, median(p.peakAlone))
		r.Add("server_rss_peak_stopped", result.Bytes, median(p.peakWith))
	}
	r.Latencies = append(r.Latencies, p.alone.Latency("delivery_alone"), p.healthy.Latency("delivery_stopped"))
	r.Notes = onceEach(r.Notes)
}

// median returns the middle one, or the mean of the two in the middle; there must be one.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 0 {
		return (sorted[middle-1] + sorted[middle]) / 2
	}
	return sorted[middle]
}

// onceEach leaves each note once.
func onceEach(notes []string) []string {
	var out []string
	for _, note := range notes {
		if !slices.Contains(out, note) {
			out = append(out, note)
		}
	}
	return out
}
