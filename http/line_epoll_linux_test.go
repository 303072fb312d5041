package http

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"kapoor.example/desk/actors"
)

// TestLineToldWhileItStopsReading: a line that was told of bytes in the moment in which its reader stopped took that for
// the reader's business, and the reader did not hear of it. They lay there until more came: nothing is told twice.
func TestLineToldWhileItStopsReading(t *testing.T) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	must(t, err)
	defer func() { _, _ = unix.Close(fds[0]), unix.Close(fds[1]) }()
	crew := actors.NewCrew()
	defer crew.Close()
	rounds := int64(300_000)
	if testing.Short() {
		rounds = 30_000
	}
	var heard, written atomic.Int64
	l := &polledLine{fd: fds[0], receiver: &ear{handle: func([]byte) {
		// The next byte comes when this one was read, and is told of just when this returns.
		for n := heard.Add(1); written.Load() <= n && n < rounds; {
			runtime.Gosched()
		}
	}}}
	for n := int64(1); n <= rounds; n++ {
		_, err := unix.Write(fds[1], []byte{0})
		must(t, err)
		written.Store(n)
		for range n % 50 { // another moment each time
			written.Load()
		}
		l.ready(unix.EPOLLIN, crew)
		for deadline := time.Now().Add(20 * time.Second); heard.Load() < n; runtime.Gosched() {
			if time.Now().After(deadline) {
				t.Fatalf("byte %d was not read", n)
			}
		}
	}
	for l.reading.Load() != readsNot {
		runtime.Gosched()
	}
}
