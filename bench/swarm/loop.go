package swarm

import (
	"net/netip"
	"sync"
	"time"
)

// readBuffer is what one read takes. All clients of a loop share it.
const readBuffer = 256 << 10

// loop is one thread's worth of clients. Everything but posted belongs to its goroutine.
type loop struct {
	swarm  *Swarm
	target netip.AddrPort
	poll   *poller

	buffer   []byte
	scratch  []byte // frames that are being made
	pong     []byte
	queue    []*Client // that wait for their turn to connect
	flying   int       // that are connecting
	timers   timers
	stopping bool

	mu     sync.Mutex
	posted []func()
}

func newLoop(s *Swarm, target netip.AddrPort) (*loop, error) {
	p, err := newPoller()
	if err != nil {
		return nil, err
	}
	return &loop{swarm: s, target: target, poll: p, buffer: make([]byte, readBuffer), pong: Frame("3")}, nil
}

func (l *loop) post(do func()) {
	l.mu.Lock()
	first := len(l.posted) == 0
	l.posted = append(l.posted, do)
	l.mu.Unlock()
	if first {
		l.poll.wake()
	}
}

func (l *loop) takePosted() []func() {
	l.mu.Lock()
	defer l.mu.Unlock()
	posted := l.posted
	l.posted = nil
	return posted
}

// run works until Close.
func (l *loop) run() {
	for !l.stopping {
		for _, ready := range l.poll.wait(l.patience()) {
			if ready.woken() {
				l.poll.awake()
				continue
			}
			c := &l.swarm.clients[ready.client()]
			if c.fd != noFile && c.attempt == ready.attempt() { // else an earlier one of this batch ended it
				c.ready(ready)
			}
		}
		for _, do := range l.takePosted() {
			do()
		}
		l.fire()
		l.launch()
	}
	for i := range l.swarm.clients {
		if c := &l.swarm.clients[i]; c.loop == l {
			c.end(true)
		}
	}
}

// launch begins the connects whose turn it is.
func (l *loop) launch() {
	for len(l.queue) > 0 && l.mayLaunch() {
		c := l.queue[0]
		l.queue = l.queue[1:]
		if c.phase == Queued {
			c.begin()
		}
	}
	if len(l.queue) == 0 {
		l.queue = nil
	}
}

func (l *loop) mayLaunch() bool {
	most := int(l.swarm.inFlight.Load())
	return most == 0 || l.flying < most
}

// patience is how long the loop may wait for something to happen; negative is for ever.
func (l *loop) patience() time.Duration {
	if len(l.queue) > 0 && l.mayLaunch() {
		return 0
	}
	if len(l.timers) == 0 {
		return -1
	}
	return time.Duration(max(l.timers[0].at-l.swarm.options.Clock(), 0))
}

// fire does what is due.
func (l *loop) fire() {
	if len(l.timers) == 0 {
		return
	}
	now := l.swarm.options.Clock()
	for len(l.timers) > 0 && l.timers[0].at <= now {
		t := l.timers.pop()
		switch {
		case t.client.attempt != t.attempt: // of an earlier connection
		case t.client.phase == Idle:
			t.client.Connect()
		case t.client.phase < Connected && t.client.phase > Queued:
			t.client.fail(now, &CloseError{Phase: t.client.phase, Err: ErrTimeout})
		}
	}
}
