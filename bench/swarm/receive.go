package swarm

import "errors"

// read takes what is there. After a read that does not fill the buffer nothing is left, unless the peer has closed
// (epoll's edge would not come again for that).
func (c *Client) read(ended bool) {
	l, attempt := c.loop, c.attempt
	for c.fd != noFile && c.attempt == attempt && !c.paused {
		n, err := read(c.fd, l.buffer)
		at := l.swarm.options.Clock()
		switch {
		case errors.Is(err, errAgain):
			return
		case err != nil:
			c.fail(at, &CloseError{Phase: c.phase, Err: err})
			return
		case n == 0:
			c.fail(at, &CloseError{Phase: c.phase})
			return
		}
		c.consume(l.buffer[:n], at)
		if n < len(l.buffer) && !ended {
			return
		}
	}
}

// consume handles bytes, and keeps the beginning of a frame that is torn.
func (c *Client) consume(p []byte, at int64) {
	if len(c.in) > 0 {
		c.in = append(c.in, p...)
		p = c.in
	}
	attempt := c.attempt
	rest, err := c.handle(p, at)
	switch {
	case c.attempt != attempt: // it ended on the way
	case err != nil:
		c.fail(at, &CloseError{Phase: c.phase, Err: err})
	default:
		c.in = append(c.in[:0], rest...)
	}
}

// handle handles what is complete and returns the rest.
func (c *Client) handle(p []byte, at int64) (rest []byte, err error) {
	if c.poll != nil {
		return c.answers(p, at)
	}
	attempt := c.attempt
	if c.phase == Upgrading {
		if p, err = c.upgrade(p, at); err != nil || c.attempt != attempt || c.phase == Upgrading {
			return p, err
		}
	}
	for len(p) > 0 {
		first, payload, after, ok, err := cutFrame(p)
		if err != nil || !ok {
			return p, err
		}
		p = after
		switch first {
		case finText:
			err = c.text(payload, at)
		case finPing:
			c.loop.scratch = appendFrame(c.loop.scratch[:0], finPong, payload)
			c.Send(c.loop.scratch)
		case finClose:
			why := &CloseError{Phase: c.phase}
			if len(payload) >= 2 {
				why.Status = int(payload[0])<<8 | int(payload[1])
			}
			c.fail(at, why)
		case finBinary, finPong: // attachments are counted by nobody
		default:
			err = ErrProtocol // compressed and fragmented messages were not agreed upon, or are never sent by servers
		}
		if err != nil || c.attempt != attempt {
			return nil, err
		}
	}
	return nil, nil
}

// upgrade reads the HTTP answer and returns what follows it.
func (c *Client) upgrade(p []byte, at int64) ([]byte, error) {
	const switching = 101
	h, rest, ok, err := cutHead(p)
	if err != nil || !ok {
		return p, err
	}
	if h.status != switching {
		c.fail(at, &CloseError{Phase: c.phase, Status: h.status})
		return nil, nil
	}
	c.phase = Opening
	return rest, nil
}

// text handles an Engine.IO packet.
func (c *Client) text(packet []byte, at int64) error {
	if len(packet) == 0 {
		return ErrProtocol
	}
	switch packet[0] {
	case '4':
		return c.message(packet[1:], at)
	case '2':
		c.pong()
	case '0':
		c.open(packet[1:])
	case '1':
		c.fail(at, &CloseError{Phase: c.phase})
	}
	return nil
}

// open answers the open packet with a CONNECT.
func (c *Client) open(handshake []byte) {
	if c.phase != Opening {
		return
	}
	c.phase = Joining
	auth := ""
	if c.loop.swarm.options.Auth != nil {
		auth = c.loop.swarm.options.Auth(c.index)
	}
	packet := append([]byte("40"), auth...)
	if c.poll != nil {
		c.poll.opened(handshake)
		c.poll.queue(packet)
		return
	}
	c.loop.scratch = AppendFrame(c.loop.scratch[:0], packet)
	c.Send(c.loop.scratch)
}

// pong answers a ping.
func (c *Client) pong() {
	if c.poll != nil {
		c.poll.queue([]byte("3"))
		return
	}
	c.Send(c.loop.pong)
}

// message handles a Socket.IO packet.
func (c *Client) message(packet []byte, at int64) error {
	if len(packet) == 0 {
		return ErrProtocol
	}
	switch packet[0] {
	case '0':
		if c.phase == Joining {
			c.phase = Connected
			c.loop.flying--
			c.loop.swarm.connected.Add(1)
			c.loop.swarm.options.Observer.Connected(c, at, packet[1:])
			c.loop.swarm.settle()
		}
	case '1', '4':
		c.fail(at, &CloseError{Phase: c.phase, Packet: string(packet)})
	default:
		c.loop.swarm.options.Observer.Packet(c, at, packet)
	}
	return nil
}
