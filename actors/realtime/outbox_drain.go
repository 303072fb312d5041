package realtime

import "net"

// drainLocked starts the goroutine that writes the queue, unless it runs.
func (o *outbox) drainLocked() {
	if !o.draining && o.ws != nil && len(o.queue) > 0 {
		o.draining = true
		go o.drain()
	}
}

// What one blocking write takes along: so many frames, and no further one beyond so many bytes, for a ping waits behind
// them.
const (
	drainBatch = 64
	drainBytes = 64 << 10
)

func (o *outbox) drain() {
	var buffers net.Buffers
	for {
		o.mu.Lock()
		// What was written stays in the queue until here, so that sends keep queueing behind it.
		o.dropLocked(o.taken)
		o.taken = 0
		if o.state == outboxClosed || len(o.queue) == 0 {
			o.draining = false
			through := o.state == outboxClosing
			if through {
				o.endLocked()
			}
			o.mu.Unlock()
			if through {
				o.owner.done()
			}
			return
		}
		clear(buffers) // what is out is not to be held until all is
		buffers = buffers[:0]
		for size := 0; o.taken < min(len(o.queue), drainBatch) && size < drainBytes; o.taken++ {
			p := o.bytesOf(o.queue[o.taken])
			size += len(p)
			buffers = append(buffers, p)
		}
		buffers[0] = buffers[0][o.written:]
		ws := o.ws
		o.mu.Unlock()

		writing := buffers // Write uses it up
		if err := ws.Write(writing); err != nil {
			o.mu.Lock()
			o.draining = false
			o.taken = 0
			open := o.state != outboxClosed
			o.endLocked()
			o.mu.Unlock()
			if open {
				o.owner.failed(ReasonTransportError)
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
		o.bytes -= len(o.bytesOf(f))
		o.repayLocked(f.Size())
	}
	o.bytes += o.written
	o.written, o.opening = 0, false
	clear(o.queue[:n]) // or the list holds them until it is empty
	o.queue = o.queue[n:]
	if len(o.queue) == 0 {
		o.queue, o.bytes = nil, 0
		o.settleLocked()
	}
}
