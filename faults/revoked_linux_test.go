package faults

import (
	"bufio"
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"kapoor.example/desk/bench/swarm"
)

// person is one of the people that seeding has made.
type person struct{ token, id string }

// seed makes customers with tokens.
func seed(t *testing.T, d *desk, n int) (people []person) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "tokens")
	cmd := exec.Command(binary, "seed", "--users", strconv.Itoa(n), "--staff", "1", "--bookings", "1", "--tokens", file, "--seed-password", "their first password")
	cmd.Env = append(os.Environ(), "DATA_DIR="+d.data, "JWT_SECRET=a secret of the fault tests, long enough for all")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("seed: %v\n%s", err, out)
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if fields := strings.Fields(lines.Text()); len(fields) >= 3 && fields[1] == "customer" {
			people = append(people, person{fields[0], fields[2]})
		}
	}
	if len(people) < n {
		t.Fatalf("%d people instead of %d", len(people), n)
	}
	return people[:n]
}

// TestRevoked: whoever was deactivated, or got another role or password, is told nothing that was committed afterwards, and does not come
// back with the old token. Everybody else is told everything.
func TestRevoked(t *testing.T) {
	const each = 10 // sockets of a person
	clients := amount(500, 10_000)
	d := startDesk(t, "EVENT_AUDIENCE=everyone")
	d.end(syscall.SIGTERM)
	people := seed(t, d, clients/each)
	d.start()
	admin, customer := d.login("admin@example.com", "admin123"), d.login("customer@example.com", "password123")
	w := newWatchers(t, d.address(), clients, func(client int) string { return people[client/each].token }, soon)

	// When each booking was asked for, and when each person's rights were gone.
	var mu sync.Mutex
	asked := map[string]time.Time{}
	gone := make([]time.Time, len(people))
	answered := make([]int64, len(people)) // the same by the watchers' clock
	closed := atomic.Int64{}
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	done := make(chan struct{})
	var creators sync.WaitGroup
	create := func() {
		began := time.Now()
		var made struct{ Booking stored }
		status, err := d.call(ctx, "POST", "/api/v1/bookings", customer, "", map[string]string{
			"name": "Ravi Kumar", "phone": "555 0101", "address": "12 Hill Road", "brand": "Samsung", "model": "Frame 55",
		}, &made)
		if status != http.StatusOK {
			t.Errorf("create: %d, %v", status, err)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		asked[made.Booking.ID] = began
	}
	creators.Go(func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(time.Duration(amount(10, 200)) * time.Millisecond):
				create()
			}
		}
	})
	var revokers sync.WaitGroup
	next := atomic.Int64{}
	for range 8 {
		revokers.Go(func() {
			for n := next.Add(1) - 1; int(n) < len(people); n = next.Add(1) - 1 {
				if n%5 == 4 {
					continue // every fifth stays
				}
				change := []map[string]any{{"active": false}, {"role": "staff"}, {"password": "another password"}}[n%3]
				if status, err := d.call(ctx, "PATCH", "/api/v1/users/"+people[n].id, admin, "", change, nil); status != http.StatusOK {
					t.Errorf("revoke: %d, %v", status, err)
					return
				}
				mu.Lock()
				gone[n], answered[n] = time.Now(), w.clock()
				mu.Unlock()
				closed.Add(each)
			}
		})
	}
	revokers.Wait()
	last := time.Now()
	for w.refused.Load() < closed.Load() && ctx.Err() == nil {
		<-time.After(5 * time.Millisecond) // the pace of asking
	}
	took := time.Since(last)
	for range 5 {
		create()
	}
	close(done)
	creators.Wait()
	for w.swarm.ConnectedCount() != clients-int(closed.Load()) && ctx.Err() == nil {
		<-time.After(5 * time.Millisecond)
	}
	if n := w.refused.Load(); n != closed.Load() || w.swarm.ConnectedCount() != clients-int(closed.Load()) {
		t.Errorf("%d were refused with their old token, %d are connected; want %d and %d", n, w.swarm.ConnectedCount(), closed.Load(), clients-int(closed.Load()))
	}
	var ended []time.Duration
	if err := w.swarm.Each(ctx, func(c *swarm.Client) {
		if at := answered[c.Index()/each]; at != 0 {
			mu.Lock()
			defer mu.Unlock()
			ended = append(ended, time.Duration(w.ledgers[c.Index()].ended-at))
		}
	}); err != nil {
		t.Fatal(err)
	}
	slices.Sort(ended)
	told, missed, forbidden := judge(ctx, t, w, asked, gone, each)
	w.mu.Lock()
	defer w.mu.Unlock()
	if missed != 0 || forbidden != 0 || len(w.faults) != 0 {
		t.Errorf("%d missed by those who stayed, %d told to those who had gone, %v", missed, forbidden, w.faults)
	}
	t.Logf("%d sockets of %d people, %d of them revoked; %d bookings, %d deliveries, 0 after a revocation; ended after the answer: p50 %v, p99 %v, last %v; all back and refused %v after the last answer",
		clients, len(people), closed.Load()/each, len(asked), told, percentile(ended, .5), percentile(ended, .99), percentile(ended, 1), took.Round(time.Millisecond))
}

// judge looks at every ledger once everything has come.
func judge(ctx context.Context, t *testing.T, w *watchers, asked map[string]time.Time, gone []time.Time, each int) (deliveries, missed, forbidden int64) {
	t.Helper()
	for {
		deliveries, missed, forbidden = 0, 0, 0
		if err := w.swarm.Each(ctx, func(c *swarm.Client) {
			l := &w.ledgers[c.Index()]
			w.mu.Lock()
			defer w.mu.Unlock()
			until := gone[c.Index()/each]
			for e, n := range w.numbers {
				seen := l.told(n) != ""
				began, made := asked[e.booking]
				switch {
				case !made || e.name != "bookingCreated":
				case seen && !until.IsZero() && began.After(until):
					forbidden++
				case seen:
					deliveries++
				case until.IsZero():
					missed++
				}
			}
		}); err != nil {
			t.Fatal(err)
		}
		if missed == 0 || ctx.Err() != nil {
			return deliveries, missed, forbidden
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}
