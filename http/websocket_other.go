//go:build !unix

package http

import (
	"errors"
	"syscall"
)

// descriptors says whether connections are written and read by their descriptors.
const descriptors = false

// Without unix descriptors every connection is read and written by waiting; a poll's client that has gone is noticed by
// the ping timeout.

var errUnsupported = errors.New("not supported on this system")

func peekClosed(syscall.RawConn) bool { return false }

func isClosed(syscall.RawConn) bool { return false }

func readReady(syscall.RawConn) (*[readBuffer]byte, int, error) { return nil, 0, errUnsupported }

func writeNow(uintptr, []byte) (int, error) { return 0, nil }
