//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"kapoor.example/desk/actors"
	"kapoor.example/desk/actors/realtime"
	"kapoor.example/desk/bench/result"
	"kapoor.example/desk/http"
)

// patience is how long a test waits for what is bound to happen.
const patience = 20 * time.Second

// build builds a command of this module.
func build(t *testing.T, name string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", file, "kapoor.example/desk/cmd/"+name).CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", name, err, out)
	}
	return file
}

// bench runs a scenario and returns what it wrote. It fails unless the exit code is as wanted.
func bench(t *testing.T, want int, args ...string) *result.Run {
	t.Helper()
	file := filepath.Join(t.TempDir(), "run.json")
	var out, errout bytes.Buffer
	if code := run(t.Context(), append(args, "--json", file), &out, &errout); code != want {
		t.Fatalf("exit code %d: %s\n%s", code, errout.String(), out.String())
	}
	r, err := result.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), r.Scenario+" against "+r.Target) {
		t.Errorf("printed %q", out.String())
	}
	return r
}

// figure returns a figure that must be there.
func figure(t *testing.T, r *result.Run, name string) float64 {
	t.Helper()
	f, found := r.Figure(name)
	if !found {
		t.Errorf("no figure %s in %+v", name, r.Figures)
	}
	return f.Value
}

func isClean(t *testing.T, r *result.Run, expected uint64) {
	t.Helper()
	if !r.Counts.Clean() || r.Counts.Expected != expected {
		t.Errorf("%+v, expected %d; %q", r.Counts, expected, r.Notes)
	}
}

// TestAgainstConformance runs every scenario that needs no desk, short and with few clients. It looks at what was counted,
// never at times.
func TestAgainstConformance(t *testing.T) {
	start := "--start=exec " + build(t, "conformance") + " --addr {addr}"
	tokens := filepath.Join(t.TempDir(), "tokens.txt")
	if err := os.WriteFile(tokens, []byte("one\ntwo customer id\n\nthree\n"), 0o600); err != nil {
		t.Fatal(err)
	}

	t.Run("fanout paced", func(t *testing.T) {
		r := bench(t, 0, "fanout", start, "--name=ours", "--clients=50", "--rate=100", "--duration=500ms", "--warmup=100ms", "--loops=2")
		isClean(t, r, 50*50)
		if r.Scenario != "fanout" || r.Target != "ours" || r.Parameters["mode"] != "paced" || r.Machine.Cores == 0 || r.Started.IsZero() {
			t.Errorf("%+v", r)
		}
		if r.Server == nil || r.Server.RSSBefore == 0 || figure(t, r, result.CPUPerDelivery) <= 0 || figure(t, r, "delivery_p99") <= 0 {
			t.Errorf("no accounts: %+v", r.Server)
		}
	})
	t.Run("fanout closed", func(t *testing.T) {
		r := bench(t, 0, "fanout", start, "--clients=20", "--mode=closed", "--duration=300ms", "--warmup=0s", "--tokens="+tokens)
		if n := r.Counts.Expected; n == 0 || n%20 != 0 {
			t.Errorf("%d expected of 20 clients", n)
		}
		isClean(t, r, r.Counts.Expected)
	})
	t.Run("fanout queued", func(t *testing.T) {
		r := bench(t, 0, "fanout", start, "--clients=20", "--mode=queued", "--burst=7", "--duration=300ms", "--loops=2", `--auth={"token":"x"}`)
		if n := r.Counts.Expected; n == 0 || n%(20*7) != 0 {
			t.Errorf("%d expected of 20 clients and bursts of 7", n)
		}
		isClean(t, r, r.Counts.Expected)
	})
	t.Run("idle", func(t *testing.T) {
		r := bench(t, 0, "idle", start, "--clients=100", "--still=300ms", "--settle=5s")
		if figure(t, r, "connected") != 100 || figure(t, r, result.RSSPerConnection) <= 0 || !r.Counts.Clean() {
			t.Errorf("%+v", r)
		}
	})
	t.Run("connect", func(t *testing.T) {
		r := bench(t, 0, "connect", start, "--clients=60", "--rounds=3", "--in-flight=8", "--tokens="+tokens, "--loops=2")
		isClean(t, r, 180)
		if figure(t, r, result.Connects) <= 0 || r.Latencies[0].Count != 180 {
			t.Errorf("%+v", r)
		}
	})
	t.Run("storm", func(t *testing.T) {
		r := bench(t, 0, "storm", start, "--clients=40")
		isClean(t, r, 80)
		if figure(t, r, "cut_back_last") <= 0 || figure(t, r, "restart_back_p95") <= 0 {
			t.Errorf("%+v", r.Figures)
		}
	})
	t.Run("storm in order", func(t *testing.T) {
		isClean(t, bench(t, 0, "storm", start, "--clients=10", "--stop", "--loops=2"), 20)
	})
	t.Run("slow", func(t *testing.T) {
		r := bench(t, 0, "slow", start, "--clients=20", "--stopped=2", "--pairs=2", "--rate=100", "--duration=200ms", "--warmup=50ms", "--timeout=5s")
		isClean(t, r, 2*2*18*20)
		figure(t, r, "slow_p99_ratio")
	})
}

