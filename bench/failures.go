package main

import (
	"cmp"
	"slices"
	"sync"

	"kapoor.example/desk/bench/swarm"
)

// failures counts what went wrong, by its text, and keeps the first. Any goroutine may use it.
type failures struct {
	mu       sync.Mutex
	n        int
	earliest error
	texts    map[string]int
}

func (f *failures) add(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.n++; f.n == 1 {
		f.earliest = err
		f.texts = map[string]int{}
	}
	const different = 20
	if text := err.Error(); f.texts[text] > 0 || len(f.texts) < different {
		f.texts[text]++
	}
}

func (f *failures) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.n
}

func (f *failures) first() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.earliest
}

// most returns the texts and how often each came, the most frequent first.
func (f *failures) most() []failure {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []failure
	for text, n := range f.texts {
		all = append(all, failure{text, n})
	}
	slices.SortFunc(all, func(a, b failure) int { return cmp.Or(cmp.Compare(b.times, a.times), cmp.Compare(a.text, b.text)) })
	return all
}

type failure struct {
	text  string
	times int
}

// Closed is that of swarm.Observer, for observers that expect no connection to end.
func (f *failures) Closed(_ *swarm.Client, _ int64, why *swarm.CloseError) { f.add(why) }

// Connected is that of swarm.Observer, for observers that have nothing to do then.
func (f *failures) Connected(*swarm.Client, int64, []byte) {}
