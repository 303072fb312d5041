package main

import (
	"bytes"
	"sync"
	"sync/atomic"
	"time"

	"kapoor.example/desk/bench/result"
	"kapoor.example/desk/bench/swarm"
)

// watch counts the events that come of commands on bookings, and how long each took. A subject is a row of commands, one
// after the other, on one booking or on one after another; the versions of its bookings are the numbers of its commands.
// watch implements swarm.Observer.
type watch struct {
	failures
	kinds    [][]byte                            // how the packets begin that count
	ledgerOf func(client, subject, kind int) int // where an event counts, negative where it should not have come
	ledgers  []ledger                            // used on the clients' loops
	subjects []subject
	strays   atomic.Int64        // events that came to somebody they were not for
	pending  atomic.Int64        // events that are still to come
	each     []*result.Histogram // by loop: from the command to each event
	last     []*result.Histogram // by loop: from the command to the last of its events

	mu       sync.RWMutex
	bookings map[string]place
}

// place is where a booking's versions are among the commands of a subject: version v is number base+v.
type place struct {
	subject int
	base    uint32
}

// subject is a row of commands. seq is used by whoever gives them.
type subject struct {
	seq     uint32
	flights []flight      // by number, modulo their count
	done    chan struct{} // a token when all events of a command have come
}

// flight is a command whose events are on their way.
type flight struct {
	sent atomic.Int64
	left atomic.Int64
}

func newWatch(kinds []string, subjects, flights, ledgers, loops int) *watch {
	w := &watch{subjects: make([]subject, subjects), ledgers: make([]ledger, ledgers), bookings: map[string]place{}}
	for _, kind := range kinds {
		w.kinds = append(w.kinds, []byte(`2["`+kind+`",`))
	}
	for i := range w.subjects {
		w.subjects[i] = subject{flights: make([]flight, flights), done: make(chan struct{}, 1)}
	}
	for range loops {
		w.each = append(w.each, result.NewHistogram())
		w.last = append(w.last, result.NewHistogram())
	}
	return w
}

// follow lets the subject go on with a booking that has just been made: its next command makes version 2.
func (w *watch) follow(s int, id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.bookings[id] = place{subject: s, base: w.subjects[s].seq - 1}
}

// forget lets go of a booking: its events no longer count.
func (w *watch) forget(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.bookings, id)
}

// free reports whether another command of a subject may begin: there is room to remember it.
func (w *watch) free(s int) bool {
	of := &w.subjects[s]
	return of.flights[int(of.seq+1)%len(of.flights)].left.Load() <= 0
}

// begin notes that the next command of a subject is sent now, and how many events are to come of it.
func (w *watch) begin(s int, now, events int64) {
	of := &w.subjects[s]
	of.seq++
	f := &of.flights[int(of.seq)%len(of.flights)]
	f.sent.Store(now)
	f.left.Store(events)
	w.pending.Add(events)
}

// undo takes back a begin whose command failed; its booking must be forgotten.
func (w *watch) undo(s int) {
	of := &w.subjects[s]
	w.pending.Add(-of.flights[int(of.seq)%len(of.flights)].left.Swap(0))
	of.seq--
}

// Packet implements swarm.Observer.
func (w *watch) Packet(c *swarm.Client, at int64, packet []byte) {
	kind := -1
	for i, begins := range w.kinds {
		if bytes.HasPrefix(packet, begins) {
			kind = i
		}
	}
	if kind < 0 {
		return
	}
	id, version := textField(packet, bookingIDField), numberField(packet, versionField)
	w.mu.RLock()
	p, known := w.bookings[string(id)]
	w.mu.RUnlock()
	if !known {
		return
	}
	l := w.ledgerOf(c.Index(), p.subject, kind)
	if l < 0 {
		w.strays.Add(1)
		return
	}
	seq := p.base + version
	if !w.ledgers[l].receive(seq) {
		return
	}
	loop := c.Index() % len(w.each)
	of := &w.subjects[p.subject]
	f := &of.flights[int(seq)%len(of.flights)]
	took := time.Duration(at - f.sent.Load())
	w.each[loop].Record(took)
	w.pending.Add(-1)
	if f.left.Add(-1) == 0 {
		w.last[loop].Record(took)
		select {
		case of.done <- struct{}{}:
		default:
		}
	}
}

// counts returns what became of the events, by the numbers of each ledger's subject. The loops must be done.
func (w *watch) counts(subjectOf func(ledger int) int) result.Counts {
	var c result.Counts
	for i := range w.ledgers {
		add(&c, w.ledgers[i].total(w.subjects[subjectOf(i)].seq))
	}
	c.Errors = uint64(w.count()) + uint64(w.strays.Load())
	return c
}

// Members of the desk's payloads.
const (
	bookingIDField = `"bookingId":"`
	versionField   = `"version":`
	messageIDField = `"messageId":"`
)

// textField returns the text of a member, nil where there is none. The desk's ids have nothing that JSON escapes.
func textField(packet []byte, field string) []byte {
	_, rest, found := bytes.Cut(packet, []byte(field))
	end := bytes.IndexByte(rest, '"')
	if !found || end < 0 {
		return nil
	}
	return rest[:end]
}

// numberField returns the number of a member, 0 where there is none.
func numberField(packet []byte, field string) uint32 {
	_, rest, _ := bytes.Cut(packet, []byte(field))
	n := uint32(0)
	for _, b := range rest {
		if b < '0' || b > '9' {
			break
		}
		n = n*10 + uint32(b-'0')
	}
	return n
}
