//go:build linux

package process

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

const patience = 20 * time.Second

// TestMain plays a server when it is told to: the tests start this program again.
func TestMain(m *testing.M) {
	if address := os.Getenv("PLAY_SERVER"); address != "" {
		play(address)
		return
	}
	goleak.VerifyTestMain(m)
}

// play listens until it is killed.
func play(address string) {
	fmt.Fprintln(os.Stdout, "the play begins")
	listener, err := net.Listen("tcp", address)
	if err != nil {
		fmt.Fprintln(os.Stdout, err)
		os.Exit(1)
	}
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		_ = conn.Close()
	}
}

// player is the command of a server, which is a grandchild of this process where wrapped, as go run has it.
func player(t *testing.T, wrapped bool) Command {
	t.Helper()
	address, err := FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := Command{Line: "test $PLAYED = 1 && PLAY_SERVER={addr} exec " + self, Address: address, Environment: []string{"PLAYED=1"}, Patience: patience}
	if wrapped {
		c.Line = "PLAY_SERVER={host}:{port} " + self + "; true"
	}
	return c
}

func start(t *testing.T, c Command) *Process {
	t.Helper()
	p, err := Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Kill(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func TestUsage(t *testing.T) {
	for _, wrapped := range []bool{false, true} {
		t.Run(fmt.Sprintf("wrapped %v", wrapped), func(t *testing.T) {
			c := player(t, wrapped)
			p := start(t, c)
			u, err := p.Usage()
			if err != nil {
				t.Fatal(err)
			}
			if u.CPU <= 0 || u.RSS < 1<<20 || u.Anon <= 0 || u.Anon > u.RSS || u.Peak < u.RSS || u.Threads < 1 {
				t.Errorf("%+v", u)
			}
			if spent, err := p.CPU(); err != nil || spent < u.CPU {
				t.Errorf("CPU %s after %s, %v", spent, u.CPU, err)
			}
			if err := p.ResetPeak(); err != nil {
				t.Errorf("reset peak: %v", err)
			}
			found, err := Listening(c.Address)
			if err != nil || found.Pid() != p.Pid() {
				t.Errorf("the one that listens is %+v, %v, not %d", found, err, p.Pid())
			}
			if (p.Pid() != p.cmd.Process.Pid) != wrapped {
				t.Errorf("the accounts are those of %d, the command is %d", p.Pid(), p.cmd.Process.Pid)
			}
			if p.Output() != "the play begins" {
				t.Errorf("it said %q", p.Output())
			}
		})
	}
}

func TestStopEndsTheWholeGroup(t *testing.T) {
	for name, end := range map[string]func(*Process) error{
		"stop": func(p *Process) error { return p.Stop(t.Context()) },
		"kill": (*Process).Kill,
		"stop without patience": func(p *Process) error {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			return p.Stop(ctx)
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := player(t, true)
			p := start(t, c)
			if err := end(p); err != nil {
				t.Error(err)
			}
			if connects(t.Context(), c.Address) {
				t.Error("somebody listens still")
			}
			if _, err := p.Usage(); err == nil {
				t.Error("a process that is gone has a usage")
			}
			if err := end(p); err != nil {
				t.Errorf("again: %v", err)
			}
			again := start(t, c) // the address is free
			if again.Pid() == p.Pid() {
				t.Errorf("both are %d", p.Pid())
			}
		})
	}
}

func TestStartFails(t *testing.T) {
	taken := player(t, false)
	start(t, taken)
	tests := []struct {
		name    string
		command func() Command
		want    string
	}{
		{"it ends", func() Command { c := player(t, false); c.Line = "echo no luck; exit 3"; return c }, "no luck"},
		{"there is no such program", func() Command { c := player(t, false); c.Line = "/no/such/program"; return c }, "ended before it listened"},
		{"it never listens", func() Command {
			c := player(t, false)
			c.Line, c.Patience = "echo waiting; exec sleep 60", 300*time.Millisecond
			return c
		}, "does not listen"},
		{"somebody else listens there", func() Command { return taken }, "listens on " + taken.Address + " already"},
		{"no address", func() Command { return Command{Line: "true"} }, "missing port"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, err := Start(t.Context(), test.command())
			if err == nil {
				t.Fatalf("started %d: %v", p.Pid(), p.Kill())
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("err = %v", err)
			}
		})
	}
}

// TestAttachedServersRunOn: what was not started here is not ended here.
func TestAttachedServersRunOn(t *testing.T) {
	c := player(t, false)
	p := start(t, c)
	found, err := Attach(p.Pid())
	if err != nil {
		t.Fatal(err)
	}
	if err := found.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	if err := found.Kill(); err != nil {
		t.Error(err)
	}
	if !connects(t.Context(), c.Address) || found.Output() != "" {
		t.Error("it does not listen any more")
	}
}

func TestNobody(t *testing.T) {
	gone := exec.CommandContext(t.Context(), "true")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	if p, err := Attach(gone.Process.Pid); err == nil {
		t.Errorf("attached to %d, which is gone", p.Pid())
	}
	free, err := FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{free, "no address", "127.0.0.1:http", "127.0.0.1:99999"} {
		if p, err := Listening(address); err == nil {
			t.Errorf("%d listens on %s", p.Pid(), address)
		}
	}
}

func TestTailKeepsTheEnd(t *testing.T) {
	var end tail
	for i := range 1000 {
		fmt.Fprintf(&end, "line %d\n", i)
	}
	if text := end.text(); len(text) > tailLength || !strings.HasSuffix(text, "line 999") {
		t.Errorf("%d bytes, …%q", len(text), text[len(text)-20:])
	}
}
