package faults

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kapoor.example/desk/bench/swarm"
)

// place is an offset: the position of an event in the log.
type place struct{ ms, seq uint64 }

func (p place) before(q place) bool { return p.ms < q.ms || p.ms == q.ms && p.seq < q.seq }

func parsePlace(offset string) (p place) {
	_, _ = fmt.Sscanf(offset, "%d-%d", &p.ms, &p.seq)
	return p
}

// told is an event as a ledger has it: which one, of which booking, at which version.
type told struct {
	name, booking string
	version       int
	message       string // of a bookingMessage: those of a booking have no version
}

// heard is a packet, read: everybody gets the same bytes.
type heard struct {
	number     int // of what it tells
	id, offset string
	at         place
}

// ledger is what one client was told. It is used on the client's loop.
type ledger struct {
	pid, offset string
	at          place
	seen        []string // event by number → eventId, or empty
	attempts    int
	connected   bool  // it has been
	ended       int64 // when its last connection did
	behind      place
	began       int64
}

// watchers are clients that are told of every booking, lose their connections, and come back. They implement
// swarm.Observer.
type watchers struct {
	swarm   *swarm.Swarm
	token   func(client int) string
	clock   swarm.Clock
	backoff func(attempts int) time.Duration
	ledgers []ledger

	mu      sync.Mutex
	packets map[string]heard
	numbers map[told]int
	newest  place
	replays []time.Duration // from the CONNECT to the last event that was missed
	faults  map[string]int

	returned, recovered, events, repeated atomic.Int64
	refused                               atomic.Int64
	onReturn                              func(client int, at int64)
	comeBack                              atomic.Bool
}

func newWatchers(t *testing.T, address string, n int, token func(int) string, backoff func(int) time.Duration, change ...func(*swarm.Options)) *watchers {
	t.Helper()
	w := &watchers{
		token: token, clock: swarm.NewClock(), backoff: backoff, ledgers: make([]ledger, n), numbers: map[told]int{}, packets: map[string]heard{}, faults: map[string]int{},
	}
	w.comeBack.Store(true)
	o := swarm.Options{Address: address, Clients: n, Observer: w, Auth: w.auth, Polling: polls, InFlight: 64, Clock: w.clock}
	for _, do := range change {
		do(&o)
	}
	s, err := swarm.New(o)
	if err != nil {
		t.Fatal(err)
	}
	w.swarm = s
	t.Cleanup(s.Close)
	ctx, cancel := context.WithTimeout(t.Context(), patience+time.Duration(n)*10*time.Millisecond)
	defer cancel()
	if err := s.Connect(ctx); err != nil || s.ConnectedCount() != n {
		t.Fatalf("%d of %d connected: %v %v", s.ConnectedCount(), n, err, w.faults)
	}
	s.SetInFlight(0)
	return w
}

// polls says which watchers go by long-polling: every seventh, so that every kind of them has some that do.
func polls(client int) bool { return client%7 == 3 }

// polling counts them.
func (w *watchers) polling() (n int) {
	for i := range w.ledgers {
		if polls(i) {
			n++
		}
	}
	return n
}

// each does something with every client, on its loop.
func (w *watchers) each(t *testing.T, do func(*swarm.Client)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := w.swarm.Each(ctx, do); err != nil {
		t.Fatal(err)
	}
}

// cutAll ends every connection; all come back.
func (w *watchers) cutAll(t *testing.T) {
	t.Helper()
	w.each(t, func(c *swarm.Client) {
		c.Cut(true)
		w.again(c)
	})
}

func (w *watchers) auth(client int) string {
	l := &w.ledgers[client]
	auth := map[string]string{"token": w.token(client)}
	if l.pid != "" {
		auth["pid"] = l.pid
		if l.offset != "" {
			auth["offset"] = l.offset
		}
	}
	text, _ := json.Marshal(auth)
	return string(text)
}

func (w *watchers) fault(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults[fmt.Sprintf(format, args...)]++
}

// Connected implements swarm.Observer.
func (w *watchers) Connected(c *swarm.Client, at int64, answer []byte) {
	l := &w.ledgers[c.Index()]
	var said struct{ Pid string }
	if err := json.Unmarshal(answer, &said); err != nil || said.Pid == "" {
		w.fault("no pid in the answer")
	}
	resumed := said.Pid == l.pid
	l.pid, l.attempts = said.Pid, 0
	if !l.connected {
		l.connected = true
		return
	}
	w.returned.Add(1)
	if resumed {
		w.recovered.Add(1)
	} else {
		w.fault("not recovered")
	}
	w.mu.Lock()
	l.behind, l.began = w.newest, at
	w.mu.Unlock()
	if w.onReturn != nil {
		w.onReturn(c.Index(), at)
	}
}

// Closed implements swarm.Observer.
func (w *watchers) Closed(c *swarm.Client, at int64, why *swarm.CloseError) {
	if strings.Contains(why.Packet, "revoked_token") {
		w.refused.Add(1)
		return
	}
	w.ledgers[c.Index()].ended = at
	if !w.ledgers[c.Index()].connected {
		w.fault("%v", why)
		return
	}
	if w.comeBack.Load() {
		w.again(c)
	}
}

func (w *watchers) again(c *swarm.Client) {
	l := &w.ledgers[c.Index()]
	c.ConnectAfter(w.backoff(l.attempts))
	l.attempts++
}

