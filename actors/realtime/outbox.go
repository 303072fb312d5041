package realtime

import (
	"slices"
	"sync"

	"kapoor.example/desk/protocol"
	"kapoor.example/desk/protocol/engineio"
)

// outbox is everything that is to be written to one connection, in order. Over a WebSocket it tries a write that does
// not wait; what does not fit is queued and drained by a goroutine that lives as long as the queue. Over polling it
// queues until a poll asks. Any goroutine may send.
type outbox struct {
	// What a broadcast looks at, in the bytes of one line of the processor's cache.
	mu       sync.Mutex
	state    outboxState
	draining bool
	opening  bool   // the head of the queue is the open packet
	status   uint16 // of the close frame
	ws       Transport
	queue    []*protocol.Frame
	deflate  int // from how many bytes ws takes messages compressed; 0 means never

	owner   outboxOwner
	limit   int
	written int             // bytes of queue[0] that are out already (WebSocket)
	bytes   int             // of the queue
	excess  int             // bytes the queue may have besides limit, as far as they are not out: of replays, of a frame larger than limit
	lent    *loan           // for replays, nil for none
	taken   int             // frames at the head of the queue that drain is writing
	poll    chan PollAnswer // the poll that waits, if any
}

// outboxOwner is told what becomes of the connection: of each once, and without the outbox's lock.
type outboxOwner interface {
	failed(Reason) // the connection cannot go on
	done()         // what close left to be done is done
}

type outboxState uint8

const (
	outboxOpen    outboxState = iota
	outboxClosing             // takes nothing more and ends when the queue is out
	outboxClosed
)

// bytesOf returns a frame as the transport takes it.
func (o *outbox) bytesOf(f *protocol.Frame) []byte {
	if o.deflate > 0 {
		return f.Deflated(o.deflate)
	}
	return f.WebSocket()
}

// send queues or writes one frame. A volatile one is dropped unless the connection can take it at once.
func (o *outbox) send(f *protocol.Frame, volatile bool) { o.report(o.sent(f, volatile)) }

// sent is send without the report. A transport may panic: the connection has to be closed afterwards, so the lock is free.
func (o *outbox) sent(f *protocol.Frame, volatile bool) Reason {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.sendLocked(f, volatile)
}

// sendJoined writes several frames, none of them volatile, as one write.
func (o *outbox) sendJoined(j *joint) { o.report(o.sentJoined(j)) }

func (o *outbox) sentJoined(j *joint) (reason Reason) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.state != outboxOpen:
	case o.ws != nil && len(o.queue) == 0:
		reason = o.writeLocked(j.frames, j.bytes(o.deflate))
	case o.ws == nil && o.poll != nil && len(o.queue) == 0:
		o.queueLocked(j.frames...)
		o.answerLocked() // only what the poll leaves has to fit
		reason = o.boundLocked()
	default:
		reason = o.enqueueLocked(j.frames...)
	}
	return reason
}

