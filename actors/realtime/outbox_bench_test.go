package realtime

import (
	"net"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"

	"kapoor.example/desk/protocol"
)

// narrow is a WebSocket that takes half of what is tried, so that the rest is queued and drained.
type narrow struct{ scale }

func (n narrow) TryWrite(p []byte) (int, error) { return n.scale.TryWrite(p[:len(p)/2]) }

// full takes nothing without waiting, and lets Write wait for ever.
type full struct{ closed chan struct{} }

func (full) TryWrite([]byte) (int, error) { return 0, nil }

func (f full) Write(net.Buffers) error {
	<-f.closed
	return net.ErrClosed
}

func (f full) Close(int) {}

// BenchmarkOutbox is one frame of 250 bytes, or ten, until it is written; the queue is empty when the clock stops.
func BenchmarkOutbox(b *testing.B) {
	frame := text("42[\"bookingUpdated\",%q]", payload())
	joined := jointOf(slices.Repeat([]*protocol.Frame{frame}, 10)...)
	begin := func(ws Transport) *outbox {
		o := &outbox{limit: 1 << 20, owner: owner(func(Reason) {})}
		o.upgrade(ws)
		return o
	}
	b.Run("send", func(b *testing.B) {
		o := begin(scale{new(atomic.Int64)})
		b.ReportAllocs()
		for b.Loop() {
			o.send(frame, false)
		}
	})
	b.Run("send volatile", func(b *testing.B) {
		o := begin(scale{new(atomic.Int64)})
		b.ReportAllocs()
		for b.Loop() {
			o.send(frame, true)
		}
	})
	b.Run("ten joined", func(b *testing.B) {
		o := begin(scale{new(atomic.Int64)})
		b.ReportAllocs()
		for b.Loop() {
			o.sendJoined(joined)
		}
	})
	b.Run("queued and drained", func(b *testing.B) {
		total := new(atomic.Int64)
		o := begin(narrow{scale{total}})
		b.ReportAllocs()
		for b.Loop() {
			o.send(frame, false)
			for !o.writable() {
				runtime.Gosched()
			}
		}
		if want := int64(b.N) * int64(frame.Size()); total.Load() != want {
			b.Errorf("%d bytes written, want %d", total.Load(), want)
		}
	})
	b.Run("volatile to one that is full", func(b *testing.B) {
		closed := make(chan struct{})
		defer close(closed)
		o := begin(full{closed})
		o.send(frame, false) // the queue is never empty from now on
		b.ReportAllocs()
		for b.Loop() {
			o.send(frame, true)
		}
		o.abort()
	})
}
