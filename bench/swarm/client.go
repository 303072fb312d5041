package swarm

import "time"

// noFile is the descriptor of a client without a connection.
const noFile = -1

// Client is one Socket.IO client. Its methods may be called on its loop only.
type Client struct {
	index   int
	loop    *loop
	fd      int
	attempt uint32 // counts connections and ends of them; what belongs to an earlier one is void
	phase   Phase
	paused  bool
	began   int64
	in      []byte   // the beginning of a frame whose rest has not come
	out     []byte   // what the kernel has not taken
	poll    *polling // nil for one with a WebSocket
}

// Index returns the client's number, from 0.
func (c *Client) Index() int { return c.index }

// Phase returns how far its connection is.
func (c *Client) Phase() Phase { return c.phase }

// Began returns the Clock's time when the present connect, or the one that led to the present connection, began.
func (c *Client) Began() int64 { return c.began }

// Connect lets the client connect when its turn comes. It does nothing where there is a connection already.
func (c *Client) Connect() {
	if c.phase == Idle {
		c.phase = Queued
		c.attempt++
		c.loop.swarm.unsettled.Add(1)
		c.loop.queue = append(c.loop.queue, c)
	}
}

// ConnectAfter lets it connect after a while, unless somebody else does before.
func (c *Client) ConnectAfter(d time.Duration) {
	c.loop.timers.push(timer{at: c.loop.swarm.options.Clock() + int64(d), client: c, attempt: c.attempt})
}

// Cut ends the connection at once, whatever its phase, as if the line were lost; the Observer is not told. With reset the
// server sees a reset instead of an end, and no port is kept waiting here.
func (c *Client) Cut(reset bool) { c.end(reset) }

// Pause stops reading: what the server sends stays in the kernel's buffers.
func (c *Client) Pause() { c.paused = true }

// Resume reads on.
func (c *Client) Resume() {
	if c.paused {
		c.paused = false
		c.read(true)
	}
}

// Send writes a frame, or several, as AppendFrame makes them, in one write. What the kernel does not take at once follows
// later; frame is copied then. It does nothing where there is no connection, and for a client that polls: it has no frames.
func (c *Client) Send(frame []byte) {
	if c.phase >= Upgrading && c.poll == nil {
		c.transmit(frame)
	}
}

// transmit writes bytes, now or later.
func (c *Client) transmit(frame []byte) {
	if len(c.out) == 0 {
		n, err := write(c.fd, frame)
		switch {
		case err != nil:
			c.fail(c.loop.swarm.options.Clock(), &CloseError{Phase: c.phase, Err: err})
			return
		case n == len(frame):
			return
		}
		frame = frame[n:]
	}
	c.out = append(c.out, frame...)
}

// begin opens the socket.
func (c *Client) begin() {
	l := c.loop
	c.phase, c.began = Connecting, l.swarm.options.Clock()
	if c.poll != nil {
		*c.poll = polling{}
	}
	l.flying++
	buffer := 0
	if size := l.swarm.options.ReceiveBuffer; size != nil {
		buffer = size(c.index)
	}
	fd, err := dial(l.target, source(l.target.Addr(), c.index), buffer)
	if err == nil {
		c.fd = fd
		err = l.poll.add(fd, c.index, c.attempt)
	}
	if err != nil {
		c.fail(c.began, &CloseError{Phase: c.phase, Err: err})
		return
	}
	l.timers.push(timer{at: c.began + int64(l.swarm.options.ConnectTimeout), client: c, attempt: c.attempt})
	// Over the loopback the connection stands already; elsewhere, readiness to write says when.
	c.request()
}

// request sends the HTTP upgrade, or the first poll, if the connection stands.
func (c *Client) request() {
	request := c.loop.swarm.request
	if c.poll != nil {
		request = c.loop.swarm.firstPoll
	}
	n, err := write(c.fd, request)
	switch {
	case err != nil:
		c.fail(c.loop.swarm.options.Clock(), &CloseError{Phase: c.phase, Err: err})
	case n > 0:
		c.phase = Upgrading
		c.out = append(c.out, request[n:]...)
	}
}

// ready does what epoll says can be done.
func (c *Client) ready(r readiness) {
	if c.phase == Connecting && r.writable() {
		c.request()
	} else if len(c.out) > 0 && r.writable() {
		c.flush()
	}
	if c.fd != noFile && c.phase > Connecting && r.readable() && !c.paused {
		c.read(r.ended())
	}
}

func (c *Client) flush() {
	n, err := write(c.fd, c.out)
	if err != nil {
		c.fail(c.loop.swarm.options.Clock(), &CloseError{Phase: c.phase, Err: err})
		return
	}
	if c.out = c.out[n:]; len(c.out) == 0 {
		c.out = nil
	}
}

// fail ends the connection and tells the Observer why.
func (c *Client) fail(at int64, why *CloseError) {
	if c.phase == Idle {
		return
	}
	settles := c.phase < Connected
	c.close(false)
	c.loop.swarm.options.Observer.Closed(c, at, why)
	if settles {
		c.loop.swarm.settle() // after the Observer, who may have it connect again
	}
}

// end is fail without telling anybody.
func (c *Client) end(reset bool) {
	if c.phase == Idle {
		return
	}
	settles := c.phase < Connected
	c.close(reset)
	if settles {
		c.loop.swarm.settle()
	}
}

func (c *Client) close(reset bool) {
	switch {
	case c.phase == Connected:
		c.loop.swarm.connected.Add(-1)
	case c.phase > Queued:
		c.loop.flying--
	}
	if c.fd != noFile {
		closeFile(c.fd, reset)
	}
	c.fd, c.phase, c.in, c.out, c.paused = noFile, Idle, nil, nil, false
	c.attempt++
}
