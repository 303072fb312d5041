package actors

import (
	"sync"
	"sync/atomic"
	"time"
)

// Task is something short to do.
type Task interface{ Run() }

// Crew runs tasks on goroutines that stay for a while: a new goroutine begins with a small stack, and what a server does
// with a message makes it grow several times, which costs more than the goroutine. Whatever the members have no hands for
// gets a goroutine of its own, so a task may wait. Any goroutine may use a Crew; NewCrew makes one.
type Crew struct {
	tasks   chan Task // nil lets a member go
	members atomic.Int64
	used    atomic.Bool // since the last look
	done    chan struct{}

	mu     sync.Mutex
	timer  *time.Timer
	looks  bool // the timer runs
	closed bool
}

const (
	// maxMembers bounds the goroutines of a Crew that wait for a task: some dozens are busy when a crowd comes at once.
	maxMembers = 128
	// shift is how long a crew has nothing to do until its members go.
	shift = time.Second
)

// NewCrew returns a crew without members: they come with the tasks.
func NewCrew() *Crew {
	c := &Crew{tasks: make(chan Task), done: make(chan struct{})}
	c.timer = time.AfterFunc(shift, c.look)
	c.timer.Stop()
	return c
}

// Go has a task run, soon and by somebody else.
func (c *Crew) Go(t Task) {
	if !c.used.Load() {
		c.used.Store(true)
	}
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
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.looks && !c.closed {
		c.looks = true
		c.timer.Reset(shift)
	}
}

func (c *Crew) work(t Task) {
	defer c.members.Add(-1)
	for t != nil {
		t.Run()
		select {
		case t = <-c.tasks:
		case <-c.done:
			return
		}
	}
}

// look lets the members go that wait, where nothing was to do for a while.
func (c *Crew) look() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	for waits := !c.used.Swap(false); waits; {
		select {
		case c.tasks <- nil:
		default:
			waits = false
		}
	}
	if c.looks = c.members.Load() > 0; c.looks {
		c.timer.Reset(shift)
	}
}

// Close lets the members go once they have done what they are doing. Tasks that come later have goroutines of their own.
// It is called once.
func (c *Crew) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	c.timer.Stop()
	close(c.done)
}
