// Package heap keeps the memory of a server between two bad habits of Go's collector.
//
// With a small heap it collects too often: a server of 20 MB that takes in ten thousand connections a second collects
// every few milliseconds, for a tenth of its time. Tend lets such a heap grow by a fixed amount first. And when all has
// become quiet the collector waits for a doubling that may not come in an hour: the server would keep what a burst has left
// behind, and the room for as much again. Tend collects then, and returns what is free.
package heap

import (
	"context"
	"os"
	"runtime"
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
	// slack is by how many bytes a heap may grow at least until it is collected.
	slack = 4 << 20
	// usual is Go's own GOGC, in percent; a heap of slack or more gets it.
	usual = 100
)

// Tend works until ctx ends. One goroutine of a process calls it. Where GOGC is set, that is left as it is.
func Tend(ctx context.Context) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	if _, set := os.LookupEnv("GOGC"); !set {
		tune(ctx)
	}
	t := tender{allocated: allocated, release: release}
	for {
		select {
		case <-tick.C:
			t.look()
		case <-ctx.Done():
			return
		}
	}
}

// tune sets GOGC now and after every collection: that is when what becomes unreachable here is found.
func tune(ctx context.Context) {
	if ctx.Err() != nil {
		return
	}
	debug.SetGCPercent(percent(read("/gc/heap/live:bytes")))
	runtime.AddCleanup(&struct{ _ *int }{}, tune, ctx)
}

// percent returns the GOGC that lets a heap with so many live bytes grow by slack, or double.
func percent(live uint64) int {
	return int(max(usual, slack*100/max(live, 1<<20))) // #nosec G115 -- at most 400
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

// release collects twice: what lies in a sync.Pool outlives one collection.
func release() {
	runtime.GC()
	debug.FreeOSMemory()
}

func allocated() uint64 { return read("/gc/heap/allocs:bytes") }

func read(name string) uint64 {
	sample := []metrics.Sample{{Name: name}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return sample[0].Value.Uint64()
}
