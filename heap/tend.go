// Package heap gives memory back to the system once a burst is over.
//
// Go's collector waits until the heap has doubled. A server whose connections have just come and now wait may not allocate
// that much in an hour: it would keep what the burst has left behind, and the room for as much again. Tend collects when a
// process has become quiet, and returns what is free. A process that is busy is left to the collector.
package heap

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	interval = time.Second
	// quiet is how many bytes a process that has nothing to do allocates in an interval at most.
	quiet = 1 << 20
	// rests is how many intervals in a row it has to be quiet.
	rests = 3
	// worth is how many bytes it must have allocated since memory was given back last.
	worth = 8 << 20
)

// Tend gives memory back until ctx ends. One goroutine of a process calls it.
func Tend(ctx context.Context) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	t := tender{allocated: allocated, release: debug.FreeOSMemory}
	for {
		select {
		case <-tick.C:
			t.look()
		case <-ctx.Done():
			return
		}
	}
}

// tender decides when.
type tender struct {
	allocated func() uint64 // bytes since the process began
	release   func()
	last      uint64 // allocated at the last look
	released  uint64 // and when memory was given back
	quiet     int    // looks in a row
}

func (t *tender) look() {
	now := t.allocated()
	if now-t.last > quiet {
		t.quiet = 0
	} else {
		t.quiet++
	}
	t.last = now
	if t.quiet < rests || now-t.released < worth {
		return
	}
	t.release()
	t.last = t.allocated()
	t.released, t.quiet = t.last, 0
}

func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return sample[0].Value.Uint64()
}
