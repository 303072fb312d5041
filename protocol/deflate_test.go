package protocol

import (
	"bytes"
	"compress/flate"
	"crypto/rand"
	"io"
	"runtime"
	"strings"
	"testing"
	"weak"
)

func TestDeflated(t *testing.T) {
	long := `["` + strings.Repeat("x", 3000) + `"]`
	inflate := func(data []byte) string {
		t.Helper()
		plain, err := io.ReadAll(flate.NewReader(io.MultiReader(bytes.NewReader(data), strings.NewReader(flushed+"\x01\x00\x00\xff\xff"))))
		if err != nil {
			t.Fatal(err)
		}
		return string(plain)
	}
	f := Message([]byte("51-"+long), [][]byte{[]byte("short"), bytes.Repeat([]byte{7}, 2000)})
	want := []struct {
		first byte
		data  string
	}{{finText | rsv1, "451-" + long}, {finBinary, "short"}, {finBinary | rsv1, strings.Repeat("\x07", 2000)}}
	rest := f.Deflated(1024)
	if len(rest) >= f.Size() {
		t.Errorf("%d bytes of %d", len(rest), f.Size())
	}
	for i, w := range want {
		var first byte
		var data []byte
		first, data, rest = cutFrame(rest)
		got := string(data)
		if first&rsv1 != 0 {
			got = inflate(data)
		}
		if first != w.first || got != w.data {
			t.Errorf("message %d: %#x, %.20q", i, first, got)
		}
	}
	for name, f := range map[string]*Frame{"below the threshold": Text([]byte("4" + strings.Repeat("x", 1000))), "plain": Message([]byte(long), nil).Plain()} {
		if !bytes.Equal(f.Deflated(1024), f.WebSocket()) {
			t.Errorf("%s: compressed", name)
		}
	}
	if Text([]byte("4")).Plain().Compressible() || !Text([]byte("4")).Compressible() {
		t.Error("compressible unless plain")
	}
}

// TestDeflatersHoldNothing: a compressor in the pool held what it had made last, a message of any size for each processor.
func TestDeflatersHoldNothing(t *testing.T) {
	data := make([]byte, 1<<20)
	_, _ = rand.Read(data) // never fails
	packed := pack(data)
	held := weak.Make(&packed[0])
	runtime.KeepAlive(packed)
	runtime.GC() // the pool keeps what it has for one more
	if held.Value() != nil {
		t.Error("the message is held")
	}
}
