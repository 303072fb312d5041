package main

import (
	"bytes"
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"kapoor.example/desk/bench/result"
	"kapoor.example/desk/bench/swarm"
)

// mixed is a run of the scenario. It implements swarm.Observer.
type mixed struct {
	*trial
	failures
	settings  *mixedCommand
	api       *rest
	admin     person
	people    []person // by client: customers, staff, devices of the admin
	customers int      // how many of them
	swarm     *swarm.Swarm
	books     books
	inboxes   []inbox // by client, used on its loop
	backoffs  []backoff
	timed     map[string]*timing
	slots     chan struct{} // of requests that are under way
	requests  sync.WaitGroup
	ctx       context.Context // of the requests
	cancel    context.CancelFunc

	done, received, late, returned, recovered atomic.Int64
	away                                      atomic.Int64 // customers that are not back, or not up to date
}

// mixedParallel is how many requests may be under way at once.
const mixedParallel = 64

func newMixed(ctx context.Context, t *trial, c *mixedCommand, api *rest, customers, staff []person, admin person) *mixed {
	m := &mixed{
		trial: t, settings: c, api: api, admin: admin, customers: len(customers), slots: make(chan struct{}, mixedParallel),
		timed: map[string]*timing{},
	}
	m.ctx, m.cancel = context.WithCancel(ctx)
	m.people = append(append(m.people, customers...), staff...)
	for range c.Admins {
		m.people = append(m.people, admin)
	}
	m.inboxes = make([]inbox, len(m.people))
	for i := range m.inboxes {
		m.inboxes[i] = inbox{diaries: map[string]*diary{}, asked: map[int]int64{}}
	}
	for i := range c.Loops {
		m.backoffs = append(m.backoffs, newBackoff(c.Random+uint64(i)))
	}
	for _, kind := range mixedKinds() {
		m.timed[kind] = &timing{histogram: result.NewHistogram()}
	}
	return m
}

// end lets go of everything.
func (m *mixed) end() {
	m.cancel()
	m.swarm.Close()
	m.requests.Wait()
}

func (m *mixed) isCustomer(client int) bool { return client < m.customers }

func (m *mixed) isAdmin(client int) bool { return client >= len(m.people)-m.settings.Admins }

// timing is a histogram for several goroutines.
type timing struct {
	mu        sync.Mutex
	histogram *result.Histogram
}

func (t *timing) record(d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.histogram.Record(d)
}

func (t *timing) reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.histogram.Reset()
}

func (t *timing) latency(name string) result.Latency {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.histogram.Latency(name)
}

// inbox is what one client has received. It is used on the client's loop.
type inbox struct {
	diaries  map[string]*diary // by booking
	pid      string            // what the client is known by when it comes back
	offset   string            // of the last event
	attempts int               // connects that failed in a row
	before   bool              // it was connected before
	ask      int               // the number of the last question
	asked    map[int]int64     // when it was asked
}

// diary is what a client knows of one booking.
type diary struct {
	known   uint32 // the version up to which REST told everything
	last    uint32
	created bool
	updated map[uint32]struct{} // versions that came as bookingUpdated
	entries map[string]struct{} // entries that came as bookingStatusChanged and bookingMessage
	doubled uint64
	mixedUp uint64 // came after a later one
}

func (in *inbox) of(id string) *diary {
	d := in.diaries[id]
	if d == nil {
		d = &diary{updated: map[uint32]struct{}{}, entries: map[string]struct{}{}}
		in.diaries[id] = d
	}
	return d
}

func (d *diary) update(version uint32) {
	if _, again := d.updated[version]; again {
		d.doubled++
		return
	}
	if version < d.last && version > d.known {
		d.mixedUp++
	}
	d.last = max(d.last, version)
	d.updated[version] = struct{}{}
}

func (d *diary) entry(id string) {
	if _, again := d.entries[id]; again {
		d.doubled++
	}
	d.entries[id] = struct{}{}
}

