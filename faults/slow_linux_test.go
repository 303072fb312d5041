package faults

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"kapoor.example/desk/bench/swarm"
)

// chat is bookings with many long messages, which fill the queues of those who do not read.
type chat struct {
	mu       sync.Mutex
	bookings []string
	stop     context.CancelFunc
	all      sync.WaitGroup
}

// perBooking is how many messages a booking gets: it may have 500 entries.
const perBooking = 400

// chat begins. Each writer waits pause between two messages.
func (d *desk) chat(t *testing.T, n int, pause time.Duration) *chat {
	ctx, cancel := context.WithCancel(t.Context())
	c := &chat{stop: cancel}
	token := d.login("customer@example.com", "password123")
	text := strings.Repeat("\u6f22", 2000)
	post := func(path string, body map[string]string, into any) bool {
		status, err := d.call(t.Context(), "POST", "/api/v1/bookings"+path, token, "", body, into)
		if err != nil || status >= 300 {
			t.Errorf("post to %q: %d, %v", path, status, err)
			return false
		}
		return true
	}
	for range n {
		c.all.Go(func() {
			for ctx.Err() == nil {
				var made struct{ Booking stored }
				if !post("", map[string]string{"name": "Ravi Kumar", "phone": "555 0101", "address": "12 Hill Road", "brand": "Samsung", "model": "Frame 55"}, &made) {
					return
				}
				c.mu.Lock()
				c.bookings = append(c.bookings, made.Booking.ID)
				c.mu.Unlock()
				for k := 0; k < perBooking && ctx.Err() == nil; k++ {
					if !post("/"+made.Booking.ID+"/messages", map[string]string{"message": text, "clientId": fmt.Sprint(k)}, nil) {
						return
					}
					select {
					case <-time.After(pause):
					case <-ctx.Done():
					}
				}
			}
		})
	}
	t.Cleanup(c.end)
	return c
}

// end waits until what was begun is answered.
func (c *chat) end() {
	c.stop()
	c.all.Wait()
}

// messages returns what an admin should have been told of them, by the store.
func (c *chat) messages(t *testing.T, d *desk, admin string) (events []told) {
	t.Helper()
	for _, id := range c.bookings {
		var read struct {
			Booking struct {
				Updates []struct {
					ID   string `json:"_id"`
					Kind string
				}
			}
		}
		if status, err := d.call(t.Context(), "GET", "/api/v1/bookings/"+id, admin, "", nil, &read); status != http.StatusOK {
			t.Fatalf("read: %d, %v", status, err)
		}
		for _, entry := range read.Booking.Updates {
			if entry.Kind == "message" {
				events = append(events, told{name: "bookingMessage", booking: id, message: entry.ID})
			}
		}
	}
	return events
}

// TestSlow: readers that stop while the desk is busy are closed as slow, at the queue that every desk has, and get everything
// once they read again. Nobody else is closed, and the server has not kept more for them than it may. Messages come fast
// enough that their queues are full before they fail to answer a ping: the system's own buffers take some megabytes first.
func TestSlow(t *testing.T) {
	const queue = 1 << 20 // MAX_QUEUE where nobody sets it
	clients, stopped, pause := 60, 3*time.Second, 100*time.Millisecond
	if long() {
		clients, stopped, pause = 200, time.Minute, 200*time.Millisecond
	}
	stops := func(client int) bool { return client%5 < 2 }
	d := startDesk(t)
	admin := d.login("admin@example.com", "admin123")
	before := ids(d.all(admin))
	w := newWatchers(t, d.address(), clients, same(admin), soon, func(o *swarm.Options) {
		o.ReceiveBuffer = func(int) int { return 16 << 10 } // as a phone's: what the system takes for itself is not the server's
	})
	writers := d.write(t, 2, pause)
	talk := d.chat(t, 2, 5*time.Millisecond)

	slow := 0
	w.each(t, func(c *swarm.Client) {
		if stops(c.Index()) {
			slow++
			c.Pause()
		}
	})
	began := time.Now()
	closed := func() int { return d.figure(`desk_disconnects_total{reason="slow_consumer"}`) }
	last := time.Duration(0)
	for last == 0 || time.Since(began) < stopped {
		select {
		case <-time.After(100 * time.Millisecond): // the pace of asking
		case <-t.Context().Done():
		}
		if n := closed(); n == slow && last == 0 {
			last = time.Since(began)
			talk.end() // the bookings go on
		}
		if time.Since(began) > stopped+patience {
			t.Fatalf("%d of %d that do not read were closed", closed(), slow)
		}
	}
	if n := closed(); n != slow {
		t.Errorf("%d were closed as slow, %d had stopped reading", n, slow)
	}
	w.each(t, func(c *swarm.Client) { c.Resume() })
	back := func() bool { return int(w.returned.Load()) >= slow && w.swarm.ConnectedCount() == clients }
	for deadline := time.Now().Add(patience); !back(); {
		if time.Now().After(deadline) {
			t.Fatalf("%d returns, %d connected", w.returned.Load(), w.swarm.ConnectedCount())
		}
		<-time.After(10 * time.Millisecond) // the pace of asking
	}
	writers.end()
	messages := talk.messages(t, d, admin)
	chats := map[string]bool{}
	for _, id := range talk.bookings {
		chats[id] = true
	}
	events := messages
	for _, b := range d.all(admin) {
		if before[b.ID] {
			continue
		}
		events = append(events, told{name: "newBooking", booking: b.ID, version: 1})
		if chats[b.ID] {
			b.Version = 1 // of a message admins are told once, as of a message
		}
		events = append(events, expected([]stored{b}, nil)...)
	}
	w.compare(t, events)
	d.bounded(t, clients, slow*queue)
	t.Logf("%d of %d had stopped reading for %v, the last was closed as slow after %v; %d messages of 6 KB",
		slow, clients, stopped, last.Round(time.Millisecond), len(messages))
}
