package clienttest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// secret signs the server's tokens; scenarios sign some of their own with it.
const secret = "a secret of the client tests, long enough for production"

// startTime bounds how long a server takes until it answers, stopTime how long until it has ended.
const (
	startTime = time.Minute
	stopTime  = 30 * time.Second
)

// line is one line of the server's log.
type line struct {
	text    string
	level   string
	message string
}

// server is a running desk.
type server struct {
	cmd   *exec.Cmd
	port  string
	ready chan struct{} // closed once the log names the port
	ended chan struct{} // closed once the log has ended

	mu  sync.Mutex
	log []line
}

// settings returns those of every server.
func settings(data string) []string {
	return []string{
		"HOST=127.0.0.1", "PORT=0", "DATA_DIR=" + data, "APP_ENV=development", "SEED_DEMO=true", "JWT_SECRET=" + secret,
		"LOG_FORMAT=json", "LOG_LEVEL=debug",
		"REGISTER_LIMIT_ADDRESS=1000/1m", // all of a run's people come from one address
		"PRESENCE_GRACE=2s",
	}
}

// startServer starts a desk with a fresh data folder and waits until it answers. It ends with the test at the latest.
func startServer(t *testing.T, binary string, more ...string) *server {
	t.Helper()
	s := &server{cmd: exec.Command(binary), ready: make(chan struct{}), ended: make(chan struct{})}
	s.cmd.Env = append(settings(t.TempDir()), more...)
	if dir := os.Getenv("GOCOVERDIR"); dir != "" {
		s.cmd.Env = append(s.cmd.Env, "GOCOVERDIR="+dir)
	}
	out, err := s.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	s.cmd.Stdout = s.cmd.Stderr
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go s.follow(out)
	t.Cleanup(func() { s.end() })
	s.await(t)
	return s
}

// follow keeps the log until it ends.
func (s *server) follow(out io.Reader) {
	defer close(s.ended)
	scanner := bufio.NewScanner(out)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		s.note(scanner.Text())
	}
}

func (s *server) note(text string) {
	var fields struct{ Level, Message string }
	if json.Unmarshal([]byte(text), &fields) != nil {
		fields.Level = "not JSON"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, line{text, fields.Level, fields.Message})
	if port, found := strings.CutPrefix(fields.Message, "Server running on port "); found && s.port == "" {
		s.port = port
		close(s.ready)
	}
}

// await waits until the server answers.
func (s *server) await(t *testing.T) {
	t.Helper()
	select {
	case <-s.ready:
	case <-s.ended:
		t.Fatalf("the server did not start:\n%s", s.texts())
	case <-time.After(startTime):
		t.Fatalf("the server was not ready within %v:\n%s", startTime, s.texts())
	}
	ctx, cancel := context.WithTimeout(t.Context(), startTime)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url()+"/health", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	if closeErr := answer.Body.Close(); err != nil || closeErr != nil {
		t.Fatal(errors.Join(err, closeErr))
	}
	if answer.StatusCode != http.StatusOK || strings.TrimSpace(string(body)) != `{"status":"ok"}` {
		t.Fatalf("health: %s %s", answer.Status, body)
	}
}

func (s *server) url() string { return "http://127.0.0.1:" + s.port }

// says returns what every server writes into its log.
func (s *server) says() []string {
	return []string{
		"Server running on port " + s.port,
		"Socket.IO enabled for real-time updates",
		"Socket connected",
		"User joined their room",
		"Socket disconnected",
		"Socket event emitted: bookingCreated",
	}
}

func (s *server) texts() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	for _, l := range s.log {
		b.WriteString(l.text + "\n")
	}
	return b.String()
}

// stop ends the server as an operator does and returns its log.
func (s *server) stop(t *testing.T) []line {
	t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatalf("stop server: %v\n%s", err, s.texts())
	}
	select {
	case <-s.ended:
	case <-time.After(stopTime):
		t.Errorf("the server did not stop within %v", stopTime)
	}
	if code := s.end(); code != 0 {
		t.Errorf("exit code %d after SIGTERM; the end of the log:\n%s", code, tail(s.texts()))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log
}

// end waits for the process, which it ends first if it has to, and returns its exit code.
func (s *server) end() int {
	select {
	case <-s.ended:
	default:
		_ = s.cmd.Process.Kill() // it may have ended meanwhile
		<-s.ended
	}
	_ = s.cmd.Wait() // the exit code says it all
	return s.cmd.ProcessState.ExitCode()
}

// tail returns the last lines of a text.
func tail(text string) string {
	lines := strings.SplitAfter(strings.TrimSuffix(text, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-20):], "")
}
