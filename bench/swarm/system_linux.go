package swarm

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// errAgain says that there is nothing to read now.
const errAgain = unix.EAGAIN

// wakeKey is what the descriptor that wakes a loop has in place of a client's number.
const wakeKey = -1

// poller is an epoll instance and the descriptor that wakes it.
type poller struct {
	epoll, waker int
	events       []unix.EpollEvent
	ready        []readiness
}

// readiness is what epoll reports of one client.
type readiness unix.EpollEvent

func (r readiness) woken() bool     { return r.Fd == wakeKey }
func (r readiness) client() int     { return int(r.Fd) }
func (r readiness) attempt() uint32 { return uint32(r.Pad) }
func (r readiness) writable() bool  { return r.Events&(unix.EPOLLOUT|unix.EPOLLERR|unix.EPOLLHUP) != 0 }
func (r readiness) readable() bool  { return r.Events&^unix.EPOLLOUT != 0 }
func (r readiness) ended() bool {
	return r.Events&(unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0
}

// batch is how many events one call brings at most.
const batch = 1024

func newPoller() (*poller, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll: %w", err)
	}
	waker, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		_ = unix.Close(epoll)
		return nil, fmt.Errorf("eventfd: %w", err)
	}
	p := &poller{epoll: epoll, waker: waker, events: make([]unix.EpollEvent, batch), ready: make([]readiness, batch)}
	if err := unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, waker, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: wakeKey}); err != nil {
		p.close()
		return nil, fmt.Errorf("epoll: %w", err)
	}
	return p, nil
}

// add watches a descriptor. Edges, not levels: what was read needs no look in the next wait, and readiness to write no
// second call.
func (p *poller) add(fd, client int, attempt uint32) error {
	event := unix.EpollEvent{
		Events: unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP | unix.EPOLLET, Fd: int32(client), Pad: int32(attempt),
	}
	return unix.EpollCtl(p.epoll, unix.EPOLL_CTL_ADD, fd, &event)
}

// wait returns what is ready, after at most so long; negative is for ever. The slice is good until the next call.
func (p *poller) wait(patience time.Duration) []readiness {
	// A raw call does not give the thread's place to others, which is right for one that returns at once. Only where it has
	// nothing, and there is time, a call that waits follows.
	n, _, failed := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.epoll), uintptr(unsafe.Pointer(&p.events[0])), batch, 0, 0, 0)
	if failed != 0 {
		n = 0
	}
	if n == 0 && patience != 0 {
		timeout := -1
		if patience > 0 {
			timeout = int(min((patience+time.Millisecond-1)/time.Millisecond, time.Hour/time.Millisecond))
		}
		waited, err := unix.EpollWait(p.epoll, p.events, timeout)
		if err != nil { // a signal
			return nil
		}
		n = uintptr(waited)
	}
	for i := range p.ready[:n] {
		p.ready[i] = readiness(p.events[i])
	}
	return p.ready[:n]
}

// wake ends a wait. It may be called anywhere.
func (p *poller) wake() {
	var one [8]byte
	binary.NativeEndian.PutUint64(one[:], 1)
	_, _ = unix.Write(p.waker, one[:]) // fails only where it is awake anyway
}

// awake takes the wake-ups off.
func (p *poller) awake() {
	var count [8]byte
	_, _ = unix.Read(p.waker, count[:])
}

func (p *poller) close() {
	_ = unix.Close(p.waker)
	_ = unix.Close(p.epoll)
}

// dial begins a TCP connection and returns its descriptor.
func dial(target netip.AddrPort, from netip.Addr, receiveBuffer int) (fd int, err error) {
	family := unix.AF_INET6
	if target.Addr().Is4() {
		family = unix.AF_INET
	}
	fd, err = unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, unix.IPPROTO_TCP)
	if err != nil {
		return noFile, fmt.Errorf("socket: %w", err)
	}
	if err := prepare(fd, from, receiveBuffer); err != nil {
		_ = unix.Close(fd)
		return noFile, err
	}
	if err := unix.Connect(fd, sockaddr(target)); err != nil && err != unix.EINPROGRESS {
		_ = unix.Close(fd)
		return noFile, fmt.Errorf("connect: %w", err)
	}
	return fd, nil
}

func prepare(fd int, from netip.Addr, receiveBuffer int) error {
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		return fmt.Errorf("no delay: %w", err)
	}
	if receiveBuffer > 0 {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, receiveBuffer); err != nil {
			return fmt.Errorf("receive buffer: %w", err)
		}
	}
	if !from.IsValid() {
		return nil
	}
	// The port is chosen at the connect, so that one may serve for several targets.
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1); err != nil {
		return fmt.Errorf("bind without a port: %w", err)
	}
	if err := unix.Bind(fd, sockaddr(netip.AddrPortFrom(from, 0))); err != nil {
		return fmt.Errorf("bind to %s: %w", from, err)
	}
	return nil
}

func sockaddr(a netip.AddrPort) unix.Sockaddr {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
}

// read reads without waiting; p is not empty. The error is errAgain where there is nothing, n is 0 at the end. It calls the
// socket's own recvfrom: read(2) costs a twentieth more on its way through the file system.
func read(fd int, p []byte) (n int, err error) {
	for {
		n, _, failed := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)), unix.MSG_DONTWAIT, 0, 0)
		switch failed {
		case 0:
			return int(n), nil
		case unix.EINTR:
			continue
		}
		return 0, failed
	}
}

// write writes what is taken without waiting, which may be nothing.
func write(fd int, p []byte) (written int, err error) {
	for written < len(p) {
		n, _, failed := unix.RawSyscall(unix.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(&p[written])), uintptr(len(p)-written))
		switch failed {
		case 0:
			written += int(n)
		case unix.EINTR:
		case unix.EAGAIN:
			return written, nil
		default:
			return written, failed
		}
	}
	return written, nil
}

func closeFile(fd int, reset bool) {
	if reset {
		_ = unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	}
	_ = unix.Close(fd)
}

// spareFiles is what a process needs besides its clients.
const spareFiles = 64

// allowFiles raises the process's limit of open files where it must be.
func allowFiles(clients int) error {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("swarm: limit of open files: %w", err)
	}
	need := uint64(clients + spareFiles)
	if need <= limit.Cur {
		return nil
	}
	raised := unix.Rlimit{Cur: need, Max: max(limit.Max, need)}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &raised); err != nil {
		return fmt.Errorf("%d clients need as many open files, and this process may have %d: raise it with ulimit -n, or take fewer clients", clients, limit.Max)
	}
	return nil
}
