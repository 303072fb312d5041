package sqlite

import (
	"os"
	"testing"
	"time"
)

// TestCheckpoint: the log reaches the database while the store is in use, and does not grow with every commit.
func TestCheckpoint(t *testing.T) {
	s := setup(t, nil)
	size := func(path string) int64 {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	empty := size(s.path)
	at := time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)
	deadline := time.Now().Add(time.Minute)
	for n := 0; n <= checkpointAfter || size(s.path) == empty; n++ {
		if time.Now().After(deadline) {
			t.Fatalf("after %d commits nothing has reached the database", n)
		}
		if err := s.Append(t.Context(), commit("someone", at.Add(time.Duration(n)*time.Second))); err != nil {
			t.Fatal(err)
		}
	}
	for range 10 * checkpointAfter {
		at = at.Add(time.Hour)
		if err := s.Append(t.Context(), commit("someone", at)); err != nil {
			t.Fatal(err)
		}
	}
	if log, limit := size(s.path+"-wal"), int64(16000*4096); log >= limit {
		t.Errorf("the log has %d bytes: it has never begun anew", log)
	}
}
