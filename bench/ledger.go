package main

import "kapoor.example/desk/bench/result"

// ledger says for one client which of the numbers after first it has received. The numbers of one sender come in order,
// so the usual case is one comparison. It is used by one goroutine at a time.
type ledger struct {
	first   uint32              // the last number that is not counted
	last    uint32              // the highest that came; it begins as first
	missing map[uint32]struct{} // below last
	counts  result.Counts       // Received, Doubled and OutOfOrder
}

// receive notes a number and reports whether it is new.
func (l *ledger) receive(seq uint32) bool {
	switch {
	case seq == l.last+1:
		l.last = seq
		l.counts.Received++
		return true
	case seq > l.last:
		if l.missing == nil {
			l.missing = map[uint32]struct{}{}
		}
		for lost := l.last + 1; lost < seq; lost++ {
			l.missing[lost] = struct{}{}
		}
		l.last = seq
		l.counts.Received++
		return true
	case seq <= l.first:
		return false // of a part that is over
	}
	if _, was := l.missing[seq]; was {
		delete(l.missing, seq)
		l.counts.Received++
		l.counts.OutOfOrder++
		return true
	}
	l.counts.Doubled++
	return false
}

// newLedger returns one that counts the numbers after first.
func newLedger(first uint32) ledger { return ledger{first: first, last: first} }

// total returns what became of the numbers up to sent.
func (l *ledger) total(sent uint32) result.Counts {
	c := l.counts
	c.Expected = uint64(sent - l.first)
	c.Lost = uint64(len(l.missing)) + uint64(sent-min(l.last, sent))
	return c
}

// add adds the counts of another client.
func add(to *result.Counts, c result.Counts) {
	to.Expected += c.Expected
	to.Received += c.Received
	to.Lost += c.Lost
	to.Doubled += c.Doubled
	to.OutOfOrder += c.OutOfOrder
	to.Errors += c.Errors
}
