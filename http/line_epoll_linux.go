package http

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"kapoor.example/desk/actors"
)

// polledLine is a connection that costs no goroutine while nothing comes: a poller says when there is something to read,
// and a goroutine lives as long as that is being handled. It has a descriptor of its own; the net.Conn is gone.
type polledLine struct {
	mu     sync.Mutex // the descriptor is closed under it: nobody else uses it then, it may be another connection's
	fd     int
	gone   bool // fd is closed
	isShut bool
	writes bool // a write is on its way: nothing else may come between its parts

	poller   *poller
	receiver receiver
	reading  atomic.Uint32
	ending   atomic.Bool   // the peer ends, or has: it is read to the end
	waits    atomic.Bool   // a write waits for the connection to take more
	free     chan struct{} // wakes the write that waits
	linger   *time.Timer
}

// What the goroutine that reads a polledLine is doing.
const (
	readsNot   = iota
	reads      // it reads what there is
	readsAgain // and more may have come since it began
)

// polledConn is a wsConn and its line in one piece: there are very many of both.
type polledConn struct {
	wsConn
	line polledLine
}

// take makes a wsConn with a descriptor of its own of a connection that has one. It returns nil for others.
func (p *poller) take(conn net.Conn) *wsConn {
	sc, ok := conn.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil
	}
	fd := -1
	if err := raw.Control(func(old uintptr) { fd, err = unix.FcntlInt(old, unix.F_DUPFD_CLOEXEC, 0) }); err != nil || fd < 0 {
		return nil
	}
	t := &polledConn{line: polledLine{poller: p, fd: fd}}
	t.wsConn.line = &t.line
	return &t.wsConn
}

func (l *polledLine) tryWrite(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.isShut {
		return 0, net.ErrClosed
	}
	return sendNow(l.fd, p)
}

// sendNow is writeNow without telling Go's scheduler: a send that does not wait is over before another thread could have
// taken this one's work. What a broadcast costs beside the kernel is mostly such calls.
func sendNow(fd int, p []byte) (int, error) {
	sent := 0
	for sent < len(p) {
		n, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(&p[sent])), uintptr(len(p)-sent), //nolint:gosec // as package unix does it
			unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
		switch errno {
		case 0:
			sent += int(n) //nolint:gosec // no more than len(p)
		case unix.EINTR:
		case unix.EAGAIN:
			return sent, nil
		default:
			return sent, errno
		}
	}
	return sent, nil
}

func (l *polledLine) write(p net.Buffers) error {
	defer func() {
		l.mu.Lock()
		l.writes = false
		l.mu.Unlock()
	}()
	for len(p) > 0 {
		wait, err := l.writeSome(&p)
		if err != nil {
			return err
		}
		if wait != nil {
			<-wait
		}
	}
	return nil
}

// writeSome writes what the connection takes. Where that is not all, something comes through wait when it is worth another
// try.
func (l *polledLine) writeSome(p *net.Buffers) (wait <-chan struct{}, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waits.Store(false)
	if l.isShut {
		return nil, net.ErrClosed
	}
	l.writes = true
	if l.free == nil {
		l.free = make(chan struct{}, 1)
	}
	select {
	case <-l.free: // of an earlier wait
	default:
	}
	l.waits.Store(true) // before the try: what is freed after it must be told
	n, err := unix.Writev(l.fd, *p)
	switch {
	case errors.Is(err, unix.EAGAIN):
		return l.free, nil
	case err == nil:
		consume(p, n)
	case !errors.Is(err, unix.EINTR):
		return nil, err
	}
	l.waits.Store(false)
	return nil, nil
}

// consume takes the first n bytes off p.
func consume(p *net.Buffers, n int) {
	for len(*p) > 0 && n >= len((*p)[0]) {
		n -= len((*p)[0])
		*p = (*p)[1:]
	}
	if n > 0 {
		(*p)[0] = (*p)[0][n:]
	}
}

func (l *polledLine) last(p []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.isShut && !l.writes {
		_, _ = sendNow(l.fd, p) // no signal where the peer has gone
	}
}

func (l *polledLine) shut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.isShut {
		return
	}
	l.isShut = true
	l.wake()
	if l.gone {
		return
	}
	_ = unix.Shutdown(l.fd, unix.SHUT_WR) // fails where the peer has gone
	l.linger = time.AfterFunc(lingerTime, l.cut)
}

// cut ends a connection whose peer does not end it; whoever reads it is told.
func (l *polledLine) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.gone {
		_ = unix.Shutdown(l.fd, unix.SHUT_RDWR)
	}
}

func (l *polledLine) listen(r receiver) {
	l.receiver = r
	if l.poller.add(l) != nil {
		l.close()
	}
}

// wake has a write that waits try again.
func (l *polledLine) wake() {
	if l.free != nil {
		select {
		case l.free <- struct{}{}:
		default:
		}
	}
}

// ready is called by the poller with what has happened, and with those who read.
func (l *polledLine) ready(events uint32, crew *actors.Crew) {
	const failed = unix.EPOLLERR | unix.EPOLLHUP
	if events&(failed|unix.EPOLLOUT) != 0 && l.waits.Load() {
		l.mu.Lock()
		l.wake()
		l.mu.Unlock()
	}
	if events&(failed|unix.EPOLLIN|unix.EPOLLRDHUP) == 0 {
		return
	}
	if events&(failed|unix.EPOLLRDHUP) != 0 {
		l.ending.Store(true)
	}
	// In one step: whoever reads either finds this before it stops, or has stopped.
	if l.reading.Swap(readsAgain) == readsNot {
		crew.Go(l)
	}
}

// Run implements actors.Task: it reads what there is. Only one goroutine is in it.
func (l *polledLine) Run() {
	buffer := buffers.Get().(*[readBuffer]byte)
	defer buffers.Put(buffer)
	for {
		l.reading.Store(reads)
		for {
			n, err := unix.Read(l.fd, buffer[:]) // only this goroutine closes it
			if errors.Is(err, unix.EINTR) {
				continue
			}
			if errors.Is(err, unix.EAGAIN) {
				break
			}
			if err != nil || n <= 0 {
				l.close()
				return
			}
			l.receiver.received(buffer[:n])
			if n < len(buffer) && !l.ending.Load() {
				break // what comes from now on is told anew; the end that came with these bytes is not
			}
		}
		if l.reading.CompareAndSwap(reads, readsNot) {
			return
		}
	}
}

// close lets go of the connection. Only whoever reads it calls it.
func (l *polledLine) close() {
	l.receiver.ended()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.gone, l.isShut = true, true
	l.poller.remove(l)
	_ = unix.Close(l.fd)
	l.wake()
	if l.linger != nil {
		l.linger.Stop()
	}
}
