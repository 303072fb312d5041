package cluster

import (
	"context"
	"sync"
)

// maxAnswers bounds the answers to one request that wait for whoever asked.
const maxAnswers = 100_000

// Question is a request that is being answered: what every Bus needs to keep track of those it has asked.
type Question struct {
	asked Body

	mu      sync.Mutex
	servers int // that were asked
	heard   map[string]bool
	clients int // that were asked, as far as servers have said
	acks    int
	queue   []answered
	more    chan struct{} // holds one element when the queue has grown
	lost    bool          // the queue was full
}

type answered struct {
	sender string
	body   Body
}

// NewQuestion returns the question of a request to a number of servers. The error is ErrKind when nobody answers such a
// body.
func NewQuestion(b Body, servers int) (*Question, error) {
	switch b.(type) {
	case Broadcast, FetchSockets, ServerEvent:
	default:
		return nil, ErrKind
	}
	return &Question{asked: b, servers: servers, heard: map[string]bool{}, more: make(chan struct{}, 1)}, nil
}

// Offer takes an answer, whatever it is. What does not answer the question, or is said twice, is dropped.
func (q *Question) Offer(sender string, b Body) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.queue) >= maxAnswers {
		q.lost = true
		return
	}
	if !q.countLocked(sender, b) {
		return
	}
	q.queue = append(q.queue, answered{sender, b})
	select {
	case q.more <- struct{}{}:
	default:
	}
}

func (q *Question) countLocked(sender string, b Body) bool {
	var first bool
	switch b := b.(type) {
	case Sockets:
		_, first = q.asked.(FetchSockets)
	case Answer:
		_, first = q.asked.(ServerEvent)
	case ClientCount:
		if _, first = q.asked.(Broadcast); first && !q.heard[sender] {
			q.clients += b.N
		}
	case ClientAck:
		if _, asks := q.asked.(Broadcast); asks {
			q.acks++
			return true
		}
	}
	if !first || q.heard[sender] {
		return false
	}
	q.heard[sender] = true
	return true
}

// Wait calls each with every answer, on its own goroutine, until all have answered. The error is an *UnansweredError when ctx
// ends before that.
func (q *Question) Wait(ctx context.Context, each func(sender string, answer Body)) error {
	for {
		list, done := q.take()
		for _, a := range list {
			each(a.sender, a.body)
		}
		if done {
			return nil
		}
		select {
		case <-q.more:
		case <-ctx.Done():
			list, done = q.take() // what came at the same moment
			for _, a := range list {
				each(a.sender, a.body)
			}
			if done {
				return nil
			}
			return q.Unanswered(ctx.Err())
		}
	}
}

// take returns the answers that wait, and whether they are the last.
func (q *Question) take() ([]answered, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	list := q.queue
	q.queue = nil
	return list, !q.lost && len(q.heard) >= q.servers && q.acks >= q.clients
}

// Unanswered returns the error that says how many have answered so far.
func (q *Question) Unanswered(reason error) *UnansweredError {
	q.mu.Lock()
	defer q.mu.Unlock()
	return &UnansweredError{Got: len(q.heard) + q.acks, Want: q.servers + q.clients, Reason: reason}
}
