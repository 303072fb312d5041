package bustest

import (
	"strings"
	"sync"
	"testing"
	"time"

	"kapoor.example/desk/protocol/cluster"
)

// probe is a server that notes what it receives. It answers requests with what its answer says, or with an empty list,
// its name, or no clients.
type probe struct {
	t   *testing.T
	bus cluster.Bus

	mu       sync.Mutex
	entries  []cluster.Entry
	missed   []string
	signals  []cluster.Message
	requests []cluster.Message
	changes  []cluster.State
	answer   func(m cluster.Message, reply func(cluster.Body))
	more     chan struct{} // holds one element when something has come
}

// Deliver implements cluster.Receiver.
func (p *probe) Deliver(entries []cluster.Entry) {
	p.note(func() { p.entries = append(p.entries, entries...) })
}

// Missed implements cluster.Receiver.
func (p *probe) Missed(namespaces []string) {
	p.note(func() { p.missed = append(p.missed, namespaces...) })
}

// Signalled implements cluster.Receiver.
func (p *probe) Signalled(m cluster.Message) { p.note(func() { p.signals = append(p.signals, m) }) }

// Changed implements cluster.Receiver.
func (p *probe) Changed(s cluster.State) { p.note(func() { p.changes = append(p.changes, s) }) }

// Asked implements cluster.Receiver.
func (p *probe) Asked(m cluster.Message, reply func(cluster.Body)) {
	var answer func(cluster.Message, func(cluster.Body))
	p.note(func() { p.requests, answer = append(p.requests, m), p.answer })
	if answer != nil {
		answer(m, reply)
		return
	}
	switch m.Body.(type) {
	case cluster.FetchSockets:
		reply(cluster.Sockets{})
	case cluster.ServerEvent:
		reply(cluster.Answer{Value: text(p.bus.Name())})
	case cluster.Broadcast:
		reply(cluster.ClientCount{})
	}
}

func (p *probe) note(f func()) {
	p.mu.Lock()
	f()
	p.mu.Unlock()
	select {
	case p.more <- struct{}{}:
	default:
	}
}

// until waits until what the probe holds is as it should be.
func (p *probe) until(what string, ok func() bool) {
	p.t.Helper()
	deadline := time.After(patience)
	for {
		p.mu.Lock()
		done := ok()
		p.mu.Unlock()
		if done {
			return
		}
		select {
		case <-p.more:
		case <-deadline:
			p.mu.Lock()
			defer p.mu.Unlock()
			p.t.Fatalf("no %s: %d entries, missed %v, %d signals, %d requests, changes %v",
				what, len(p.entries), p.missed, len(p.signals), len(p.requests), p.changes)
		}
	}
}

// eventually asks again and again until something is so that the probe is not told of.
func (p *probe) eventually(what string, ok func() bool) {
	p.t.Helper()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for deadline := time.Now().Add(patience); !ok(); <-again.C {
		if time.Now().After(deadline) {
			p.t.Fatalf("waited in vain for %s", what)
		}
	}
}

// delivered waits for a number of entries and returns them all.
func (p *probe) delivered(n int) []cluster.Entry {
	p.t.Helper()
	p.until("entries", func() bool { return len(p.entries) >= n })
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.entries) > n {
		p.t.Fatalf("%d entries instead of %d: %s", len(p.entries), n, payloads(p.entries))
	}
	return append([]cluster.Entry(nil), p.entries...)
}

// payloads returns what the broadcasts among entries carry.
func payloads(entries []cluster.Entry) string {
	var all []string
	for _, e := range entries {
		if b, ok := e.Body.(cluster.Broadcast); ok {
			all = append(all, string(b.Data))
		}
	}
	return strings.Join(all, " ")
}
