package actors

import "sync/atomic"

// Task is something short to do.
type Task interface{ Run() }

// Crew runs tasks on goroutines that stay: a new goroutine begins with a small stack, and what a server does with a
// message makes it grow several times, which costs more than the goroutine. Whatever the members have no hands for gets a
// goroutine of its own, so a task may wait. Any goroutine may use a Crew; NewCrew makes one.
type Crew struct {
	tasks   chan Task
	members atomic.Int64
	done    chan struct{}
}

// maxMembers bounds the goroutines of a Crew that wait for a task.
const maxMembers = 16

// NewCrew returns a crew without members: they come with the tasks.
func NewCrew() *Crew { return &Crew{tasks: make(chan Task), done: make(chan struct{})} }

// Go has a task run, soon and by somebody else.
func (c *Crew) Go(t Task) {
	select {
	case c.tasks <- t:
		return
	default:
	}
	if c.members.Add(1) > maxMembers {
		c.members.Add(-1)
		go t.Run()
		return
	}
	go c.work(t)
}

func (c *Crew) work(t Task) {
	for {
		t.Run()
		select {
		case t = <-c.tasks:
		case <-c.done:
			return
		}
	}
}

// Close lets the members go once they have done what they are doing. Tasks that come later have goroutines of their own.
// It is called once.
func (c *Crew) Close() { close(c.done) }
