package bustest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"kapoor.example/desk/protocol/cluster"
)

// node is the bus of one server of a Memory. What it holds is guarded by the memory's mutex.
type node struct {
	memory *Memory
	name   string

	namespaces map[string]int // how often they were entered
	tickets    map[string]uint64
	waiting    []waiting
	bytes      int
	inbox      []func(cluster.Receiver)
	asked      map[string]*cluster.Question
	questions  int
	head       cluster.Position
	missed     bool
	since      time.Time
	closed     bool
	dropped    bool          // what waits will not be written any more
	written    chan struct{} // closed when write has ended
}

type waiting struct {
	entry     cluster.Entry
	size      int
	published func(cluster.Position, error)
}

// maxMessage and maxWaiting are the bounds of a Memory.
const (
	maxMessage = 16 << 20
	maxWaiting = 1 << 20
)

// Name implements cluster.Bus.
func (n *node) Name() string { return n.name }

// Enter implements cluster.Bus.
func (n *node) Enter(namespace string) {
	n.memory.mu.Lock()
	defer n.memory.mu.Unlock()
	n.namespaces[namespace]++
}

// Exit implements cluster.Bus.
func (n *node) Exit(namespace string) {
	n.memory.mu.Lock()
	defer n.memory.mu.Unlock()
	if n.namespaces[namespace]--; n.namespaces[namespace] <= 0 {
		delete(n.namespaces, namespace)
	}
}

// Publish implements cluster.Bus.
func (n *node) Publish(namespace string, b cluster.Body, published func(cluster.Position, error)) (uint64, error) {
	size, err := admit(b, cluster.Logged(b))
	if err != nil {
		return 0, err
	}
	n.memory.mu.Lock()
	defer n.memory.mu.Unlock()
	switch {
	case n.closed:
		return 0, cluster.ErrClosed
	case len(n.waiting) >= maxWaiting:
		return 0, cluster.ErrFull
	}
	n.tickets[namespace]++
	ticket := n.tickets[namespace]
	e := cluster.Entry{Message: cluster.Message{Sender: n.name, Namespace: namespace, Body: b}, Ticket: ticket}
	n.waiting = append(n.waiting, waiting{e, size, published})
	n.bytes += size
	n.memory.wakeLocked()
	return ticket, nil
}

// admit returns the size of a body that goes this way.
func admit(b cluster.Body, goes bool) (int, error) {
	if !goes {
		return 0, fmt.Errorf("%w: %T", cluster.ErrKind, b)
	}
	size := 64
	switch b := b.(type) {
	case cluster.Broadcast:
		size += len(b.Data)
	case cluster.ServerEvent:
		size += len(b.Data)
	}
	if size > maxMessage {
		return 0, cluster.ErrTooLarge
	}
	return size, nil
}

// write puts what waits into the log, until the node is closed.
func (n *node) write() {
	defer close(n.written)
	m := n.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	for {
		switch {
		case len(n.waiting) > 0 && (!m.cut || n.dropped):
			w := n.waiting[0]
			n.waiting, n.bytes = n.waiting[1:], n.bytes-w.size
			at, err := cluster.Position{}, cluster.ErrClosed
			if !m.cut {
				at, err = m.appendLocked(w.entry), nil
			}
			if w.published != nil {
				m.mu.Unlock()
				w.published(at, err)
				m.mu.Lock()
			}
		case n.closed && len(n.waiting) == 0:
			return
		default:
			m.waitLocked(nil)
		}
	}
}

// waitLocked waits until something has changed, or done is closed.
func (m *Memory) waitLocked(done <-chan struct{}) {
	changed := m.changed
	m.mu.Unlock()
	defer m.mu.Lock()
	select {
	case <-changed:
	case <-done:
	}
}

// Run implements cluster.Bus.
func (n *node) Run(ctx context.Context, r cluster.Receiver) error {
	m := n.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	cut := false
	for ctx.Err() == nil && !n.closed {
		if act := n.nextLocked(&cut); act != nil {
			m.mu.Unlock()
			act(r)
			m.mu.Lock()
			continue
		}
		m.waitLocked(ctx.Done())
	}
	return nil
}

// nextLocked returns what the receiver is to be told next, or nil.
func (n *node) nextLocked(cut *bool) func(cluster.Receiver) {
	m := n.memory
	switch {
	case *cut != m.cut:
		*cut = m.cut
		state := n.stateLocked()
		return func(r cluster.Receiver) { r.Changed(state) }
	case m.cut:
		return nil
	case n.missed:
		n.missed = false
		var all []string
		for namespace := range n.namespaces {
			all = append(all, namespace)
		}
		slices.Sort(all)
		return func(r cluster.Receiver) { r.Missed(all) }
	case len(n.inbox) > 0:
		act := n.inbox[0]
		n.inbox = n.inbox[1:]
		return act
	}
	for _, e := range m.entries {
		if e.Position.Compare(n.head) <= 0 {
			continue
		}
		n.head = e.Position
		if e.Sender != n.name {
			e.Ticket = 0
		}
		if n.namespaces[e.Namespace] > 0 {
			return func(r cluster.Receiver) { r.Deliver([]cluster.Entry{e}) }
		}
	}
	return nil
}

