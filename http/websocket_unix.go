//go:build unix

package http

import (
	"errors"
	"io"
	"syscall"

	"golang.org/x/sys/unix"
)

// descriptors says whether connections are written and read by their descriptors.
const descriptors = true

// peekClosed waits until the peer has closed the connection (true) or has sent something, or the wait was ended by a
// read deadline (false). It takes no byte off the connection.
func peekClosed(raw syscall.RawConn) bool {
	closed := false
	var one [1]byte
	err := raw.Read(func(fd uintptr) bool {
		n, _, err := unix.Recvfrom(int(fd), one[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
		switch {
		case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
			return false
		case err != nil, n == 0:
			closed = true
		}
		return true
	})
	return err == nil && closed
}

// isClosed reports whether the peer has closed its side of a connection of which everything was read.
func isClosed(raw syscall.RawConn) bool {
	closed := false
	err := raw.Read(func(fd uintptr) bool {
		var one [1]byte
		n, _, err := unix.Recvfrom(int(fd), one[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
		closed = n == 0 && err == nil || err != nil && !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR)
		return true
	})
	return err != nil || closed
}

// readReady waits until something is there and reads it into a buffer, which is the caller's then. It has none while it
// waits.
func readReady(raw syscall.RawConn) (buffer *[readBuffer]byte, n int, err error) {
	wait := raw.Read(func(fd uintptr) bool {
		for {
			buffer = buffers.Get().(*[readBuffer]byte)
			n, err = unix.Read(int(fd), buffer[:])
			if !errors.Is(err, unix.EINTR) && !errors.Is(err, unix.EAGAIN) {
				return true
			}
			buffers.Put(buffer)
			buffer = nil
			if errors.Is(err, unix.EAGAIN) {
				return false
			}
		}
	})
	switch {
	case wait != nil:
		return buffer, 0, wait
	case err != nil:
		return buffer, 0, err
	case n <= 0:
		return buffer, 0, io.EOF
	}
	return buffer, n, nil
}

// writeNow writes what a descriptor takes without waiting.
func writeNow(fd uintptr, p []byte) (int, error) {
	written := 0
	for written < len(p) {
		n, err := unix.Write(int(fd), p[written:])
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EAGAIN):
			return written, nil
		case err != nil:
			return written, err
		}
		written += n
	}
	return written, nil
}
