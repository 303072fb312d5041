package bookings

import "sync"

// maxInLine bounds what one socket may have waiting.
const maxInLine = 32

// line does what a socket asks for one after the other where some of it has to wait for the store: the handler that puts
// it there goes on at once, and the order of a conversation stays what it was. Its goroutine lives only as long as there
// is something to do.
type line struct {
	mu      sync.Mutex
	waiting []func()
	running bool
}

// idle reports whether nothing is in the line: the next one may be done at once. Only whoever adds may rely on it.
func (l *line) idle() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.running
}

// add puts f at the end of the line. start starts the goroutine that works it off. It reports false when the line is too
// long.
func (l *line) add(f func(), start func(work func())) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) >= maxInLine {
		return false
	}
	l.waiting = append(l.waiting, f)
	if !l.running {
		l.running = true
		start(l.work)
	}
	return true
}

func (l *line) work() {
	for {
		l.mu.Lock()
		if len(l.waiting) == 0 {
			l.waiting, l.running = nil, false
			l.mu.Unlock()
			return
		}
		next := l.waiting[0]
		l.waiting = l.waiting[1:]
		l.mu.Unlock()
		next()
	}
}
