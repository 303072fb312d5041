package realtime

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kapoor.example/desk/protocol"
)

func text(format string, args ...any) *protocol.Frame {
	return protocol.Text(fmt.Appendf(nil, format, args...))
}

// owner is an outboxOwner that wants to know of failures.
type owner func(Reason)

func (o owner) failed(r Reason) { o(r) }
func (o owner) done()           {}

// setupOutbox returns an outbox over a line, and the reasons it failed with.
func setupOutbox(limit int) (*outbox, *line, func() []Reason) {
	var mu sync.Mutex
	var reasons []Reason
	o := &outbox{limit: limit, owner: owner(func(r Reason) {
		mu.Lock()
		defer mu.Unlock()
		reasons = append(reasons, r)
	})}
	l := newLine()
	return o, l, func() []Reason {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(reasons)
	}
}

func TestOutboxWritesAtOnce(t *testing.T) {
	o, l, _ := setupOutbox(1 << 20)
	o.upgrade(l)
	o.send(text("4a"), false)
	o.send(text("4b"), true)
	l.receives(t, "4b")
	if l.writes != 2 || o.draining || o.queue != nil {
		t.Errorf("%d writes, draining %t, queue %v", l.writes, o.draining, o.queue)
	}
}

// TestOutboxKeepsOrder: whatever the connection takes at a time, frames arrive whole and in order.
func TestOutboxKeepsOrder(t *testing.T) {
	for name, room := range map[string]int{"a byte at a time": 1, "a part of a frame": 7, "more than a frame": 50} {
		t.Run(name, func(t *testing.T) {
			o, l, reasons := setupOutbox(1 << 20)
			l.room = room
			o.upgrade(l)
			const frames = 500
			for i := 0; i < frames; i += 2 {
				a, b := text("4%06d", i), text("4%06d", i+1)
				if i%4 == 0 {
					o.send(a, false)
					o.send(b, false)
				} else {
					o.sendJoined(jointOf(a, b))
				}
			}
			got := l.until(t, "all frames", func(m []string, _ bool) bool { return len(m) == frames })
			for i, m := range got {
				if m != fmt.Sprintf("4%06d", i) {
					t.Fatalf("message %d is %s", i, m)
				}
			}
			if r := reasons(); r != nil {
				t.Errorf("failed with %v", r)
			}
			eventually(t, "the queue is empty and counted so", func() bool {
				o.mu.Lock()
				defer o.mu.Unlock()
				return !o.draining && o.bytes == 0 && o.written == 0 && o.queue == nil
			})
		})
	}
}

func TestOutboxDropsVolatile(t *testing.T) {
	o, l, _ := setupOutbox(1 << 20)
	l.blocked = true
	o.upgrade(l)
	o.send(text("4volatile"), true) // nothing can be written: dropped
	o.send(text("4kept"), false)
	o.send(text("4volatile"), true) // behind a queue: dropped
	l.block(false)
	l.receives(t, "4kept")
	eventually(t, "the queue is out", func() bool { o.mu.Lock(); defer o.mu.Unlock(); return len(o.queue) == 0 })
	o.send(text("4again"), true)
	got := l.until(t, "4again", func(m []string, _ bool) bool { return slices.Contains(m, "4again") })
	if strings.Join(got, " ") != "4kept 4again" {
		t.Errorf("got %q", got)
	}
}

// TestOutboxVolatileBegun: a volatile frame of which a part is out must be finished, or the stream is broken.
func TestOutboxVolatileBegun(t *testing.T) {
	o, l, _ := setupOutbox(1 << 20)
	l.room = 3
	o.upgrade(l)
	o.send(text("4volatile"), true)
	o.send(text("4next"), false)
	got := l.until(t, "4next", func(m []string, _ bool) bool { return slices.Contains(m, "4next") })
	if strings.Join(got, " ") != "4volatile 4next" {
		t.Errorf("got %q", got)
	}
}

func TestOutboxSlowConsumer(t *testing.T) {
	o, l, reasons := setupOutbox(1000)
	l.blocked = true
	o.upgrade(l)
	for range 200 {
		o.send(text("4%s", strings.Repeat("x", 20)), false)
	}
	l.closes(t)
	if r := reasons(); len(r) != 1 || r[0] != ReasonSlowConsumer {
		t.Errorf("failed with %v", r)
	}
	if o.bytes != 0 || o.queue != nil {
		t.Errorf("keeps %d bytes", o.bytes)
	}
}

// TestOutboxOneBigFrame: the budget never keeps a single frame from being sent, however big.
func TestOutboxOneBigFrame(t *testing.T) {
	o, l, reasons := setupOutbox(1000)
	l.room = 100
	o.upgrade(l)
	o.send(text("4%s", strings.Repeat("x", 60_000)), false)
	l.receives(t, "4xxx")
	if r := reasons(); r != nil {
		t.Errorf("failed with %v", r)
	}
}