// Signal implements cluster.Bus.
func (n *node) Signal(namespace string, b cluster.Body) error {
	_, event := b.(cluster.ServerEvent)
	_, broadcast := b.(cluster.Broadcast)
	if _, err := admit(b, event || broadcast); err != nil {
		return err
	}
	n.memory.mu.Lock()
	defer n.memory.mu.Unlock()
	if n.closed {
		return cluster.ErrClosed
	}
	message := cluster.Message{Sender: n.name, Namespace: namespace, Body: b}
	for _, other := range n.othersLocked(namespace) {
		other.inbox = append(other.inbox, func(r cluster.Receiver) { r.Signalled(message) })
	}
	n.memory.wakeLocked()
	return nil
}

func (n *node) othersLocked(namespace string) []*node {
	var others []*node
	for _, other := range n.memory.nodes {
		if other != n && !other.closed && other.namespaces[namespace] > 0 && !n.memory.cut {
			others = append(others, other)
		}
	}
	return others
}

// Ask implements cluster.Bus.
func (n *node) Ask(ctx context.Context, namespace string, b cluster.Body, each func(string, cluster.Body)) error {
	q, id, err := n.ask(namespace, b)
	if err != nil {
		return err
	}
	defer func() {
		n.memory.mu.Lock()
		defer n.memory.mu.Unlock()
		delete(n.asked, id)
	}()
	return q.Wait(ctx, each)
}

func (n *node) ask(namespace string, b cluster.Body) (*cluster.Question, string, error) {
	m := n.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	others := n.othersLocked(namespace)
	q, err := cluster.NewQuestion(b, len(others))
	switch {
	case err != nil:
		return nil, "", err
	case n.closed:
		return nil, "", cluster.ErrClosed
	case m.cut:
		return nil, "", cluster.ErrUnavailable
	}
	n.questions++
	id := fmt.Sprint(n.questions)
	n.asked[id] = q
	message := cluster.Message{Sender: n.name, Namespace: namespace, Request: id, Body: b}
	for _, other := range others {
		reply := func(answer cluster.Body) {
			m.mu.Lock()
			defer m.mu.Unlock()
			if q := n.asked[id]; q != nil && !m.cut {
				q.Offer(other.name, answer)
			}
		}
		other.inbox = append(other.inbox, func(r cluster.Receiver) { r.Asked(message, reply) })
	}
	m.wakeLocked()
	return q, id, nil
}

// Since implements cluster.Bus.
func (n *node) Since(_ context.Context, q cluster.Query) (cluster.Replay, error) {
	n.memory.mu.Lock()
	defer n.memory.mu.Unlock()
	switch {
	case n.closed:
		return cluster.Replay{}, cluster.ErrClosed
	case n.memory.cut:
		return cluster.Replay{}, cluster.ErrUnavailable
	}
	return n.memory.replayLocked(q)
}

// Marks implements cluster.Bus.
func (n *node) Marks(_ context.Context, namespace string) (cluster.Marks, error) {
	n.memory.mu.Lock()
	defer n.memory.mu.Unlock()
	if n.memory.cut {
		return cluster.Marks{}, cluster.ErrUnavailable
	}
	return n.memory.marksLocked(namespace), nil
}

// Epoch implements cluster.Bus.
func (n *node) Epoch() string {
	n.memory.mu.Lock()
	defer n.memory.mu.Unlock()
	return fmt.Sprint(n.memory.epoch)
}

// Head implements cluster.Bus.
func (n *node) Head(string) cluster.Position {
	n.memory.mu.Lock()
	defer n.memory.mu.Unlock()
	return n.head
}

// State implements cluster.Bus.
func (n *node) State() cluster.State {
	n.memory.mu.Lock()
	defer n.memory.mu.Unlock()
	return n.stateLocked()
}

func (n *node) stateLocked() cluster.State {
	s := cluster.State{Degraded: n.memory.cut, Since: n.since, Waiting: len(n.waiting), WaitingBytes: n.bytes}
	if s.Degraded {
		s.Reason = "the log is cut off"
	}
	return s
}

// Close implements cluster.Bus.
func (n *node) Close(ctx context.Context) error {
	m := n.memory
	m.mu.Lock()
	n.closed = true
	m.wakeLocked()
	m.mu.Unlock()
	select {
	case <-n.written:
		return nil
	case <-ctx.Done():
	}
	m.mu.Lock()
	n.dropped = true
	m.wakeLocked()
	m.mu.Unlock()
	<-n.written
	return nil
}
