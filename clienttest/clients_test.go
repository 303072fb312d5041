package clienttest

import (
	"context"
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
	only      string   // the file of the scenarios; "" is all that need no settings of their own
	says      []string // lines of the log besides those of every run
}

// openScenarios need a server that is open to everybody.
const openScenarios = "open.test.mjs"

func TestClients(t *testing.T) {
	node := nodeOrSkip(t)
	binary := mustBuild(t)
	for _, r := range []run{
		{name: "default options", transport: "default"},
		{name: "polling only", transport: "polling"},
		{name: "WebSocket only", transport: "websocket"},
		{
			name: "open to everybody", server: []string{"SOCKET_AUTH=none", "EVENT_AUDIENCE=everyone"}, only: openScenarios,
			says: []string{"SOCKET_AUTH is none: whoever reaches this server connects without a token and joins any user's room"},
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

// play runs the scenarios against a server.
func (r run) play(t *testing.T, node string, s *server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, node, append([]string{"--test", "--test-reporter=spec", "--test-concurrency=3"}, r.files(t)...)...)
	cmd.Env = append(os.Environ(), "DESK_URL="+s.url(), "DESK_JWT_SECRET="+secret, "DESK_TRANSPORT="+r.transport)
	cmd.WaitDelay = 5 * time.Second
	if output, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("scenarios: %v\n%s", err, output)
	}
}

func (r run) files(t *testing.T) []string {
	t.Helper()
	if r.only != "" {
		return []string{r.only}
	}
	files, err := filepath.Glob("*.test.mjs")
	if err != nil || len(files) < 2 {
		t.Fatalf("scenarios: %v, %v", files, err)
	}
	return slices.DeleteFunc(files, func(file string) bool { return file == openScenarios })
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
