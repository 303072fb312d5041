package protocol

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkFrame makes the frame of an event of a size, and what a second receiver of it costs: nothing but the call.
func BenchmarkFrame(b *testing.B) {
	for _, size := range []int{100, 250, 2000, 70_000} {
		payload := []byte(`"` + strings.Repeat("x", size-2) + `"`)
		b.Run(fmt.Sprintf("made of %d bytes", size), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(size))
			for b.Loop() {
				EventFrame("/", "bookingUpdated", payload, "")
			}
		})
		f := EventFrame("/", "bookingUpdated", payload, "")
		b.Run(fmt.Sprintf("taken of %d bytes", size), func(b *testing.B) {
			b.ReportAllocs()
			total := 0
			for b.Loop() {
				total += len(f.WebSocket()) + len(f.Polling())
			}
			if total == 0 {
				b.Error("nothing was taken")
			}
		})
	}
}
