package redis

import (
	"errors"
	"sync"

	"kapoor.example/desk/protocol/cluster"
	"kapoor.example/desk/protocol/cluster/wire"
)

// pending is an entry that has no position yet, or has lost it.
type pending struct {
	stream    string
	entry     wire.Entry
	published func(cluster.Position, error) // nil where nobody waits
}

// size is what an entry counts in memory.
func (p pending) size() int { return len(p.entry.Data) + len(p.entry.Namespace) + 128 }

func (p pending) tell(at cluster.Position, err error) {
	if p.published != nil {
		p.published(at, err)
	}
}

// queue is what waits to be written, in order.
type queue struct {
	max, maxBytes int

	mu     sync.Mutex
	list   []pending
	held   int // taken by the writer and not written yet
	bytes  int // of both
	seqs   map[string]uint64
	closed bool
	more   chan struct{} // holds one element when there is something to do
}

func (q *queue) init(maxCount, maxBytes int) {
	q.max, q.maxBytes, q.seqs, q.more = maxCount, maxBytes, map[string]uint64{}, make(chan struct{}, 1)
}

// put appends an entry and returns its number in the stream.
func (q *queue) put(p pending) (uint64, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.closed:
		return 0, cluster.ErrClosed
	case len(q.list)+q.held >= q.max || q.bytes+p.size() > q.maxBytes:
		return 0, cluster.ErrFull
	}
	q.seqs[p.stream]++
	p.entry.Seq = q.seqs[p.stream]
	q.list = append(q.list, p)
	q.bytes += p.size()
	q.wakeLocked()
	return p.entry.Seq, nil
}

func (q *queue) wakeLocked() {
	select {
	case q.more <- struct{}{}:
	default:
	}
}

// The bounds of a batch. Redis does nothing else while it writes one.
const (
	batchCount = 500
	batchBytes = 1 << 20
)

// take returns the next entries, as many as fit one batch. last says that none will come any more.
func (q *queue) take() (batch []pending, last bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	n, bytes := 0, 0
	for n < len(q.list) && n < batchCount && (n == 0 || bytes+q.list[n].size() <= batchBytes) {
		bytes += q.list[n].size()
		n++
	}
	batch = append(batch, q.list[:n]...)
	clear(q.list[:n])
	if q.list = q.list[n:]; len(q.list) == 0 {
		q.list = nil
	}
	q.held = n
	return batch, q.closed && n == 0
}

// written says that what was taken is written, or will not be.
func (q *queue) written(batch []pending) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.held = 0
	for _, p := range batch {
		q.bytes -= p.size()
	}
}

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.wakeLocked()
}

// drop returns everything that waits and forgets it.
func (q *queue) drop() []pending {
	q.mu.Lock()
	defer q.mu.Unlock()
	list := q.list
	q.list, q.held, q.bytes = nil, 0, 0
	return list
}

func (q *queue) size() (count, bytes int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.list) + q.held, q.bytes
}

// next returns, for every stream something was put into, the number of the next entry that is not taken.
func (q *queue) next() map[string]uint64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	numbers := make(map[string]uint64, len(q.seqs))
	for stream, seq := range q.seqs {
		numbers[stream] = seq + 1
	}
	for i := len(q.list) - 1; i >= 0; i-- {
		numbers[q.list[i].stream] = q.list[i].entry.Seq
	}
	return numbers
}

// Publish implements cluster.Bus.
func (b *Bus) Publish(namespace string, body cluster.Body, published func(cluster.Position, error)) (uint64, error) {
	if !cluster.Logged(body) {
		return 0, cluster.ErrKind
	}
	e, err := wire.EncodeEntry(cluster.Message{Sender: b.name, Namespace: namespace, Body: body})
	if err != nil {
		return 0, err
	}
	ticket, err := b.queue.put(pending{stream: b.options.Names.StreamOf(namespace), entry: e, published: published})
	switch {
	case err == nil:
		b.traffic.published.Add(1)
	case errors.Is(err, cluster.ErrFull):
		b.traffic.refused.Add(1)
	}
	return ticket, err
}

// ended reports whether nothing is taken any more.
func (q *queue) ended() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.closed
}
