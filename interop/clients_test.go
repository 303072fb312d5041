package interop

import (
	"context"
	"net/http/httptest"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// playTime bounds how long one client plays its scenarios; LONG=1 plays many more rounds.
func playTime() time.Duration {
	if os.Getenv("LONG") != "" {
		return 20 * time.Minute
	}
	return 2 * time.Minute
}

// mustBuild builds the conformance server, with the race detector where the tests have it.
func mustBuild(t *testing.T) string {
	t.Helper()
	var flags []string
	if raced {
		flags = append(flags, "-race")
	}
	binary, err := Build(t.Context(), t.TempDir(), flags...)
	if err != nil {
		t.Fatal(err)
	}
	return binary
}

// TestClients plays one client after another: scenarios with heartbeats every 300 ms want a machine that is not busy. Its
// short form, which is what runs under the race detector, plays the first one only.
func TestClients(t *testing.T) {
	binary := mustBuild(t)
	for i, client := range []struct {
		name    string
		command func(t *testing.T) *exec.Cmd // skips where something is missing
	}{
		{"socket.io-client 4 on Node", func(t *testing.T) *exec.Cmd { return onNode(t, "socket.io-client", "all.mjs") }},
		{"socket.io-client 3 on Node", func(t *testing.T) *exec.Cmd { return onNode(t, "socket.io-client-3", "all.mjs") }},
		{"socket.io-client in Chromium", onChromium},
		{"python-socketio", func(t *testing.T) *exec.Cmd { return onPython(t, "sync_client.py") }},
		{"python-socketio with asyncio", func(t *testing.T) *exec.Cmd { return onPython(t, "async_client.py") }},
		{"Java", onJava},
	} {
		if testing.Short() && i > 0 {
			break
		}
		t.Run(client.name, func(t *testing.T) { play(t, binary, client.command(t)) })
	}
}

// play runs the scenarios of a client to their end. Its servers must end well, too.
func play(t *testing.T, binary string, client *exec.Cmd) {
	t.Helper()
	control := NewControl(binary)
	server := httptest.NewServer(control)
	defer server.Close()
	client.Env = append(client.Environ(), "INTEROP_CONTROL="+server.URL)
	output, err := runBounded(t.Context(), client)
	if err != nil {
		t.Errorf("scenarios: %v\n%s\n%s", err, output, control.Log())
	} else {
		t.Logf("%s", output)
	}
	if err := control.Close(); err != nil {
		t.Error(err)
	}
}

// runBounded runs a command in a process group of its own, which ends with it or with its time.
func runBounded(ctx context.Context, cmd *exec.Cmd) (output []byte, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, playTime(), os.ErrDeadlineExceeded)
	defer cancel()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = 10 * time.Second
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		select {
		case <-ctx.Done():
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // it may have ended meanwhile
		case <-ended:
		}
	}()
	return cmd.CombinedOutput()
}
