package heap

import (
	"context"
	"runtime/debug"
	"testing"
	"testing/synctest"
	"time"
)

func TestTender(t *testing.T) {
	const mb = 1 << 20
	tests := []struct {
		name      string
		allocates []uint64 // between two looks
		released  int
	}{
		{"nothing happens", []uint64{0, 0, 0, 0, 0, 0}, 0},
		{"little happens", []uint64{mb, mb, mb, mb, mb}, 0},
		{"a burst, then quiet", []uint64{100 * mb, 0, 0, 0, 0, 0}, 1},
		{"a burst, not quiet for long enough", []uint64{100 * mb, 0, 0, 2 * mb, 0, 0}, 0},
		{"a burst, then little", []uint64{100 * mb, mb, mb, mb}, 1},
		{"always busy", []uint64{9 * mb, 9 * mb, 9 * mb, 9 * mb, 9 * mb, 9 * mb}, 0},
		{"little for long", []uint64{mb, mb, mb, mb, mb, mb, mb, mb, mb}, 1},
		{"two bursts", []uint64{100 * mb, 0, 0, 0, 50 * mb, 0, 0, 0, 0}, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var all uint64
			released := 0
			look := tender{allocated: func() uint64 { return all }, release: func() { released++ }}
			for _, n := range tt.allocates {
				all += n
				look.look()
			}
			if released != tt.released {
				t.Errorf("released %d times, want %d", released, tt.released)
			}
		})
	}
}

func TestPercent(t *testing.T) {
	for live, want := range map[uint64]int{0: 400, 1 << 20: 400, 2 << 20: 200, 4 << 20: 100, 64 << 20: 100, 1 << 40: 100} {
		if got := percent(live); got != want {
			t.Errorf("%d bytes: %d %%, want %d", live, got, want)
		}
	}
}

func TestTend(t *testing.T) {
	if allocated() == 0 || read("/no/such:metric") != 0 {
		t.Error("nothing was ever allocated")
	}
	defer debug.SetGCPercent(debug.SetGCPercent(usual))
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		Tend(ctx) // ends with its context
	})
}
