package realtime

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kapoor.example/desk/protocol"
)

// large writes and publishes an event of so many bytes.
func (d *desk) large(size int, rooms ...string) {
	d.t.Helper()
	e := d.book.write("large", rooms...)
	e.Payload = []byte(`"` + strings.Repeat("x", size) + `"`)
	d.book.mu.Lock()
	d.book.entries[len(d.book.entries)-1] = e
	d.book.mu.Unlock()
	done := make(chan struct{})
	d.Publish([]Entry{e}, func() { close(done) })
	<-done
}

// unused says that an allowance is all there again.
func (a *allowance) unused(t *testing.T, all int) {
	t.Helper()
	eventually(t, "everything is given back", func() bool {
		a.mu.Lock()
		defer a.mu.Unlock()
		return a.free == all && a.loans.Len() == 0 && a.waiting.Len() == 0
	})
}

// TestReplayOfManyBytes: only the number of what was missed was bounded. Ten thousand events of the largest messages came to
// sixty megabytes for each client, encoded for it alone.
func TestReplayOfManyBytes(t *testing.T) {
	for _, from := range []struct {
		name string
		ring int
	}{{"from the ring", 0}, {"from the log", 1}} {
		for _, tt := range []struct {
			name string
			most int
			want bool
		}{{"few enough", 35_000, true}, {"too many", 25_000, false}} {
			t.Run(from.name+", "+tt.name, func(t *testing.T) {
				d := openDesk(t, &book{}, func(r *Replay) { r.RingEvents, r.MaxBytes = from.ring, tt.most })
				c, w := d.arrive()
				d.gone(c, w)
				for range 3 {
					d.large(10_000, "anna")
				}
				d.large(10_000, "bert")
				c, _, resumed := d.returns(w, "")
				if got := d.told(c); resumed != tt.want || tt.want != (len(got) == 3) {
					t.Errorf("resumed %t, told %v", resumed, got)
				}
				if !tt.want && d.results.last() != RecoveryUnknown {
					t.Error(d.results.last())
				}
				d.resumption.room.unused(t, max(128<<20, tt.most))
			})
		}
	}
}

// TestReplaysTogether: replays that wait in the outboxes of clients that take nothing were bounded by nothing. The next one
// waits until there is room, and the client that has had its time is closed; it recovers when it is back.
func TestReplaysTogether(t *testing.T) {
	const all = 40_000
	d := openDesk(t, &book{}, func(r *Replay) { r.RingEvents, r.MaxBytes, r.TotalBytes = 1, all, all })
	d.resumption.room.grace = 50 * time.Millisecond
	first, firstPid := d.arrive()
	second, secondPid := d.arrive()
	d.gone(first, firstPid)
	d.gone(second, secondPid)
	for range 3 {
		d.large(10_000, "anna")
	}
	d.publish("end", "anna")

	stalled := dial(t, d.Server, "192.0.2.1")
	stalled.block(true)
	stalled.say(fmt.Sprintf(`40{"pid":%q}`, firstPid.Pid))
	eventually(t, "its replay", func() bool { return d.results.last() == RecoveryDone })
	second, _, resumed := d.returns(secondPid, "")
	if got := d.told(second); !resumed || !slices.Equal(got, []string{"large", "large", "large", "end"}) {
		t.Errorf("resumed %t, told %v", resumed, got)
	}
	stalled.closes(t)
	first, _, resumed = d.returns(firstPid, "")
	if got := d.told(first); !resumed || !slices.Equal(got, []string{"large", "large", "large", "end", "mark"}) {
		t.Errorf("back again: resumed %t, told %v", resumed, got)
	}
	d.resumption.room.unused(t, all)
}

// TestAllowance: nobody gets more than there is, in whatever order it is given back, and who waits gets it in time.
func TestAllowance(t *testing.T) {
	const all = 100
	a := newAllowance(all, time.Now)
	var mu sync.Mutex
	taken := 0
	var takers sync.WaitGroup
	for i := range 50 {
		takers.Go(func() {
			for n := range 20 {
				size := 1 + (i*7+n*13)%all
				l, err := a.take(t.Context(), size)
				if err != nil {
					t.Errorf("take: %v", err)
					return
				}
				mu.Lock()
				if taken += size; taken > all {
					t.Errorf("%d are taken", taken)
				}
				taken -= size
				// Given back under the lock: what is counted is never less than what is taken.
				l.give(size / 2)
				l.end()
				l.end()
				mu.Unlock()
			}
		})
	}
	takers.Wait()
	a.unused(t, all)

	t.Run("who stops waiting leaves nothing behind", func(t *testing.T) {
		l, err := a.take(t.Context(), all)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := a.take(ctx, 1); !errors.Is(err, context.Canceled) {
			t.Errorf("take: %v", err)
		}
		l.end()
		a.unused(t, all)
	})
	t.Run("nothing was lent", func(*testing.T) {
		var none *loan
		none.give(5)
		none.end()
	})
}

// TestOutboxReplayGoesOut: what a replay had lifted the budget by stayed until the queue was empty, though the replay was
// out. A client that always left a little could be owed that much of other things.
func TestOutboxReplayGoesOut(t *testing.T) {
	a := newAllowance(math.MaxInt, time.Now)
	o, l, reasons := setupOutbox(1000)
	l.blocked = true
	o.upgrade(l)
	lent, err := a.take(t.Context(), 50_000)
	if err != nil {
		t.Fatal(err)
	}
	var frames []*protocol.Frame
	for i := range 500 {
		frames = append(frames, text("4%097d", i)) // 100 bytes with its header
	}
	o.replay(frames, lent)
	other, err := a.take(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	o.replay(frames[:1], other)
	o.mu.Lock()
	o.taken = 0 // the test writes in place of the goroutine, which waits for the line
	o.dropLocked(400)
	left, excess := o.lent.size, o.excess
	o.mu.Unlock()
	if left != 10_010 || excess != 10_100 {
		t.Errorf("%d bytes are lent, and %d more than the limit", left, excess)
	}
	for range 11 {
		o.send(text("4%097d", 0), false)
	}
	if got := reasons(); !slices.Equal(got, []Reason{ReasonSlowConsumer}) {
		t.Errorf("reasons %v", got)
	}
	a.unused(t, math.MaxInt)
}

// TestOutboxReplayByPolls: a poll was answered with all that was queued: another copy of the whole replay.
func TestOutboxReplayByPolls(t *testing.T) {
	a := newAllowance(math.MaxInt, time.Now)
	o, _, _ := setupOutbox(1000)
	lent, err := a.take(t.Context(), 5_000)
	if err != nil {
		t.Fatal(err)
	}
	var frames []*protocol.Frame
	var want []string
	for i := range 50 {
		frames = append(frames, text("4%097d", i))
		want = append(want, fmt.Sprintf("4%097d", i))
	}
	o.replay(frames, lent)
	var got []string
	for len(got) < len(want) {
		answer, err := o.wait()
		if err != nil {
			t.Fatal(err)
		}
		payload := string((<-answer).Payload)
		if len(payload) > 1000 {
			t.Fatalf("an answer of %d bytes", len(payload))
		}
		got = append(got, strings.Split(payload, "\x1e")...)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%d messages", len(got))
	}
	a.unused(t, math.MaxInt)
}
