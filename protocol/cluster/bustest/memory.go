package bustest

import (
	"fmt"
	"sync"
	"time"

	"kapoor.example/desk/protocol/cluster"
)

// Memory is a cluster within one process: a log, and the servers that share it. Its methods may be called by any goroutine.
type Memory struct {
	mu      sync.Mutex
	changed chan struct{} // closed, and made anew, when something below has changed
	nodes   []*node
	named   int
	cut     bool

	entries []cluster.Entry
	last    cluster.Position // that was given to an entry; it outlives the entries
	epoch   int
	born    cluster.Position               // nothing is known of what was before
	trimmed cluster.Position               // everything up to it is forgotten
	marks   map[[2]string]cluster.Position // the last of these, by namespace and room
}

// NewMemory returns a cluster without servers.
func NewMemory() *Memory {
	return &Memory{
		changed: make(chan struct{}), last: cluster.Position{Ms: 1_700_000_000_000}, epoch: 1,
		marks: map[[2]string]cluster.Position{},
	}
}

// Join opens the bus of one more server.
func (m *Memory) Join() cluster.Bus {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.named++
	n := &node{
		memory: m, name: fmt.Sprintf("%016x", m.named), namespaces: map[string]int{}, tickets: map[string]uint64{},
		asked: map[string]*cluster.Question{}, since: time.Now(), head: m.endLocked(), written: make(chan struct{}),
	}
	m.nodes = append(m.nodes, n)
	go n.write()
	return n
}

// Cut makes everything unreachable for every server: what is published waits.
func (m *Memory) Cut() { m.set(true) }

// Heal undoes Cut.
func (m *Memory) Heal() { m.set(false) }

func (m *Memory) set(cut bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.cut = cut
	for _, n := range m.nodes {
		n.since = time.Now()
	}
	m.wakeLocked()
}

// Trim forgets every entry because of its age.
func (m *Memory) Trim() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range m.entries {
		b, ok := e.Body.(cluster.Broadcast)
		if !ok || !b.Replayable() {
			continue
		}
		rooms := b.To.Rooms
		if len(rooms) == 0 {
			rooms = []string{everybody}
		}
		for _, room := range rooms {
			m.marks[[2]string{e.Namespace, room}] = e.Position
		}
	}
	if len(m.entries) > 0 {
		m.trimmed = m.entries[len(m.entries)-1].Position
	}
	m.forgetLocked()
}

// everybody is the mark of what was for all; no room has the name, since it is no UTF-8.
const everybody = "\xff"

// Lose forgets everything, also that it ever was.
func (m *Memory) Lose() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.epoch++
	m.trimmed, m.born = cluster.Position{}, m.last
	clear(m.marks)
	m.forgetLocked()
}

func (m *Memory) forgetLocked() {
	for _, n := range m.nodes {
		for _, e := range m.entries {
			n.missed = n.missed || n.namespaces[e.Namespace] > 0 && e.Position.Compare(n.head) > 0
		}
	}
	m.entries = nil
	m.wakeLocked()
}

func (m *Memory) wakeLocked() {
	close(m.changed)
	m.changed = make(chan struct{})
}

// endLocked returns the position of the last entry, of those forgotten too.
func (m *Memory) endLocked() cluster.Position {
	if len(m.entries) > 0 {
		return m.entries[len(m.entries)-1].Position
	}
	return m.trimmed
}

func (m *Memory) appendLocked(e cluster.Entry) cluster.Position {
	m.last.Ms++
	e.Position = m.last
	m.entries = append(m.entries, e)
	m.wakeLocked()
	return e.Position
}

// replayLocked answers Since.
func (m *Memory) replayLocked(q cluster.Query) (cluster.Replay, error) {
	in := map[string]bool{everybody: true}
	for _, room := range q.Rooms {
		in[room] = true
	}
	at := len(m.entries) // of the first one after the position
	known := false
	for i := len(m.entries) - 1; i >= 0 && m.entries[i].Position.Compare(q.After) >= 0; i-- {
		if known = m.entries[i].Position == q.After; !known {
			at = i
		}
	}
	if !known {
		old := at == 0 && (len(m.entries) > 0 || q.After.Compare(m.trimmed) <= 0)
		for room := range in {
			old = old && m.marks[[2]string{q.Namespace, room}].Compare(q.After) <= 0
		}
		if !old || q.Epoch != fmt.Sprint(m.epoch) {
			return cluster.Replay{}, cluster.ErrUnknownPosition
		}
	}
	limit := q.Limit
	if limit == 0 {
		limit = 1000
	}
	r := cluster.Replay{Through: q.After, Epoch: fmt.Sprint(m.epoch)}
	for _, e := range m.entries[at:] {
		if b, ok := e.Body.(cluster.Broadcast); ok && e.Namespace == q.Namespace && b.Replayable() && b.To.Reaches(func(room string) bool { return in[room] }) {
			if len(r.Entries) == limit {
				r.More = true
				return r, nil
			}
			e.Ticket = 0
			r.Entries = append(r.Entries, e)
		}
		r.Through = e.Position
	}
	return r, nil
}

// marksLocked answers Marks.
func (m *Memory) marksLocked(namespace string) cluster.Marks {
	all := cluster.Marks{Floor: m.born}
	for of, at := range m.marks {
		switch {
		case of[0] != namespace:
		case of[1] == everybody:
			all.Note(nil, at)
		default:
			all.Note([]string{of[1]}, at)
		}
	}
	for _, e := range m.entries {
		if b, ok := e.Body.(cluster.Broadcast); ok && b.Replayable() && e.Namespace == namespace {
			all.Note(b.To.Rooms, e.Position)
		}
	}
	return all
}
