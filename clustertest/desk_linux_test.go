package clustertest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"kapoor.example/desk/persistence/redis/redistest"
)

// desk is a cluster of nodes, whose ports stay the same.
type desk struct {
	t     testing.TB
	store string
	redis *redistest.Server
	nodes []*node
	http  *http.Client
}

// node is one process, with a way to Redis of its own.
type node struct {
	desk *desk
	name string
	port int
	way  *redistest.Way
	data string
	env  []string
	*process
}

// startDesk runs so many nodes. redis are arguments of redis-server.
func startDesk(t testing.TB, nodes int, redis []string, env ...string) *desk {
	t.Helper()
	d := &desk{
		t: t, redis: redistest.Start(t, redis...), store: startStore(t),
		http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}, Timeout: 20 * time.Second},
	}
	t.Cleanup(d.http.CloseIdleConnections)
	for i := range nodes {
		n := &node{desk: d, name: fmt.Sprintf("node %d", i+1), port: freePort(t), way: d.redis.Path(t), data: t.TempDir(), env: env}
		d.nodes = append(d.nodes, n)
		n.start() // the first one makes what is there once
	}
	return d
}

func (n *node) address() string { return fmt.Sprintf("127.0.0.1:%d", n.port) }

// start starts the process and waits until it is ready.
func (n *node) start() {
	n.desk.t.Helper()
	cmd := exec.Command(binaries["server"], "serve")
	cmd.Env = append([]string{
		"HOST=127.0.0.1", fmt.Sprint("PORT=", n.port), "DATA_DIR=" + n.data, "MONGODB_URI=" + n.desk.store, "REDIS_URL=" + n.way.URL(),
		"JWT_SECRET=a secret of the cluster's tests, long enough for all", "LOG_FORMAT=json", "LOG_LEVEL=warn", "SEED_DEMO=true",
		"MAX_CONNECTIONS_PER_USER=1000", "MAX_CONNECTIONS_PER_ADDRESS=100000", "LOGIN_LIMIT_ADDRESS=1000/1m", "REGISTER_LIMIT_ADDRESS=1000/1m",
	}, n.env...)
	n.process = run(n.desk.t, n.name, cmd)
	eventually(n.desk.t, n.name+" is ready", func() bool { _, ok := n.ready(); return ok })
}

// ready returns what the node says of itself, and whether it takes requests.
func (n *node) ready() (string, bool) {
	response, err := n.desk.http.Get("http://" + n.address() + "/readyz")
	if err != nil {
		return "", false
	}
	text, err := io.ReadAll(response.Body)
	return string(text), errors.Join(err, response.Body.Close()) == nil && response.StatusCode == http.StatusOK
}

func (n *node) degraded() bool {
	text, ok := n.ready()
	return ok && strings.Contains(text, "degraded")
}

// kill ends the node without a word.
func (n *node) kill() { n.end(syscall.SIGKILL) }

// call asks once, at host and port.
func (d *desk) call(ctx context.Context, address, method, path, token string, body, into any) (status int, err error) {
	text, err := json.Marshal(body)
	if err != nil {
		return 0, err
	}
	request, err := http.NewRequestWithContext(ctx, method, "http://"+address+"/api/v1"+path, bytes.NewReader(text))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := d.http.Do(request)
	if err != nil {
		return 0, err
	}
	answer, err := io.ReadAll(response.Body)
	if err = errors.Join(err, response.Body.Close()); err != nil {
		return 0, err
	}
	if into != nil && response.StatusCode < 300 {
		if err := json.Unmarshal(answer, into); err != nil {
			return 0, fmt.Errorf("%s %s: %w: %s", method, path, err, answer)
		}
	}
	return response.StatusCode, nil
}

// insist asks, each node in turn, until there is an answer that was not made in distress.
func (d *desk) insist(ctx context.Context, method, path, token string, body, into any) {
	for i := 0; ctx.Err() == nil; i++ {
		status, err := d.call(ctx, d.nodes[i%len(d.nodes)].address(), method, path, token, body, into)
		switch {
		case err == nil && status < 300:
			return
		case err == nil && status < 500 && status != http.StatusRequestTimeout:
			d.t.Errorf("%s %s: %d", method, path, status)
			return
		}
		select {
		case <-time.After(20 * time.Millisecond): // the pace of trying
		case <-ctx.Done():
		}
	}
}

// must asks one node, which has to do it.
func (d *desk) must(n *node, method, path, token string, body, into any) {
	d.t.Helper()
	if status, err := d.call(d.t.Context(), n.address(), method, path, token, body, into); err != nil || status >= 300 {
		d.t.Fatalf("%s %s: %d, %v", method, path, status, err)
	}
}

// person is somebody with an account.
type person struct {
	Token string
	User  struct{ ID string }
}

func (d *desk) login(email, password string) (p person) {
	d.t.Helper()
	d.must(d.nodes[0], "POST", "/auth/login", "", map[string]string{"email": email, "password": password}, &p)
	return p
}

func (d *desk) admin() person { return d.login("admin@example.com", "admin123") }

// customers registers so many people.
func (d *desk) customers(many int) []person {
	d.t.Helper()
	people := make([]person, many)
	for i := range people {
		email := fmt.Sprintf("customer-%d@example.org", i)
		d.must(d.nodes[i%len(d.nodes)], "POST", "/auth/register", "", map[string]string{"name": "Customer", "email": email, "password": "correct horse"}, &people[i])
	}
	return people
}

// book makes a booking for somebody.
func (d *desk) book(n *node, who person) (id string) {
	d.t.Helper()
	var answer struct {
		Booking struct {
			ID string `json:"_id"`
		}
	}
	d.must(n, "POST", "/bookings", who.Token, map[string]string{
		"name": "Customer", "phone": "+91 98765 43210", "address": "1 Mall Road", "brand": "Acme", "model": "X1",
	}, &answer)
	return answer.Booking.ID
}

// bookings makes one for everybody.
func (d *desk) bookings(people []person) map[string]person {
	d.t.Helper()
	made := map[string]person{}
	for i, who := range people {
		made[d.book(d.nodes[i%len(d.nodes)], who)] = who
	}
	return made
}

// messages returns the messages of a booking as the store has them, in order.
func (d *desk) messages(booking, token string) (ids []string) {
	d.t.Helper()
	var answer struct {
		Booking struct {
			Updates []struct {
				ID   string `json:"_id"`
				Kind string
			}
		}
	}
	d.insist(d.t.Context(), "GET", "/bookings/"+booking, token, nil, &answer)
	for _, u := range answer.Booking.Updates {
		if u.Kind == "message" {
			ids = append(ids, u.ID)
		}
	}
	return ids
}

// load writes messages to bookings, one after the other to each, until it is stopped: what it was not told of it writes
// again, under the same name.
func (d *desk) load(bookings map[string]person, pause time.Duration) (stop func() int) {
	ctx, cancel := context.WithCancel(d.t.Context())
	written := make(chan int, len(bookings))
	for _, booking := range slices.Sorted(maps.Keys(bookings)) {
		go func() {
			n := 0
			for ; n < 480 && ctx.Err() == nil; n++ { // a booking has 500 entries at most
				d.insist(d.t.Context(), "POST", "/bookings/"+booking+"/messages", bookings[booking].Token,
					map[string]string{"message": fmt.Sprint("message ", n), "clientId": fmt.Sprint("load-", n)}, nil)
				select {
				case <-time.After(pause): // the pace of the load
				case <-ctx.Done():
				}
			}
			written <- n
		}()
	}
	return func() (all int) {
		cancel()
		for range bookings {
			all += <-written
		}
		return all
	}
}
