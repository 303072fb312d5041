//go:build linux

package main

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// TestAgainstTheDesk runs the scenarios that need one, short and with few clients. It looks at what was counted, never at
// times.
func TestAgainstTheDesk(t *testing.T) {
	server, folder := build(t, "server"), t.TempDir()
	tokens := filepath.Join(folder, "tokens.txt")
	seed := exec.CommandContext(t.Context(), server, "seed", "--data-dir", folder, "--users=40", "--staff=5", "--bookings=20", "--tokens", tokens)
	if out, err := seed.CombinedOutput(); err != nil {
		t.Fatalf("seed: %v\n%s", err, out)
	}
	start := "--start=exec " + server + " serve --host {host} --port {port} --log-level warn --data-dir " + folder

	t.Run("command to staff", func(t *testing.T) {
		r := bench(t, 0, "command", start, "--tokens="+tokens, "--clients=20", "--rate=50", "--duration=500ms", "--warmup=100ms")
		isClean(t, r, 20*25)
		if figure(t, r, "last_p99") <= 0 || figure(t, r, "answer_p50") <= 0 || figure(t, r, "server_cpu_per_command") <= 0 {
			t.Errorf("%+v", r)
		}
	})
	t.Run("command to the owner, in parallel", func(t *testing.T) {
		r := bench(t, 0, "command", start, "--env=MAX_CONNECTIONS_PER_USER=100", "--audience=owner", "--clients=60", "--parallel=4", "--duration=500ms", "--loops=2")
		if n := r.Counts.Expected; n == 0 || n%(60*2) != 0 {
			t.Errorf("%d expected by 60 clients of 2 events each", n)
		}
		isClean(t, r, r.Counts.Expected)
	})
	t.Run("more sockets than a user may have", func(t *testing.T) {
		if code := run(t.Context(), []string{"command", start, "--env=MAX_CONNECTIONS_PER_USER=5", "--clients=20"}, t.Output(), t.Output()); code != exitFailed {
			t.Errorf("exit code %d", code)
		}
	})
	t.Run("rooms", func(t *testing.T) {
		r := bench(t, 0, "rooms", start, "--tokens="+tokens, "--staff=3", "--bookings=10", "--parallel=2", "--rate=100", "--duration=500ms")
		if n := r.Counts.Expected; n == 0 || n%5 != 0 || figure(t, r, "strays") != 0 || figure(t, r, "connected") != 43 {
			t.Errorf("%+v, %+v", r.Counts, r.Figures)
		}
		isClean(t, r, r.Counts.Expected)
	})
	t.Run("mixed", func(t *testing.T) {
		r := bench(t, 0, "mixed", start, "--tokens="+tokens, "--customers=20", "--staff=3", "--admins=2", "--duration=2s",
			"--create=10", "--message=40", "--typing=20", "--list=40", "--status=40", "--assign=10", "--reconnect=5", "--loops=2")
		if n := r.Counts.Expected; n == 0 || figure(t, r, "reconnects") == 0 || figure(t, r, "bookings") < 20 {
			t.Errorf("%+v, %+v", r.Counts, r.Figures)
		}
		isClean(t, r, r.Counts.Expected)
	})
}
