package main

import (
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
)

// progress shows how far a seed has come: a bar on a terminal, a line every tenth of the way elsewhere.
type progress struct {
	out   io.Writer
	bar   *progressbar.ProgressBar // nil where out is no terminal
	total int
	done  int
	tenth int
}

func newProgress(out io.Writer, total int) *progress {
	p := &progress{out: out, total: total}
	if isTerminal(out) {
		p.bar = progressbar.NewOptions(total,
			progressbar.OptionSetWriter(out), progressbar.OptionSetDescription("Bookings"), progressbar.OptionShowCount(),
			progressbar.OptionShowIts(), progressbar.OptionSetPredictTime(true), progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionFullWidth(), progressbar.OptionUseANSICodes(true))
	}
	return p
}

// add notes n more. What cannot be shown is no reason to stop.
func (p *progress) add(n int) {
	p.done += n
	if p.bar != nil {
		_ = p.bar.Add(n)
		return
	}
	if tenth := p.done * 10 / p.total; tenth > p.tenth {
		p.tenth = tenth
		fmt.Fprintf(p.out, "%d of %d bookings (%d %%)\n", p.done, p.total, tenth*10)
	}
}

// end leaves the line of the bar, wherever it is.
func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Exit()
		fmt.Fprintln(p.out)
	}
}
