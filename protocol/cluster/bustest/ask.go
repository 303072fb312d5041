package bustest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"kapoor.example/desk/protocol/cluster"
)

// signals: they reach the other servers of the namespace and nobody else.
func (s suite) signals(t *testing.T) {
	h := s.open(t)
	a, b, c := join(t, h, "/"), join(t, h, "/"), join(t, h, "/chat")
	gather(t, "/", a, b)
	v := event(1)
	v.Volatile = true
	for _, body := range []cluster.Body{v, cluster.ServerEvent{Data: []byte(`["news",1]`)}} {
		if err := a.bus.Signal("/", body); err != nil {
			t.Fatal(err)
		}
	}
	b.until("signals", func() bool { return len(b.signals) == 2 })
	if got, ok := b.signals[0].Body.(cluster.Broadcast); !ok || string(got.Data) != `["e",1]` || !got.Volatile {
		t.Errorf("%+v", b.signals[0])
	}
	if got, ok := b.signals[1].Body.(cluster.ServerEvent); !ok || string(got.Data) != `["news",1]` {
		t.Errorf("%+v", b.signals[1])
	}
	if m := b.signals[0]; m.Sender != a.bus.Name() || m.Namespace != "/" || m.Request != "" {
		t.Errorf("%+v", m)
	}
	mustPublish(t, a.bus, "/", event(2))
	a.delivered(1)
	for _, p := range []*probe{a, c} {
		p.mu.Lock()
		if len(p.signals) > 0 {
			t.Errorf("signals %+v", p.signals)
		}
		p.mu.Unlock()
	}
}

// asking: every other server answers once, nobody else is asked, and requests at the same time keep apart.
func (s suite) asking(t *testing.T) {
	h := s.open(t)
	alone := join(t, h, "/alone")
	if err := alone.bus.Ask(t.Context(), "/alone", cluster.FetchSockets{}, nil); err != nil {
		t.Errorf("alone: %v", err)
	}
	a, b, c := join(t, h, "/"), join(t, h, "/"), join(t, h, "/")
	gather(t, "/", a, b, c)
	fetched := cluster.Sockets{List: []cluster.Socket{{
		ID: "s1", Rooms: []string{"s1", "r"}, Data: text("data"),
		Handshake: cluster.Handshake{Address: "::1", Header: map[string][]string{"host": {"h"}}, Issued: time.UnixMilli(1795395554511)},
	}}}
	b.answer = func(m cluster.Message, reply func(cluster.Body)) {
		switch body := m.Body.(type) {
		case cluster.FetchSockets:
			if !slices.Equal(body.To.Rooms, []string{"r"}) || !slices.Equal(body.To.Except, []string{"x"}) {
				t.Errorf("asked for %+v", body)
			}
			reply(fetched)
		case cluster.ServerEvent:
			go reply(cluster.Answer{Value: text(string(body.Data))})
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()

	var found []cluster.Socket
	to := cluster.Target{Rooms: []string{"r"}, Except: []string{"x"}}
	err := a.bus.Ask(ctx, "/", cluster.FetchSockets{To: to}, func(sender string, answer cluster.Body) {
		if sender != b.bus.Name() && sender != c.bus.Name() {
			t.Errorf("%s answered", sender)
		}
		found = append(found, answer.(cluster.Sockets).List...)
	})
	if err != nil || len(found) != 1 {
		t.Fatalf("%+v, %v", found, err)
	}
	got := found[0]
	if got.ID != "s1" || !slices.Equal(got.Rooms, []string{"s1", "r"}) || string(got.Data.Raw) != `"data"` ||
		got.Handshake.Address != "::1" || !got.Handshake.Issued.Equal(time.UnixMilli(1795395554511)) ||
		!slices.Equal(got.Handshake.Header["host"], []string{"h"}) {
		t.Errorf("%+v", got)
	}

	const many = 20
	results := make(chan error, many)
	for i := range many {
		go func() {
			want := fmt.Sprintf(`["q",%d]`, i)
			echoed := 0
			err := a.bus.Ask(ctx, "/", cluster.ServerEvent{Data: []byte(want)}, func(sender string, answer cluster.Body) {
				var s string
				if e := bind(answer.(cluster.Answer).Value, &s); e == nil && s == want && sender == b.bus.Name() {
					echoed++
				}
			})
			if err == nil && echoed != 1 {
				err = fmt.Errorf("%d answers to %s", echoed, want)
			}
			results <- err
		}()
	}
	for range many {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	for _, p := range []*probe{a, alone} {
		p.mu.Lock()
		for _, m := range p.requests {
			if _, fetch := m.Body.(cluster.FetchSockets); !fetch || p == alone {
				t.Errorf("asked %+v", m)
			}
		}
		p.mu.Unlock()
	}
}

// unanswered: whoever waits gets what was said, and how much is missing; what is said later changes nothing.
func (s suite) unanswered(t *testing.T) {
	h := s.open(t)
	a, b, c := join(t, h, "/"), join(t, h, "/"), join(t, h, "/")
	gather(t, "/", a, b, c)
	late := make(chan func(cluster.Body), 1)
	c.answer = func(_ cluster.Message, reply func(cluster.Body)) { late <- reply }
	ctx, cancel := context.WithCancel(t.Context())
	heard := 0
	err := a.bus.Ask(ctx, "/", cluster.ServerEvent{Data: []byte(`["q"]`)}, func(string, cluster.Body) {
		heard++
		cancel()
	})
	var unanswered *cluster.UnansweredError
	if !errors.As(err, &unanswered) || unanswered.Got != 1 || unanswered.Want != 2 || heard != 1 || !errors.Is(err, context.Canceled) {
		t.Errorf("%d heard, %v", heard, err)
	}
	reply := <-late
	for range 3 {
		reply(cluster.Answer{Value: text("late")})
	}
	c.mu.Lock()
	c.answer = nil
	c.mu.Unlock()
	gather(t, "/", a, b, c)
}

// acks: a broadcast that asks is done when every server has said how many clients there are, and all of them have answered.
func (s suite) acks(t *testing.T) {
	h := s.open(t)
	a, b, c := join(t, h, "/"), join(t, h, "/"), join(t, h, "/")
	gather(t, "/", a, b, c)
	b.answer = func(_ cluster.Message, reply func(cluster.Body)) {
		reply(cluster.ClientCount{N: 2})
		go func() {
			reply(cluster.ClientAck{Value: text("one")})
			reply(cluster.ClientAck{Value: text("two")})
		}()
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var acks []string
	clients := 0
	body := event(1, "r")
	body.Timeout = patience
	err := a.bus.Ask(ctx, "/", body, func(_ string, answer cluster.Body) {
		switch answer := answer.(type) {
		case cluster.ClientCount:
			clients += answer.N
		case cluster.ClientAck:
			acks = append(acks, string(answer.Value.Raw))
		}
	})
	slices.Sort(acks)
	if err != nil || clients != 2 || !slices.Equal(acks, []string{`"one"`, `"two"`}) {
		t.Errorf("%d clients, acks %v, %v", clients, acks, err)
	}
	mustPublish(t, a.bus, "/", event(2))
	if got := payloads(b.delivered(1)); got != `["e",2]` {
		t.Errorf("a request is no entry: %s", got)
	}
}
