package main

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// asServer, set in the environment, makes the test's program the server.
const asServer = "DESK_TEST_AS_SERVER"

// process is a server in a process of its own.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	log   lockedBuffer
	ended chan struct{} // closed when it has ended
}

// startProcess starts a server with these settings and kills it at the end of the test if it is still there.
func startProcess(t *testing.T, settings ...string) *process {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, cmd: exec.CommandContext(t.Context(), program, "serve", "--log-format=json"), ended: make(chan struct{})}
	p.cmd.Env = append([]string{asServer + "=yes", "HOST=127.0.0.1", "PORT=0", "HOME=" + t.TempDir()}, settings...)
	p.cmd.Stderr = &p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		_ = p.cmd.Wait() // how it ended is asked of ProcessState
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.ended
		if t.Failed() {
			t.Logf("log of process %d:\n%s", p.cmd.Process.Pid, p.log.String())
		}
	})
	return p
}

// said waits for a line of the log that contains text.
func (p *process) said(text string) {
	p.t.Helper()
	eventually(p.t, "the log says "+text, func() bool { return p.says(text) })
}

func (p *process) says(text string) bool { return strings.Contains(p.log.String(), text) }

// address waits until the server runs and returns where.
func (p *process) address() string {
	p.t.Helper()
	port := regexp.MustCompile(`Server running on port (\d+)`)
	eventually(p.t, "the server says its port", func() bool { return port.MatchString(p.log.String()) })
	return "127.0.0.1:" + port.FindStringSubmatch(p.log.String())[1]
}

func (p *process) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// exit waits until the process has ended and returns its exit code, -1 where a signal ended it.
func (p *process) exit() int {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(20 * time.Second):
		p.t.Fatal("the process goes on")
	}
	return p.cmd.ProcessState.ExitCode()
}
