package main

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"
)

func TestBadFlags(t *testing.T) {
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"an unknown flag", []string{"-port", "3000"}, "-port"},
		{"an argument", []string{"3000"}, `unexpected argument "3000"`},
		{"no port", []string{"-addr", "127.0.0.1"}, `-addr "127.0.0.1": must be a host and a port`},
		{"empty", []string{"-addr", ""}, `-addr ""`},
		{"no value", []string{"-addr"}, "-addr"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			code, stdout, stderr := mustRun(t, test.args...)
			if code != exitUsage || stdout != "" || !strings.Contains(stderr, test.want) || strings.Count(stderr, "\n") != 1 {
				t.Errorf("exit %d, stdout %q, stderr %q", code, stdout, stderr)
			}
		})
	}
}

func TestHelp(t *testing.T) {
	code, stdout, stderr := mustRun(t, "-help")
	if code != 0 || stderr != "" || !strings.Contains(stdout, "-addr") || !strings.Contains(stdout, "-secret") {
		t.Errorf("exit %d, stdout %q, stderr %q", code, stdout, stderr)
	}
}

func TestAddressInUse(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	if code, _, stderr := mustRun(t, "-addr", taken.Addr().String()); code != exitFailed || !strings.Contains(stderr, "in use") {
		t.Errorf("exit %d, stderr %q", code, stderr)
	}
}

// TestServe starts and stops the program, with a client on it.
func TestServe(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	read, write := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"--addr", "127.0.0.1:0"}, write, io.Discard)
	}()
	line := make([]byte, 256)
	n, err := read.Read(line)
	_, addr, found := strings.Cut(strings.TrimSpace(string(line[:n])), "listening on http://")
	if err != nil || !found {
		t.Fatalf("said %q, %v", line[:n], err)
	}
	p := (&site{t: t, addr: addr}).join()
	works(t, 1, p)
	stop()
	p.ended()
	if code := <-ended; code != 0 {
		t.Errorf("exit %d", code)
	}
}
