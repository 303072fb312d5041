package auth_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
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

// mute never answers, and counts how often it is asked.
type mute struct {
	auth.Shared
	asked atomic.Int64
}

func (m *mute) wait(ctx context.Context) error {
	m.asked.Add(1)
	<-ctx.Done()
	return ctx.Err()
}

func (m *mute) Take(ctx context.Context, _, _ string, _ auth.Rate) (time.Duration, error) {
	return 0, m.wait(ctx)
}
func (m *mute) GiveBack(ctx context.Context, _, _ string, _ auth.Rate) error  { return m.wait(ctx) }
func (m *mute) Forget(ctx context.Context, _, _ string) error                 { return m.wait(ctx) }
func (m *mute) Remember(ctx context.Context, _ string, _ time.Duration) error { return m.wait(ctx) }
func (m *mute) Remembered(ctx context.Context, _ string) (kept bool, err error) {
	return false, m.wait(ctx)
}

// TestLoginWhileNobodyAnswers: each of a login's nine steps used to wait half a second for servers that did not answer, four
// and a half seconds for a right password. Now a login waits half a second altogether, and those after it do not wait.
func TestLoginWhileNobodyAnswers(t *testing.T) {
	shared := &mute{}
	b := setup(t, fewLogins, func(o *auth.Options) { o.Shared = shared })
	b.mustRegister(t, "a@example.com")
	begun := time.Now()
	for range 10 {
		if err := b.login("a@example.com", "correct horse", "203.0.113.1"); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(begun); took > 4*time.Second { // one login took longer
		t.Errorf("ten logins took %s", took)
	}
	if asked := shared.asked.Load(); asked > 4 { // by the registration, and once in two seconds
		t.Errorf("asked %d times", asked)
	}
	for range 3 {
		if err := b.login("a@example.com", wrong, "203.0.113.2"); booking.CodeOf(err) != booking.CodeUnauthorized {
			t.Errorf("alone: %v", err)
		}
	}
	if err := b.login("a@example.com", "correct horse", "203.0.113.2"); !limited(err) {
		t.Errorf("alone after 3 wrong ones: %v", err)
	}
}

// sluggish answers late.
type sluggish struct{ *tally }

func (s sluggish) Take(ctx context.Context, limit, key string, rate auth.Rate) (time.Duration, error) {
	select {
	case <-time.After(300 * time.Millisecond): // how late it is is what is tested
		return s.tally.Take(ctx, limit, key, rate)
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// TestLoginWhileAnswersAreLate: a login waits no longer for many late answers than for one that does not come.
func TestLoginWhileAnswersAreLate(t *testing.T) {
	b := setup(t, fewLogins, func(o *auth.Options) { o.Shared = sluggish{newTally()} })
	b.mustRegister(t, "a@example.com")
	begun := time.Now()
	if err := b.login("a@example.com", "correct horse", "203.0.113.1"); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begun); took > 850*time.Millisecond { // three answers take 900 ms
		t.Errorf("a login took %s", took)
	}
}
