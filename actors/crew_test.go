package actors_test

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kapoor.example/desk/actors"
)

type task func()

func (t task) Run() { t() }

// TestCrew: more tasks than members wait for each other, and all are run, also after the crew was closed.
func TestCrew(t *testing.T) {
	crew := actors.NewCrew()
	for _, closed := range []bool{false, true} {
		if closed {
			crew.Close()
		}
		for range 3 {
			const tasks = 400
			var all sync.WaitGroup
			var ran atomic.Int64
			together := make(chan struct{})
			all.Add(tasks)
			for range tasks {
				crew.Go(task(func() {
					defer all.Done()
					if ran.Add(1) == tasks {
						close(together)
					}
					<-together
				}))
			}
			all.Wait()
		}
	}
}

// TestCrewGoes: the members of a crew that has nothing to do go, and others come with the next task.
func TestCrewGoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		crew := actors.NewCrew()
		for range 2 {
			before := runtime.NumGoroutine()
			for range 3 {
				crew.Go(task(func() {}))
			}
			synctest.Wait()
			if runtime.NumGoroutine() == before {
				t.Error("nobody stays")
			}
			<-time.After(3 * time.Second) // of the bubble's clock
			synctest.Wait()
			if now := runtime.NumGoroutine(); now != before {
				t.Errorf("%d goroutines, before there were %d", now, before)
			}
		}
		crew.Close()
	})
}
