package auth_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"kapoor.example/desk/auth"
	"kapoor.example/desk/booking"
)

// tally is what several services count together. Nothing comes back with time.
type tally struct {
	mu    sync.Mutex
	taken map[string]int
	marks map[string]bool
	down  bool
}

var errDown = errors.New("down")

func newTally() *tally { return &tally{taken: map[string]int{}, marks: map[string]bool{}} }

func (t *tally) with(f func()) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.down {
		return errDown
	}
	f()
	return nil
}

func (t *tally) Take(_ context.Context, limit, key string, rate auth.Rate) (wait time.Duration, err error) {
	return wait, t.with(func() {
		if t.taken[limit+key] >= rate.Events {
			wait = rate.Per
			return
		}
		t.taken[limit+key]++
	})
}

func (t *tally) GiveBack(_ context.Context, limit, key string, _ auth.Rate) error {
	return t.with(func() { t.taken[limit+key]-- })
}

func (t *tally) Forget(_ context.Context, limit, key string) error {
	return t.with(func() { delete(t.taken, limit+key) })
}

func (t *tally) Remember(_ context.Context, mark string, _ time.Duration) error {
	return t.with(func() { t.marks[mark] = true })
}

func (t *tally) Remembered(_ context.Context, mark string) (kept bool, err error) {
	return kept, t.with(func() { kept = t.marks[mark] })
}

// TestGuessingAtSeveralServers: guesses count wherever they are made, an owner is known everywhere, and where nobody can be
// asked each server counts for itself.
func TestGuessingAtSeveralServers(t *testing.T) {
	shared := newTally()
	together := func(o *auth.Options) { o.Shared = shared }
	a := setup(t, fewLogins, together)
	b := setup(t, fewLogins, together, func(o *auth.Options) { o.Store = a.store })
	a.mustRegister(t, "a@example.com")
	for i, s := range []*bench{a, b, a} {
		if err := s.login("a@example.com", wrong, "203.0.113.1"); booking.CodeOf(err) != booking.CodeUnauthorized {
			t.Fatalf("guess %d: %v", i, err)
		}
	}
	for i, s := range []*bench{a, b} {
		if err := s.login("a@example.com", "correct horse", "203.0.113.1"); !limited(err) {
			t.Errorf("server %d after 3 wrong ones: %v", i, err)
		}
	}
	if err := a.login("a@example.com", "correct horse", "198.51.100.9"); err != nil {
		t.Errorf("the owner at another address: %v", err)
	}
	if kept, _ := shared.Remembered(t.Context(), "198.51.100.9 a@example.com"); !kept {
		t.Errorf("the owner is not known to others: %v", shared.marks)
	}
	shared.mu.Lock()
	shared.down = true
	shared.mu.Unlock()
	for range 3 {
		if err := b.login("a@example.com", wrong, "203.0.113.1"); booking.CodeOf(err) != booking.CodeUnauthorized {
			t.Errorf("alone: %v", err)
		}
	}
	if err := b.login("a@example.com", "correct horse", "203.0.113.1"); !limited(err) {
		t.Errorf("alone after 3 wrong ones: %v", err)
	}
}
