package clustertest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"
)

// upset is something that goes wrong under load, and how it ends.
type upset struct {
	name string
	kept bool // Redis keeps its data on disk
	does func(t testing.TB, d *desk)
	// kills says that clients lose their connections. All of them resume. Otherwise nobody notices anything.
	kills bool
}

// rest lets time pass, during which clients are told of what is written.
func rest(t testing.TB, d time.Duration) {
	select {
	case <-time.After(d): // how long it lasts is what is tested
	case <-t.Context().Done():
	}
}

func upsets() []upset {
	stop := func(t testing.TB, d *desk) {
		d.redis.Kill(t)
		for _, n := range d.nodes {
			eventually(t, n.name+" says that it is cut off", n.degraded)
		}
		rest(t, amount(2*time.Second, 30*time.Second))
		d.redis.Run(t)
		for _, n := range d.nodes {
			eventually(t, n.name+" says that all is well", func() bool { return !n.degraded() })
		}
	}
	return []upset{
		{name: "a node is killed", kills: true, does: func(t testing.TB, d *desk) {
			d.nodes[1].kill()
			rest(t, amount(2*time.Second, 10*time.Second))
			d.nodes[1].start()
			rest(t, amount(time.Second, 10*time.Second))
			d.nodes[2].kill()
			d.nodes[2].start()
		}},
		{name: "Redis is stopped and loses its data", does: stop},
		{name: "Redis is stopped and keeps its data", kept: true, does: stop},
		{name: "Redis is slow", does: func(t testing.TB, d *desk) {
			for _, n := range d.nodes {
				n.way.Slow(200 * time.Millisecond)
			}
			rest(t, amount(3*time.Second, 30*time.Second))
			for _, n := range d.nodes {
				n.way.Slow(0)
			}
		}},
		{name: "a node is cut off from Redis", does: func(t testing.TB, d *desk) {
			d.nodes[0].way.Cut()
			eventually(t, "it says that it is cut off", d.nodes[0].degraded)
			if d.nodes[1].degraded() {
				t.Error("another node says that it is cut off, too")
			}
			rest(t, amount(3*time.Second, 10*time.Second))
			d.nodes[0].way.Heal()
			eventually(t, "it says that all is well", func() bool { return !d.nodes[0].degraded() })
		}},
		{name: "a node hears no more of Redis", does: func(t testing.TB, d *desk) {
			d.nodes[0].way.Hush()
			eventually(t, "it says that it is cut off", d.nodes[0].degraded)
			rest(t, amount(3*time.Second, 10*time.Second))
			d.nodes[0].way.Heal()
			eventually(t, "it says that all is well", func() bool { return !d.nodes[0].degraded() })
		}},
	}
}

// TestOutages: whatever goes, each client is told of each message once and in order, and those that lost their connection
// resume.
func TestOutages(t *testing.T) {
	all := upsets()
	if testing.Short() {
		all = all[:1]
	}
	for _, u := range all {
		t.Run(u.name, func(t *testing.T) {
			var redis []string
			if u.kept {
				redis = []string{"--appendonly", "yes", "--appendfsync", "always"}
			}
			u.run(startDesk(t, 3, redis)) // a new one each time: FerretDB reads all there is for each command
		})
	}
}

func (u upset) run(d *desk) {
	people, admin := d.customers(5), d.admin()
	url, bookings := d.balancer("haproxy"), d.bookings(people)
	everybody := append(slices.Clone(people), admin)
	crowd := d.gather(url, amount(30, 100), nil, everybody)
	crowd.open(url, amount(12, 100), []string{"polling"}, everybody)
	stop := d.load(bookings, 100*time.Millisecond)
	crowd.told(100)
	u.does(d.t, d)
	crowd.told(amount(1000, 5000))
	stop()
	resumed := 0
	for i, l := range crowd.settled(bookings, admin) {
		again := l.Connects - 1
		resumed += again
		if l.Recovered != again || !u.kills && again > 0 {
			d.t.Errorf("client %d (%s): %d times connected again, %d times resumed: %v %v", i, l.Transport, again, l.Recovered, l.Disconnects, l.Errors)
		}
	}
	if u.kills && resumed == 0 {
		d.t.Error("nobody was cut off")
	}
}

