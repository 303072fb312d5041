package redis

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kapoor.example/desk/persistence/redis/redistest"
	"kapoor.example/desk/protocol/cluster"
)

func note(n int) cluster.Broadcast {
	return cluster.Broadcast{Data: fmt.Appendf(nil, `["note",%d]`, n)}
}

// TestBoundsWhileRedisIsSilent: what waits for a Redis that says nothing is bounded, costs no goroutine, and is written in
// order, once, when it speaks again.
func TestBoundsWhileRedisIsSilent(t *testing.T) {
	server := redistest.Start(t)
	way := server.Path(t)
	b := openBus(t, connect(t, way.URL()), BusOptions{MaxWaiting: 50})
	t.Cleanup(func() {
		if err := b.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	if _, err := b.Publish("/", note(0), nil); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the writer is idle", func() bool { return b.State().Waiting == 0 })
	way.Hush()
	before := runtime.NumGoroutine()
	taken := 0
	for n := 1; ; n++ {
		_, err := b.Publish("/", note(n), nil)
		if errors.Is(err, cluster.ErrFull) {
			break
		}
		if err != nil || n > 50 {
			t.Fatalf("entry %d: %v", n, err)
		}
		taken = n
	}
	eventually(t, "word of the outage", func() bool { return b.State().Degraded })
	for range 1000 {
		if _, err := b.Publish("/", note(-1), nil); !errors.Is(err, cluster.ErrFull) {
			t.Fatal(err)
		}
	}
	state := b.State()
	if taken != 50 || state.Waiting != 50 || state.WaitingBytes > 50*256 || b.Traffic().Refused != 1001 {
		t.Errorf("%d were taken, %d wait with %d bytes, %d were refused", taken, state.Waiting, state.WaitingBytes, b.Traffic().Refused)
	}
	eventually(t, "goroutines to be no more than before", func() bool { return runtime.NumGoroutine() <= before+4 })
	way.Heal()
	eventually(t, "everything is written", func() bool { s := b.State(); return s.Waiting == 0 && !s.Degraded })
	reply := do(t, connect(t, server.URL()), "XRANGE", b.streams[0], "-", "+")
	list, err := recordsOf(reply)
	if err != nil || len(list) != 51 {
		t.Fatalf("%d entries, %v", len(list), err)
	}
	for i, one := range list {
		if e, ok := b.open(one); !ok || string(e.Body.(cluster.Broadcast).Data) != string(note(i).Data) {
			t.Errorf("entry %d is %v", i, e.Body)
		}
	}
}

// TestLengthIsAlarming: a log that Redis cuts by its length keeps less than clients are promised, and nobody was told.
func TestLengthIsAlarming(t *testing.T) {
	var alarms atomic.Int64
	b := openBus(t, connect(t, redistest.Start(t).URL()), BusOptions{MaxLength: 300, OnError: func(err error) {
		if strings.Contains(err.Error(), "is cut by length") {
			alarms.Add(1)
		}
	}})
	b.stop() // nobody trims but the test
	b.running.Wait()
	stream := b.streams[0]
	check := func(want int64) {
		t.Helper()
		b.checkLength(t.Context(), stream)
		b.checkLength(t.Context(), stream)
		if got := alarms.Load(); got != want {
			t.Errorf("%d alarms, want %d", got, want)
		}
	}
	check(0)
	for range 300 {
		do(t, b.client, "XADD", stream, "*", "uid", "x")
	}
	check(1) // once
	if err := b.trimBefore(t.Context(), stream, cluster.Position{Ms: uint64(time.Now().Add(time.Hour).UnixMilli())}); err != nil {
		t.Fatal(err)
	}
	check(1)
	for range 300 {
		do(t, b.client, "XADD", stream, "*", "uid", "x")
	}
	check(2)
}
