package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strconv"
	"sync"
	"time"

	"kapoor.example/desk/bench/swarm"
)

// What is timed.
const (
	kindCreate    = "create"
	kindMessage   = "message"
	kindList      = "list"
	kindStatus    = "status"
	kindAssign    = "assign"
	kindReconnect = "reconnect" // without the wait before it
	kindTyping    = "typing"    // until the admin sees it
	kindDelivery  = "delivery"  // from the command to each socket that is told its text
)

func mixedKinds() []string {
	return []string{kindCreate, kindMessage, kindList, kindStatus, kindAssign, kindReconnect, kindTyping, kindDelivery}
}

// act lets everybody act at the given rates until the time is over, and waits for what is under way.
func (m *mixed) act(ctx context.Context) {
	c := m.settings
	var kinds sync.WaitGroup
	for i, kind := range []struct {
		rate float64
		do   func(*rand.Rand)
	}{
		{c.Create, m.create}, {c.Message / 2, m.say}, {c.Message / 2, m.write}, {c.Typing, m.types}, {c.List, m.list},
		{c.Status, m.change}, {c.Assign, m.assign}, {c.Reconnect, m.cut},
	} {
		if kind.rate > 0 {
			kinds.Go(func() { m.often(ctx, kind.rate, rand.New(rand.NewPCG(c.Random, uint64(i))), kind.do) })
		}
	}
	kinds.Wait()
	m.requests.Wait()
}

// often does something at a rate until the time is over.
func (m *mixed) often(ctx context.Context, rate float64, random *rand.Rand, do func(*rand.Rand)) {
	began := m.clock()
	for i := 1.0; ; i++ {
		due := int64(i / rate * float64(time.Second))
		if due > int64(m.settings.Duration) || pause(ctx, time.Duration(began+due-m.clock())) != nil {
			return
		}
		do(random)
		m.done.Add(1)
	}
}

// request makes a request in the background, when one of the connections is free, and times it.
func (m *mixed) request(kind string, do func() error) {
	select {
	case m.slots <- struct{}{}:
	default:
		m.late.Add(1) // the desk does not keep up
		m.slots <- struct{}{}
	}
	m.requests.Go(func() {
		defer func() { <-m.slots }()
		began := m.clock()
		if err := do(); err != nil {
			if m.ctx.Err() == nil {
				m.add(err)
			}
			return
		}
		m.timed[kind].record(time.Duration(m.clock() - began))
	})
}

// prepare makes a booking for every customer. That is not timed.
func (m *mixed) prepare(ctx context.Context) error {
	for i := range m.customers {
		m.request(kindCreate, func() error { return m.book(i) })
	}
	m.requests.Wait()
	m.late.Store(0)
	m.timed[kindCreate].reset()
	if err := m.first(); err != nil {
		return fmt.Errorf("first bookings: %w", err)
	}
	return ctx.Err()
}

func (m *mixed) book(customer int) error {
	created, err := m.api.create(m.people[customer].token)
	if err == nil {
		m.books.add(created.ID, customer)
	}
	return err
}

func (m *mixed) create(random *rand.Rand) {
	customer := random.IntN(m.customers)
	m.request(kindCreate, func() error { return m.book(customer) })
}

// staff returns one of the staff.
func (m *mixed) staff(random *rand.Rand) person {
	return m.people[m.customers+random.IntN(m.settings.Staff)]
}

// say is a customer's message over the socket.
func (m *mixed) say(random *rand.Rand) {
	b := m.books.pick(random)
	if b == nil {
		return
	}
	b.entries.Add(1)
	m.swarm.Post(b.owner, func(c *swarm.Client) {
		if c.Phase() != swarm.Connected {
			return // away
		}
		in, now := &m.inboxes[b.owner], m.clock()
		in.ask++
		in.asked[in.ask] = now
		c.Send(swarm.Frame(fmt.Sprintf(`42%d["sendMessage",{"bookingId":%q,"message":%q}]`, in.ask, b.id, sentText(now))))
	})
}

