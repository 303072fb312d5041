package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"kapoor.example/desk/bench/result"
)

// printRun writes a result for people.
func printRun(w io.Writer, r *result.Run) error {
	var text strings.Builder
	fmt.Fprintf(&text, "%s against %s: %.1f s on %s, %d cores, Linux %s\n",
		r.Scenario, r.Target, r.Seconds, r.Machine.CPU, r.Machine.Cores, r.Machine.Kernel)
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, f := range r.Figures {
		fmt.Fprintf(table, "  %s\t%s\n", f.Name, amount(f))
	}
	for _, l := range r.Latencies {
		fmt.Fprintf(table, "  %s (%d)\tp50 %s\tp90 %s\tp99 %s\tp99.9 %s\tmax %s\n",
			l.Name, l.Count, span(l.P50), span(l.P90), span(l.P99), span(l.P999), span(l.Max))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	c := r.Counts
	fmt.Fprintf(&text, "  received %d of %d: %d lost, %d doubled, %d out of order; %d errors\n",
		c.Received, c.Expected, c.Lost, c.Doubled, c.OutOfOrder, c.Errors)
	if s := r.Server; s != nil {
		fmt.Fprintf(&text, "  server: %.2f s CPU; memory %s before, %s after, %s at most\n",
			s.CPUSeconds, size(float64(s.RSSBefore)), size(float64(s.RSSAfter)), size(float64(s.RSSPeak)))
	}
	for _, note := range r.Notes {
		fmt.Fprintf(&text, "  %s\n", note)
	}
	_, err := io.WriteString(w, text.String())
	return err
}

func amount(f result.Figure) string {
	switch f.Unit {
	case result.Bytes:
		return size(f.Value)
	case result.Microseconds, result.Ratio, result.Seconds:
		return fmt.Sprintf("%.3f %s", f.Value, f.Unit)
	}
	return fmt.Sprintf("%.0f %s", f.Value, f.Unit)
}

func size(bytes float64) string {
	const kibi, mebi = 1 << 10, 1 << 20
	switch {
	case bytes >= mebi:
		return fmt.Sprintf("%.1f MiB", bytes/mebi)
	case bytes >= kibi:
		return fmt.Sprintf("%.2f KiB", bytes/kibi)
	}
	return fmt.Sprintf("%.0f B", bytes)
}

// span prints microseconds with three digits or so.
func span(microseconds float64) string {
	d := time.Duration(microseconds * float64(time.Microsecond))
	switch {
	case d >= 10*time.Second:
		return d.Round(10 * time.Millisecond).String()
	case d >= 10*time.Millisecond:
		return d.Round(10 * time.Microsecond).String()
	}
	return d.Round(time.Microsecond / 10).String()
}