// TestARunningServer is found by its port, and runs on afterwards.
func TestARunningServer(t *testing.T) {
	r := rig(t, realtime.Options{}, func(n *realtime.Namespace, e *realtime.Event) { _ = n.Emit(broadcastEvent, e.Args.Spread()[0]) })
	for range 2 {
		isClean(t, bench(t, 0, "fanout", "--url=http://"+r.address, "--clients=10", "--rate=100", "--duration=100ms", "--warmup=0s"), 100)
	}
	isClean(t, bench(t, 0, "storm", "--url=http://"+r.address, "--clients=10"), 10)
}

// TestWhatIsWrongIsCounted has servers that lose events, double them, and mix them up.
func TestWhatIsWrongIsCounted(t *testing.T) {
	var mu sync.Mutex
	var held any
	tests := []struct {
		name string
		fan  func(n *realtime.Namespace, e *realtime.Event, payload any)
		want result.Counts
	}{
		{"the sender alone is told", func(_ *realtime.Namespace, e *realtime.Event, payload any) {
			_ = e.Socket().Emit(broadcastEvent, payload)
		}, result.Counts{Expected: 100, Received: 20, Lost: 80}},
		{"everybody is told twice", func(n *realtime.Namespace, _ *realtime.Event, payload any) {
			_ = n.Emit(broadcastEvent, payload)
			_ = n.Emit(broadcastEvent, payload)
		}, result.Counts{Expected: 100, Received: 100, Doubled: 100}},
		{"each after the next", func(n *realtime.Namespace, _ *realtime.Event, payload any) {
			mu.Lock()
			defer mu.Unlock()
			if held == nil {
				held = payload
				return
			}
			_ = n.Emit(broadcastEvent, payload)
			_ = n.Emit(broadcastEvent, held)
			held = nil
		}, result.Counts{Expected: 100, Received: 100, OutOfOrder: 50}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := rig(t, realtime.Options{}, func(n *realtime.Namespace, e *realtime.Event) { test.fan(n, e, e.Args.Spread()[0]) })
			got := bench(t, exitFailed, "fanout", "--url=http://"+r.address, "--clients=5", "--rate=200", "--duration=100ms", "--warmup=0s", "--timeout=1s")
			got.Counts.Doubled = min(got.Counts.Doubled, test.want.Doubled) // the last copies may come when nobody listens any more
			if test.want.Doubled > 0 && got.Counts.Doubled < 90 || test.want.Doubled == 0 && got.Counts != test.want {
				t.Errorf("%+v, want %+v", got.Counts, test.want)
			}
		})
	}
}

// TestStoppedReadersAreClosed has a server with a small budget for each connection: those that stop are closed as slow
// consumers, and nobody else loses anything.
func TestStoppedReadersAreClosed(t *testing.T) {
	var mu sync.Mutex
	reasons := map[realtime.Reason]int{}
	r := rig(t, realtime.Options{
		MaxQueue: 64 << 10,
		OnClose: func(_ *realtime.Session, reason realtime.Reason) {
			mu.Lock()
			defer mu.Unlock()
			reasons[reason]++
		},
	}, func(n *realtime.Namespace, e *realtime.Event) { _ = n.Emit(broadcastEvent, e.Args.Spread()[0]) })
	got := bench(t, 0, "slow", "--url=http://"+r.address, "--clients=10", "--stopped=2", "--rate=200", "--size=50000", "--buffer=16384",
		"--duration=1s", "--warmup=0s", "--timeout=10s")
	isClean(t, got, 2*8*200)
	if figure(t, got, "stopped_closed") != 2 {
		t.Errorf("%q", got.Notes)
	}
	mu.Lock()
	defer mu.Unlock()
	if reasons[realtime.ReasonSlowConsumer] != 2 {
		t.Errorf("ended by %v", reasons)
	}
}

// rigged is a Socket.IO server in this process.
type rigged struct{ address string }

// rig starts one that does something for every fan.
func rig(t *testing.T, o realtime.Options, fan func(*realtime.Namespace, *realtime.Event)) rigged {
	t.Helper()
	system, err := actors.New(zerolog.Nop(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	server := realtime.New(system, o)
	n := server.Of("/")
	n.On("fan", func(_ *realtime.Socket, e *realtime.Event) { fan(n, e) })
	standalone := http.NewStandalone(map[string]*http.EngineIO{"/socket.io/": http.NewEngineIO(server, http.EngineOptions{})}, http.StandaloneOptions{})
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- standalone.Serve(listener) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := errors.Join(server.Close(ctx, realtime.StatusNone), standalone.Shutdown(ctx), <-served, system.Close(ctx)); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	return rigged{listener.Addr().String()}
}

// TestInterrupt ends a run, and the server it started, in the middle.
func TestInterrupt(t *testing.T) {
	r := rig(t, realtime.Options{}, func(n *realtime.Namespace, e *realtime.Event) { _ = n.Emit(broadcastEvent, e.Args.Spread()[0]) })
	ctx, cancel := context.WithCancel(t.Context())
	timer := time.AfterFunc(300*time.Millisecond, cancel)
	defer timer.Stop()
	for _, mode := range []string{"paced", "closed"} {
		var out, errout bytes.Buffer
		code := run(ctx, []string{"fanout", "--url=http://" + r.address, "--clients=5", "--mode=" + mode, "--duration=1h"}, &out, &errout)
		if code != exitInterrupted || out.Len() > 0 {
			t.Errorf("%s: exit code %d: %s %s", mode, code, errout.String(), out.String())
		}
	}
}
