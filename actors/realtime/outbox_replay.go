package realtime

import "kapoor.example/desk/protocol"

// replay sends frames whose number the receiver did not choose: they may exceed the byte budget. lent is what they take of
// the allowance of all replays, nil for nothing; it is the outbox's from now on.
func (o *outbox) replay(frames []*protocol.Frame, lent *loan) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(frames) == 0 || o.state != outboxOpen {
		lent.end()
		return
	}
	for _, f := range frames {
		o.excess += f.Size()
	}
	switch {
	case lent == nil:
	case o.lent == nil:
		o.lent = lent
		lent.hand(o)
	default:
		o.lent.add(lent)
	}
	o.enqueueLocked(frames...) // within the budget now
	if o.ws == nil && o.poll != nil {
		o.answerLocked()
	}
	o.drainLocked()
}

// repayLocked notes that so many bytes of the queue are out.
func (o *outbox) repayLocked(size int) {
	if o.excess = max(0, o.excess-size); o.lent.give(size) == 0 {
		o.lent = nil
	}
}

// settleLocked notes that nothing is left of any replay.
func (o *outbox) settleLocked() {
	o.excess = 0
	o.lent.end()
	o.lent = nil
}

// giveUp ends a connection that has not taken the replay of a loan while others wait for theirs.
func (o *outbox) giveUp(lent *loan) {
	o.mu.Lock()
	late := o.lent == lent && o.state != outboxClosed
	if late {
		o.endLocked()
	}
	o.mu.Unlock()
	if late {
		o.owner.failed(ReasonSlowConsumer)
	}
}
