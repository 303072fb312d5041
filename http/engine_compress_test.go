package http

import (
	"crypto/rand"
	"runtime"
	"sync"
	"testing"
	"weak"
)

// TestCompressorsHoldNothing: a compressor in the pool held the answer that it had made last, as large as a queue may be.
func TestCompressorsHoldNothing(t *testing.T) {
	for name, pool := range map[string]*sync.Pool{"gzip": &gzips, "deflate": &zlibs} {
		payload := make([]byte, 1<<20)
		_, _ = rand.Read(payload) // never fails
		packed := compress(pool, payload)
		held := weak.Make(&packed[0])
		runtime.KeepAlive(packed)
		runtime.GC() // the pool keeps what it has for one more
		if held.Value() != nil {
			t.Errorf("%s: the answer is held", name)
		}
	}
}
