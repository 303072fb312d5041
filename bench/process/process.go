package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// ErrUnsupported says that this system does not tell what a process costs.
var ErrUnsupported = errors.New("what a process costs is known on Linux only")

// Process is a server: one that Start started, or one that was found by Attach or Listening. Its methods may be called by
// one goroutine at a time; Usage by any.
type Process struct {
	pid    int // whose accounts are read
	cmd    *exec.Cmd
	exited chan struct{} // closed once cmd has been waited for
	failed error         // set before exited is closed
	output *tail
}

// Command says how a server is started.
type Command struct {
	// Line is run by the shell. {addr}, {host} and {port} stand for where the server is to listen.
	Line string
	// Address is where it is to listen, host and port.
	Address string
	// Environment is added to this process's, as NAME=value.
	Environment []string
	// Patience is how long the server may take until it listens. Defaults to 60 s: some are compiled first.
	Patience time.Duration
}

const defaultPatience = time.Minute

// FreeAddress returns an address of the loopback on which nobody listens now.
func FreeAddress() (string, error) {
	var config net.ListenConfig
	l, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return l.Addr().String(), l.Close()
}

// Start starts a server and waits until it listens. The caller stops it. Where the command starts another process that
// listens, as go run does, the accounts are that one's. The error has the last lines of what the server said.
func Start(ctx context.Context, c Command) (*Process, error) {
	host, port, err := net.SplitHostPort(c.Address)
	if err != nil {
		return nil, fmt.Errorf("start server: %w", err)
	}
	if c.Patience == 0 {
		c.Patience = defaultPatience
	}
	if connects(ctx, c.Address) {
		return nil, fmt.Errorf("start server: somebody listens on %s already", c.Address)
	}
	line := strings.NewReplacer("{addr}", c.Address, "{host}", host, "{port}", port).Replace(c.Line)
	p := &Process{exited: make(chan struct{}), output: &tail{}}
	p.cmd = exec.Command("sh", "-c", line) //nolint:noctx // it is ended by Stop, in order, not by a context
	p.cmd.Env = append(os.Environ(), c.Environment...)
	p.cmd.Stdout, p.cmd.Stderr = p.output, p.output
	ownGroup(p.cmd)
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start server: %w", err)
	}
	go func() {
		p.failed = p.cmd.Wait()
		close(p.exited)
	}()
	if err := p.listens(ctx, c); err != nil {
		return nil, errors.Join(err, p.Kill())
	}
	return p, nil
}

// listens waits until somebody listens, and finds out who.
func (p *Process) listens(ctx context.Context, c Command) error {
	ctx, cancel := context.WithTimeout(ctx, c.Patience)
	defer cancel()
	const often = 10 * time.Millisecond
	look := time.NewTicker(often)
	defer look.Stop()
	for !connects(ctx, c.Address) {
		select {
		case <-look.C:
		case <-p.exited:
			return fmt.Errorf("the server ended before it listened on %s: %w\n%s", c.Address, p.failed, p.output.text())
		case <-ctx.Done():
			return fmt.Errorf("the server does not listen on %s after %s\n%s", c.Address, c.Patience, p.output.text())
		}
	}
	p.pid = p.cmd.Process.Pid
	if found, err := listening(c.Address); err == nil {
		p.pid = found
	}
	return nil
}

func connects(ctx context.Context, address string) bool {
	dialer := net.Dialer{Timeout: time.Second}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

// Attach returns a process that runs.
func Attach(pid int) (*Process, error) {
	p := &Process{pid: pid}
	if _, err := p.Usage(); err != nil {
		return nil, fmt.Errorf("process %d: %w", pid, err)
	}
	return p, nil
}

// Listening returns the process that listens on an address of this machine. Those of other users are seen by root only.
func Listening(address string) (*Process, error) {
	pid, err := listening(address)
	if err != nil {
		return nil, err
	}
	return Attach(pid)
}

// Pid returns the id of the process whose accounts are read.
func (p *Process) Pid() int { return p.pid }

// Output returns the last lines a started server has written.
func (p *Process) Output() string {
	if p.output == nil {
		return ""
	}
	return p.output.text()
}

// Stop asks a started server to end and waits for it; when ctx ends, it is killed. One that was only found runs on.
func (p *Process) Stop(ctx context.Context) error {
	if p.cmd == nil {
		return nil
	}
	if err := p.signal(false); err != nil {
		return errors.Join(err, p.Kill())
	}
	select {
	case <-p.exited:
		return p.signal(true) // what it may have left behind in its group
	case <-ctx.Done():
		return p.Kill()
	}
}

// Kill ends a started server at once and waits until it is gone.
func (p *Process) Kill() error {
	if p.cmd == nil {
		return nil
	}
	err := p.signal(true)
	<-p.exited
	return err
}

// tail keeps the end of what is written. Any goroutine may write and read.
type tail struct {
	mu    sync.Mutex
	bytes []byte
}

const tailLength = 4 << 10

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.bytes = append(t.bytes, p...)
	if extra := len(t.bytes) - tailLength; extra > 0 {
		t.bytes = append(t.bytes[:0], t.bytes[extra:]...)
	}
	return len(p), nil
}

func (t *tail) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(bytes.TrimSpace(t.bytes))
}
