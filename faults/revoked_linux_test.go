package faults

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kapoor.example/desk/bench/swarm"
)

// perPerson is how many sockets a person has.
const perPerson = 10

// crowd is watchers of many people, of whom most lose their rights while bookings are made.
type crowd struct {
	*watchers
	desk   *desk
	people []person
	admin  string // of another person's
	closed atomic.Int64

	mu       sync.Mutex
	asked    map[string]time.Time // when each booking was asked for
	gone     []time.Time          // when each person's rights were gone
	answered []int64              // the same by the watchers' clock
}

// loss is how somebody's rights end.
type loss struct {
	name string
	ask  func(p person) (method, path, token string, body any)
}

// losses are those of the people in turn. The last are none.
func losses(admin string) []loss {
	change := func(body func(p person) map[string]any) func(person) (string, string, string, any) {
		return func(p person) (string, string, string, any) { return "PATCH", "/api/v1/users/" + p.id, admin, body(p) }
	}
	return []loss{
		{"deactivated", change(func(person) map[string]any { return map[string]any{"active": false} })},
		{"given another role", change(func(p person) map[string]any {
			return map[string]any{"role": map[string]string{"admin": "staff", "staff": "customer", "customer": "staff"}[p.role]}
		})},
		{"given another password", change(func(person) map[string]any { return map[string]any{"password": "another password"} })},
		{"with a new password", func(p person) (string, string, string, any) {
			return "POST", "/api/v1/auth/change-password", p.token, map[string]string{"currentPassword": firstPassword, "newPassword": "another password"}
		}},
		{"as they were", nil},
	}
}