// Packet implements swarm.Observer.
func (w *watchers) Packet(c *swarm.Client, at int64, packet []byte) {
	h, ok := w.hear(packet)
	if !ok {
		return // volatile: it has no offset
	}
	w.events.Add(1)
	l := &w.ledgers[c.Index()]
	if id := l.told(h.number); id != "" {
		if id == h.id {
			w.repeated.Add(1)
		} else {
			w.fault("an event came twice under two ids")
		}
		w.fault("doubled")
	}
	l.note(h)
	if !l.at.before(h.at) {
		w.fault("out of order")
	}
	l.at, l.offset = h.at, h.offset
	if l.began != 0 && !h.at.before(l.behind) {
		w.mu.Lock()
		w.replays = append(w.replays, time.Duration(at-l.began))
		w.mu.Unlock()
		l.began = 0
	}
}

// told returns the eventId under which the client was told of an event; empty if it was not.
func (l *ledger) told(number int) string {
	if number < len(l.seen) {
		return l.seen[number]
	}
	return ""
}

func (l *ledger) note(h heard) {
	if n := h.number + 1; n > len(l.seen) {
		l.seen = append(l.seen, make([]string, n-len(l.seen))...)
	}
	l.seen[h.number] = h.id
}

// hear reads a packet that is an event of the log.
func (w *watchers) hear(packet []byte) (h heard, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if h, ok := w.packets[string(packet)]; ok {
		return h, true
	}
	var said []json.RawMessage
	if packet[0] != '2' || json.Unmarshal(packet[1:], &said) != nil || len(said) < 3 {
		return heard{}, false
	}
	var name string
	var event struct {
		BookingID, EventID, MessageID string
		Version                       int
	}
	if json.Unmarshal(said[0], &name) != nil || json.Unmarshal(said[1], &event) != nil || json.Unmarshal(said[len(said)-1], &h.offset) != nil {
		w.faults["an event that is none: "+string(packet)]++
		return heard{}, false
	}
	h.id, h.at = event.EventID, parsePlace(h.offset)
	if w.newest.before(h.at) {
		w.newest = h.at
	}
	e := told{name: name, booking: event.BookingID, version: event.Version}
	if name == "bookingMessage" {
		e.message = event.MessageID
	}
	if n, known := w.numbers[e]; known {
		h.number = n
	} else {
		h.number = len(w.numbers)
		w.numbers[e] = h.number
	}
	w.packets[string(packet)] = h
	return h, true
}

// expected returns what everybody should have been told of some bookings.
func expected(all []stored, known map[string]bool) (events []told) {
	for _, b := range all {
		if known[b.ID] {
			continue
		}
		events = append(events, told{name: "bookingCreated", booking: b.ID, version: 1})
		for v := 2; v <= b.Version; v++ {
			events = append(events, told{name: "bookingUpdated", booking: b.ID, version: v})
		}
	}
	return events
}

// compare waits until everybody was told what the store has, and looks whether that was all, each once and in order.
func (w *watchers) compare(t *testing.T, events []told) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	want := int64(len(events)) * int64(len(w.ledgers))
	for w.events.Load() < want && ctx.Err() == nil {
		<-time.After(10 * time.Millisecond) // the pace of asking
	}
	var lost, unknown atomic.Int64
	wanted := map[int]bool{}
	w.mu.Lock()
	for _, e := range events {
		if n, known := w.numbers[e]; known {
			wanted[n] = true
		}
	}
	w.mu.Unlock()
	if missing := len(events) - len(wanted); missing > 0 {
		t.Errorf("%d of %d events were told to nobody", missing, len(events))
	}
	if err := w.swarm.Each(ctx, func(c *swarm.Client) {
		l := &w.ledgers[c.Index()]
		for n := range wanted {
			if l.told(n) == "" {
				lost.Add(1)
			}
		}
		for n, id := range l.seen {
			if id != "" && !wanted[n] {
				unknown.Add(1)
			}
		}
	}); err != nil {
		t.Error(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if lost.Load() != 0 || unknown.Load() != 0 || len(w.faults) != 0 {
		t.Errorf("%d lost, %d that the store does not have, %v", lost.Load(), unknown.Load(), w.faults)
	}
	slices.Sort(w.replays)
	t.Logf("%d clients, %d of them polling, %d events each, %d deliveries; %d returns, %d recovered; 0 lost, %d repeated; replay p50 %v, p99 %v",
		len(w.ledgers), w.polling(), len(events), w.events.Load(), w.returned.Load(), w.recovered.Load(), w.repeated.Load(),
		percentile(w.replays, .5), percentile(w.replays, .99))
}

func percentile(sorted []time.Duration, p float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, int(p*float64(len(sorted))))].Round(time.Millisecond)
}

// soon is the back-off of a client in a hurry: the tests have more to do than to wait.
func soon(attempts int) time.Duration {
	return time.Duration(50+rand.IntN(100)) * time.Millisecond * time.Duration(min(attempts+1, 4))
}

// stock is that of the stock client.
func stock(attempts int) time.Duration {
	wait := min(time.Second<<min(attempts, 3), 5*time.Second)
	return min(5*time.Second, wait+time.Duration((rand.Float64()-.5)*float64(wait)))
}

// same gives everybody one token.
func same(token string) func(int) string { return func(int) string { return token } }

// ids returns the bookings that are there already.
func ids(all []stored) map[string]bool {
	return maps.Collect(func(yield func(string, bool) bool) {
		for _, b := range all {
			if !yield(b.ID, true) {
				return
			}
		}
	})
}
