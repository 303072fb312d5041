package main

import (
	"sync/atomic"
	"time"

	"kapoor.example/desk/bench/result"
	"kapoor.example/desk/bench/swarm"
)

// broadcastEvent is what the servers emit to everybody for a fan.
const broadcastEvent = "bookingUpdated"

// audience is the clients of a broadcast: it counts what each receives and how long that took. It implements
// swarm.Observer.
type audience struct {
	failures
	prefix     []byte
	ledgers    []ledger            // by client
	histograms []*result.Histogram // by loop
	pending    atomic.Int64        // deliveries that are still to come
	drained    func()              // called on a loop when none is; set before the first broadcast
}

func newAudience(clients, loops int) *audience {
	a := &audience{prefix: []byte(`2["` + broadcastEvent + `",`), ledgers: make([]ledger, clients), drained: func() {}}
	for range loops {
		a.histograms = append(a.histograms, result.NewHistogram())
	}
	return a
}

// Packet implements swarm.Observer.
func (a *audience) Packet(c *swarm.Client, at int64, packet []byte) {
	s, ok := readStamp(packet, a.prefix)
	if !ok || !a.ledgers[c.Index()].receive(s.seq) {
		return
	}
	a.histograms[c.Index()%len(a.histograms)].Record(time.Duration(at - s.sent))
	if a.pending.Add(-1) == 0 {
		a.drained()
	}
}

// restart begins to count anew for a client, on its loop: the numbers after first. Nothing may be on its way.
func (a *audience) restart(c *swarm.Client, first uint32) {
	if i := c.Index(); i < len(a.ledgers) {
		a.ledgers[i] = newLedger(first)
	}
	if loop := c.Index(); loop < len(a.histograms) { // the first client of a loop
		a.histograms[loop].Reset()
	}
}

// counts returns what became of the numbers up to sent. The loops must be done with them, or closed.
func (a *audience) counts(sent uint32) result.Counts {
	var c result.Counts
	for i := range a.ledgers {
		add(&c, a.ledgers[i].total(sent))
	}
	c.Errors = uint64(a.count())
	return c
}

// latency returns the percentiles of all.
func (a *audience) latency(name string) result.Latency {
	return merged(a.histograms).Latency(name)
}

// caster sends broadcasts through a client. It is used on that client's loop.
type caster struct {
	clock    swarm.Clock
	audience *audience
	clients  int
	size     int // of a packet, in bytes
	seq      uint32
	packet   []byte
	frames   []byte
}

// What a fan packet is around its payload, and the packet that comes of it.
const (
	fanBegin, fanEnd = `42["fan",`, `]`
	comes            = `42["` + broadcastEvent + `",` + fanEnd
)

// cast sends n broadcasts in one write.
func (k *caster) cast(c *swarm.Client, n int) {
	k.audience.pending.Add(int64(n * k.clients))
	k.frames = k.frames[:0]
	now := k.clock()
	for range n {
		k.seq++
		k.packet = stamp{seq: k.seq, sent: now}.appendTo(append(k.packet[:0], fanBegin...), k.size-len(comes))
		k.frames = swarm.AppendFrame(k.frames, append(k.packet, fanEnd...))
	}
	c.Send(k.frames)
}
