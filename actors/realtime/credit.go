package realtime

import "sync"

// credit bounds what a connection has sent and the server has not handled yet. A reader that takes waits until there is
// room: the connection is not read meanwhile, and TCP holds back the client. It also says when the connection has ended.
type credit struct {
	mu     sync.Mutex
	used   int
	held   int           // of used: what has come of a packet that is not complete
	freed  chan struct{} // non-nil while a reader waits
	gone   chan struct{} // non-nil once somebody wants to know of the end
	closed bool
	ended  bool
}

// take waits until n more fit into max, or nothing else is in use but what waits for the rest of its packet, which may be
// these. It reports false once closed.
func (c *credit) take(n, max int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for !c.closed && c.used > c.held && c.used+n > max {
		if c.freed == nil {
			c.freed = make(chan struct{})
		}
		freed := c.freed
		c.mu.Unlock()
		<-freed
		c.mu.Lock()
	}
	if c.closed {
		return false
	}
	c.used += n
	return true
}

// hold keeps n in use until release.
func (c *credit) hold(n int) {
	c.mu.Lock()
	c.used += n
	c.held += n
	c.mu.Unlock()
}

// release returns what was held; it is in use still.
func (c *credit) release() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, c.held = c.held, 0
	return n
}

func (c *credit) give(n int) {
	c.mu.Lock()
	c.used -= n
	c.wake()
	c.mu.Unlock()
}

func (c *credit) close() {
	c.mu.Lock()
	c.closed = true
	c.wake()
	c.mu.Unlock()
}

func (c *credit) wake() {
	if c.freed != nil {
		close(c.freed)
		c.freed = nil
	}
}

// end says that the connection has ended.
func (c *credit) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.ended {
		c.ended = true
		if c.gone != nil {
			close(c.gone)
		}
	}
}

// done returns what is closed when the connection ends.
func (c *credit) done() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone == nil {
		c.gone = make(chan struct{})
		if c.ended {
			close(c.gone)
		}
	}
	return c.gone
}
