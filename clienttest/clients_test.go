package clienttest

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// limit is how long one run of the scenarios may take.
const limit = 4 * time.Minute

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// run is a server and the scenarios that are played on it.
type run struct {
	name      string
	transport string
	server    []string // settings
	only      []string // the files of the scenarios; nil is all but openScenarios, restartScenarios and those of except
	except    []string
	says      []string // lines of the log besides those of every run
}

const (
	// openScenarios need a server that is open to everybody.
	openScenarios = "open.test.mjs"
	// restartScenarios start and kill a server of their own.
	restartScenarios = "restart.test.mjs"
	// statusChanged is in the log wherever somebody changed a status.
	statusChanged = "Socket events emitted: bookingUpdated, bookingStatusChanged"
)

func TestClients(t *testing.T) {
	node := nodeOrSkip(t)
	binary := mustBuild(t)
	// What is volatile is lost on a line that is between two polls, so there must be little else going on.
	volatile := []string{"presence.test.mjs", "typing.test.mjs"}
	for _, r := range []run{
		{name: "default options", transport: "default", says: []string{statusChanged}},
		{name: "polling only", transport: "polling", except: volatile, says: []string{statusChanged}},
		{name: "polling only, volatile events", transport: "polling", only: volatile},
		{name: "WebSocket only", transport: "websocket", says: []string{statusChanged}},
		{
			name: "open to everybody", server: []string{"SOCKET_AUTH=none", "EVENT_AUDIENCE=everyone"}, only: []string{openScenarios},
			says: []string{
				statusChanged, "SOCKET_AUTH is none: whoever reaches this server connects without a token and joins any user's room",
			},
		},
	} {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			s := startServer(t, binary, r.server...)
			r.play(t, node, s)
			checkLog(t, s.stop(t), append(s.says(), r.says...))
		})
	}
}

// TestRestarts has scenarios kill, stop and start the server, on one port and with the same data.
func TestRestarts(t *testing.T) {
	node := nodeOrSkip(t)
	binary := mustBuild(t)
	for _, transport := range []string{"default", "polling"} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			url := "http://127.0.0.1:" + freePort(t)
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			cmd := exec.CommandContext(ctx, node, "--test", "--test-reporter=spec", restartScenarios)
			cmd.Env = append(os.Environ(), settings(t.TempDir())...)
			cmd.Env = append(cmd.Env, "LOG_LEVEL=info", "DESK_BINARY="+binary, "DESK_URL="+url, "DESK_JWT_SECRET="+secret, "DESK_TRANSPORT="+transport)
			cmd.WaitDelay = 5 * time.Second
			if output, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("scenarios: %v\n%s", err, output)
			}
		})
	}
}

// freePort returns a port on which nobody listens.
func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if closeErr := listener.Close(); err != nil || closeErr != nil {
		t.Fatal(err, closeErr)
	}
	return port
}

// play runs the scenarios against a server.
func (r run) play(t *testing.T, node string, s *server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, node, append([]string{"--test", "--test-reporter=spec", r.concurrency()}, r.files(t)...)...)
	cmd.Env = append(os.Environ(), "DESK_URL="+s.url(), "DESK_JWT_SECRET="+secret, "DESK_TRANSPORT="+r.transport)
	cmd.WaitDelay = 5 * time.Second
	if output, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("scenarios: %v\n%s", err, output)
	}
}

// concurrency says how many files are played at once.
func (r run) concurrency() string {
	if r.only != nil {
		return "--test-concurrency=1"
	}
	return "--test-concurrency=3"
}

func (r run) files(t *testing.T) []string {
	t.Helper()
	if r.only != nil {
		return r.only
	}
	files, err := filepath.Glob("*.test.mjs")
	if err != nil || len(files) < 2 {
		t.Fatalf("scenarios: %v, %v", files, err)
	}
	return slices.DeleteFunc(files, func(file string) bool {
		return file == openScenarios || file == restartScenarios || slices.Contains(r.except, file)
	})
}

// nodeOrSkip returns the path of node. Without it, or without the packages, the tests are skipped; in CI they fail.
func nodeOrSkip(t *testing.T) string {
	t.Helper()
	missing := t.Skip
	if os.Getenv("CI") == "true" {
		missing = t.Fatal
	}
	node, err := exec.LookPath("node")
	if err != nil {
		missing("node is not installed: the stock client's tests need it.")
	}
	if _, err := os.Stat(filepath.Join("node_modules", "socket.io-client")); err != nil {
		missing("socket.io-client is not installed: npm ci --prefix clienttest does it.")
	}
	return node
}

// mustBuild builds the server, with the race detector where the tests have it.
func mustBuild(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "server")
	args := []string{"build", "-o", binary}
	if raced {
		args = append(args, "-race")
	}
	cmd := exec.CommandContext(t.Context(), "go", append(args, "./cmd/server")...)
	cmd.Dir = ".."
	if output, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build server: %v\n%s", err, output)
	}
	return binary
}