// TestOneChain: many changes of one booking through all nodes at once are one chain, and everybody is told of all of it.
func TestOneChain(t *testing.T) {
	d := startDesk(t, 3, nil)
	owner, admin := d.customers(1)[0], d.admin()
	booking := d.book(d.nodes[0], owner)
	crowd, begun := d.crowd(), time.Now()
	for _, n := range d.nodes {
		crowd.open("http://"+n.address(), 2, nil, []person{owner, admin})
	}
	const changes = 20
	var all sync.WaitGroup
	for i := range changes {
		status := []string{"Scheduled", "Pending"}[i%2]
		all.Go(func() {
			d.insist(context.WithoutCancel(t.Context()), "PATCH", "/bookings/"+booking+"/status", admin.Token, map[string]string{"status": status, "message": fmt.Sprint("change ", i)}, nil)
		})
	}
	all.Wait()
	other := d.book(d.nodes[1], owner)
	for time.Since(begun) < 6*time.Second { // something to work out for each second
		status := []string{"Scheduled", "Pending"}[time.Now().Unix()%2]
		d.insist(t.Context(), "PATCH", "/bookings/"+other+"/status", admin.Token, map[string]string{"status": status}, nil)
		rest(t, 100*time.Millisecond)
	}
	crowd.settled(map[string]person{booking: owner, other: owner}, admin)
	most := int(time.Since(begun).Seconds()) + 3
	for i, l := range crowd.report() {
		last, n := "Pending", 0
		for _, e := range l.Events {
			if e.Name != "bookingUpdated" || e.Booking != booking {
				continue
			}
			if n++; e.OldStatus != last {
				t.Errorf("client %d: change %d is from %s, after one to %s", i, n, e.OldStatus, last)
			}
			last = e.Status
		}
		// One node works them out, once a second at most. Each for itself would be three times as many.
		if crowd.who[i].User.ID == admin.User.ID && (l.Stats == 0 || l.Stats > most) {
			t.Errorf("client %d was told statistics %d times, not 1 to %d", i, l.Stats, most)
		}
		if n != changes {
			t.Errorf("client %d: told of %d changes, %d were made", i, n, changes)
		}
	}
}

// TestDeactivated: who is deactivated through one node is told nothing, on any node, that was committed afterwards.
func TestDeactivated(t *testing.T) {
	d := startDesk(t, 3, nil)
	people, admin := d.customers(2), d.admin()
	bookings := d.bookings(people)
	crowd := d.crowd()
	for _, n := range d.nodes {
		crowd.open("http://"+n.address(), 2, nil, people)
	}
	gone, stays := people[0], people[1]
	d.must(d.nodes[0], "PATCH", "/users/"+gone.User.ID, admin.Token, map[string]bool{"active": false}, nil)
	after := map[string]bool{}
	for booking, owner := range bookings {
		for i := range 10 {
			var answer struct {
				Message struct {
					ID string `json:"_id"`
				}
			}
			d.must(d.nodes[i%3], "POST", "/bookings/"+booking+"/messages", admin.Token, map[string]string{"message": "after"}, &answer)
			if owner.User.ID == gone.User.ID {
				after[answer.Message.ID] = true
			}
		}
	}
	eventually(t, "they are closed, and the others told", func() bool {
		for i, l := range crowd.report() {
			if crowd.who[i].User.ID == gone.User.ID && l.Connected || crowd.who[i].User.ID == stays.User.ID && len(l.Events) < 10 {
				return false
			}
		}
		return true
	})
	for i, l := range crowd.report() {
		for _, e := range l.Events {
			if after[e.Message] {
				t.Errorf("client %d was told %s", i, e.Message)
			}
		}
	}
}
