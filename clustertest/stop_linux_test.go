package clustertest

import (
	"io"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// restart is the code with which a WebSocket is closed by a server that stops.
const restart = 1012

// called returns what the sids of a node's sessions begin with.
func (n *node) called() string {
	n.desk.t.Helper()
	response, err := n.desk.http.Get("http://" + n.address() + "/socket.io/?EIO=4&transport=polling")
	if err != nil {
		n.desk.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }() // read to its end below
	text, err := io.ReadAll(response.Body)
	_, sid, found := strings.Cut(string(text), `"sid":"`)
	if err != nil || !found || len(sid) < 8 {
		n.desk.t.Fatalf("handshake with %s: %q, %v", n.name, text, err)
	}
	return sid[:8]
}

// TestStop: a node is stopped, as a deploy does, while it serves clients of its own and passes on those of others. Nothing
// is lost and nothing comes twice. Its own clients, and those whose WebSocket came through it, are told to come back and
// resume; a polling client of another node notices nothing.
func TestStop(t *testing.T) {
	d := startDesk(t, 3, nil, "DRAIN_WINDOW=500ms")
	people, admin := d.customers(5), d.admin()
	everybody := append(slices.Clone(people), admin)
	url, bookings := d.balancer("haproxy"), d.bookings(people)
	crowd := d.gather(url, amount(24, 100), nil, everybody)
	crowd.open(url, amount(18, 100), []string{"polling"}, everybody)
	load := d.load(bookings, 100*time.Millisecond)
	crowd.told(200)
	stopped := []string{d.nodes[1].called()}
	begun := time.Now()
	d.nodes[1].end(syscall.SIGTERM)                                       // fails the test where the process says that it went wrong
	t.Logf("stopping took %s", time.Since(begun).Round(time.Millisecond)) // within STOP_TIMEOUT, or it had failed
	crowd.told(amount(800, 4000))
	d.nodes[1].start()
	rest(t, amount(time.Second, 10*time.Second))
	stopped = append(stopped, d.nodes[2].called())
	d.nodes[2].end(syscall.SIGTERM)
	d.nodes[2].start()
	load()
	moved := 0
	for i, l := range crowd.settled(bookings, admin) {
		again := l.Connects - 1
		moved += again
		if l.Recovered != again {
			t.Errorf("client %d (%s): %d times connected again, %d times resumed: %v %v", i, l.Transport, again, l.Recovered, l.Disconnects, l.Errors)
		}
		for n, code := range l.Codes {
			switch own := slices.Contains(stopped, l.Sids[n][:8]); {
			case l.Transport == "websocket" && code != restart:
				t.Errorf("client %d: its WebSocket was closed with %d: %v", i, code, l.Errors)
			case l.Transport == "polling" && !own:
				t.Errorf("client %d, of a node that went on, lost its session: %v %v", i, l.Disconnects, l.Errors)
			}
		}
	}
	if moved == 0 {
		t.Error("nobody had to come back")
	}
}