// auth is what a client's CONNECT carries: its token, and what lets it resume.
func (m *mixed) auth(client int) string {
	in, auth := &m.inboxes[client], m.people[client].auth
	if in.pid == "" {
		return auth
	}
	return auth[:len(auth)-1] + `,"pid":` + strconv.Quote(in.pid) + `,"offset":` + strconv.Quote(in.offset) + `}`
}

// Connected implements swarm.Observer.
func (m *mixed) Connected(c *swarm.Client, at int64, answer []byte) {
	in := &m.inboxes[c.Index()]
	pid := string(textField(answer, `"pid":"`))
	resumed := pid != "" && pid == in.pid
	in.pid, in.attempts = pid, 0
	if !in.before {
		in.before = true
		return
	}
	m.returned.Add(1)
	m.timed[kindReconnect].record(time.Duration(at - c.Began()))
	if resumed {
		m.recovered.Add(1)
		m.away.Add(-1)
		return
	}
	m.reload(c.Index())
}

// Closed implements swarm.Observer.
func (m *mixed) Closed(c *swarm.Client, _ int64, why *swarm.CloseError) {
	m.add(why)
	in := &m.inboxes[c.Index()]
	if !in.before {
		return
	}
	if why.Phase == swarm.Connected {
		m.away.Add(1)
	}
	m.comeBack(c)
}

// comeBack lets a client connect again as the stock client does.
func (m *mixed) comeBack(c *swarm.Client) {
	in := &m.inboxes[c.Index()]
	clear(in.asked) // nobody will answer
	c.ConnectAfter(m.backoffs[c.Index()%len(m.backoffs)].after(in.attempts))
	in.attempts++
}

// Packet implements swarm.Observer.
func (m *mixed) Packet(c *swarm.Client, at int64, packet []byte) {
	in := &m.inboxes[c.Index()]
	if packet[0] == '3' {
		m.answered(in, at, packet)
		return
	}
	name, rest, found := bytes.Cut(packet[1:], []byte(`",`))
	if !found || packet[0] != '2' {
		return
	}
	m.received.Add(1)
	in.note(rest)
	id := string(textField(rest, bookingIDField))
	if id == "" {
		return
	}
	switch string(name) {
	case `["bookingCreated`:
		d := in.of(id)
		if d.created {
			d.doubled++
		}
		d.created = true
	case `["bookingUpdated`:
		in.of(id).update(numberField(rest, versionField))
	case `["bookingStatusChanged`, `["bookingMessage`:
		in.of(id).entry(string(textField(rest, messageIDField)))
		if sent, ok := sentAt(rest); ok {
			m.timed[kindDelivery].record(time.Duration(at - sent))
		}
	case `["userTyping`:
		if b := m.books.byID(id); b != nil && m.isAdmin(c.Index()) && bytes.Contains(rest, []byte(`"isTyping":true`)) {
			if sent := b.typing.Swap(0); sent != 0 {
				m.timed[kindTyping].record(time.Duration(at - sent))
			}
		}
	}
}

// note keeps the offset of an event, its last argument where that is a text.
func (in *inbox) note(arguments []byte) {
	text, isText := bytes.CutSuffix(arguments, []byte(`"]`))
	if i := bytes.LastIndex(text, []byte(`,"`)); isText && i > 0 && text[i-1] == '}' {
		in.offset = string(text[i+2:])
	}
}

// answered notes the ack of a question.
func (m *mixed) answered(in *inbox, at int64, packet []byte) {
	number, answer, _ := bytes.Cut(packet[1:], []byte("["))
	n, err := strconv.Atoi(string(number))
	asked, waiting := in.asked[n]
	if err != nil || !waiting {
		return
	}
	delete(in.asked, n)
	if !bytes.HasPrefix(answer, []byte(`{"ok":true`)) {
		m.add(&refusedError{call: "sendMessage", code: string(textField(answer, `"code":"`))})
		return
	}
	m.timed[kindMessage].record(time.Duration(at - asked))
}
