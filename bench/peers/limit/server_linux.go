package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// readBuffer is what one read takes. All connections share it.
const readBuffer = 64 << 10

// batch is how many events one wait brings at most, and how many connections are accepted after it.
const batch = 1024

// server is all connections of a listener. Everything belongs to the goroutine of run, but stop.
type server struct {
	epoll, listener, waker int

	connections []connection // by descriptor
	buffer      []byte
	frame       []byte // of the broadcast that is being sent
	ping        []byte
	gate        *gate

	options options
	began   time.Time
	second  uint32 // since began, at the last wait
	swept   time.Time
	full    bool // there are no descriptors left: nothing is accepted until the next sweep
}

// newServer does not take the listener over: whoever made it closes it, after run.
func newServer(l net.Listener, o options) (*server, error) {
	s := &server{
		buffer: make([]byte, readBuffer), ping: textFrame("2"), gate: newGate(o.secret, o.now),
		options: o, began: o.now(), swept: o.now(),
	}
	var err error
	if s.listener, err = listenFile(l); err != nil {
		return nil, err
	}
	if s.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		closeFile(s.listener)
		return nil, fmt.Errorf("epoll: %w", err)
	}
	if s.waker, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		closeFile(s.listener)
		closeFile(s.epoll)
		return nil, fmt.Errorf("eventfd: %w", err)
	}
	for _, fd := range []int{s.listener, s.waker} {
		if err := watch(s.epoll, unix.EPOLL_CTL_ADD, fd, always); err != nil {
			s.close()
			return nil, err
		}
	}
	return s, nil
}

// stop ends run. It may be called anywhere, once, before run returns.
func (s *server) stop() {
	var one [8]byte
	binary.NativeEndian.PutUint64(one[:], 1)
	_, _ = unix.Write(s.waker, one[:]) // can fail only where it was called a billion times
}

// run serves until stop, and closes all connections.
func (s *server) run() error {
	defer s.close()
	events := make([]unix.EpollEvent, batch)
	for {
		n, err := unix.EpollWait(s.epoll, events, int(s.options.tick.Milliseconds()))
		if err != nil && !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("wait: %w", err)
		}
		now := s.options.now()
		s.second = uint32(now.Sub(s.began) / time.Second)
		accepting := false
		for _, event := range events[:max(n, 0)] {
			switch fd := int(event.Fd); fd {
			case s.waker:
				return nil
			case s.listener:
				accepting = true
			default:
				s.ready(fd, event.Events)
			}
		}
		// Last, as a descriptor that was closed above may be given out again, and would get what the batch has for the old one.
		if accepting {
			if err := s.accept(); err != nil {
				return err
			}
		}
		if now.Sub(s.swept) >= s.options.tick {
			s.swept = now
			if err := s.sweep(); err != nil {
				return err
			}
		}
	}
}

// accept takes the connections that wait.
func (s *server) accept() error {
	for range batch {
		fd, err := acceptFile(s.listener)
		switch {
		case errors.Is(err, errAgain):
			return nil
		case errors.Is(err, unix.EMFILE), errors.Is(err, unix.ENFILE), errors.Is(err, unix.ENOMEM), errors.Is(err, unix.ENOBUFS):
			s.full = true
			return watch(s.epoll, unix.EPOLL_CTL_MOD, s.listener, 0)
		case err != nil:
			return fmt.Errorf("accept: %w", err)
		}
		if err := watch(s.epoll, unix.EPOLL_CTL_ADD, fd, incoming); err != nil {
			closeFile(fd)
			return err
		}
		for len(s.connections) <= fd {
			s.connections = append(s.connections, connection{})
		}
		s.connections[fd] = connection{phase: upgrading, since: s.second}
	}
	return nil
}

// What connections are given, in seconds. The first two are in the open packet.
const (
	pingInterval = 25
	pingTimeout  = 20
	joinTimeout  = 20 // from the TCP connect to the upgrade, and from there to CONNECT
)

// sweep pings who is due, and ends who is overdue.
func (s *server) sweep() error {
	for fd := range s.connections {
		c := &s.connections[fd]
		waited := s.second - c.since
		switch {
		case c.phase == closed:
		case c.phase < joined && waited >= joinTimeout, c.pinged && waited >= pingTimeout:
			s.end(fd)
		case c.phase == joined && !c.pinged && waited >= pingInterval:
			c.pinged, c.since = true, s.second
			s.send(fd, s.ping)
		}
	}
	if s.full {
		s.full = false
		return watch(s.epoll, unix.EPOLL_CTL_MOD, s.listener, always)
	}
	return nil
}

// close closes everything but the listener that was given.
func (s *server) close() {
	for fd := range s.connections {
		s.end(fd)
	}
	for _, fd := range []int{s.waker, s.epoll, s.listener} {
		closeFile(fd)
	}
}
