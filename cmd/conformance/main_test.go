package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestUsage(t *testing.T) {
	for _, flag := range []string{"-h", "--help", "-help"} {
		var out, errs strings.Builder
		if code := run(context.Background(), []string{flag}, &out, &errs); code != 0 || errs.Len() != 0 {
			t.Errorf("%s: code %d, %q", flag, code, errs.String())
		}
		for _, name := range []string{"addr", "ping-interval", "ping-timeout", "connect-timeout", "max-payload", "max-queue", "goroutines", "recovery", "redis", "redis-streams"} {
			if !strings.Contains(out.String(), "--"+name) {
				t.Errorf("%s does not tell of %s", flag, name)
			}
		}
	}
}

func TestBadConfiguration(t *testing.T) {
	for name, row := range map[string]struct {
		args []string
		says string
	}{
		"no ping interval":       {[]string{"-ping-interval=0s"}, "positive"},
		"negative interval":      {[]string{"--ping-interval=-1s"}, "positive"},
		"interval without unit":  {[]string{"-ping-interval=fast"}, "ping-interval"},
		"no ping timeout":        {[]string{"-ping-timeout", "0s"}, "positive"},
		"no connect timeout":     {[]string{"-connect-timeout=0s"}, "positive"},
		"no payload":             {[]string{"-max-payload=0"}, "max-payload"},
		"negative payload":       {[]string{"-max-payload=-5"}, "max-payload"},
		"payload that is no int": {[]string{"-max-payload=1e6"}, "max-payload"},
		"no queue":               {[]string{"-max-queue=-1"}, "max-queue"},
		"no stream":              {[]string{"-redis-streams=0"}, "redis-streams"},
		"too many streams":       {[]string{"-redis-streams=65"}, "redis-streams"},
		"unknown flag":           {[]string{"-port=1"}, "port"},
		"an argument":            {[]string{"serve"}, "serve"},
		"flag without value":     {[]string{"-addr"}, "addr"},
	} {
		t.Run(name, func(t *testing.T) {
			var out, errs strings.Builder
			if code := run(context.Background(), append([]string{"-addr=127.0.0.1:0"}, row.args...), &out, &errs); code != exitUsage {
				t.Errorf("code %d", code)
			}
			if !strings.HasPrefix(errs.String(), "conformance: ") || !strings.Contains(errs.String(), row.says) || strings.Count(errs.String(), "\n") != 1 {
				t.Errorf("it says %q", errs.String())
			}
			if out.Len() != 0 {
				t.Errorf("it prints %q", out.String())
			}
		})
	}
}

func TestAddressInUse(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for name, addr := range map[string]string{"taken": taken.Addr().String(), "none": "127.0.0.1:none", "no port": "127.0.0.1"} {
		var out, errs strings.Builder
		if code := run(context.Background(), []string{"-addr", addr}, &out, &errs); code != exitFailed || !strings.HasPrefix(errs.String(), "conformance: listen: ") {
			t.Errorf("%s: code %d, %q", name, code, errs.String())
		}
	}
}

// program starts the command as a process and returns once it listens.
func program(t *testing.T, env []string, args ...string) (at *site, cmd *exec.Cmd, out *bufio.Reader) {
	t.Helper()
	cmd = exec.Command(os.Args[0], args...) //nolint:gosec // this test itself
	cmd.Env = append(append(os.Environ(), asProgram+"=1"), env...)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() }) // it has ended, unless the test failed
	out = bufio.NewReader(stdout)
	line, err := out.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	addr := regexp.MustCompile(`^Conformance server listening on http://(127\.0\.0\.1:\d+)\n$`).FindStringSubmatch(line)
	if addr == nil {
		t.Fatalf("it says %q", line)
	}
	return visit(t, addr[1]), cmd, out
}

func TestStopBySignal(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(signal.String(), func(t *testing.T) {
			s, cmd, out := program(t, nil, "-addr", "127.0.0.1:0")
			w, p := s.dial("/socket.io/"), s.poll("/socket.io/")
			bare := s.dial("/engine.io/")
			joined(t, w)
			joined(t, p)
			if err := cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			w.ended() // and no 41
			bare.ended()
			rest, err := io.ReadAll(out)
			if err != nil || len(rest) != 0 {
				t.Errorf("it says %q, %v", rest, err)
			}
			if err := cmd.Wait(); err != nil {
				t.Errorf("it ended with %v", err)
			}
			if conn, err := net.DialTimeout("tcp", s.addr, time.Second); err == nil {
				_ = conn.Close()
				t.Error("the port is still taken")
			}
		})
	}
}

func TestEnvironment(t *testing.T) {
	s, cmd, _ := program(t, []string{
		"ADDR=127.0.0.1:0", "PING_INTERVAL=300ms", "PING_TIMEOUT=200ms", "CONNECT_TIMEOUT=1s", "MAX_PAYLOAD=1000", "RECOVERY=true",
	})
	_, _, body := s.do("GET", "/socket.io/?EIO=4&transport=polling", "")
	if !strings.HasSuffix(body, `"upgrades":["websocket"],"pingInterval":300,"pingTimeout":200,"maxPayload":1000}`) {
		t.Errorf("the handshake is %s", body)
	}
	w := s.dial("/socket.io/")
	w.say("40")
	if packet := w.next(); !strings.Contains(packet, `,"pid":"`) {
		t.Errorf("CONNECT was answered %s", packet)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
}
