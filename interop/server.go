package interop

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// startTime bounds how long a server takes until it listens, stopTime how long until it has ended.
const (
	startTime = 30 * time.Second
	stopTime  = 20 * time.Second
)

// server is one conformance server. It keeps its address over a restart.
type server struct {
	binary string
	flags  []string

	log transcript

	mu      sync.Mutex
	addr    string
	process *process // nil while it is down
}

// process is one life of a server.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{} // closed once it has ended
	err   error         // of the end, then
}

// start starts the server, which must be down, and returns once it listens. After a kill the port may be somebody else's
// for a moment, so it is tried again until the context ends.
func (s *server) start(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process != nil {
		return errors.New("the server runs already")
	}
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	for {
		err := s.launch(ctx)
		if err == nil || s.addr == "" {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// launch makes one try. The caller holds the lock.
func (s *server) launch(ctx context.Context) error {
	addr := s.addr
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	cmd := exec.Command(s.binary, append([]string{"--addr=" + addr}, s.flags...)...) //nolint:noctx // it outlives the request that starts it
	out, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("start server: %w", err)
	}
	cmd.Stderr = &s.log
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start server: %w", err)
	}
	p := &process{cmd: cmd, ended: make(chan struct{})}
	line := make(chan string, 1)
	go func() {
		defer close(p.ended)
		reader := bufio.NewReader(out)
		first, _ := reader.ReadString('\n') // without a line the end says why
		line <- first
		_, _ = io.Copy(io.Discard, reader)
		p.err = cmd.Wait()
	}()
	select {
	case first := <-line:
		if _, found, ok := strings.Cut(strings.TrimSpace(first), "http://"); ok {
			s.addr, s.process = found, p
			return nil
		}
	case <-ctx.Done():
	}
	_ = cmd.Process.Kill() // it may have ended by itself
	<-p.ended
	return fmt.Errorf("start server on %s: %w", addr, errors.Join(errNoLine, ctx.Err()))
}

var errNoLine = errors.New("it did not say where it listens")

// kill ends the server at once, as a machine that loses its power does.
func (s *server) kill() error {
	p, err := s.take()
	if err != nil {
		return err
	}
	if err := p.cmd.Process.Kill(); err != nil {
		return fmt.Errorf("kill server: %w", err)
	}
	<-p.ended
	return nil
}

// stop ends the server as an operator does; it must leave with exit code 0.
func (s *server) stop() error {
	p, err := s.take()
	if err != nil {
		return err
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop server: %w", err)
	}
	select {
	case <-p.ended:
	case <-time.After(stopTime):
		_ = p.cmd.Process.Kill() // it is reported either way
		<-p.ended
		return fmt.Errorf("the server did not stop within %v", stopTime)
	}
	if p.err != nil {
		return fmt.Errorf("the server ended badly: %w", p.err)
	}
	return nil
}

// signal freezes the server, or lets it go on.
func (s *server) signal(signal os.Signal) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		return errDown
	}
	return s.process.cmd.Process.Signal(signal)
}

var errDown = errors.New("the server is down")

// take returns the running process, which is the caller's to end.
func (s *server) take() (*process, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		return nil, errDown
	}
	p := s.process
	s.process = nil
	return p, nil
}

// transcript is what all lives of a server write to their standard error.
type transcript struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write is for exec.
func (t *transcript) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.Write(p)
}

// String returns what was written so far.
func (t *transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}
