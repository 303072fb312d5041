package realtime

import (
	"slices"
	"testing"
	"time"
)

// TestOldestSessionsAreForgotten: a session that was lost, resumed and lost again counted as old as it was the first
// time. It was forgotten before others that were lost earlier, and, as the oldest that is not through yet, it kept the
// sweep from those behind it for as long as its client came and went.
func TestOldestSessionsAreForgotten(t *testing.T) {
	now := time.Unix(1_000, 0)
	var k *keeper
	s := setup(t, Options{Now: func() time.Time { return now }, Recovery: &Recovery{Window: time.Hour, MaxSessions: 3}}, nil)
	k = s.keeper
	lose := func(pid string) { k.ended(pid, &record{pid: pid}) }
	kept := func(want ...string) {
		t.Helper()
		k.mu.Lock()
		defer k.mu.Unlock()
		var got []string
		for pid := range k.lost {
			got = append(got, pid)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("kept %q, want %q", got, want)
		}
	}
	lose("a")
	now = now.Add(10 * time.Minute)
	lose("b")
	now = now.Add(40 * time.Minute)
	lose("a") // resumed in between
	kept("a", "b")
	now = now.Add(25 * time.Minute)
	k.forget()
	kept("a")
	lose("c")
	lose("d")
	lose("a")
	lose("e")
	kept("a", "d", "e")
	for range 10_000 {
		lose("e")
	}
	kept("a", "d", "e")
	if n := len(k.order); n > 100 {
		t.Errorf("%d records are remembered for three sessions", n)
	}
}
