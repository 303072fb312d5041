package hammer

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"
)

// stopID is the ack id of the client's last event.
const stopID = 1_000_000

// mover is a client that upgrades while it and the server send numbered events.
type mover struct {
	client    *client
	random    *rand.Rand
	connected chan struct{}
	final     chan struct{} // closed when the stop was answered

	mu       sync.Mutex
	sent     int
	acked    int
	received int
	due      int // the number of the binary event whose attachment is due
	wrong    error
	total    [2]int // what the server has received and sent, by its own account
}

// handle checks a message from the server.
func (m *mover) handle(p packet) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var n, id int
	switch {
	case p.binary:
		if m.due == 0 || p.data != bytesOf(m.due) {
			m.fail("attachment %q, that of %d is due", p.data, m.due)
		}
		m.due = 0
	case m.due != 0:
		m.fail("%q while the attachment of %d is due", p.data, m.due)
	case strings.HasPrefix(p.data, "0{"):
		close(m.connected)
	case scan(p.data, `2["m",%d]`, &n):
		m.arrived(n, textEvents)
	case scan(p.data, `51-["m",%d,{"_placeholder":true,"num":0}]`, &n):
		m.arrived(n, binaryEvents)
		m.due = n
	case scans(p.data, `2%d["m",%d]`, &id, &n):
		m.arrived(n, askedEvents)
		m.client.say(text(fmt.Sprintf("43%d[%d]", id, n)))
	case scans(p.data, fmt.Sprintf("3%d[%%d,%%d]", stopID), &m.total[0], &m.total[1]):
		close(m.final)
	case scans(p.data, `3%d[%d]`, &id, &n) && id == n:
		if m.acked++; n != 3*m.acked-1 { // 2, 5, 8 …
			m.fail("ack %d is number %d", n, m.acked)
		}
	default:
		m.fail("%q", p.data)
	}
}

func scans(message, format string, values ...any) bool {
	_, err := fmt.Sscanf(message, format, values...)
	return err == nil
}

func (m *mover) arrived(n, kind int) {
	if n != m.received+1 || kindOf(n) != kind {
		m.fail("event %d of kind %d after %d", n, kind, m.received)
	}
	m.received = n
}

func (m *mover) fail(format string, values ...any) {
	if m.wrong == nil {
		m.wrong = fmt.Errorf("the client got "+format, values...)
	}
}

// talk sends numbered events until ctx ends.
func (m *mover) talk(ctx context.Context) {
	tick := time.NewTicker(upgradePace)
	defer tick.Stop()
	for {
		m.mu.Lock()
		m.sent++
		n := m.sent
		m.mu.Unlock()
		switch kindOf(n) {
		case textEvents:
			m.client.say(text(fmt.Sprintf(`42["n",%d]`, n)))
		case binaryEvents:
			m.client.say(text(fmt.Sprintf(`451-["n",%d,{"_placeholder":true,"num":0}]`, n)), packet{bytesOf(n), true})
		case askedEvents:
			m.client.say(text(fmt.Sprintf(`42%d["n",%d]`, n, n)))
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// heard waits until so many more events have come.
func (m *mover) heard(more int) error {
	m.mu.Lock()
	goal := m.received + more
	m.mu.Unlock()
	return m.until(fmt.Sprintf("event %d", goal), func() bool { return m.received >= goal })
}

func (m *mover) until(what string, ok func() bool) error {
	for deadline := time.Now().Add(patience); ; {
		m.mu.Lock()
		done, wrong := ok(), m.wrong
		m.mu.Unlock()
		switch err := m.client.failure(); {
		case wrong != nil:
			return wrong
		case err != nil:
			return err
		case done:
			return nil
		case time.Now().After(deadline):
			return fmt.Errorf("%s did not come", what)
		}
		<-time.After(upgradePace)
	}
}

// move upgrades. A WebSocket that was given up shortly before may be in the way still; then it tries again.
func (m *mover) move() error {
	for deadline := time.Now().Add(patience); ; {
		l, err := m.client.probe()
		if err == nil {
			m.client.pause()
			err = l.say("5")
			m.client.resume(l)
			return err
		}
		if m.client.failure() != nil || time.Now().After(deadline) {
			return fmt.Errorf("no upgrade: %w", err)
		}
		<-time.After(upgradePace)
	}
}

// move plays one session that upgrades, after some attempts that come to nothing.
func (s *server) move(random *rand.Rand, attempts []func(*client) error) error {
	m := &mover{random: random, connected: make(chan struct{}), final: make(chan struct{})}
	var err error
	if m.client, err = s.connect(polling, m.handle); err != nil {
		return err
	}
	defer m.client.end(nil)
	m.client.say(text("40"))
	select {
	case <-m.connected:
	case <-time.After(patience):
		return fmt.Errorf("not connected: %w", m.client.failure())
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var talking sync.WaitGroup
	talking.Go(func() { m.talk(ctx) })
	for _, attempt := range attempts {
		if err := m.heard(1 + random.IntN(5)); err != nil {
			return err
		}
		if err := attempt(m.client); err != nil {
			return err
		}
	}
	if err := m.heard(1 + random.IntN(10)); err != nil {
		return err
	}
	if err := m.move(); err != nil {
		return err
	}
	if err := m.heard(5 + random.IntN(10)); err != nil {
		return err
	}
	stop()
	talking.Wait()
	m.client.say(text(fmt.Sprintf(`42%d["stop"]`, stopID)))
	if err := m.until("the end", func() bool { return m.total[1] > 0 }); err != nil {
		return err
	}
	<-m.final
	if m.total != [2]int{m.sent, m.received} || m.acked != (m.sent+1)/3 {
		return fmt.Errorf("the client sent %d (%d acks) and got %d, the server got and sent %v", m.sent, m.acked, m.received, m.total)
	}
	m.client.leave()
	return nil
}
