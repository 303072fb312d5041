package http

import (
	"bytes"
	"crypto/rand"
	"io"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// kinds are the ways a connection is waited for. On systems without epoll the two are one.
func kinds() map[string]*EngineIO {
	return map[string]*EngineIO{
		"poller":    {},
		"goroutine": {options: EngineOptions{Goroutines: true}},
	}
}

func eachKind(t *testing.T, f func(t *testing.T, e *EngineIO)) {
	for name, e := range kinds() {
		t.Run(name, func(t *testing.T) { f(t, e) })
	}
}

// pair returns a line and the connection at its other end.
func pair(t testing.TB, e *EngineIO) (line, *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	far, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	near, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = far.Close() })
	detached, ended := e.detach(near)
	if ended != nil {
		t.Fatal("the line needs the connection it was made of")
	}
	must(t, near.Close())
	return detached.line, far.(*net.TCPConn)
}

// ear keeps what a line hands over. handle, if set, is called for every piece.
type ear struct {
	handle func(p []byte)
	mu     sync.Mutex
	heard  bytes.Buffer
	ends   atomic.Int32
	end    chan struct{}
	busy   atomic.Int32
}

func newEar() *ear { return &ear{end: make(chan struct{})} }

func (e *ear) received(p []byte) {
	if e.busy.Add(1) != 1 {
		panic("two calls at a time")
	}
	defer e.busy.Add(-1)
	if e.handle != nil {
		e.handle(p)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.heard.Write(p)
}

func (e *ear) ended() {
	if e.ends.Add(1) == 1 {
		close(e.end)
	}
}

// ending waits for the end and returns everything heard.
func (e *ear) ending(t testing.TB) []byte {
	t.Helper()
	select {
	case <-e.end:
	case <-time.After(20 * time.Second):
		t.Fatal("the line did not end")
	}
	if e.ends.Load() != 1 {
		t.Fatalf("ended %d times", e.ends.Load())
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.heard.Bytes()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func random(n int) []byte {
	p := make([]byte, n)
	_, _ = rand.Read(p) // never fails
	return p
}

func TestLineHearsEverythingInOrder(t *testing.T) {
	eachKind(t, func(t *testing.T, e *EngineIO) {
		l, far := pair(t, e)
		ear, want := newEar(), random(3<<20)
		_, err := far.Write(want[:10]) // is there before anybody listens
		must(t, err)
		go l.listen(ear)
		for rest := want[10:]; len(rest) > 0; {
			n := min(len(rest), 1+len(rest)%9000)
			_, err := far.Write(rest[:n])
			must(t, err)
			rest = rest[n:]
		}
		must(t, far.Close())
		if got := ear.ending(t); !bytes.Equal(got, want) {
			t.Fatalf("heard %d bytes, want %d, or others", len(got), len(want))
		}
	})
}

// TestLineEndTogetherWithBytes: the end that comes with the last bytes is told only once, and must not wait for more.
func TestLineEndTogetherWithBytes(t *testing.T) {
	eachKind(t, func(t *testing.T, e *EngineIO) {
		for range 200 {
			l, far := pair(t, e)
			ear := newEar()
			_, err := far.Write([]byte("bye"))
			must(t, err)
			must(t, far.CloseWrite())
			go l.listen(ear)
			if got := ear.ending(t); string(got) != "bye" {
				t.Fatalf("heard %q", got)
			}
		}
	})
}

func TestLineWritesMoreThanThePeerReads(t *testing.T) {
	eachKind(t, func(t *testing.T, e *EngineIO) {
		l, far := pair(t, e)
		ear := newEar()
		go l.listen(ear)
		want := random(16 << 20)
		n, err := l.tryWrite(want)
		must(t, err)
		if n >= len(want) {
			t.Fatalf("a connection took %d bytes at once", n)
		}
		written := make(chan error, 1)
		go func() {
			var rest net.Buffers
			for p := want[n:]; len(p) > 0; p = p[min(len(p), 100_001):] {
				rest = append(rest, p[:min(len(p), 100_001)])
				if len(rest) == 64 {
					if err := l.write(rest); err != nil {
						written <- err
						return
					}
					rest = nil
				}
			}
			written <- l.write(rest)
		}()
		got := make([]byte, len(want))
		_, err = io.ReadFull(far, got)
		must(t, err)
		must(t, <-written)
		if !bytes.Equal(got, want) {
			t.Fatal("other bytes came")
		}
		must(t, far.Close())
		ear.ending(t)
	})
}

func TestLineShut(t *testing.T) {
	for _, tt := range []struct {
		name string
		play func(t *testing.T, l line, far *net.TCPConn, ear *ear)
	}{
		{"the peer ends its side, too", func(t *testing.T, l line, far *net.TCPConn, ear *ear) {
			l.last([]byte("the end"))
			l.shut()
			got, err := io.ReadAll(far)
			must(t, err)
			if string(got) != "the end" {
				t.Fatalf("the peer read %q", got)
			}
			_, err = far.Write([]byte("heard"))
			must(t, err)
			must(t, far.Close())
			if got := ear.ending(t); string(got) != "heard" {
				t.Fatalf("heard %q", got)
			}
		}},
		{"the peer does not", func(t *testing.T, l line, _ *net.TCPConn, ear *ear) {
			l.shut()
			ear.ending(t)
		}},
		{"twice", func(t *testing.T, l line, _ *net.TCPConn, ear *ear) {
			l.shut()
			l.shut()
			ear.ending(t)
			l.shut()
			l.last([]byte("too late"))
		}},
		{"a write that waits ends, and nothing comes between", func(t *testing.T, l line, far *net.TCPConn, ear *ear) {
			zeros := make([]byte, 16<<20)
			n, err := l.tryWrite(zeros)
			must(t, err)
			written := make(chan error, 1)
			go func() { written <- l.write(net.Buffers{zeros[n:]}) }()
			_, err = io.ReadFull(far, make([]byte, n+1)) // it waits, or has written some
			must(t, err)
			l.last([]byte("in between"))
			l.shut()
			if err := <-written; err == nil {
				t.Fatal("it wrote everything")
			}
			rest, _ := io.ReadAll(far) // reset or not
			if bytes.ContainsFunc(rest, func(r rune) bool { return r != 0 }) {
				t.Fatal("something came between")
			}
			_ = far.Close()
			ear.ending(t)
		}},
		{"writes after it", func(t *testing.T, l line, _ *net.TCPConn, ear *ear) {
			l.shut()
			if _, err := l.tryWrite([]byte("x")); err == nil {
				t.Error("tryWrite wrote")
			}
			if err := l.write(net.Buffers{[]byte("x")}); err == nil {
				t.Error("write wrote")
			}
			ear.ending(t)
			if _, err := l.tryWrite([]byte("x")); err == nil {
				t.Error("tryWrite wrote after the end")
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			eachKind(t, func(t *testing.T, e *EngineIO) {
				l, far := pair(t, e)
				ear := newEar()
				go l.listen(ear)
				tt.play(t, l, far, ear)
			})
		})
	}
}

// TestLineReceiverThatWaits: nothing is read meanwhile, and the others are not held up.
func TestLineReceiverThatWaits(t *testing.T) {
	eachKind(t, func(t *testing.T, e *EngineIO) {
		slow, farSlow := pair(t, e)
		release, entered := make(chan struct{}), make(chan struct{})
		var once sync.Once
		waits := newEar()
		waits.handle = func([]byte) {
			once.Do(func() { close(entered) })
			<-release
		}
		go slow.listen(waits)
		_, err := farSlow.Write([]byte("1"))
		must(t, err)
		<-entered
		_, err = farSlow.Write([]byte("2"))
		must(t, err)

		for range 20 {
			l, far := pair(t, e)
			ear := newEar()
			go l.listen(ear)
			_, err = far.Write([]byte("quick"))
			must(t, err)
			must(t, far.Close())
			ear.ending(t)
		}
		close(release)
		must(t, farSlow.Close())
		if got := waits.ending(t); string(got) != "12" {
			t.Fatalf("heard %q", got)
		}
	})
}

// TestLinesComeAndGo opens and closes connections while others write: descriptors are used again at once, and nobody may
// hear or write what is another's.
func TestLinesComeAndGo(t *testing.T) {
	eachKind(t, func(t *testing.T, e *EngineIO) {
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for range 50 {
					l, far := pair(t, e)
					token := random(16)
					ear := newEar()
					var one sync.Mutex // writes come one at a time
					write := func(p []byte) error {
						one.Lock()
						defer one.Unlock()
						_, err := l.tryWrite(p)
						return err
					}
					ear.handle = func(p []byte) { _ = write(p) } // an echo; the peer may have gone
					go l.listen(ear)
					if _, err := far.Write(token); err != nil {
						t.Error(err)
					}
					got := make([]byte, len(token))
					if _, err := io.ReadFull(far, got); err != nil || !bytes.Equal(got, token) {
						t.Errorf("echo %x (%v), want %x", got, err, token)
					}
					var writer sync.WaitGroup
					writer.Go(func() { // writes on while the line is closed, and may not reach a stranger
						for range 40 {
							if write(token) != nil {
								return
							}
						}
					})
					_ = far.Close()
					l.shut()
					writer.Wait()
					if heard := ear.ending(t); !bytes.Equal(heard, token) {
						t.Errorf("heard %x, want %x", heard, token)
					}
				}
			})
		}
		all.Wait()
	})
}

// TestLineOfAnotherKind: a connection without a descriptor has a goroutine, whatever was wished for.
func TestLineOfAnotherKind(t *testing.T) {
	near, far := net.Pipe()
	detached, ended := (&EngineIO{}).detach(near)
	l := detached.line
	if ended == nil {
		t.Fatal("a pipe was duplicated")
	}
	defer func() { <-ended }()
	ear := newEar()
	go l.listen(ear)
	go func() { _ = l.write(net.Buffers{[]byte("hello")}) }()
	got := make([]byte, 5)
	_, err := io.ReadFull(far, got)
	must(t, err)
	_, err = far.Write([]byte("back"))
	must(t, err)
	must(t, far.Close())
	if heard := ear.ending(t); string(heard) != "back" || string(got) != "hello" {
		t.Fatalf("heard %q and wrote %q", heard, got)
	}
}

// TestPolledLinesCostNoGoroutine is what the poller is for.
func TestPolledLinesCostNoGoroutine(t *testing.T) {
	if runtime.GOOS != "linux" {
		return // elsewhere each has one
	}
	e := &EngineIO{}
	before := runtime.NumGoroutine()
	const lines = 100
	ears := make([]*ear, lines)
	fars := make([]*net.TCPConn, lines)
	for i := range ears {
		var l line
		l, fars[i] = pair(t, e)
		ears[i] = newEar()
		heard := make(chan struct{})
		ears[i].handle = func([]byte) { close(heard) }
		l.listen(ears[i])
		_, err := fars[i].Write([]byte("x"))
		must(t, err)
		<-heard
	}
	const few = 10 // the poller's, and those who have read and wait for somebody else to read for
	for end := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before+few; runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines for %d lines", runtime.NumGoroutine()-before, lines)
		}
	}
	for i, far := range fars {
		must(t, far.Close())
		ears[i].ending(t)
	}
}
