package redis

import (
	"fmt"
	"testing"
	"time"

	"kapoor.example/desk/persistence/redis/redistest"
)

// TestLimits: two servers count together, in buckets that fill again.
func TestLimits(t *testing.T) {
	server := redistest.Start(t)
	var limits []*Limits
	for range 2 {
		c, err := Connect(t.Context(), Options{URL: server.URL()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() }) // the test is over
		limits = append(limits, c.Limits())
	}
	take := func(i int, key string, events int, per time.Duration) time.Duration {
		t.Helper()
		wait, err := limits[i%2].Take(t.Context(), "login", key, events, per)
		if err != nil {
			t.Fatal(err)
		}
		return wait
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for i := range 3 {
		if wait := take(i, "a", 3, time.Hour); wait != 0 {
			t.Errorf("token %d: wait %s", i, wait)
		}
	}
	for i := range 2 {
		if wait := take(i, "a", 3, time.Hour); wait < 19*time.Minute || wait > 20*time.Minute {
			t.Errorf("over the limit: wait %s", wait)
		}
	}
	if wait := take(0, "b", 3, time.Hour); wait != 0 {
		t.Errorf("another key: wait %s", wait)
	}
	must(limits[1].GiveBack(t.Context(), "login", "a", 3, time.Hour))
	if take(0, "a", 3, time.Hour) != 0 || take(0, "a", 3, time.Hour) == 0 {
		t.Error("what was given back is not one token")
	}
	must(limits[0].Forget(t.Context(), "login", "a"))
	must(limits[0].GiveBack(t.Context(), "login", "a", 3, time.Hour)) // more than full is full
	for i := range 3 {
		if wait := take(i, "a", 3, time.Hour); wait != 0 {
			t.Errorf("after it was forgotten, token %d: wait %s", i, wait)
		}
	}
	if wait := take(0, "a", 3, time.Hour); wait == 0 {
		t.Error("a bucket got more than full")
	}
	for take(0, "quick", 1, 50*time.Millisecond) == 0 { // until it is empty
	}
	for deadline := time.Now().Add(20 * time.Second); take(0, "quick", 1, 50*time.Millisecond) != 0; {
		if time.Now().After(deadline) {
			t.Fatal("a bucket does not fill again")
		}
	}
	must(limits[0].Remember(t.Context(), "asha@example.com", time.Hour))
	for mark, want := range map[string]bool{"asha@example.com": true, "binod@example.com": false} {
		if kept, err := limits[1].Remembered(t.Context(), mark); kept != want || err != nil {
			t.Errorf("%s remembered: %v, %v", mark, kept, err)
		}
	}
	server.Kill(t)
	if _, err := limits[0].Take(t.Context(), "login", "a", 3, time.Hour); err == nil {
		t.Error("no error without a server")
	}
}

// TestMarksAreBounded: every pair of an address and an account that had signed in was a key of its own for 90 days, without a
// bound, in a Redis that refuses writes when it is full.
func TestMarksAreBounded(t *testing.T) {
	c := connect(t, redistest.Start(t).URL())
	l := c.Limits()
	l.most = 10
	for i := range 25 {
		if err := l.Remember(t.Context(), fmt.Sprint("owner ", i), time.Hour+time.Duration(i)*time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 25 {
		kept, err := l.Remembered(t.Context(), fmt.Sprint("owner ", i))
		if err != nil || kept != (i >= 15) {
			t.Errorf("mark %d is kept: %v, %v", i, kept, err)
		}
	}
	if keys := do(t, c, "DBSIZE"); keys != int64(1) {
		t.Errorf("%d keys", keys)
	}
	if err := l.Remember(t.Context(), "briefly", time.Millisecond); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a mark to end", func() bool {
		kept, err := l.Remembered(t.Context(), "briefly")
		return err == nil && !kept
	})
	if left := do(t, c, "PTTL", c.key("remembered")).(int64); left < time.Hour.Milliseconds() {
		t.Errorf("the marks last %d ms", left)
	}
}
