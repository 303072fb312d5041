package realtime

import (
	"errors"

	"kapoor.example/desk/protocol/engineio"
)

// Why a session takes no poll.
var (
	ErrPolling  = errors.New("another poll is waiting")
	ErrUpgraded = errors.New("the transport is a WebSocket")
)

// PollAnswer is what a poll gets: packets, joined by engineio.Separator.
type PollAnswer struct {
	Payload []byte
	// Compress says that one of the packets at least may be compressed.
	Compress bool
}

func only(packets ...byte) PollAnswer { return PollAnswer{Payload: packets, Compress: true} }

// wait registers a poll: its answer comes through the channel, at once when something is queued. A closed outbox answers
// with a close packet. Errors: ErrPolling when another poll is waiting, ErrUpgraded when a WebSocket is the transport.
func (o *outbox) wait() (<-chan PollAnswer, error) {
	o.mu.Lock()
	answer, through, err := o.waitLocked()
	o.mu.Unlock()
	if through {
		o.owner.done()
	}
	return answer, err
}

func (o *outbox) waitLocked() (answer <-chan PollAnswer, through bool, err error) {
	switch {
	case o.poll != nil:
		return nil, false, ErrPolling
	case o.ws != nil:
		return nil, false, ErrUpgraded
	}
	o.poll = make(chan PollAnswer, 1)
	answer = o.poll
	switch {
	case len(o.queue) > 0:
		o.answerLocked()
	case o.state == outboxClosing:
		// Section 2, row 40: the close was held until a poll came.
		o.answer(only(byte(engineio.Noop), engineio.Separator, byte(engineio.Close)))
		o.endLocked()
		through = true
	case o.state == outboxClosed:
		o.answer(only(byte(engineio.Close)))
	}
	return answer, through, nil
}

// answer gives the poll that waits its answer.
func (o *outbox) answer(a PollAnswer) {
	o.poll <- a
	o.poll = nil
}

// answerLocked gives what is queued to the waiting poll. Of a replay it is no more than the queue may have otherwise: the
// rest waits for the next poll, so that no answer is as large as a replay.
func (o *outbox) answerLocked() {
	n, size, compress := 0, 0, false
	for n < len(o.queue) && (n == 0 || size+o.queue[n].Size() <= o.limit) {
		size += o.queue[n].Size()
		compress = compress || o.queue[n].Compressible()
		n++
	}
	payload := make([]byte, 0, size)
	for i, f := range o.queue[:n] {
		if i > 0 {
			payload = append(payload, engineio.Separator)
		}
		payload = append(payload, f.Polling()...)
	}
	o.dropLocked(n)
	o.answer(PollAnswer{Payload: payload, Compress: compress})
}

// release answers the waiting poll with packet, if there is one.
func (o *outbox) release(packet engineio.PacketType) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.poll != nil {
		o.answer(only(byte(packet)))
	}
}
