package clustertest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"kapoor.example/desk/persistence/mongo/mongotest"
)

// patience bounds whatever is bound to happen.
const patience = time.Minute

// binaries are what the tests run, by name.
var binaries = map[string]string{}

func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "clustertest")
	if err != nil {
		panic(err)
	}
	for name, source := range map[string]string{"server": "../cmd/server", "serve": "../persistence/mongo/ferrettest/serve"} {
		binaries[name] = filepath.Join(folder, name)
		build := exec.Command("go", "build", "-o", binaries[name], ".")
		build.Dir = source
		if out, err := build.CombinedOutput(); err != nil {
			panic(fmt.Sprintf("build %s: %v\n%s", source, err, out))
		}
	}
	code := m.Run()
	_ = os.RemoveAll(folder)
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func long() bool { return os.Getenv("LONG") != "" }

// amount is short, or what is promised with LONG=1.
func amount[T int | time.Duration](short, promised T) T {
	if long() {
		return promised
	}
	return short
}

// need returns where a program of the system is. Where it is missing the test is skipped, and fails when CI=true.
func need(t testing.TB, name, from string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is not installed, and nothing else proves this", name)
		}
		t.Skipf("%s is not installed; %s.", name, from)
	}
	return path
}

// freePort returns a port that nobody listens on.
func freePort(t testing.TB) int {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }() // it was only to be told the number
	return l.Addr().(*net.TCPAddr).Port
}

// eventually waits until something holds.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for deadline := time.Now().Add(patience); !holds(); <-again.C {
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s", patience, what)
		}
	}
}

// process is a program that runs until the test ends, or is ended before.
type process struct {
	t    testing.TB
	name string
	mu   sync.Mutex
	cmd  *exec.Cmd
	log  *bytes.Buffer
}

// Write implements io.Writer for the program's output.
func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.Write(b)
}

func (p *process) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.String()
}

// run starts the program. Its log is shown where the test fails.
func run(t testing.TB, name string, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{t: t, name: name, cmd: cmd, log: &bytes.Buffer{}}
	if cmd.Stdout == nil {
		cmd.Stdout = p
	}
	cmd.Stderr = p
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.end(syscall.SIGKILL)
		if text := p.text(); t.Failed() {
			t.Logf("the end of what %s says:\n%s", name, text[max(0, len(text)-3000):])
		}
	})
	return p
}

// end ends the program and waits until it is gone. Once it has ended it does nothing.
func (p *process) end(signal syscall.Signal) {
	p.mu.Lock()
	cmd := p.cmd
	p.cmd = nil
	p.mu.Unlock()
	if cmd == nil {
		return
	}
	_ = cmd.Process.Signal(signal) // it may have ended by itself: Wait says so
	if err := cmd.Wait(); err != nil && signal == syscall.SIGTERM {
		p.t.Errorf("stop %s: %v", p.name, err)
	}
}

// startStore returns the URI of a store: a database of its own on MONGODB_TEST_URI where that is set, else a FerretDB that it
// runs.
func startStore(t testing.TB) string {
	t.Helper()
	if uri := os.Getenv("MONGODB_TEST_URI"); uri != "" {
		return mongotest.Database(t, uri)
	}
	cmd := exec.Command(binaries["serve"], t.TempDir())
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, w := io.Pipe()
	cmd.Stdout = w
	p := run(t, "the store", cmd)
	t.Cleanup(func() { p.end(syscall.SIGKILL); _ = errors.Join(in.Close(), w.Close()) })
	uri, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(uri) + "desk"
}
