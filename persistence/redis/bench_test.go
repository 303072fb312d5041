package redis

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kapoor.example/desk/persistence/redis/redistest"
	"kapoor.example/desk/protocol/cluster"
)

// counter counts what is delivered to it.
type counter struct {
	ear
	delivered atomic.Int64
	worst     atomic.Int64 // nanoseconds from publishing to delivery
	sent      *sync.Map    // by ticket, when it was published
}

func (c *counter) Deliver(entries []cluster.Entry) {
	c.delivered.Add(int64(len(entries)))
	if c.sent == nil {
		return
	}
	for _, e := range entries {
		if at, ok := c.sent.Load(e.Ticket); ok && e.Ticket != 0 {
			c.worst.Store(max(c.worst.Load(), int64(time.Since(at.(time.Time)))))
		}
	}
}

// line opens so many buses on one server.
func line(b *testing.B, n int) (buses []*Bus, counters []*counter) {
	b.Helper()
	server := redistest.Start(b)
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	b.Cleanup(func() { stop(); running.Wait() })
	for range n {
		client, err := Connect(ctx, Options{URL: server.URL()})
		if err != nil {
			b.Fatal(err)
		}
		bus, err := OpenBus(ctx, client, BusOptions{})
		if err != nil {
			b.Fatal(err)
		}
		bus.Enter("/")
		c := &counter{}
		running.Go(func() { _ = bus.Run(ctx, c) }) // the benchmark is over when it ends
		b.Cleanup(func() {
			if err := bus.Close(context.Background()); err != nil {
				b.Error(err)
			}
			_ = client.Close() // nothing is left to lose
		})
		buses, counters = append(buses, bus), append(counters, c)
	}
	return buses, counters
}

// await waits until everybody has had so many.
func await(b *testing.B, counters []*counter, many int64) {
	b.Helper()
	tick := time.NewTicker(100 * time.Microsecond)
	defer tick.Stop()
	for deadline := time.Now().Add(time.Minute); ; <-tick.C {
		done := true
		for _, c := range counters {
			done = done && c.delivered.Load() >= many
		}
		if done {
			return
		}
		if time.Now().After(deadline) {
			b.Fatalf("not everybody has had %d entries", many)
		}
	}
}

var body = cluster.Broadcast{
	To:   cluster.Target{Rooms: []string{"admin-room"}},
	Data: []byte(`["bookingUpdated",{"bookingId":"06h0kz65jbgcqefpk1hr9aqbxm","customerName":"Asha Rao","brand":"Acme","model":"X1","status":"Scheduled","oldStatus":"Pending","version":2}]`),
}

// BenchmarkBus is what an event costs that one server publishes, until all have it.
func BenchmarkBus(b *testing.B) {
	for _, servers := range []int{1, 2, 3, 10} {
		b.Run(fmt.Sprintf("servers=%d", servers), func(b *testing.B) {
			buses, counters := line(b, servers)
			b.ReportAllocs()
			for i := 1; b.Loop(); i++ {
				if _, err := buses[0].Publish("/", body, nil); err != nil {
					b.Fatal(err)
				}
				if i%1000 == 0 { // as far ahead as a busy server may be
					await(b, counters, int64(i)-500)
				}
			}
			await(b, counters, int64(b.N))
		})
	}
}

// BenchmarkReaders is a stream of 1,000 events a second with 100 readers, for a second at a time: how late the last entry
// comes, and that nobody falls behind.
func BenchmarkReaders(b *testing.B) {
	const readers, rate = 100, 1000
	buses, counters := line(b, readers)
	sent := &sync.Map{}
	counters[0].sent = sent
	total := int64(0)
	for b.Loop() {
		tick := time.NewTicker(10 * time.Millisecond)
		for range 100 {
			<-tick.C
			for range rate / 100 {
				at := time.Now()
				ticket, err := buses[0].Publish("/", body, nil)
				if err != nil {
					b.Fatal(err)
				}
				sent.Store(ticket, at)
				total++
			}
		}
		tick.Stop()
		await(b, counters, total)
	}
	b.ReportMetric(float64(time.Duration(counters[0].worst.Load()).Milliseconds()), "worst-ms")
	b.ReportMetric(float64(total)*readers/b.Elapsed().Seconds(), "deliveries/s")
}
