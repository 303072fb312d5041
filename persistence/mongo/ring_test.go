package mongo

import (
	"fmt"
	"sync"
	"testing"

	"kapoor.example/desk/booking"
)

// chain returns n events behind a head.
func chain(h head, n int) ([]event, head) {
	events := make([]event, n)
	for i := range events {
		events[i], h = h.next(fmt.Sprint(i), "", letterWith("room"), uint64(i/3))
	}
	return events, h
}

func add(t *testing.T, r *ring, events []event) {
	t.Helper()
	if err := r.add(events); err != nil {
		t.Fatal(err)
	}
}

func TestRing(t *testing.T) {
	t.Run("leaves out what it has and stops at a gap", func(t *testing.T) {
		r := newRing(head{})
		events, _ := chain(head{}, 10)
		add(t, r, events[:4])
		add(t, r, events[2:6])
		add(t, r, events[8:])
		if end := r.end(); end.n != 6 {
			t.Fatalf("the ring ends at %d", end.n)
		}
		add(t, r, events[6:8])
		add(t, r, events[8:])
		got, _, ok := r.after(booking.Position{}, 100)
		if !ok || len(got) != 10 {
			t.Fatalf("%d events, %v", len(got), ok)
		}
		for i, e := range got {
			if e.N != int64(i+1) {
				t.Fatalf("event %d has number %d", i, e.N)
			}
		}
	})

	t.Run("forgets the oldest and says so", func(t *testing.T) {
		r := newRing(head{})
		events, end := chain(head{}, 3*ringSize)
		for i := 0; i < len(events); i += 100 {
			add(t, r, events[i:min(i+100, len(events))])
		}
		if _, _, ok := r.after(booking.Position{}, 1); ok {
			t.Fatal("the ring claims to reach back to the beginning")
		}
		if r.end() != end || len(r.events) < ringSize || len(r.events) > ringSize+ringSize/4+100 {
			t.Fatalf("%d events, end %v", len(r.events), r.end())
		}
		floor := r.floor.position
		got, _, ok := r.after(floor, 10*ringSize)
		if !ok || len(got) != len(r.events) || got[0].N != r.floor.n+1 {
			t.Fatalf("%d of %d events, %v", len(got), len(r.events), ok)
		}
		last, more, ok := r.after(end.position, 1)
		if !ok || len(last) != 0 || more == nil {
			t.Fatalf("%d events behind the end, %v", len(last), ok)
		}
	})

	t.Run("begins at its floor", func(t *testing.T) {
		_, floor := chain(head{}, 7)
		r := newRing(floor)
		if _, _, ok := r.after(booking.Position{}, 1); ok {
			t.Fatal("the ring claims to know what it was not given")
		}
		events, _ := chain(floor, 2)
		add(t, r, events)
		if got, _, ok := r.after(floor.position, 1); !ok || len(got) != 1 || got[0].N != 8 {
			t.Fatalf("%v %v", got, ok)
		}
	})

	t.Run("wakes whoever waits", func(t *testing.T) {
		r := newRing(head{})
		events, end := chain(head{}, 500)
		var wait sync.WaitGroup
		for range 4 {
			wait.Go(func() {
				var p booking.Position
				for n := 0; n < len(events); {
					got, more, ok := r.after(p, 7)
					if !ok {
						t.Error("fell behind")
						return
					}
					if len(got) == 0 {
						<-more
						continue
					}
					for _, e := range got {
						if e.N != int64(n+1) {
							t.Errorf("number %d behind %d", e.N, n)
							return
						}
						n++
					}
					at, err := got[len(got)-1].head()
					if err != nil {
						t.Error(err)
						return
					}
					p = at.position
				}
				if p != end.position {
					t.Errorf("ended at %v", p)
				}
			})
		}
		for i := range events {
			add(t, r, events[i:i+1])
		}
		wait.Wait()
	})

	t.Run("refuses an event without a place", func(t *testing.T) {
		if newRing(head{}).add([]event{{N: 1, ID: "nowhere"}}) == nil {
			t.Fatal("taken")
		}
	})
}
