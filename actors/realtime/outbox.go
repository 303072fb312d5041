package realtime

import (
	"net"
	"sync"

	"kapoor.example/desk/protocol"
	"kapoor.example/desk/protocol/engineio"
)

// outbox is everything that is to be written to one connection, in order. Over a WebSocket it tries a write that does
// not wait; what does not fit is queued and drained by a goroutine that lives as long as the queue. Over polling it
// queues until a poll asks. Any goroutine may send.
type outbox struct {
	limit  int
	failed func(Reason) // called once, without the lock, when the connection cannot go on

	mu       sync.Mutex
	queue    []*protocol.Frame
	written  int // bytes of queue[0] that are out already (WebSocket)
	bytes    int // of the queue
	excess   int // bytes the queue may have besides limit: of a replay, until it is out
	ws       Transport
	draining bool
	poll     chan []byte // the poll that waits, if any
	state    outboxState
	status   int // of the close frame
}

type outboxState int

const (
	outboxOpen    outboxState = iota
	outboxClosing             // takes nothing more and ends when the queue is out
	outboxClosed
)

// send queues or writes one frame. A volatile one is dropped unless the connection can take it at once.
func (o *outbox) send(f *protocol.Frame, volatile bool) {
	o.mu.Lock()
	reason := o.sendLocked(f, volatile)
	o.mu.Unlock()
	o.report(reason)
}

// sendJoined writes several frames as one write: joined is their WebSocket form in one piece. None of them is volatile.
func (o *outbox) sendJoined(frames []*protocol.Frame, joined []byte) {
	o.mu.Lock()
	var reason Reason
	switch {
	case o.state != outboxOpen:
	case o.ws != nil && len(o.queue) == 0:
		reason = o.writeLocked(frames, joined)
	case o.ws == nil && o.poll != nil && len(o.queue) == 0:
		reason = o.enqueueLocked(frames...)
		o.answerLocked()
	default:
		reason = o.enqueueLocked(frames...)
	}
	o.mu.Unlock()
	o.report(reason)
}

