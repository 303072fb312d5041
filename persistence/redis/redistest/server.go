// Package redistest runs a real redis-server for tests, and a way to it that can be cut.
package redistest

import (
	"context"
	"net"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"
)

// patience is how long a server may take to be there.
const patience = 20 * time.Second

// Server is a redis-server of its own for one test, without a copy on disk.
type Server struct {
	Address string // host and port
	args    []string
	command *exec.Cmd
}

// Start runs a server that ends with the test; args are more of its arguments. Where redis-server is not installed the test
// is skipped, and fails when CI=true.
func Start(t testing.TB, args ...string) *Server {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("redis-server is not installed, and nothing else proves this")
		}
		t.Skip("redis-server is not installed; apt-get install redis-server.")
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	s := &Server{Address: net.JoinHostPort("127.0.0.1", strconv.Itoa(port))}
	s.args = append([]string{
		path, "--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", t.TempDir(),
	}, args...)
	s.Run(t)
	t.Cleanup(func() { s.Kill(t) })
	return s
}

// URL is where the server is.
func (s *Server) URL() string { return "redis://" + s.Address }

// Run starts the server again after Kill, at the same address and without its data.
func (s *Server) Run(t testing.TB) {
	t.Helper()
	s.command = exec.CommandContext(context.WithoutCancel(t.Context()), s.args[0], s.args[1:]...)
	if err := s.command.Start(); err != nil {
		t.Fatal(err)
	}
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for deadline := time.Now().Add(patience); ; <-again.C {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", s.Address)
		if err == nil {
			_ = conn.Close() // it answers, and that is all
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("redis-server: %v", err)
		}
	}
}

// Kill ends the server at once. A second call does nothing.
func (s *Server) Kill(testing.TB) {
	if s.command == nil {
		return
	}
	_ = s.command.Process.Kill() // it may have ended
	_ = s.command.Wait()         // killed, as it should be
	s.command = nil
}

// Way is a proxy in front of a server.
type Way struct {
	Address string
	to      string
	l       net.Listener

	mu    sync.Mutex
	cut   bool
	hush  chan struct{} // closed when bytes go on; nil while nothing holds them
	delay time.Duration
	conns map[net.Conn]struct{}
	done  sync.WaitGroup
}

// Path opens a way to the server that ends with the test.
func (s *Server) Path(t testing.TB) *Way {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &Way{Address: l.Addr().String(), to: s.Address, l: l, conns: map[net.Conn]struct{}{}}
	w.done.Go(w.accept)
	t.Cleanup(func() {
		_ = l.Close() // the test is over
		w.Cut()
		w.done.Wait()
	})
	return w
}

// URL is where the way begins.
func (w *Way) URL() string { return "redis://" + w.Address }

// Cut breaks every connection, and refuses others until Heal.
func (w *Way) Cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = true
	w.speakLocked()
	for conn := range w.conns {
		_ = conn.Close() // broken on purpose
	}
}

// Hush has nothing come through any more, without a word, as a network does that is broken somewhere: connections stay, and
// others can be opened. What is on its way arrives after Heal.
func (w *Way) Hush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.hush == nil {
		w.hush = make(chan struct{})
	}
}

// Heal undoes Cut and Hush.
func (w *Way) Heal() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = false
	w.speakLocked()
}

func (w *Way) speakLocked() {
	if w.hush != nil {
		close(w.hush)
		w.hush = nil
	}
}

// Slow has whatever the server says take longer.
func (w *Way) Slow(by time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.delay = by
}

func (w *Way) accept() {
	for {
		conn, err := w.l.Accept()
		if err != nil {
			return
		}
		w.done.Go(func() { w.serve(conn) })
	}
}

// keep notes connections that Cut breaks. It reports false, and closes them, while the way is cut.
func (w *Way) keep(conns ...net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, conn := range conns {
		if w.cut {
			_ = conn.Close() // refused on purpose
			continue
		}
		w.conns[conn] = struct{}{}
	}
	return !w.cut
}

func (w *Way) serve(near net.Conn) {
	var dialer net.Dialer
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	far, err := dialer.DialContext(ctx, "tcp", w.to)
	if err != nil {
		_ = near.Close() // as if nobody were there
		return
	}
	if !w.keep(near, far) {
		return
	}
	var both sync.WaitGroup
	both.Go(func() { w.copy(far, near, false) })
	both.Go(func() { w.copy(near, far, true) })
	both.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.conns, near)
	delete(w.conns, far)
}

// copy carries bytes one way until either end is closed, and closes both.
func (w *Way) copy(to, from net.Conn, slow bool) {
	defer func() { _, _ = to.Close(), from.Close() }() // the other direction ends with this one
	b := make([]byte, 32<<10)
	for {
		n, err := from.Read(b)
		if err != nil {
			return
		}
		w.mu.Lock()
		delay, hush := w.delay, w.hush
		w.mu.Unlock()
		if hush != nil {
			<-hush
		}
		if slow && delay > 0 {
			<-time.After(delay)
		}
		if _, err := to.Write(b[:n]); err != nil {
			return
		}
	}
}
