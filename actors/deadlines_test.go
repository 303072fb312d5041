package actors_test

import (
	"sync"
	"testing"
	"time"

	"kapoor.example/desk/actors"
)

// listener passes on what it is told.
type listener chan any

func (l listener) Receive(c *actors.Context) {
	switch c.Message().(type) {
	case actors.Started, actors.Stopped:
	default:
		l <- c.Message()
	}
}

type due struct{}

func TestDeadlines(t *testing.T) {
	s, _, _ := setup(t)
	told := make(listener, 100)
	pid := s.Spawn(actors.Kind{Name: "listener"}, "one", told)
	defer end(t, s, pid)
	soon, late := s.NewDeadlines(20*time.Millisecond, due{}), s.NewDeadlines(time.Hour, "late")
	var a, b, c, d actors.Deadline
	a.Stop() // one that never began
	if a.Waits() {
		t.Error("one that never began waits")
	}
	began := time.Now()
	soon.Begin(&a, pid)
	late.Begin(&b, pid)
	soon.Begin(&c, pid)
	late.Begin(&c, pid) // leaves the others
	late.Begin(&d, pid)
	late.Begin(&b, pid) // from the front to the back
	if got := s.Timers(); got != 4 {
		t.Errorf("%d timers, want 4", got)
	}
	select {
	case msg := <-told:
		if msg != (due{}) || time.Since(began) < 20*time.Millisecond {
			t.Errorf("%v after %v", msg, time.Since(began))
		}
	case <-time.After(patience):
		t.Fatal("nobody was told")
	}
	if a.Waits() || !b.Waits() || !c.Waits() || !d.Waits() || s.Timers() != 3 {
		t.Errorf("waiting: %t %t %t %t, timers %d", a.Waits(), b.Waits(), c.Waits(), d.Waits(), s.Timers())
	}
	for _, x := range []*actors.Deadline{&d, &b, &c, &c, &a} { // from the middle, the back, the front, and twice
		x.Stop()
	}
	soon.Begin(&a, pid) // again, once the list was empty
	select {
	case <-told:
	case <-time.After(patience):
		t.Fatal("not told again")
	}
	if s.Timers() != 0 || len(told) > 0 {
		t.Errorf("%d timers, %d more told", s.Timers(), len(told))
	}
}

// TestDeadlinesInOrder: many begin and stop at once; each that is left to itself is told once.
func TestDeadlinesInOrder(t *testing.T) {
	s, _, _ := setup(t)
	const actorsCount, rounds = 8, 200
	soon := s.NewDeadlines(time.Millisecond, due{})
	var all sync.WaitGroup
	for i := range actorsCount {
		told := make(listener, 2*rounds)
		pid := s.Spawn(actors.Kind{Name: "listener"}, string(rune('a'+i)), told)
		all.Go(func() {
			defer end(t, s, pid)
			var x, y actors.Deadline
			for range rounds {
				soon.Begin(&y, pid)
				y.Stop()
				for len(told) > 0 { // y's, where it came before it was stopped
					<-told
				}
				soon.Begin(&x, pid)
				select {
				case <-told:
				case <-time.After(patience):
					t.Error("not told")
					return
				}
			}
		})
	}
	all.Wait()
	if s.Timers() != 0 {
		t.Errorf("%d timers", s.Timers())
	}
}
