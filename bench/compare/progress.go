package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"
)

// progress writes a line for every run that is finished and, on a terminal, below them one that says what goes on. Any
// goroutine may use it.
type progress struct {
	out      io.Writer
	terminal bool
	mu       sync.Mutex
	shown    bool
}

func newProgress(out io.Writer) *progress {
	file, ok := out.(*os.File)
	return &progress{out: out, terminal: ok && term.IsTerminal(int(file.Fd()))}
}

// clearLine goes to the beginning of a terminal's line and empties it.
const clearLine = "\r\x1b[K"

// line writes a line that stays.
func (p *progress) line(text string) {
	p.end()
	fmt.Fprintln(p.out, text)
}

func (p *progress) show(text string) {
	if !p.terminal {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shown = true
	fmt.Fprint(p.out, clearLine, text)
}

// during shows a text that changes, until stop is called.
func (p *progress) during(text func() string) (stop func()) {
	if !p.terminal {
		return func() {}
	}
	done, ended := make(chan struct{}), make(chan struct{})
	p.show(text())
	go func() {
		defer close(ended)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				p.show(text())
			case <-done:
				return
			}
		}
	}()
	return func() { close(done); <-ended }
}

// end takes away what goes on.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown {
		fmt.Fprint(p.out, clearLine)
		p.shown = false
	}
}

// forecast tells how long the rest takes: as long as the same run took before, or as is guessed.
type forecast struct {
	mu       sync.Mutex
	steps    []step
	expected map[forecastKey]time.Duration
	began    time.Time // of the present step
}

type forecastKey struct {
	scenario int
	target   string
}

func newForecast(scenarios []scenario, steps []step) *forecast {
	f := &forecast{steps: steps, expected: map[forecastKey]time.Duration{}, began: time.Now()}
	for i, s := range scenarios {
		for _, c := range s.contenders {
			f.expected[forecastKey{i, c.target}] = s.guess
		}
	}
	return f
}

// took notes how long a step was, and that the next one begins.
func (f *forecast) took(s step, d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.expected[forecastKey{s.scenario, s.contender.target}] = d
	f.began = time.Now()
}

// left is what remains in step i and after it.
func (f *forecast) left(i int) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	var total time.Duration
	for k, s := range f.steps[i:] {
		d := f.expected[forecastKey{s.scenario, s.contender.target}]
		if k == 0 {
			d = max(d-time.Since(f.began), 0)
		}
		total += d
	}
	return total
}

func (f *forecast) text(i int) string {
	left := f.left(i)
	if left < time.Minute {
		return fmt.Sprintf("%d s left", int(left.Round(time.Second).Seconds()))
	}
	return fmt.Sprintf("%d min left", int(left.Round(time.Minute).Minutes()))
}