// TestOutboxOneBigFrameAmongOthers: what is queued before or behind a frame that alone exceeds the budget ended the
// connection. It may have as much as without that frame, and a second one like it is too much.
func TestOutboxOneBigFrameAmongOthers(t *testing.T) {
	o, l, reasons := setupOutbox(1000)
	l.blocked = true
	o.upgrade(l)
	small, big := text("4%s", strings.Repeat("x", 400)), text("4%s", strings.Repeat("x", 5_000))
	for _, f := range []*protocol.Frame{small, big, small} {
		o.send(f, false)
	}
	if r := reasons(); r != nil {
		t.Errorf("failed with %v", r)
	}
	o.send(big, false)
	l.closes(t)
	if r := reasons(); len(r) != 1 || r[0] != ReasonSlowConsumer {
		t.Errorf("failed with %v", r)
	}
}

func TestOutboxPolling(t *testing.T) {
	o, _, _ := setupOutbox(1 << 20)
	for i := range 3 {
		o.send(text("4%d", i), false)
	}
	o.send(text("4volatile"), true)
	answer, err := o.wait()
	if got := string((<-answer).Payload); err != nil || got != "40\x1e41\x1e42" {
		t.Fatalf("got %q", got)
	}
	answer, _ = o.wait()
	if _, err := o.wait(); !errors.Is(err, ErrPolling) {
		t.Error("a second poll may not wait")
	}
	o.send(text("4later"), true)
	if got := string((<-answer).Payload); got != "4later" {
		t.Errorf("got %q", got)
	}
}

func TestOutboxUpgradeMovesTheQueue(t *testing.T) {
	o, l, _ := setupOutbox(1 << 20)
	answer, _ := o.wait()
	o.release('6')
	if got := string((<-answer).Payload); got != "6" {
		t.Fatalf("the waiting poll got %q", got)
	}
	for i := range 100 {
		o.send(text("4%d", i), false)
	}
	o.upgrade(l)
	for i := range 100 {
		o.send(text("4%d", 100+i), false)
	}
	got := l.until(t, "all", func(m []string, _ bool) bool { return len(m) == 200 })
	for i, m := range got {
		if m != fmt.Sprint("4", i) {
			t.Fatalf("message %d is %s", i, m)
		}
	}
}

