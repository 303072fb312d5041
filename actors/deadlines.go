package actors

import (
	"sync"
	"time"
)

// Deadlines tells actors that the same time has passed for each of them, such as the interval of a heartbeat. They are
// due in the order in which they began, so all share one timer, and each costs a place in a list. Any goroutine may use it.
type Deadlines struct {
	system *System
	length time.Duration
	msg    any
	began  time.Time

	mu          sync.Mutex
	first, last *Deadline
	timer       *time.Timer
	due         []*PID // while they are told
}

// Deadline is an actor's place in Deadlines. Only its owner uses it. The zero value is stopped.
type Deadline struct {
	of         *Deadlines // where it began last
	prev, next *Deadline
	to         *PID
	at         time.Duration // since of.began
	waits      bool          // guarded by of, as are the fields above
}

// NewDeadlines returns deadlines of a length; an actor is sent msg when its own has come.
func (s *System) NewDeadlines(length time.Duration, msg any) *Deadlines {
	d := &Deadlines{system: s, length: length, msg: msg, began: time.Now()}
	d.timer = time.AfterFunc(length, d.fire)
	d.timer.Stop()
	return d
}

// Begin has an actor told when the length has passed from now. x leaves the deadlines where it waits.
func (d *Deadlines) Begin(x *Deadline, to *PID) {
	x.Stop()
	d.mu.Lock()
	defer d.mu.Unlock()
	*x = Deadline{of: d, prev: d.last, to: to, at: time.Since(d.began) + d.length, waits: true}
	if d.last != nil {
		d.last.next = x
	} else {
		d.first = x
		d.timer.Reset(d.length)
	}
	d.last = x
	d.system.timers.Add(1)
}

// Stop keeps a deadline from being told. The message may be in the inbox already: Waits tells whether it is an old one.
func (x *Deadline) Stop() {
	if x.of == nil {
		return
	}
	x.of.mu.Lock()
	defer x.of.mu.Unlock()
	if x.waits {
		x.of.remove(x)
		if x.of.first == nil {
			x.of.timer.Stop()
		}
	}
}

// Waits reports whether the deadline has still to come.
func (x *Deadline) Waits() bool {
	if x.of == nil {
		return false
	}
	x.of.mu.Lock()
	defer x.of.mu.Unlock()
	return x.waits
}

func (d *Deadlines) remove(x *Deadline) {
	if x.prev != nil {
		x.prev.next = x.next
	} else {
		d.first = x.next
	}
	if x.next != nil {
		x.next.prev = x.prev
	} else {
		d.last = x.prev
	}
	x.prev, x.next, x.waits = nil, nil, false
	d.system.timers.Add(-1)
}

// fire tells all that are due.
func (d *Deadlines) fire() {
	d.mu.Lock()
	now := time.Since(d.began)
	due := d.due[:0]
	d.due = nil // the timer may fire again before these are told
	for d.first != nil && d.first.at <= now {
		due = append(due, d.first.to)
		d.remove(d.first)
	}
	if d.first != nil {
		d.timer.Reset(d.first.at - now)
	}
	d.mu.Unlock()
	for _, to := range due {
		d.system.Send(to, d.msg)
	}
	clear(due)
	if cap(due) > keptMessages {
		return
	}
	d.mu.Lock()
	d.due = due
	d.mu.Unlock()
}
