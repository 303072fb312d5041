package main

import (
	"bytes"
	"context"
	"maps"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if os.Getenv(asServer) != "" { // a test has started this program as a server: see startProcess
		main()
	}
	goleak.VerifyTestMain(m,
		// Of fasthttp: its clock of the Date header lives for ever, the cleaner of its workers looks up every 10 s.
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"))
}

// world is a process's surroundings that a test can look at.
type world struct {
	surroundings
	env         map[string]string
	out, errout lockedBuffer
	store       *memory
	desk        *fakeDesk
}

// clock is the time of the tests: 14:30:05.006 in Kolkata.
func clock() time.Time { return time.Date(2026, time.March, 9, 9, 0, 5, 6_000_000, time.UTC) }

func newWorld(t *testing.T, env map[string]string) *world {
	t.Helper()
	w := &world{env: map[string]string{"DATA_DIR": t.TempDir(), "PORT": "0", "HOST": "127.0.0.1"}, store: newMemory(), desk: newFakeDesk()}
	maps.Copy(w.env, env)
	w.surroundings = surroundings{
		stdin: strings.NewReader(""), stdout: &w.out, stderr: &w.errout, now: clock,
		lookup: func(variable string) (string, bool) { value, set := w.env[variable]; return value, set },
		parts:  w.fakeParts(),
	}
	return w
}

// lockedBuffer is a buffer that one goroutine may write while another reads.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	deadline := time.After(10 * time.Second)
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("not within 10 s: %s", what)
		}
	}
}

func TestRunAnswersOnTheCommandLine(t *testing.T) {
	tests := []struct {
		name string
		args []string
		code int
		out  string // a part of stdout
		err  string // all of stderr
	}{
		{"version", []string{"version"}, 0, "desk ", ""},
		{"help", []string{"--help"}, 0, "Run the booking desk", ""},
		{"help of serve names variables", []string{"serve", "--help"}, 0, "PING_INTERVAL: a duration", ""},
		{"help of seed", []string{"seed", "--help"}, 0, "How many bookings", ""},
		{"help of admin", []string{"admin", "create", "--help"}, 0, "E-mail address", ""},
		{"unknown flag", []string{"--colour"}, 2, "", "unknown flag --colour: see --help.\n"},
		{"unknown command", []string{"dance"}, 2, "", "unexpected argument dance: see --help.\n"},
		{"admin without a verb", []string{"admin"}, 2, "", "expected \"create\": see --help.\n"},
		{"admin without a name", []string{"admin", "create", "--email", "a@b.example"}, 2, "", "missing flags: --name=STRING: see --help.\n"},
		{"wrong number", []string{"seed", "-bookings", "many"}, 2, "", "--bookings is \"many\", but must be a whole number from 1 to 10000000.\n"},
		{"wrong setting", []string{"-port", "x"}, 2, "", "PORT is \"x\", but must be a whole number from 0 to 65535.\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, nil)
			code := run(t.Context(), test.args, w.surroundings)
			if code != test.code || !strings.Contains(w.out.String(), test.out) || w.errout.String() != test.err {
				t.Errorf("run(%q) = %d, stdout %q, stderr %q", test.args, code, w.out.String(), w.errout.String())
			}
		})
	}
}

func TestVersionNeedsNoConfiguration(t *testing.T) {
	w := newWorld(t, map[string]string{"PORT": "x", "APP_ENV": "nonsense"})
	if code := run(t.Context(), []string{"version"}, w.surroundings); code != 0 {
		t.Errorf("exit code %d: %s", code, w.errout.String())
	}
}

func TestFirstSignalStopsAndSecondExits(t *testing.T) {
	signals := make(chan os.Signal, signalQueue)
	exited := make(chan struct{})
	ctx := stopOn(signals, func() { close(exited) })
	if ctx.Err() != nil {
		t.Fatal("ended before a signal")
	}
	signals <- os.Interrupt
	select {
	case <-ctx.Done():
	case <-time.After(10 * time.Second):
		t.Fatal("the first signal did not end the context")
	}
	select {
	case <-exited:
		t.Fatal("exited at the first signal")
	default:
	}
	signals <- os.Interrupt
	select {
	case <-exited:
	case <-time.After(10 * time.Second):
		t.Fatal("the second signal did not exit")
	}
}

func TestTwoDashes(t *testing.T) {
	got := twoDashes([]string{"seed", "-bookings", "5", "-f", "-users=3", "--staff", "-1", "--", "-verbatim"})
	want := []string{"seed", "--bookings", "5", "-f", "--users=3", "--staff", "-1", "--", "-verbatim"}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("got %q", got)
	}
}

// mustParse returns the configuration of serve.
func mustParse(tb testing.TB, w *world, args ...string) Config {
	tb.Helper()
	var c cli
	if _, err := c.parse(args, w.surroundings); err != nil {
		tb.Fatal(err)
	}
	return c.Serve.Config
}

// cancelled is a context that has ended.
func cancelled(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}