func TestOutboxClose(t *testing.T) {
	t.Run("websocket: what is queued goes first", func(t *testing.T) {
		o, l, _ := setupOutbox(1 << 20)
		l.blocked = true
		o.upgrade(l)
		o.send(text("4last"), false)
		if o.close(StatusServiceRestart) {
			t.Error("ended with something queued")
		}
		o.send(text("4too late"), false)
		l.block(false)
		l.closes(t)
		if got := strings.Join(l.messages, " "); got != "4last" || l.status != StatusServiceRestart {
			t.Errorf("got %q, status %d", got, l.status)
		}
	})
	t.Run("polling with a poll waiting", func(t *testing.T) {
		o, _, _ := setupOutbox(1 << 20)
		answer, _ := o.wait()
		if !o.close(StatusNone) {
			t.Error("not ended")
		}
		if got := string((<-answer).Payload); got != "1" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("polling without: held for the next polls", func(t *testing.T) {
		o, _, _ := setupOutbox(1 << 20)
		o.send(text("4queued"), false)
		if o.close(StatusNone) {
			t.Error("ended without a poll")
		}
		for _, want := range []string{"4queued", "6\x1e1"} {
			answer, _ := o.wait()
			if got := string((<-answer).Payload); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
		if !o.ended() {
			t.Error("not ended")
		}
	})
}

// TestBroadcastAllocatesNothingPerReceiver: the work of a broadcast is shared; a receiver costs a write.
func TestBroadcastAllocatesNothingPerReceiver(t *testing.T) {
	for name, deflate := range map[string]int{"plain": 0, "compressed": 100} {
		t.Run(name, func(t *testing.T) {
			s := &shard{server: &Server{}, members: 1000, index: map[string]*namespaceIndex{}}
			index := &namespaceIndex{name: "/", all: &roomIndex{}, rooms: map[string]*roomIndex{}}
			s.index["/"] = index
			for range 1000 {
				session := &Session{server: s.server}
				session.out = outbox{limit: 1 << 20, ws: sink{}, deflate: deflate}
				m := newMember(&Socket{session: session, namespace: &Namespace{name: "/"}})
				m.all = index.all.add(m)
				index.join(m, []string{"a", "b"})
			}
			one, two := text("4%s", strings.Repeat("x", 250)), text("4y")
			run := func() {
				s.pending = append(s.pending, emit{namespace: "/", rooms: []string{"a", "b"}, frame: one}, emit{namespace: "/", rooms: []string{"b"}, frame: two})
				s.flush()
			}
			run()
			if n := testing.AllocsPerRun(20, run); n > 10 {
				t.Errorf("%.0f allocations for 1,000 receivers of two events", n)
			}
		})
	}
}

// jointOf is frames in one piece.
func jointOf(frames ...*protocol.Frame) *joint {
	j := new(joint)
	j.join(frames)
	return j
}

// sink is a Transport that takes everything.
type sink struct{}

func (sink) TryWrite(p []byte) (int, error) { return len(p), nil }
func (sink) Write(net.Buffers) error        { return nil }
func (sink) Close(int)                      {}

// TestOutboxPollAfterUpgrade: a poll that crosses an upgrade used to wait for ever.
func TestOutboxPollAfterUpgrade(t *testing.T) {
	o, l, _ := setupOutbox(1 << 20)
	waiting, err := o.wait()
	if err != nil {
		t.Fatal(err)
	}
	o.upgrade(l)
	if got := string((<-waiting).Payload); got != "6" {
		t.Errorf("the waiting poll got %q", got)
	}
	if _, err := o.wait(); !errors.Is(err, ErrUpgraded) {
		t.Errorf("a late poll: %v", err)
	}
}

// TestOutboxPingGoesAhead: behind what is being written, before everything else.
func TestOutboxPingGoesAhead(t *testing.T) {
	o, l, _ := setupOutbox(1 << 20)
	l.blocked = true
	o.upgrade(l)
	const frames = 3 * drainBatch
	for i := range frames {
		o.send(text("4%d", i), false)
	}
	o.ping(protocol.Ping())
	l.block(false)
	got := l.until(t, "everything", func(m []string, _ bool) bool { return len(m) == frames+1 })
	at := slices.Index(got, "2")
	if at < 0 || at > drainBatch {
		t.Errorf("the ping was message %d", at)
	}
	for i, m := range slices.Delete(slices.Clone(got), at, at+1) {
		if m != fmt.Sprint("4", i) {
			t.Fatalf("message %d is %s", i, m)
		}
	}
}

// TestOutboxPollTakesABurst: a burst of more than the queue may have, for a client whose poll was waiting, left its shard
// waiting for ever: the connection was closed as a slow consumer's, and then answered once more. The poll takes its part of
// the burst at once; only what is left has to fit.
func TestOutboxPollTakesABurst(t *testing.T) {
	burst := func(o *outbox, n int) {
		var frames []*protocol.Frame
		for i := range n {
			frames = append(frames, text("4%097d", i)) // 100 bytes with its header
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			o.sendJoined(jointOf(frames...))
		}()
		select {
		case <-done:
		case <-time.After(patience):
			t.Fatal("the burst is not out yet")
		}
	}
	t.Run("the rest fits", func(t *testing.T) {
		o, _, reasons := setupOutbox(1000)
		answer, _ := o.wait()
		burst(o, 15)
		for _, want := range []int{10, 5} {
			if got := strings.Count(string((<-answer).Payload), "4000"); got != want {
				t.Errorf("a poll got %d messages, want %d", got, want)
			}
			answer, _ = o.wait()
		}
		if r := reasons(); r != nil {
			t.Errorf("failed with %v", r)
		}
	})
	t.Run("the rest does not", func(t *testing.T) {
		o, _, reasons := setupOutbox(1000)
		answer, _ := o.wait()
		burst(o, 25)
		if got := strings.Count(string((<-answer).Payload), "4000"); got != 10 {
			t.Errorf("the poll got %d messages", got)
		}
		if r := reasons(); !slices.Equal(r, []Reason{ReasonSlowConsumer}) {
			t.Errorf("failed with %v", r)
		}
	})
}

// TestOutboxKeepsNoFrameThatIsOut: a queue held the frames that were out for as long as something was behind them. A client
// that never took the last of a replay kept all of it in memory, when its part of the allowance had gone to others.
func TestOutboxKeepsNoFrameThatIsOut(t *testing.T) {
	o, l, _ := setupOutbox(1000)
	l.blocked = true
	o.upgrade(l)
	for i := range 10 {
		o.send(text("4%d", i), false)
	}
	o.mu.Lock()
	all := o.queue
	o.taken = 0 // the test writes in place of the goroutine, which waits for the line
	o.dropLocked(9)
	o.mu.Unlock()
	defer o.abort()
	for i, f := range all {
		if kept := f != nil; kept != (i == 9) {
			t.Errorf("frame %d is kept: %t", i, kept)
		}
	}
}

// TestOutboxKeepsNoBytesThatAreOut: while a small rest was being written, what had been written before it was still listed.
func TestOutboxKeepsNoBytesThatAreOut(t *testing.T) {
	o, _, _ := setupOutbox(1 << 20)
	for i := range drainBatch + 1 {
		o.send(text("4%d", i), false)
	}
	writes := make(chan int, 2)
	o.upgrade(listing(writes))
	for n := range 2 {
		if listed := <-writes; n == 1 && listed != 1 {
			t.Errorf("%d buffers are listed where one is written", listed)
		}
	}
	eventually(t, "the queue is out", func() bool { o.mu.Lock(); defer o.mu.Unlock(); return !o.draining })
}

// listing is a Transport that tells how many buffers are in the list under that which it is given.
type listing chan int

func (l listing) TryWrite([]byte) (int, error) { return 0, nil }
func (l listing) Close(int)                    {}

func (l listing) Write(p net.Buffers) error {
	n := 0
	for _, b := range p[:cap(p)] {
		if b != nil {
			n++
		}
	}
	l <- n
	return nil
}
