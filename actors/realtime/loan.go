package realtime

import (
	linked "container/list"
	"context"
	"math"
	"sync"
	"time"
)

// allowance bounds what all replays take in memory together: from before the log is read for one until its connection has
// taken it. Where it is used up, a replay waits, and a connection that has not taken its own for a while is closed for it
// as a slow consumer. It goes on from where it came to when it is back.
type allowance struct {
	now   func() time.Time
	grace time.Duration // how long a connection has

	mu      sync.Mutex
	free    int
	waiting linked.List // of *applicant, the first first
	loans   linked.List // of *loan, of those that an outbox has, the oldest first
}

// applicant waits for a part of an allowance.
type applicant struct {
	size    int
	granted chan *loan
}

// loan is a part of an allowance. Its methods do nothing where it is nil.
type loan struct {
	of    *allowance
	size  int
	out   *outbox // nil as long as the log is read
	since time.Time
	place *linked.Element // in of.loans
}

const (
	// replayGrace is how long a connection may take for a replay while others wait to have theirs read.
	replayGrace = 2 * time.Second
	// replayPress is how often those who wait look for one that has had its time.
	replayPress = 50 * time.Millisecond
)

func newAllowance(size int, now func() time.Time) *allowance {
	return &allowance{free: size, now: now, grace: replayGrace}
}

// take lends a part, once it is there. The error is the context's.
func (a *allowance) take(ctx context.Context, size int) (*loan, error) {
	a.mu.Lock()
	if a.waiting.Len() == 0 && size <= a.free {
		defer a.mu.Unlock()
		return a.lendLocked(size), nil
	}
	who := &applicant{size: size, granted: make(chan *loan, 1)}
	place := a.waiting.PushBack(who)
	a.mu.Unlock()
	press := time.NewTicker(replayPress)
	defer press.Stop()
	for {
		select {
		case l := <-who.granted:
			return l, nil
		case <-press.C:
			a.press()
		case <-ctx.Done():
			a.mu.Lock()
			a.waiting.Remove(place)
			a.grantLocked() // it may have been in the way of smaller ones
			a.mu.Unlock()
			select {
			case l := <-who.granted:
				l.end()
			default:
			}
			return nil, ctx.Err()
		}
	}
}

func (a *allowance) lendLocked(size int) *loan {
	a.free -= size
	return &loan{of: a, size: size}
}

// grantLocked lends to those who wait, in their order.
func (a *allowance) grantLocked() {
	for e := a.waiting.Front(); e != nil && e.Value.(*applicant).size <= a.free; e = a.waiting.Front() {
		who := a.waiting.Remove(e).(*applicant)
		who.granted <- a.lendLocked(who.size)
	}
}

// press closes the connections that have had their time, the oldest first, until there is enough for whoever waits first.
func (a *allowance) press() {
	a.mu.Lock()
	var late []*loan
	if first := a.waiting.Front(); first != nil {
		missing := first.Value.(*applicant).size - a.free
		for e := a.loans.Front(); e != nil && missing > 0; e = e.Next() {
			l := e.Value.(*loan)
			if a.now().Sub(l.since) < a.grace {
				break
			}
			late = append(late, l)
			missing -= l.size
		}
	}
	a.mu.Unlock()
	for _, l := range late { // without the lock: an outbox gives back what it has with its own
		l.out.giveUp(l)
	}
}

// give returns so much of the loan, or all there is, and says what is left.
func (l *loan) give(size int) (left int) {
	if l == nil {
		return 0
	}
	l.of.mu.Lock()
	defer l.of.mu.Unlock()
	size = min(size, l.size)
	l.size -= size
	l.of.free += size
	if l.size == 0 && l.place != nil {
		l.of.loans.Remove(l.place)
		l.place = nil
	}
	l.of.grantLocked()
	return l.size
}

// end returns all that is left.
func (l *loan) end() { l.give(math.MaxInt) }

// add makes another loan a part of this one.
func (l *loan) add(other *loan) {
	l.of.mu.Lock()
	defer l.of.mu.Unlock()
	l.size += other.size
	other.size = 0
}

// hand notes that an outbox has what the loan is for.
func (l *loan) hand(o *outbox) {
	l.of.mu.Lock()
	defer l.of.mu.Unlock()
	l.out, l.since = o, l.of.now()
	l.place = l.of.loans.PushBack(l)
}
