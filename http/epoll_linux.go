package http

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"kapoor.example/desk/actors"
)

// poller tells lines when there is something to read, or room to write. Its goroutine and its descriptor live as long as
// it has lines. The zero value is ready.
type poller struct {
	mu    sync.RWMutex
	epoll *os.File
	crew  *actors.Crew  // reads
	fd    int           // of epoll: File.Fd would make it block
	lines []*polledLine // by descriptor
	count int
}

// Events are told once, when they happen (edge-triggered): nothing has to be armed again for every message.
const interest = unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP | unix.EPOLLET

// add begins to tell a line; what is there already is told at once.
func (p *poller) add(l *polledLine) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.epoll == nil {
		if err := p.start(); err != nil {
			return err
		}
	}
	for len(p.lines) <= l.fd {
		p.lines = append(p.lines, make([]*polledLine, max(64, len(p.lines)))...)
	}
	p.lines[l.fd] = l
	p.count++
	event := unix.EpollEvent{Events: interest, Fd: int32(l.fd)} // #nosec G115 -- a descriptor is small
	if err := unix.EpollCtl(p.fd, unix.EPOLL_CTL_ADD, l.fd, &event); err != nil {
		return fmt.Errorf("add to epoll: %w", err) // the line closes, which removes it
	}
	return nil
}

// remove forgets a line, whose descriptor is closed next. One that was never added does no harm.
func (p *poller) remove(l *polledLine) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.lines) <= l.fd || p.lines[l.fd] != l {
		return
	}
	_ = unix.EpollCtl(p.fd, unix.EPOLL_CTL_DEL, l.fd, nil)
	p.lines[l.fd] = nil
	if p.count--; p.count == 0 {
		_ = p.epoll.Close() // ends wait
		p.crew.Close()
		p.epoll, p.lines = nil, nil
	}
}

// start makes the descriptor. It is itself waited for by Go's own poller, so that no thread is held.
func (p *poller) start() error {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return fmt.Errorf("create epoll: %w", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		_ = unix.Close(fd)
		return fmt.Errorf("create epoll: %w", err)
	}
	epoll := os.NewFile(uintptr(fd), "epoll")
	raw, err := epoll.SyscallConn()
	if err != nil {
		_ = epoll.Close()
		return fmt.Errorf("create epoll: %w", err)
	}
	p.epoll, p.fd, p.crew = epoll, fd, actors.NewCrew()
	go p.wait(epoll, raw, p.crew)
	return nil
}

// wait tells lines what happens until epoll is closed.
func (p *poller) wait(epoll *os.File, raw syscall.RawConn, crew *actors.Crew) {
	events := make([]unix.EpollEvent, 256)
	happened := make([]*polledLine, len(events))
	for {
		n := 0
		err := raw.Read(func(fd uintptr) bool {
			var err error
			n, err = unix.EpollWait(int(fd), events, 0)
			return n > 0 || err != nil && !errors.Is(err, unix.EINTR)
		})
		if err != nil {
			return
		}
		p.mu.RLock()
		for i := range max(n, 0) {
			happened[i] = nil
			if fd := int(events[i].Fd); p.epoll == epoll && fd < len(p.lines) {
				happened[i] = p.lines[fd] // perhaps one that came after the event: it finds nothing, which is no harm
			}
		}
		p.mu.RUnlock()
		for i := range max(n, 0) {
			if l := happened[i]; l != nil {
				l.ready(events[i].Events, crew)
			}
		}
		clear(happened[:max(n, 0)])
	}
}
