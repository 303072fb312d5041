package main

import (
	"fmt"
	"net"
	"unsafe"

	"golang.org/x/sys/unix"
)

// errAgain says that a call would have to wait.
const errAgain = unix.EAGAIN

// The calls below are made without telling Go's scheduler: they return at once, as the descriptors are non-blocking, and
// there is no other goroutine that could want the thread.

// readFile reads what is there; p is not empty. n is 0 at the end, err is errAgain where there is nothing.
func readFile(fd int, p []byte) (n int, err error) { return transfer(unix.SYS_READ, fd, p) }

// writeFile writes what is taken; p is not empty. err is errAgain where nothing is.
func writeFile(fd int, p []byte) (n int, err error) { return transfer(unix.SYS_WRITE, fd, p) }

func transfer(call uintptr, fd int, p []byte) (n int, err error) {
	for {
		n, _, failed := unix.RawSyscall(call, uintptr(fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)))
		switch failed {
		case 0:
			return int(n), nil
		case unix.EINTR:
			continue
		}
		return 0, failed
	}
}

// acceptFile returns the next connection, errAgain where none waits.
func acceptFile(listener int) (fd int, err error) {
	for {
		n, _, failed := unix.RawSyscall6(unix.SYS_ACCEPT4, uintptr(listener), 0, 0, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0, 0)
		switch failed {
		case 0:
			return int(n), nil
		case unix.EINTR, unix.ECONNABORTED:
			continue
		}
		return 0, failed
	}
}

func closeFile(fd int) { _, _, _ = unix.RawSyscall(unix.SYS_CLOSE, uintptr(fd), 0, 0) }

// listenFile returns a descriptor of a listener's own. What it accepts sends at once, without waiting for acknowledgements.
func listenFile(l net.Listener) (fd int, err error) {
	raw, err := l.(*net.TCPListener).SyscallConn()
	if err != nil {
		return 0, fmt.Errorf("listener: %w", err)
	}
	var failed error
	err = raw.Control(func(own uintptr) {
		if failed = unix.SetsockoptInt(int(own), unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); failed == nil { // accepted sockets inherit it
			fd, failed = unix.FcntlInt(own, unix.F_DUPFD_CLOEXEC, 0)
		}
	})
	if err == nil {
		err = failed
	}
	if err != nil {
		return 0, fmt.Errorf("listener: %w", err)
	}
	return fd, nil
}

// Interests in a descriptor. Connections tell of changes only (edges); the rest as long as there is something.
const (
	always     = unix.EPOLLIN
	incoming   = unix.EPOLLIN | unix.EPOLLRDHUP | unix.EPOLLET
	bothWays   = incoming | unix.EPOLLOUT
	ends       = unix.EPOLLRDHUP | unix.EPOLLHUP | unix.EPOLLERR
	isWritable = unix.EPOLLOUT
)

// watch adds a descriptor to an epoll instance, or changes what is wanted of it.
func watch(epoll, operation, fd int, interest uint32) error {
	event := unix.EpollEvent{Events: interest, Fd: int32(fd)}
	_, _, failed := unix.RawSyscall6(unix.SYS_EPOLL_CTL, uintptr(epoll), uintptr(operation), uintptr(fd), uintptr(unsafe.Pointer(&event)), 0, 0)
	if failed != 0 {
		return fmt.Errorf("epoll: %w", failed)
	}
	return nil
}
