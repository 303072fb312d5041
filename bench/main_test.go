package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// fasthttp's clock for the Date header runs as long as the process; its workers and kept connections are looked after
		// by goroutines that notice their end only when they wake, within 10 s.
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*HostClient).connsCleaner"),
	)
}

// TestFlagsAreRefused says of every flag what it may not be: exit code 2 and one sentence.
func TestFlagsAreRefused(t *testing.T) {
	const at = "--url=http://127.0.0.1:1"
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"no scenario", nil, "expected one of"},
		{"an unknown one", []string{"fanot", at}, "fanot"},
		{"an unknown flag", []string{"fanout", at, "--colour"}, "--colour"},
		{"no server", []string{"fanout"}, "--url or --start"},
		{"a URL without a scheme", []string{"fanout", "--url=127.0.0.1:3000"}, "must be like http://"},
		{"another scheme", []string{"fanout", "--url=https://example.com"}, "must be like http://"},
		{"a URL with a path", []string{"fanout", "--url=http://127.0.0.1:1/socket.io/"}, "must be like http://"},
		{"a process besides a command", []string{"fanout", "--start=true", "--pid=1"}, "--pid is for a server that runs"},
		{"a negative process", []string{"fanout", at, "--pid=-1"}, "--pid -1"},
		{"no loops", []string{"fanout", at, "--loops=0"}, "--loops 0"},
		{"many loops", []string{"fanout", at, "--loops=17"}, "--loops 17"},
		{"no timeout", []string{"fanout", at, "--timeout=0s"}, "--timeout 0s"},
		{"a timeout without a unit", []string{"fanout", at, "--timeout=5"}, "--timeout"},
		{"a path without a slash", []string{"fanout", at, "--path=x"}, "--path"},
		{"no clients", []string{"fanout", at, "--clients=0"}, "--clients 0"},
		{"clients in words", []string{"fanout", at, "--clients=many"}, "--clients"},
		{"an unknown mode", []string{"fanout", at, "--mode=fast"}, "--mode"},
		{"no rate", []string{"fanout", at, "--rate=0"}, "--rate 0"},
		{"no burst", []string{"fanout", at, "--burst=0"}, "--burst 0"},
		{"a small packet", []string{"fanout", at, "--size=50"}, "--size 50"},
		{"a large packet", []string{"fanout", at, "--size=100000"}, "--size 100000"},
		{"no duration", []string{"fanout", at, "--duration=0s"}, "--duration 0s"},
		{"a day", []string{"fanout", at, "--duration=24h"}, "--duration 24h"},
		{"a negative warm-up", []string{"fanout", at, "--warmup=-1s"}, "--warmup -1s"},
		{"auth that is no JSON", []string{"fanout", at, "--auth=token"}, "--auth must be JSON"},
		{"auth and tokens", []string{"fanout", at, "--auth={}", "--tokens=x"}, "exclude each other"},
		{"idle without clients", []string{"idle", at, "--clients=0"}, "--clients 0"},
		{"idle without a span", []string{"idle", at, "--still=0s"}, "--still"},
		{"connect without clients", []string{"connect", at, "--clients=0"}, "--clients 0"},
		{"connect without rounds", []string{"connect", at, "--rounds=0"}, "--rounds 0"},
		{"connect with none in flight", []string{"connect", at, "--in-flight=0"}, "--in-flight 0"},
		{"storm without clients", []string{"storm", at, "--clients=0"}, "--clients 0"},
		{"slow with one client", []string{"slow", at, "--clients=1"}, "--clients 1"},
		{"slow with none stopped", []string{"slow", at, "--stopped=0"}, "--stopped 0"},
		{"slow with all stopped", []string{"slow", at, "--clients=5", "--stopped=5"}, "--stopped 5"},
		{"slow without pairs", []string{"slow", at, "--pairs=0"}, "--pairs 0"},
		{"slow without a rate", []string{"slow", at, "--rate=-1"}, "--rate -1"},
		{"slow with small packets", []string{"slow", at, "--size=10"}, "--size 10"},
		{"slow with a negative buffer", []string{"slow", at, "--buffer=-1"}, "--buffer -1"},
		{"slow without a duration", []string{"slow", at, "--duration=0s"}, "--duration"},
		{"command without clients", []string{"command", at, "--clients=0"}, "--clients 0"},
		{"command without a rate", []string{"command", at, "--rate=0"}, "--rate 0"},
		{"command with negative workers", []string{"command", at, "--parallel=-1"}, "--parallel -1"},
		{"command without a duration", []string{"command", at, "--duration=0s"}, "--duration"},
		{"command for an unknown audience", []string{"command", at, "--audience=all"}, "--audience"},
		{"an admin without a password", []string{"command", at, "--admin=a@example.com"}, "--admin must be like"},
		{"a customer without an e-mail", []string{"command", at, "--customer=:x"}, "--customer must be like"},
		{"rooms without tokens", []string{"rooms", at}, "--tokens is needed"},
		{"rooms with negative staff", []string{"rooms", at, "--tokens=x", "--staff=-1"}, "--staff -1"},
		{"rooms without bookings", []string{"rooms", at, "--tokens=x", "--bookings=0"}, "--bookings 0"},
		{"rooms with more workers than bookings", []string{"rooms", at, "--tokens=x", "--bookings=2", "--parallel=3"}, "--parallel 3"},
		{"rooms with a negative rate", []string{"rooms", at, "--tokens=x", "--rate=-1"}, "--rate -1"},
		{"rooms without a duration", []string{"rooms", at, "--tokens=x", "--duration=0s"}, "--duration"},
		{"mixed without tokens", []string{"mixed", at}, "--tokens is needed"},
		{"mixed without customers", []string{"mixed", at, "--tokens=x", "--customers=0"}, "--customers"},
		{"mixed with a negative rate", []string{"mixed", at, "--tokens=x", "--typing=-1"}, "a rate of -1"},
		{"mixed for two days", []string{"mixed", at, "--tokens=x", "--duration=48h"}, "--duration 48h"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var out, errout bytes.Buffer
			code := run(t.Context(), test.args, &out, &errout)
			text := errout.String()
			if code != exitUsage || !strings.Contains(text, test.want) || strings.Count(text, "\n") != 1 || out.Len() > 0 {
				t.Errorf("exit code %d: %q, %q", code, text, out.String())
			}
		})
	}
}

