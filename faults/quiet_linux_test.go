package faults

import (
	"net/http"
	"testing"
	"time"

	"kapoor.example/desk/bench/swarm"
)

// register makes a customer and returns the token.
func (d *desk) register(email string) string {
	d.t.Helper()
	var made struct{ Token string }
	status, err := d.call(d.t.Context(), "POST", "/api/v1/auth/register", "", "", map[string]string{
		"name": "Lata Iyer", "email": email, "password": "a password of the tests",
	}, &made)
	if status != http.StatusCreated {
		d.t.Fatalf("register: %d, %v", status, err)
	}
	return made.Token
}

// owned returns what the owner of bookings should have been told of them.
func owned(all []stored, known map[string]bool) []told {
	events := expected(all, known)
	for _, e := range events {
		if e.name == "bookingUpdated" {
			e.name = "bookingStatusChanged"
			events = append(events, e)
		}
	}
	return events
}

// TestQuiet: sockets of somebody for whom there was nothing for longer than the window, or never anything, while the desk was
// busy for others, are cut, and stay away for nearly as long as they may: they get what they missed.
func TestQuiet(t *testing.T) {
	clients, window, pause := 60, time.Second, 10*time.Millisecond
	env := []string{"RECOVERY_WINDOW=1s", "PING_INTERVAL=300ms", "PING_TIMEOUT=10s"}
	if long() {
		clients, window, pause = 500, 2*time.Minute, 100*time.Millisecond
		env = nil // as nobody sets it
	}
	quiet, away := window+window/10, window-window/10
	d := startDesk(t, env...)
	token := d.register("quiet@example.com")
	others := d.write(t, 4, pause)
	first := newWatchers(t, d.address(), clients/2, same(token), soon)
	d.writeOne(t, token)
	first.compare(t, owned(d.own(token), nil))
	then := newWatchers(t, d.address(), clients/2, same(token), soon) // nothing has ever come to these
	known := ids(d.own(token))

	heard := first.events.Load()
	pass(t, quiet)
	if first.events.Load() != heard || then.events.Load() != 0 {
		t.Fatal("it was not quiet")
	}
	for _, w := range []*watchers{first, then} {
		w.each(t, func(c *swarm.Client) {
			c.Cut(c.Index()%2 == 0)
			c.ConnectAfter(away)
		})
	}
	own := d.writeAs(t, token, 1, window/20) // more than once while they are away
	for deadline := time.Now().Add(away + patience); first.returned.Load()+then.returned.Load() < int64(clients); {
		if time.Now().After(deadline) {
			t.Fatalf("%d and %d are back", first.returned.Load(), then.returned.Load())
		}
		<-time.After(10 * time.Millisecond) // the pace of asking
	}
	own.end()
	others.end()
	all := d.own(token)
	first.compare(t, owned(all, nil))
	then.compare(t, owned(all, known))
	d.bounded(t, clients, 0)
	t.Logf("nothing for %v, and away for %v; %d bookings of others meanwhile", quiet, away, others.created.Load())
}
