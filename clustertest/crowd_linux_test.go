package clustertest

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"sync"
	"syscall"
	"time"
)

// crowd is stock clients, in one process.
type crowd struct {
	desk  *desk
	who   []person   // by client
	mu    sync.Mutex // one command at a time
	in    io.Writer
	lines *bufio.Reader
	*process
}

// ledger is what one client was told.
type ledger struct {
	Connects, Recovered, Unknown, Stats int
	Disconnects, Errors                 []string
	Codes                               []int               // with which WebSockets were closed, by disconnect
	Sids                                []string            // of its sessions, by connect
	Online                              map[string][]string // of whom it was told to come and go
	Events                              []told
	Transport                           string
	Connected                           bool
}

// told is an event that is stored.
type told struct{ Name, Booking, ID, Message, Status, OldStatus string }

// gather opens so many clients of these people, in turn, and waits until all are connected.
func (d *desk) gather(url string, many int, transports []string, people []person) *crowd {
	d.t.Helper()
	c := d.crowd()
	c.open(url, many, transports, people)
	return c
}

func (d *desk) crowd() *crowd {
	d.t.Helper()
	path := need(d.t, "node", "its version 20 or newer")
	if _, err := os.Stat("../clienttest/node_modules/socket.io-client"); err != nil {
		install := exec.Command("npm", "ci", "--prefix", "../clienttest", "--no-audit", "--no-fund")
		if out, err := install.CombinedOutput(); err != nil {
			d.t.Fatalf("npm ci: %v\n%s", err, out)
		}
	}
	cmd := exec.Command(path, "crowd.mjs")
	in, err := cmd.StdinPipe()
	if err != nil {
		d.t.Fatal(err)
	}
	out, w := io.Pipe()
	cmd.Stdout = w
	c := &crowd{desk: d, in: in, lines: bufio.NewReaderSize(out, 1<<20)}
	c.process = run(d.t, "the crowd", cmd)
	d.t.Cleanup(func() { c.end(syscall.SIGKILL); _ = errors.Join(in.Close(), w.Close()) })
	return c
}

// do has the crowd do something, and reads its answer.
func (c *crowd) do(command map[string]any, into any) {
	c.desk.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	text, err := json.Marshal(command)
	if err != nil {
		c.desk.t.Fatal(err)
	}
	if _, err := c.in.Write(append(text, '\n')); err != nil {
		c.desk.t.Fatalf("crowd: %v\n%s", err, c.text())
	}
	late := time.AfterFunc(2*patience, func() { c.end(syscall.SIGKILL) })
	line, err := c.lines.ReadBytes('\n')
	if !late.Stop() || err != nil {
		c.desk.t.Fatalf("crowd: no answer to %v: %v\n%s", command["do"], err, c.text())
	}
	if into != nil {
		if err := json.Unmarshal(line, into); err != nil {
			c.desk.t.Fatal(err)
		}
	}
}

func (c *crowd) open(url string, many int, transports []string, people []person) {
	c.desk.t.Helper()
	type client struct {
		Token      string   `json:"token"`
		Transports []string `json:"transports,omitempty"`
	}
	clients := make([]client, many)
	for i := range clients {
		who := people[i%len(people)]
		clients[i] = client{who.Token, transports}
		c.who = append(c.who, who)
	}
	c.do(map[string]any{"do": "open", "url": url, "clients": clients}, nil)
}

func (c *crowd) report() (all []ledger) {
	c.desk.t.Helper()
	c.do(map[string]any{"do": "report"}, &all)
	return all
}

// told waits until the clients were told of so many events, all together.
func (c *crowd) told(many int) {
	c.desk.t.Helper()
	eventually(c.desk.t, "events", func() bool {
		n := 0
		for _, l := range c.report() {
			n += len(l.Events)
		}
		return n >= many
	})
}

// settled writes one more message to each booking, waits until everybody was told, and compares what each client was
// told with the store: each message once, in the order of its booking, and nothing of other people's.
func (c *crowd) settled(bookings map[string]person, admins ...person) (all []ledger) {
	t := c.desk.t
	t.Helper()
	stored, last := map[string][]string{}, map[string]string{}
	for booking, owner := range bookings {
		c.desk.insist(t.Context(), "POST", "/bookings/"+booking+"/messages", owner.Token, map[string]string{"message": "the end"}, nil)
		stored[booking] = c.desk.messages(booking, owner.Token)
		last[booking] = stored[booking][len(stored[booking])-1]
	}
	sees := func(client int, booking string) bool {
		id := c.who[client].User.ID
		return bookings[booking].User.ID == id || slices.ContainsFunc(admins, func(a person) bool { return a.User.ID == id })
	}
	eventually(t, "the end of all bookings", func() bool {
		all = c.report()
		for i, l := range all {
			for booking, id := range last {
				if sees(i, booking) && !slices.ContainsFunc(l.Events, func(e told) bool { return e.Message == id }) {
					return false
				}
			}
		}
		return true
	})
	wrong := 0
	for i, l := range all {
		got, ids := map[string][]string{}, map[string]bool{}
		for _, e := range l.Events {
			if ids[e.ID] {
				t.Errorf("client %d: %s %s came twice", i, e.Name, e.ID)
			}
			ids[e.ID] = true
			if e.Name == "bookingMessage" {
				got[e.Booking] = append(got[e.Booking], e.Message)
			}
		}
		for booking, want := range stored {
			have := got[booking]
			if !sees(i, booking) {
				want = nil
			}
			if !slices.Equal(have, want) {
				if wrong++; wrong < 5 {
					t.Errorf("client %d (%d connects, %d recovered, %s, %v): told of %d messages, stored are %d; %s", i, l.Connects, l.Recovered, l.Transport, l.Errors, len(have), len(want), difference(have, want))
				}
			}
		}
	}
	if wrong > 0 {
		t.Errorf("%d ledgers are wrong", wrong)
	}
	return all
}

// difference says where two lists part.
func difference(have, want []string) string {
	for i := range want {
		if i >= len(have) || have[i] != want[i] {
			rest := have[min(i, len(have)):]
			return fmt.Sprintf("they part at number %d, and %d follow", i, len(rest))
		}
	}
	return "more than are stored"
}
