package interop

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// Build builds the conformance server into a folder and returns its path. It is called from a folder of this module, and
// flags are those of go build.
func Build(ctx context.Context, folder string, flags ...string) (binary string, err error) {
	binary = filepath.Join(folder, "conformance")
	args := append([]string{"build", "-o", binary}, flags...)
	cmd := exec.CommandContext(ctx, "go", append(args, "kapoor.example/desk/cmd/conformance")...)
	if output, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build conformance: %w\n%s", err, output)
	}
	return binary, nil
}

// Control lets scenarios in any language have servers of their own, over HTTP:
//
//	POST /servers?ping-interval=300ms   starts a server with these flags: {"id":1,"url":"http://127.0.0.1:40001"}
//	POST /servers/1/kill                SIGKILL; answered when it is gone
//	POST /servers/1/stop                SIGTERM; an exit code other than 0 is an error
//	POST /servers/1/start               starts it again, on the same port
//	POST /servers/1/pause               SIGSTOP: connections stay, nothing answers
//	POST /servers/1/resume              SIGCONT
//
// An error is answered with status 500 and a sentence. All methods may be called by several goroutines.
type Control struct {
	binary string
	mux    http.ServeMux

	mu      sync.Mutex
	servers []*server
}

// NewControl returns a Control whose servers run a binary made by [Build]. It has to be closed.
func NewControl(binary string) *Control {
	c := &Control{binary: binary}
	c.mux.HandleFunc("POST /servers", c.create)
	c.mux.HandleFunc("POST /servers/{id}/{act}", c.act)
	return c
}

// ServeHTTP is for net/http.
func (c *Control) ServeHTTP(w http.ResponseWriter, r *http.Request) { c.mux.ServeHTTP(w, r) }

func (c *Control) create(w http.ResponseWriter, r *http.Request) {
	// Clients are played against what the library does by default, not against what suites need.
	s := &server{binary: c.binary, flags: []string{"--max-queue=0"}}
	for name, values := range r.URL.Query() {
		s.flags = append(s.flags, "--"+name+"="+strings.Join(values, ","))
	}
	if err := s.start(r.Context()); err != nil {
		http.Error(w, err.Error()+"\n"+s.log.String(), http.StatusInternalServerError)
		return
	}
	c.mu.Lock()
	c.servers = append(c.servers, s)
	id := len(c.servers)
	c.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"id": id, "url": "http://" + s.addr}) // who asked may be gone
}

func (c *Control) act(w http.ResponseWriter, r *http.Request) {
	s := c.find(r.PathValue("id"))
	if s == nil {
		http.NotFound(w, r)
		return
	}
	var err error
	switch r.PathValue("act") {
	case "kill":
		err = s.kill()
	case "stop":
		err = s.stop()
	case "start":
		err = s.start(r.Context())
	case "pause":
		err = s.signal(syscall.SIGSTOP)
	case "resume":
		err = s.signal(syscall.SIGCONT)
	default:
		http.NotFound(w, r)
		return
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

// find returns a server by its number, which counts from 1, or nil.
func (c *Control) find(id string) *server {
	n, err := strconv.Atoi(id)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil || n < 1 || n > len(c.servers) {
		return nil
	}
	return c.servers[n-1]
}

// Close stops the servers that are left and says which of them ended badly, with what they wrote to their standard error.
func (c *Control) Close() error {
	c.mu.Lock()
	servers := c.servers
	c.mu.Unlock()
	var errs []error
	for i, s := range servers {
		_ = s.signal(syscall.SIGCONT) // a frozen one cannot stop
		if err := s.stop(); err != nil && !errors.Is(err, errDown) {
			errs = append(errs, fmt.Errorf("server %d (%s): %w\n%s", i+1, strings.Join(s.flags, " "), err, s.log.String()))
		}
	}
	return errors.Join(errs...)
}

// Log returns what the servers wrote to their standard error, for a test that went wrong.
func (c *Control) Log() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var b strings.Builder
	for i, s := range c.servers {
		if text := s.log.String(); text != "" {
			fmt.Fprintf(&b, "server %d:\n%s", i+1, text)
		}
	}
	return b.String()
}