// replay sends frames whose number the receiver did not choose: they may exceed the byte budget.
func (o *outbox) replay(frames []*protocol.Frame) {
	if len(frames) == 0 {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.state != outboxOpen {
		return
	}
	for _, f := range frames {
		o.excess += f.Size()
	}
	o.enqueueLocked(frames...) // within the budget now
	if o.ws == nil && o.poll != nil {
		o.answerLocked()
	}
	o.drainLocked()
}

func (o *outbox) sendLocked(f *protocol.Frame, volatile bool) Reason {
	switch {
	case o.state != outboxOpen:
		return ""
	case o.ws == nil && o.poll != nil:
		o.poll <- f.Polling()
		o.poll = nil
		return ""
	case o.ws != nil && len(o.queue) == 0:
		if !volatile {
			return o.writeLocked([]*protocol.Frame{f}, f.WebSocket())
		}
		return o.writeVolatileLocked(f)
	case volatile:
		return ""
	}
	return o.enqueueLocked(f)
}

// writeLocked writes frames, whose WebSocket form is p, and queues what does not fit.
func (o *outbox) writeLocked(frames []*protocol.Frame, p []byte) Reason {
	n, err := o.ws.TryWrite(p)
	if err != nil {
		return o.failLocked(ReasonTransportError)
	}
	if n == len(p) {
		return ""
	}
	for len(frames) > 0 && n >= frames[0].Size() {
		n -= frames[0].Size()
		frames = frames[1:]
	}
	o.written = n
	o.bytes = -n
	reason := o.enqueueLocked(frames...)
	o.drainLocked()
	return reason
}

// writeVolatileLocked writes f if the connection takes all of it or at least its beginning; a frame that has begun must
// be finished.
func (o *outbox) writeVolatileLocked(f *protocol.Frame) Reason {
	n, err := o.ws.TryWrite(f.WebSocket())
	switch {
	case err != nil:
		return o.failLocked(ReasonTransportError)
	case n == 0 || n == f.Size():
		return ""
	}
	o.written, o.bytes = n, -n
	reason := o.enqueueLocked(f)
	o.drainLocked()
	return reason
}

func (o *outbox) enqueueLocked(frames ...*protocol.Frame) Reason {
	for _, f := range frames {
		o.bytes += f.Size()
		o.queue = append(o.queue, f)
	}
	if o.bytes > o.limit+o.excess && len(o.queue) > 1 {
		return o.failLocked(ReasonSlowConsumer)
	}
	return ""
}

// failLocked drops everything; the caller reports the reason once the lock is free.
func (o *outbox) failLocked(r Reason) Reason {
	o.endLocked()
	return r
}

func (o *outbox) report(r Reason) {
	if r != "" {
		o.failed(r)
	}
}

// drainLocked starts the goroutine that writes the queue, unless it runs.
func (o *outbox) drainLocked() {
	if !o.draining && o.ws != nil && len(o.queue) > 0 {
		o.draining = true
		go o.drain()
	}
}

// drainBatch is how many frames one blocking write takes along.
const drainBatch = 64

func (o *outbox) drain() {
	var taken []*protocol.Frame
	for {
		o.mu.Lock()
		// What was written stays in the queue until here, so that sends keep queueing behind it.
		o.dropLocked(len(taken))
		if o.state == outboxClosed || len(o.queue) == 0 {
			o.draining = false
			if o.state == outboxClosing {
				o.endLocked()
			}
			o.mu.Unlock()
			return
		}
		taken = append(taken[:0], o.queue[:min(len(o.queue), drainBatch)]...)
		skip, ws := o.written, o.ws
		o.mu.Unlock()

		buffers := make(net.Buffers, len(taken))
		for i, f := range taken {
			buffers[i] = f.WebSocket()
		}
		buffers[0] = buffers[0][skip:]
		if err := ws.Write(buffers); err != nil {
			o.mu.Lock()
			o.draining = false
			open := o.state != outboxClosed
			o.endLocked()
			o.mu.Unlock()
			if open {
				o.failed(ReasonTransportError)
			}
			return
		}
	}
}

// dropLocked takes the first n frames off the queue: they are out.
func (o *outbox) dropLocked(n int) {
	if n == 0 || len(o.queue) < n {
		return
	}
	for _, f := range o.queue[:n] {
		o.bytes -= f.Size()
	}
	o.bytes += o.written
	o.written = 0
	o.queue = o.queue[n:]
	if len(o.queue) == 0 {
		o.queue, o.bytes, o.excess = nil, 0, 0
	}
}

// wait registers a poll: its answer comes through the channel, at once when something is queued. ok is false when
// another poll is waiting. A closed outbox answers with a close packet.
func (o *outbox) wait() (answer <-chan []byte, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.poll != nil {
		return nil, false
	}
	o.poll = make(chan []byte, 1)
	answer = o.poll
	switch {
	case len(o.queue) > 0:
		o.answerLocked()
	case o.state == outboxClosing:
		// Section 2, row 40: the close was held until a poll came.
		o.poll <- []byte{byte(engineio.Noop), engineio.Separator, byte(engineio.Close)}
		o.poll = nil
		o.endLocked()
	case o.state == outboxClosed:
		o.poll <- []byte{byte(engineio.Close)}
		o.poll = nil
	}
	return answer, true
}

// answerLocked gives everything that is queued to the waiting poll.
func (o *outbox) answerLocked() {
	size := len(o.queue)
	for _, f := range o.queue {
		size += len(f.Polling())
	}
	payload := make([]byte, 0, size)
	for i, f := range o.queue {
		if i > 0 {
			payload = append(payload, engineio.Separator)
		}
		payload = append(payload, f.Polling()...)
	}
	o.queue, o.bytes, o.excess = nil, 0, 0
	o.poll <- payload
	o.poll = nil
}

// release answers the waiting poll with packet, if there is one.
func (o *outbox) release(packet engineio.PacketType) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.poll != nil {
		o.poll <- []byte{byte(packet)}
		o.poll = nil
	}
}

// upgrade makes ws the transport: a waiting poll ends, and what is queued goes out over ws, in order.
func (o *outbox) upgrade(ws Transport) {
	o.release(engineio.Noop)
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.state == outboxClosed {
		ws.Close(StatusNone)
		return
	}
	o.ws = ws
	switch {
	case len(o.queue) > 0:
		o.drainLocked()
	case o.state == outboxClosing:
		o.endLocked()
	}
}

// close ends the connection once everything queued is out, with a WebSocket close status. It reports whether the
// connection has ended already; otherwise abort must follow in time.
func (o *outbox) close(status int) (ended bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.status = status
	if o.state != outboxOpen {
		return o.state == outboxClosed
	}
	o.state = outboxClosing
	if o.ws == nil && o.poll == nil || o.ws != nil && len(o.queue) > 0 {
		return false
	}
	o.endLocked()
	return true
}

// abort ends the connection at once; what is queued is discarded.
func (o *outbox) abort() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.endLocked()
}

func (o *outbox) endLocked() {
	if o.state == outboxClosed {
		return
	}
	o.state = outboxClosed
	o.queue, o.bytes, o.excess, o.written = nil, 0, 0, 0
	if o.poll != nil {
		o.poll <- []byte{byte(engineio.Close)}
		o.poll = nil
	}
	if o.ws != nil {
		o.ws.Close(o.status)
	}
}

// ended reports whether the connection is through.
func (o *outbox) ended() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.state == outboxClosed
}
