package main

import (
	"bytes"
	"errors"

	"golang.org/x/sys/unix"
)

// phase is how far a connection is.
type phase uint8

const (
	closed phase = iota // the descriptor is none of ours
	upgrading
	opened // the open packet is sent
	joined // CONNECT is answered
)

// connection is what is kept of one. There is an array of them, so each is small.
type connection struct {
	phase  phase
	pinged bool   // and has not answered
	since  uint32 // the second in which the phase began, or that of the last ping or pong
	spill  *spill // nil as a rule
}

// spill is what does not fit a connection's moment.
type spill struct {
	in  []byte // the beginning of a frame whose rest has not come
	out []byte // what the kernel has not taken
}

// maxOut is what may wait for a client that does not read, in bytes. Above, it is cut off.
const maxOut = 4 << 20

// ready does what can be done on a connection.
func (s *server) ready(fd int, events uint32) {
	if s.connections[fd].phase == closed {
		return // it ended earlier in this batch
	}
	if events&isWritable != 0 {
		s.flush(fd)
	}
	ended := events&ends != 0
	for s.connections[fd].phase != closed {
		n, err := readFile(fd, s.buffer)
		switch {
		case errors.Is(err, errAgain):
			return
		case err != nil || n == 0:
			s.end(fd)
			return
		}
		if err := s.take(fd, s.buffer[:n]); err != nil {
			s.end(fd)
			return
		}
		if n < len(s.buffer) && !ended {
			return // nothing is left, and the next bytes make another event
		}
	}
}

// take handles bytes that came, and keeps the beginning of a frame that is torn.
func (s *server) take(fd int, p []byte) error {
	kept := s.connections[fd].spill
	if kept != nil && len(kept.in) > 0 {
		kept.in = append(kept.in, p...)
		p = kept.in
	}
	rest, err := s.handle(fd, p)
	c := &s.connections[fd]
	switch {
	case err != nil || c.phase == closed:
		return err
	case len(rest) > 0:
		if c.spill == nil {
			c.spill = &spill{}
		}
		c.spill.in = append(c.spill.in[:0], rest...)
	case c.spill != nil:
		c.spill.in = nil
		s.forget(c)
	}
	return nil
}

// forget drops an empty spill.
func (s *server) forget(c *connection) {
	if c.spill != nil && len(c.spill.in) == 0 && len(c.spill.out) == 0 {
		c.spill = nil
	}
}

// handle handles what is complete and returns the rest.
func (s *server) handle(fd int, p []byte) (rest []byte, err error) {
	if s.connections[fd].phase == upgrading {
		end := bytes.Index(p, []byte(headEnd))
		switch {
		case end < 0 && len(p) <= maxHead:
			return p, nil
		case end < 0:
			return nil, errProtocol
		}
		answer, err := upgrade(p[:end+len(headEnd)])
		s.send(fd, answer)
		if err != nil || s.connections[fd].phase == closed {
			return nil, err
		}
		s.connections[fd].phase, s.connections[fd].since = opened, s.second
		p = p[end+len(headEnd):]
	}
	for s.connections[fd].phase != closed {
		first, payload, after, ok, err := cutFrame(p)
		if err != nil || !ok {
			return p, err
		}
		p = after
		switch first {
		case finText:
			err = s.packet(fd, payload)
		case finPing:
			s.send(fd, appendFrame(nil, finPong, payload))
		case finClose:
			s.send(fd, appendFrame(nil, finClose, payload))
			s.end(fd)
		}
		if err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// send writes to a connection; what the kernel does not take follows later. It may end the connection.
func (s *server) send(fd int, p []byte) {
	c := &s.connections[fd]
	if c.phase == closed || len(p) == 0 {
		return
	}
	if c.spill == nil || len(c.spill.out) == 0 {
		n, err := writeFile(fd, p)
		switch {
		case n == len(p):
			return
		case err != nil && !errors.Is(err, errAgain):
			s.end(fd)
			return
		}
		p = p[n:]
		if watch(s.epoll, unix.EPOLL_CTL_MOD, fd, bothWays) != nil {
			s.end(fd)
			return
		}
		if c.spill == nil {
			c.spill = &spill{}
		}
	}
	if len(c.spill.out)+len(p) > maxOut {
		s.end(fd)
		return
	}
	c.spill.out = append(c.spill.out, p...)
}

// flush writes what was not taken before.
func (s *server) flush(fd int) {
	c := &s.connections[fd]
	for c.spill != nil && len(c.spill.out) > 0 {
		n, err := writeFile(fd, c.spill.out)
		switch {
		case errors.Is(err, errAgain):
			return
		case err != nil:
			s.end(fd)
			return
		}
		if c.spill.out = c.spill.out[n:]; len(c.spill.out) > 0 {
			continue
		}
		c.spill.out = nil
		s.forget(c)
		if watch(s.epoll, unix.EPOLL_CTL_MOD, fd, incoming) != nil {
			s.end(fd)
		}
	}
}

// end closes a connection, if it is open. Its descriptor may be another's after the next accept.
func (s *server) end(fd int) {
	if s.connections[fd].phase == closed {
		return
	}
	s.connections[fd] = connection{}
	closeFile(fd) // which takes it out of epoll
}
