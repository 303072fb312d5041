package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"
)

// progress is one line on a terminal that says how far a run is. Elsewhere it is silent.
type progress struct {
	out   io.Writer // nil where there is no terminal
	mu    sync.Mutex
	shown bool
}

func newProgress(out io.Writer) *progress {
	if file, ok := out.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		return &progress{out: out}
	}
	return &progress{}
}

// Escapes of terminals: to the beginning of the line, which is emptied.
const clearLine = "\r\x1b[K"

func (p *progress) show(text string) {
	if p.out == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shown = true
	fmt.Fprint(p.out, clearLine, text)
}

// watch shows a text that changes, until stop is called.
func (p *progress) watch(text func() string) (stop func()) {
	if p.out == nil {
		return func() {}
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		const often = 200 * time.Millisecond
		tick := time.NewTicker(often)
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

// end leaves an empty line.
func (p *progress) end() {
	if p.out == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown {
		fmt.Fprint(p.out, clearLine)
		p.shown = false
	}
}
