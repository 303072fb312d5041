package actors

import (
	"sync/atomic"
	"time"
)

// Timer sends a message to an actor later. Only its owner uses it. The message may still be in the inbox when Stop
// returns: whoever receives it checks that it is due.
type Timer struct {
	system *System
	timer  *time.Timer
	live   atomic.Bool
}

// After sends msg to an actor once, when d has passed.
func (s *System) After(d time.Duration, to *PID, msg any) *Timer {
	t := &Timer{system: s}
	t.start()
	t.timer = time.AfterFunc(d, func() {
		t.end()
		s.Send(to, msg)
	})
	return t
}

// Reset starts the timer again, whether it is running or has fired.
func (t *Timer) Reset(d time.Duration) {
	t.start()
	t.timer.Reset(d)
}

// Stop keeps the timer from firing. A nil Timer is stopped.
func (t *Timer) Stop() {
	if t != nil && t.timer.Stop() {
		t.end()
	}
}

func (t *Timer) start() {
	if t.live.CompareAndSwap(false, true) {
		t.system.timers.Add(1)
	}
}

func (t *Timer) end() {
	if t.live.CompareAndSwap(true, false) {
		t.system.timers.Add(-1)
	}
}
