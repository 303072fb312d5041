package main

import (
	"context"
	"errors"
	"fmt"
	nethttp "net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"kapoor.example/desk/booking"
	"kapoor.example/desk/persistence/sqlite"
)

func TestTakeover(t *testing.T) {
	inUse := fmt.Errorf("the data in data are %w", sqlite.ErrInUse)
	broken := errors.New("out of order")
	for _, row := range []struct {
		name  string
		limit time.Duration
		opens func(n int64) error // what the nth try comes to
		want  error
		says  []string
	}{
		{"at once", time.Minute, func(int64) error { return nil }, nil, nil},
		{"not to wait", 0, func(int64) error { return inUse }, inUse, nil},
		{"let go", time.Minute, func(n int64) error {
			if n < 5 {
				return inUse
			}
			return nil
		}, nil, []string{"waiting until it lets go", "has let go"}},
		{"broken at once", time.Minute, func(int64) error { return broken }, broken, nil},
		{"broken when it is let go", time.Minute, func(n int64) error {
			if n < 3 {
				return inUse
			}
			return broken
		}, broken, []string{"waiting until it lets go"}},
		{"never", 50 * time.Millisecond, func(int64) error { return inUse }, sqlite.ErrInUse, []string{"waiting until it lets go", "Still waiting"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			var log lockedBuffer
			var tries atomic.Int64
			got, err := takeover{
				open: func() (booking.Store, error) {
					if err := row.opens(tries.Add(1)); err != nil {
						return nil, err
					}
					return newMemory(), nil
				},
				limit: row.limit, again: time.Millisecond, tell: 5 * time.Millisecond, log: zerolog.New(&log), now: time.Now,
			}.run(t.Context())
			if !errors.Is(err, row.want) || (err == nil) != (got != nil) {
				t.Errorf("%v, %v", got, err)
			}
			for _, want := range row.says {
				if !strings.Contains(log.String(), want) {
					t.Errorf("%q is not in\n%s", want, log.String())
				}
			}
			if row.says == nil && log.String() != "" {
				t.Errorf("says %s", log.String())
			}
		})
	}
	t.Run("stopped while it waits", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		_, err := takeover{
			open:  func() (booking.Store, error) { cancel(); return nil, inUse },
			limit: time.Minute, again: time.Millisecond, tell: time.Minute, log: zerolog.Nop(), now: time.Now,
		}.run(ctx)
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

// TestHandOver deploys the desk: a second process waits for the first one's store, and serves when that has stopped.
func TestHandOver(t *testing.T) {
	dir := "DATA_DIR=" + t.TempDir()
	first := startProcess(t, dir)
	address := first.address()
	port := "PORT=" + address[strings.LastIndex(address, ":")+1:]
	if status, _ := ask(t, "http://"+address+"/readyz"); status != nethttp.StatusOK {
		t.Fatalf("the first one answers %d", status)
	}
	second := startProcess(t, dir, port)
	second.said("waiting until it lets go")
	if status, _ := ask(t, "http://"+address+"/readyz"); status != nethttp.StatusOK || second.says("Server running") {
		t.Errorf("the first one answers %d while the second waits", status)
	}
	first.signal(syscall.SIGTERM)
	if code := first.exit(); code != 0 {
		t.Errorf("the first one ended with %d", code)
	}
	if got := second.address(); got != address { // it could not have opened the port before the first one had let go of it
		t.Errorf("the second one is at %s", got)
	}
	second.said("has let go of the store")
	if status, _ := ask(t, "http://"+address+"/readyz"); status != nethttp.StatusOK {
		t.Errorf("the second one answers %d", status)
	}
	second.signal(syscall.SIGTERM)
	if code := second.exit(); code != 0 {
		t.Errorf("the second one ended with %d", code)
	}
}

// TestHandOverAfterAKill has two processes wait for one that is killed: one of them takes over, then the other.
func TestHandOverAfterAKill(t *testing.T) {
	dir := "DATA_DIR=" + t.TempDir()
	first := startProcess(t, dir)
	first.address()
	waiting := []*process{startProcess(t, dir), startProcess(t, dir)}
	for _, p := range waiting {
		p.said("waiting until it lets go")
	}
	first.signal(syscall.SIGKILL)
	running := func(p *process) bool { return p.says("Server running") }
	eventually(t, "one takes over", func() bool { return running(waiting[0]) || running(waiting[1]) })
	if running(waiting[0]) {
		waiting[0], waiting[1] = waiting[1], waiting[0]
	}
	if running(waiting[0]) {
		t.Fatal("both run")
	}
	waiting[1].signal(syscall.SIGTERM)
	if code := waiting[1].exit(); code != 0 {
		t.Errorf("ended with %d", code)
	}
	waiting[0].address()
}

func TestHandOverThatDoesNotCome(t *testing.T) {
	dir := "DATA_DIR=" + t.TempDir()
	first := startProcess(t, dir)
	first.address()
	t.Run("the wait is over", func(t *testing.T) {
		second := startProcess(t, dir, "STORE_WAIT=100ms")
		if code := second.exit(); code != exitFailed || !second.says("another process: stop it first") || !second.says("STORE_WAIT of 100ms is over") {
			t.Errorf("ended with %d: %s", code, second.log.String())
		}
	})
	t.Run("no wait at all", func(t *testing.T) {
		second := startProcess(t, dir, "STORE_WAIT=0s")
		if code := second.exit(); code != exitFailed || !second.says("another process: stop it first") || second.says("waiting") {
			t.Errorf("ended with %d: %s", code, second.log.String())
		}
	})
	t.Run("stopped while it waits", func(t *testing.T) {
		second := startProcess(t, dir)
		second.said("waiting until it lets go")
		second.signal(syscall.SIGTERM)
		if code := second.exit(); code != 0 || !second.says("before it has begun to serve") {
			t.Errorf("ended with %d: %s", code, second.log.String())
		}
	})
	t.Run("a seed says so at once", func(t *testing.T) {
		w := newWorld(t, map[string]string{"DATA_DIR": strings.TrimPrefix(dir, "DATA_DIR=")})
		w.parts = wired()
		if code := run(t.Context(), []string{"seed", "--bookings=1"}, w.surroundings); code != exitFailed || !strings.Contains(w.errout.String(), "in use by another process") {
			t.Errorf("ended with %d: %s", code, w.errout.String())
		}
	})
}
