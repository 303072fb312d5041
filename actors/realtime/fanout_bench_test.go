package realtime

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// scale is a WebSocket that takes everything at once and weighs it, together with all others of a crowd.
type scale struct{ bytes *atomic.Int64 }

func (s scale) TryWrite(p []byte) (int, error) {
	s.bytes.Add(int64(len(p)))
	return len(p), nil
}

func (s scale) Write(p net.Buffers) error {
	for _, b := range p {
		s.bytes.Add(int64(len(b)))
	}
	return nil
}

func (s scale) Close(int) {}

// crowd is many sockets on scales.
type crowd struct {
	server   *Server
	bytes    atomic.Int64
	sessions []*Session
}

// gather connects n sockets. Every second one joins the room "half".
func gather(tb testing.TB, n int) *crowd {
	tb.Helper()
	c := &crowd{}
	var turn atomic.Int64
	c.server = setup(tb, Options{MaxPerAddress: n + 1, PingInterval: time.Hour}, func(s *Server) {
		s.Of("/").OnConnection(func(s *Socket) {
			if turn.Add(1)%2 == 0 {
				_ = s.Join("half")
			}
		}).On("fan", func(_ *Socket, e *Event) { _ = c.server.Of("/").Emit("bookingUpdated", e.Args.Spread()[0]) })
	})
	for range n {
		session, err := c.server.Open(context.Background(), Request{Address: "192.0.2.1"}, WebSocket)
		if err != nil {
			tb.Fatal(err)
		}
		session.Start(scale{&c.bytes})
		session.Receive(scale{&c.bytes}, []byte("40"), false)
		c.sessions = append(c.sessions, session)
	}
	eventually(tb, "all are connected and in their rooms", func() bool {
		return turn.Load() == int64(n) && c.count(tb, "half") == n/2
	})
	return c
}

// count asks how many sockets are in a room.
func (c *crowd) count(tb testing.TB, room string) int {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	sockets, err := c.server.Of("/").In(room).FetchSockets(ctx)
	if err != nil {
		tb.Fatal(err)
	}
	return len(sockets)
}

// expect notes how many bytes there are and returns a wait for so many more.
func (c *crowd) expect(more int) (wait func()) {
	until := c.bytes.Load() + int64(more)
	return func() {
		for c.bytes.Load() < until {
			runtime.Gosched()
		}
	}
}

// frameLength is the length of the frame that a payload in quotes comes as.
func frameLength(payload string) int { return 4 + len(`42["bookingUpdated",""]`) + len(payload) }

// payload makes a packet of about 250 bytes.
func payload() string { return strings.Repeat("x", 225) }

// BenchmarkFanOut is an emit until every outbox has written it.
func BenchmarkFanOut(b *testing.B) {
	for _, sockets := range []int{100, 1000, 10_000} {
		c := gather(b, sockets)
		text := payload()
		n := c.server.Of("/")
		for _, shape := range []struct {
			name      string
			emits     int
			receivers int
			emit      func() error
		}{
			{"all", 1, sockets, func() error { return n.Emit("bookingUpdated", text) }},
			{"ten at once", 10, sockets, func() error { return n.Emit("bookingUpdated", text) }},
			{"a room", 1, sockets / 2, func() error { return n.To("half").Emit("bookingUpdated", text) }},
			{"but a room", 1, sockets - sockets/2, func() error { return n.Except("half").Emit("bookingUpdated", text) }},
			{"a room twice", 1, sockets / 2, func() error { return n.To("half", "half").Emit("bookingUpdated", text) }},
		} {
			b.Run(fmt.Sprintf("%d sockets/%s", sockets, shape.name), func(b *testing.B) {
				deliveries := shape.emits * shape.receivers
				b.ReportAllocs()
				for b.Loop() {
					wait := c.expect(deliveries * frameLength(text))
					for range shape.emits {
						if err := shape.emit(); err != nil {
							b.Fatal(err)
						}
					}
					wait()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(deliveries), "ns/delivery")
			})
		}
	}
}

// BenchmarkWholePath is a client's packet, as bytes, until every outbox has written what comes of it: decoded by the
// session, handled, encoded once, spread by the shards.
func BenchmarkWholePath(b *testing.B) {
	const sockets = 1000
	c := gather(b, sockets)
	text := payload()
	packet := []byte(`42["fan","` + text + `"]`)
	b.ReportAllocs()
	for b.Loop() {
		wait := c.expect(sockets * frameLength(text))
		c.sessions[0].Receive(scale{&c.bytes}, packet, false)
		wait()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/sockets, "ns/delivery")
}

// TestFanOutAllocatesNothingPerReceiver takes what BenchmarkFanOut reports of allocations. What an emit itself allocates,
// some dozens whoever receives it, is far below one for each of a thousand receivers.
func TestFanOutAllocatesNothingPerReceiver(t *testing.T) {
	const sockets = 1000
	c := gather(t, sockets)
	text := payload()
	for _, emits := range []int{1, 10} {
		measured := testing.Benchmark(func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				wait := c.expect(emits * sockets * frameLength(text))
				for range emits {
					if err := c.server.Of("/").Emit("bookingUpdated", text); err != nil {
						b.Fatal(err)
					}
				}
				wait()
			}
		})
		t.Logf("%d at once to %d sockets: %d allocations", emits, sockets, measured.AllocsPerOp())
		if measured.AllocsPerOp() > sockets/4 {
			t.Errorf("%d at once to %d sockets: %d allocations", emits, sockets, measured.AllocsPerOp())
		}
	}
}