func (o *outbox) sendLocked(f *protocol.Frame, volatile bool) Reason {
	switch {
	case o.state != outboxOpen:
		return ""
	case o.ws == nil && o.poll != nil:
		o.answer(PollAnswer{Payload: f.Polling(), Compress: f.Compressible()})
		return ""
	case o.ws != nil && len(o.queue) == 0:
		if !volatile {
			return o.writeLocked([]*protocol.Frame{f}, o.bytesOf(f))
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
	for len(frames) > 0 && n >= len(o.bytesOf(frames[0])) {
		n -= len(o.bytesOf(frames[0]))
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
	p := o.bytesOf(f)
	n, err := o.ws.TryWrite(p)
	switch {
	case err != nil:
		return o.failLocked(ReasonTransportError)
	case n == 0 || n == len(p):
		return ""
	}
	o.written, o.bytes = n, -n
	reason := o.enqueueLocked(f)
	o.drainLocked()
	return reason
}

func (o *outbox) enqueueLocked(frames ...*protocol.Frame) Reason {
	o.queueLocked(frames...)
	return o.boundLocked()
}

func (o *outbox) queueLocked(frames ...*protocol.Frame) {
	for _, f := range frames {
		size := len(o.bytesOf(f))
		o.bytes += size
		o.queue = append(o.queue, f)
		if size > o.limit { // its size is nothing the client could help
			o.excess = max(o.excess, size)
		}
	}
}

// boundLocked ends a connection for which too much is queued.
func (o *outbox) boundLocked() Reason {
	if o.bytes > o.limit+o.excess {
		return o.failLocked(ReasonSlowConsumer)
	}
	return ""
}

// ping sends the frame of the heartbeat. It goes ahead of what is queued and not being written: a client that is still
// receiving a lot is alive.
func (o *outbox) ping(f *protocol.Frame) {
	o.mu.Lock()
	if o.ws == nil || len(o.queue) == 0 || o.state != outboxOpen {
		reason := o.sendLocked(f, false)
		o.mu.Unlock()
		o.report(reason)
		return
	}
	begun := o.taken
	if begun == 0 && (o.written > 0 || o.opening) {
		begun = 1
	}
	o.bytes += len(o.bytesOf(f))
	o.queue = slices.Insert(o.queue, begun, f)
	o.mu.Unlock()
}

// failLocked drops everything; the caller reports the reason once the lock is free.
func (o *outbox) failLocked(r Reason) Reason {
	o.endLocked()
	return r
}

func (o *outbox) report(r Reason) {
	if r != "" {
		o.owner.failed(r)
	}
}

// begin makes ws the transport of a session that had none. The open packet goes first, also before what is queued.
func (o *outbox) begin(ws Transport, open *protocol.Frame) {
	o.mu.Lock()
	var reason Reason
	var through bool
	if len(o.queue) > 0 {
		o.queue = slices.Insert(o.queue, 0, open)
		through = o.upgradeLocked(ws)
	} else {
		through = o.upgradeLocked(ws)
		reason = o.sendLocked(open, false)
	}
	o.opening = len(o.queue) > 0
	o.mu.Unlock()
	o.report(reason)
	if through {
		o.owner.done()
	}
}

// upgrade makes ws the transport: a waiting poll ends, and what is queued goes out over ws, in order.
func (o *outbox) upgrade(ws Transport) {
	o.mu.Lock()
	through := o.upgradeLocked(ws)
	o.mu.Unlock()
	if through {
		o.owner.done()
	}
}

func (o *outbox) upgradeLocked(ws Transport) (through bool) {
	if o.state == outboxClosed {
		ws.Close(StatusNone)
		return false
	}
	if o.poll != nil {
		o.answer(only(byte(engineio.Noop)))
	}
	o.ws = ws
	if d, ok := ws.(Deflating); ok {
		o.deflate = d.DeflateFrom()
	}
	o.bytes = 0
	for _, f := range o.queue {
		o.bytes += len(o.bytesOf(f))
	}
	switch {
	case len(o.queue) > 0:
		o.drainLocked()
	case o.state == outboxClosing:
		o.endLocked()
		return true
	}
	return false
}

// close ends the connection once everything queued is out, with a WebSocket close status. It reports whether the
// connection has ended already; otherwise done is called when it does, and abort must follow in time.
func (o *outbox) close(status int) (ended bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.status = uint16(status) // #nosec G115 -- a close status has four digits
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
	o.queue, o.bytes, o.written = nil, 0, 0
	o.settleLocked()
	if o.poll != nil {
		o.answer(only(byte(engineio.Close)))
	}
	if o.ws != nil {
		o.ws.Close(int(o.status))
	}
}

func (o *outbox) writable() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.state == outboxOpen && (o.poll != nil || o.ws != nil && len(o.queue) == 0)
}

// ended reports whether the connection is through.
func (o *outbox) ended() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.state == outboxClosed
}