// create makes a booking, of which everybody is told.
func (c *crowd) create(ctx context.Context, t *testing.T, token string) {
	began := time.Now()
	var made struct{ Booking stored }
	status, err := c.desk.call(ctx, "POST", "/api/v1/bookings", token, "", map[string]string{
		"name": "Ravi Kumar", "phone": "555 0101", "address": "12 Hill Road", "brand": "Samsung", "model": "Frame 55",
	}, &made)
	if status != http.StatusOK {
		t.Errorf("create: %d, %v", status, err)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked[made.Booking.ID] = began
}

// revoke ends the rights of a person, if they are to end.
func (c *crowd) revoke(ctx context.Context, t *testing.T, n int, how loss) {
	if how.ask == nil {
		return
	}
	method, path, token, body := how.ask(c.people[n])
	if status, err := c.desk.call(ctx, method, path, token, "", body, nil); status != http.StatusOK {
		t.Errorf("%s %s: %d, %v", c.people[n].role, how.name, status, err)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gone[n], c.answered[n] = time.Now(), c.clock()
	c.closed.Add(perPerson)
}

// settled waits until so many were refused, and all others are connected.
func (c *crowd) settled(ctx context.Context, t *testing.T, refused int64) {
	t.Helper()
	stay := len(c.ledgers) - int(c.closed.Load())
	for (c.refused.Load() < refused || c.swarm.ConnectedCount() != stay) && ctx.Err() == nil {
		<-time.After(5 * time.Millisecond) // the pace of asking
	}
	if n, connected := c.refused.Load(), c.swarm.ConnectedCount(); n != refused || connected != stay {
		t.Errorf("%d were refused with their old token, %d are connected; want %d and %d", n, connected, refused, stay)
	}
}

// TestRevoked: whoever was deactivated, demoted, or got another password, is told nothing that was committed afterwards, and
// does not come back with the old token. Everybody else is told everything.
func TestRevoked(t *testing.T) {
	clients := amount(500, 10_000)
	d := startDesk(t, "EVENT_AUDIENCE=everyone")
	c := &crowd{desk: d, people: make([]person, clients/perPerson), asked: map[string]time.Time{}, gone: make([]time.Time, clients/perPerson), answered: make([]int64, clients/perPerson)}
	// One in so many is staff, and one an admin. All of these are told of everybody who comes and goes: many would be busy with
	// nothing else.
	share := amount(10, 50)
	colleagues := (len(c.people) + share - 1) / share
	all := d.people(t, len(c.people)-2*colleagues, colleagues)
	for n := range c.people {
		role := "customer"
		switch n % share {
		case 0:
			role = "staff"
		case 1:
			role = "admin"
		}
		c.people[n], all[role] = all[role][0], all[role][1:]
	}
	c.admin = d.login("admin@example.com", "admin123")
	customer := d.login("customer@example.com", "password123")
	c.watchers = newWatchers(t, d.address(), clients, func(client int) string { return c.people[client/perPerson].token }, soon)

	ctx, cancel := context.WithTimeout(t.Context(), 5*patience)
	defer cancel()
	done := make(chan struct{})
	var creators, revokers sync.WaitGroup
	creators.Go(func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(time.Duration(amount(10, 1000)) * time.Millisecond):
				c.create(ctx, t, customer)
			}
		}
	})
	ways, next := losses(c.admin), atomic.Int64{}
	for range 8 {
		revokers.Go(func() {
			for n := int(next.Add(1) - 1); n < len(c.people); n = int(next.Add(1) - 1) {
				c.revoke(ctx, t, n, ways[n/share%len(ways)])
			}
		})
	}
	revokers.Wait()
	last := time.Now()
	for c.refused.Load() < c.closed.Load() && ctx.Err() == nil {
		<-time.After(5 * time.Millisecond) // the pace of asking
	}
	took := time.Since(last)
	for range 5 {
		c.create(ctx, t, customer)
	}
	close(done)
	creators.Wait()
	c.settled(ctx, t, c.closed.Load())
	// A stock client would not, but whoever has the token may try it again, with what was missed.
	c.each(t, func(client *swarm.Client) { client.Connect() })
	c.settled(ctx, t, 2*c.closed.Load())
	c.tokensAreVoid(ctx, t)

	var ended []time.Duration
	c.each(t, func(client *swarm.Client) {
		if at := c.answered[client.Index()/perPerson]; at != 0 {
			c.mu.Lock()
			defer c.mu.Unlock()
			ended = append(ended, time.Duration(c.ledgers[client.Index()].ended-at))
		}
	})
	slices.Sort(ended)
	told, missed, forbidden := c.judge(ctx, t)
	c.watchers.mu.Lock()
	defer c.watchers.mu.Unlock()
	if missed != 0 || forbidden != 0 || len(c.faults) != 0 {
		t.Errorf("%d missed by those who stayed, %d told to those who had gone, %v", missed, forbidden, c.faults)
	}
	d.bounded(t, clients, 0)
	t.Logf("%d sockets of %d people, %d of them polling, %d people revoked; %d bookings, %d deliveries, 0 after a revocation; ended after the answer: p50 %v, p99 %v, last %v; all back and refused %v after the last answer",
		clients, len(c.people), c.polling(), c.closed.Load()/perPerson, len(c.asked), told, percentile(ended, .5), percentile(ended, .99), percentile(ended, 1), took.Round(time.Millisecond))
}

// tokensAreVoid tries the tokens of all who were revoked over REST.
func (c *crowd) tokensAreVoid(ctx context.Context, t *testing.T) {
	t.Helper()
	for n, p := range c.people {
		if c.gone[n].IsZero() {
			continue
		}
		if status, err := c.desk.call(ctx, "GET", "/api/v1/auth/me", p.token, "", nil, nil); status != http.StatusUnauthorized {
			t.Fatalf("the old token of a %s is answered %d, %v", p.role, status, err)
		}
	}
}

// judge looks at every ledger once everything has come. Everybody is told of a new booking, and admins twice.
func (c *crowd) judge(ctx context.Context, t *testing.T) (deliveries, missed, forbidden int64) {
	t.Helper()
	for {
		deliveries, missed, forbidden = 0, 0, 0
		if err := c.swarm.Each(ctx, func(client *swarm.Client) {
			n := client.Index() / perPerson
			l := &c.ledgers[client.Index()]
			c.watchers.mu.Lock()
			defer c.watchers.mu.Unlock()
			until := c.gone[n]
			for e, number := range c.numbers {
				seen := l.told(number) != ""
				began, made := c.asked[e.booking]
				switch {
				case !made:
				case seen && !until.IsZero() && began.After(until):
					forbidden++
				case seen:
					deliveries++
				case until.IsZero() && (e.name == "bookingCreated" || c.people[n].role == "admin"):
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
