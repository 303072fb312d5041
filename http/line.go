package http

import (
	"errors"
	"net"
	"sync"
	"syscall"
	"time"
)

// lingerTime is how long a client may take to close a connection that was closed for it.
const lingerTime = time.Second

// readBuffer is how much is read at once. A connection holds a buffer only while bytes are there.
const readBuffer = 4096

// buffers are shared by all connections.
var buffers = sync.Pool{New: func() any { return new([readBuffer]byte) }}

// detach makes a wsConn of a connection. Where ended is nil it has a descriptor of its own, and conn may be closed;
// otherwise conn is to stay open until ended is closed.
func (e *EngineIO) detach(conn net.Conn) (t *wsConn, ended <-chan struct{}) {
	if !e.options.Goroutines {
		if t := e.poller.take(conn); t != nil {
			return t, nil
		}
	}
	if own := duplicate(conn); own != nil {
		return &wsConn{line: newWaitingLine(own)}, nil
	}
	waiting := newWaitingLine(conn)
	waiting.over = make(chan struct{})
	return &wsConn{line: waiting}, waiting.over
}

// duplicate returns a connection's second self, nil where it has no descriptor.
func duplicate(conn net.Conn) net.Conn {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return nil
	}
	file, err := tcp.File()
	if err != nil {
		return nil
	}
	own, err := net.FileConn(file)
	if err := errors.Join(err, file.Close()); err != nil {
		return nil
	}
	return own
}

// waitingLine is a connection with a goroutine of its own that waits for what comes. It works everywhere.
type waitingLine struct {
	conn net.Conn
	over chan struct{}   // closed in the end; nil where nobody waits for it
	raw  syscall.RawConn // nil where the connection has no descriptor: then every write waits

	// The write that is tried now: one closure for all, so that a write allocates nothing.
	try    []byte
	tried  int
	tryErr error
	tryNow func(fd uintptr) bool

	waiting sync.Mutex // held by a write that waits: it also has the descriptor to itself
}

func newWaitingLine(conn net.Conn) *waitingLine {
	l := &waitingLine{conn: conn}
	if sc, ok := conn.(syscall.Conn); ok && descriptors {
		if raw, err := sc.SyscallConn(); err == nil {
			l.raw = raw
		}
	}
	l.tryNow = func(fd uintptr) bool {
		l.tried, l.tryErr = writeNow(fd, l.try)
		return true
	}
	return l
}

func (l *waitingLine) tryWrite(p []byte) (int, error) {
	if l.raw == nil {
		return 0, nil
	}
	l.try, l.tried, l.tryErr = p, 0, nil
	err := l.raw.Write(l.tryNow)
	l.try = nil
	if err == nil {
		err = l.tryErr
	}
	return l.tried, err
}

func (l *waitingLine) write(p net.Buffers) error {
	l.waiting.Lock()
	defer l.waiting.Unlock()
	_, err := p.WriteTo(l.conn)
	return err
}

// last leaves out what it is given while a write waits: the connection takes nothing then, and whoever closes it must not
// wait for its client.
func (l *waitingLine) last(p []byte) {
	if l.raw == nil || !l.waiting.TryLock() {
		return
	}
	defer l.waiting.Unlock()
	// Not tryWrite: another goroutine may be in it, and this is the last frame of all.
	_ = l.raw.Write(func(fd uintptr) bool {
		_, _ = writeNow(fd, p)
		return true
	})
}

func (l *waitingLine) shut() {
	now := time.Now()
	_ = l.conn.SetWriteDeadline(now) // ends a write that waits; these fail only on a connection that is gone
	_ = l.conn.SetReadDeadline(now.Add(lingerTime))
	if half, ok := l.conn.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	} else {
		_ = l.conn.Close()
	}
}

func (l *waitingLine) listen(r receiver) { go l.wait(r) }

// wait waits once. Another goroutine waits next: handling what came makes a stack grow to twice what waiting takes, and
// Go would not make it smaller again.
func (l *waitingLine) wait(r receiver) {
	buffer, n, err := l.read()
	if err == nil {
		r.received(buffer[:n])
	}
	if buffer != nil {
		buffers.Put(buffer)
	}
	if err == nil {
		go l.wait(r)
		return
	}
	r.ended()
	_ = l.conn.Close()
	if l.over != nil {
		close(l.over)
	}
}

// read waits for bytes. The caller gives the buffer back before it waits again.
func (l *waitingLine) read() (buffer *[readBuffer]byte, n int, err error) {
	if l.raw == nil {
		buffer = buffers.Get().(*[readBuffer]byte)
		n, err = l.conn.Read(buffer[:])
		return buffer, n, err
	}
	return readReady(l.raw)
}