// write is a message of the staff over REST.
func (m *mixed) write(random *rand.Rand) {
	b, by := m.books.pick(random), m.staff(random)
	if b == nil {
		return
	}
	b.entries.Add(1)
	m.request(kindMessage, func() error {
		body := map[string]string{"message": sentText(m.clock())}
		return m.api.call("POST", "/bookings/"+url.PathEscape(b.id)+"/messages", by.token, body, nil)
	})
}

// types lets a customer type.
func (m *mixed) types(random *rand.Rand) {
	b := m.books.pick(random)
	if b == nil {
		return
	}
	m.swarm.Post(b.owner, func(c *swarm.Client) {
		if c.Phase() == swarm.Connected {
			b.typing.Store(m.clock())
			c.Send(swarm.Frame(fmt.Sprintf(`42["typing",{"bookingId":%q,"isTyping":true}]`, b.id)))
		}
	})
}

// list reads what a screen shows.
func (m *mixed) list(random *rand.Rand) {
	by, path := m.people[random.IntN(m.customers)], "/bookings/user?limit=20"
	switch random.IntN(3) {
	case 0:
		by, path = m.staff(random), "/bookings?limit=20"
	case 1:
		by, path = m.admin, "/stats/overview"
	}
	m.request(kindList, func() error { return m.api.call("GET", path, by.token, nil, nil) })
}

// change gives a booking another status. One that has a long timeline is completed, and left alone from then on.
func (m *mixed) change(random *rand.Rand) {
	b, by := m.books.pick(random), m.staff(random)
	if b == nil {
		return
	}
	m.request(kindStatus, func() error {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.over {
			return nil
		}
		next := "Scheduled"
		switch {
		case b.entries.Load() >= longTimeline:
			next = "Completed"
			b.over = true
			m.books.retire(b)
		case b.scheduled:
			next = "Pending"
		}
		if err := m.api.status(by.token, b.id, change{Status: next, Message: sentText(m.clock())}); err != nil {
			return err
		}
		b.scheduled = !b.scheduled
		b.entries.Add(1)
		return nil
	})
}

// assign gives a booking to somebody of the staff.
func (m *mixed) assign(random *rand.Rand) {
	b, to := m.books.pick(random), m.staff(random)
	if b == nil {
		return
	}
	m.request(kindAssign, func() error {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.over {
			return nil
		}
		b.entries.Add(1)
		return m.api.status(m.admin.token, b.id, change{AssignedTo: &to.id})
	})
}

// cut lets a customer lose the line and come back.
func (m *mixed) cut(random *rand.Rand) {
	m.swarm.Post(random.IntN(m.customers), func(c *swarm.Client) {
		if c.Phase() == swarm.Connected {
			m.away.Add(1)
			c.Cut(false)
			m.comeBack(c)
		}
	})
}

// reload reads a customer's bookings anew: what REST tells need not come any more.
func (m *mixed) reload(customer int) {
	m.requests.Go(func() {
		m.slots <- struct{}{}
		defer func() { <-m.slots }()
		var states []bookingState
		for _, b := range m.books.of(customer) {
			state, err := m.api.booking(m.people[customer].token, b.id)
			if err != nil {
				m.add(err)
				continue
			}
			states = append(states, state)
		}
		m.swarm.Post(customer, func(*swarm.Client) {
			in := &m.inboxes[customer]
			for _, state := range states {
				in.of(state.ID).known = max(in.of(state.ID).known, state.Version)
			}
			m.away.Add(-1)
		})
	})
}

// A text that says when it was sent.
const sentMark = "sent at "

func sentText(now int64) string {
	return sentMark + string(appendDigits(nil, uint64(now), sentDigits))
}

// sentAt finds that time in a payload.
func sentAt(payload []byte) (int64, bool) {
	text := textField(payload, `"message":"`+sentMark)
	n, err := strconv.ParseInt(string(text), 10, 64)
	return n, err == nil
}
