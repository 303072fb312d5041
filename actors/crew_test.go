package actors_test

import (
	"sync"
	"sync/atomic"
	"testing"

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
			const tasks = 200
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
