package swarm

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/gobwas/ws"
)

// TestFramesAreWhatAServerReads has another maker's library read what clients send.
func TestFramesAreWhatAServerReads(t *testing.T) {
	for _, length := range []int{0, 1, 3, 4, 125, 126, 127, 1000, 65535, 65536, 100_000} {
		packet := strings.Repeat("x", length)
		h, got, err := readFrame(bytes.NewReader(Frame(packet)))
		if err != nil {
			t.Fatal(err)
		}
		if !h.Fin || h.OpCode != ws.OpText || !h.Masked || h.Rsv != 0 {
			t.Errorf("length %d: header %+v", length, h)
		}
		if string(got) != packet {
			t.Errorf("length %d: read %d bytes that differ", length, len(got))
		}
	}
}

// readFrame reads a client's frame and unmasks it.
func readFrame(r io.Reader) (ws.Header, []byte, error) {
	h, err := ws.ReadHeader(r)
	if err != nil {
		return h, nil, err
	}
	payload := make([]byte, h.Length)
	_, err = io.ReadFull(r, payload)
	ws.Cipher(payload, h.Mask, 0)
	return h, payload, err
}

// TestServersFramesAreCut has another maker's library write what servers send, and gives it byte by byte.
func TestServersFramesAreCut(t *testing.T) {
	for _, length := range []int{0, 1, 125, 126, 65535, 65536} {
		want := bytes.Repeat([]byte("y"), length)
		var out bytes.Buffer
		if err := ws.WriteFrame(&out, ws.NewTextFrame(want)); err != nil {
			t.Fatal(err)
		}
		all := append(out.Bytes(), "next"...)
		whole := out.Len()
		for _, n := range []int{0, 1, 2, 3, 4, 9, 10, whole - 1} {
			if n >= whole {
				continue
			}
			if _, _, rest, ok, err := cutFrame(all[:n]); ok || err != nil || len(rest) != n {
				t.Errorf("length %d: of %d bytes: %v, %v, %d left", length, n, ok, err, len(rest))
			}
		}
		first, payload, rest, ok, err := cutFrame(all)
		if first != finText || !bytes.Equal(payload, want) || string(rest) != "next" || !ok || err != nil {
			t.Errorf("length %d: %x, %d bytes, rest %q, %v, %v", length, first, len(payload), rest, ok, err)
		}
	}
}

func TestCutFrameRefuses(t *testing.T) {
	tests := map[string][]byte{
		"a masked frame":  {finText, masked | 1, 0, 0, 0, 0, 'x'},
		"an endless one":  {finText, mark64, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		"one of a gibi":   {finText, mark64, 0, 0, 0, 0, 0x40, 0, 0, 0},
		"masked and long": {finText, masked | mark16, 1, 0},
	}
	for name, p := range tests {
		t.Run(name, func(t *testing.T) {
			if _, _, _, ok, err := cutFrame(p); ok || !errors.Is(err, ErrProtocol) {
				t.Errorf("%v, %v", ok, err)
			}
		})
	}
}

func FuzzCutFrame(f *testing.F) {
	for _, length := range []int{0, 125, 126, 70_000} {
		f.Add(ws.MustCompileFrame(ws.NewTextFrame(make([]byte, length))))
	}
	f.Add([]byte{finText, 127, 0xff})
	f.Fuzz(func(t *testing.T, p []byte) {
		_, payload, rest, ok, err := cutFrame(p)
		if ok && (err != nil || len(payload)+len(rest)+2 > len(p)) {
			t.Errorf("%d and %d bytes of %d, %v", len(payload), len(rest), len(p), err)
		}
		if !ok && len(rest) != len(p) {
			t.Errorf("%d bytes are gone", len(p)-len(rest))
		}
	})
}