// TestRunsFail are those that cannot be made: exit code 1 and a reason.
func TestRunsFail(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(folder, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	bare, empty := write("bare.txt", "token\n"), write("empty.txt", "\n\n")
	few := write("few.txt", "token customer id\n")
	const at = "--url=http://127.0.0.1:1"
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"nobody listens", []string{"fanout", at}, "refused"},
		{"the server does not start", []string{"fanout", "--start=echo no luck; exit 1"}, "no luck"},
		{"no such process", []string{"fanout", at, "--pid=4000000"}, "process 4000000"},
		{"no such tokens", []string{"connect", at, "--tokens=" + filepath.Join(folder, "none")}, "no such file"},
		{"no tokens in the file", []string{"connect", at, "--tokens=" + empty}, "has none"},
		{"tokens without roles", []string{"rooms", at, "--tokens=" + bare}, "line 1"},
		{"too few customers", []string{"rooms", at, "--tokens=" + few}, "has 1 customers"},
		{"no staff", []string{"mixed", at, "--tokens=" + few, "--customers=1"}, "1 customers and 0 staff"},
		{"no desk to sign in to", []string{"command", at}, "sign in"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var out, errout bytes.Buffer
			code := run(t.Context(), append(test.args, "--timeout=5s"), &out, &errout)
			if code != exitFailed || !strings.Contains(errout.String(), test.want) || out.Len() > 0 {
				t.Errorf("exit code %d: %q, %q", code, errout.String(), out.String())
			}
		})
	}
}

func TestHelp(t *testing.T) {
	for _, scenario := range []string{"", "fanout", "idle", "connect", "storm", "slow", "command", "rooms", "mixed"} {
		t.Run(scenario, func(t *testing.T) {
			args := []string{"--help"}
			if scenario != "" {
				args = []string{scenario, "--help"}
			}
			var out, errout bytes.Buffer
			if code := run(t.Context(), args, &out, &errout); code != 0 || errout.Len() > 0 {
				t.Fatalf("exit code %d: %q", code, errout.String())
			}
			if scenario != "" && !strings.Contains(out.String(), "go run ./bench "+scenario) {
				t.Errorf("no example in\n%s", out.String())
			}
		})
	}
}
