package faults

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// writers make bookings and change them until they are told to stop. Each request is repeated until it was answered, with
// its Idempotency-Key: that is what a client of the desk does.
type writers struct {
	desk    *desk
	token   string
	admin   string
	stop    context.CancelFunc
	all     sync.WaitGroup
	created atomic.Int64
	changed atomic.Int64

	mu   sync.Mutex
	keys map[string]string // booking by key
}

// write begins, in the name of the demo's customer. Each writer waits pause between two bookings.
func (d *desk) write(t *testing.T, n int, pause time.Duration) *writers {
	return d.writeAs(t, d.login("customer@example.com", "password123"), n, pause)
}

func (d *desk) writeAs(t *testing.T, token string, n int, pause time.Duration) *writers {
	ctx, cancel := context.WithCancel(t.Context())
	w := d.writer(token)
	w.stop = cancel
	for i := range n {
		w.all.Go(func() {
			for k := 0; ctx.Err() == nil; k++ {
				w.one(t, fmt.Sprintf("writer-%d-%d", i, k))
				select {
				case <-time.After(pause):
				case <-ctx.Done():
				}
			}
		})
	}
	t.Cleanup(w.end)
	return w
}

// writeOne makes one booking in the name of somebody, and schedules it.
func (d *desk) writeOne(t *testing.T, token string) {
	t.Helper()
	d.writer(token).one(t, "the only one")
}

func (d *desk) writer(token string) *writers {
	return &writers{desk: d, token: token, admin: d.login("admin@example.com", "admin123"), keys: map[string]string{}}
}

// one makes a booking and schedules it.
func (w *writers) one(t *testing.T, key string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
	defer cancel()
	var made struct{ Booking stored }
	status, err := w.desk.insist(ctx, "POST", "/api/v1/bookings", w.token, key, map[string]string{
		"name": "Ravi Kumar", "phone": "555 0101", "address": "12 Hill Road", "brand": "Samsung", "model": "Frame 55", "invoiceNo": key,
	}, &made)
	if status != http.StatusOK {
		t.Errorf("create: %d, %v", status, err)
		return
	}
	w.created.Add(1)
	w.mu.Lock()
	w.keys[key] = made.Booking.ID
	w.mu.Unlock()
	status, err = w.desk.insist(ctx, "PATCH", "/api/v1/bookings/"+made.Booking.ID+"/status", w.admin, "", map[string]any{"status": "Scheduled", "message": key}, nil)
	if status != http.StatusOK && status != http.StatusConflict {
		t.Errorf("change: %d, %v", status, err)
		return
	}
	w.changed.Add(1)
}

// end waits until what was begun is answered.
func (w *writers) end() {
	w.stop()
	w.all.Wait()
}
