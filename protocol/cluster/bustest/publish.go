package bustest

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"

	"kapoor.example/desk/protocol/cluster"
	"kapoor.example/desk/protocol/socketio"
)

// text returns a string as a value of the application.
func text(s string) socketio.Arg {
	raw, _ := json.Marshal(s) // a string always can be
	return socketio.Arg{Raw: raw}
}

// order: what several servers publish at once reaches all of them, each of them included, in one order.
func (s suite) order(t *testing.T) {
	const each = 200
	h := s.open(t)
	all := []*probe{join(t, h, "/"), join(t, h, "/"), join(t, h, "/")}
	var wg sync.WaitGroup
	for i, p := range all {
		wg.Go(func() {
			for n := range each {
				if _, err := p.bus.Publish("/", event(i*each+n), nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	first := all[0].delivered(each * len(all))
	for i := 1; i < len(first); i++ {
		if first[i-1].Position.Compare(first[i].Position) >= 0 {
			t.Fatalf("position %v before %v", first[i-1].Position, first[i].Position)
		}
	}
	last := map[string]int{}
	for _, e := range first {
		var n int
		if _, err := fmt.Sscanf(string(e.Body.(cluster.Broadcast).Data), `["e",%d]`, &n); err != nil {
			t.Fatal(err)
		}
		if before, seen := last[e.Sender]; seen && n != before+1 {
			t.Fatalf("%d after %d of one server", n, before)
		}
		last[e.Sender] = n
	}
	for _, p := range all {
		got := p.delivered(len(first))
		for i, e := range got {
			if e.Position != first[i].Position || payloads(got[i:i+1]) != payloads(first[i:i+1]) {
				t.Fatalf("entry %d is another than at the first server", i)
			}
			if own := e.Sender == p.bus.Name(); own != (e.Ticket != 0) {
				t.Fatalf("entry %d of %s has ticket %d at %s", i, e.Sender, e.Ticket, p.bus.Name())
			}
		}
		if head := p.bus.Head("/"); head != got[len(got)-1].Position {
			t.Errorf("head %v", head)
		}
	}
}

// bodies: everything that goes through the log arrives as it was.
func (s suite) bodies(t *testing.T) {
	to := cluster.Target{Rooms: []string{"r", "räum"}, Except: []string{"x"}}
	all := []cluster.Body{
		cluster.Broadcast{To: to, Data: []byte(`["e",{"z":1,"a":"<&>\u2028é"}]`)},
		cluster.Broadcast{
			Data: []byte(`["b",{"_placeholder":true,"num":0},[{"_placeholder":true,"num":1}]]`), Attachments: [][]byte{{1, 2, 3}, {}},
		},
		cluster.Broadcast{Data: []byte(`["v"]`), Volatile: true, Plain: true},
		cluster.Broadcast{To: to, Data: []byte(`["a"]`), PacketID: "7", Single: true},
		cluster.Join{To: to, Rooms: []string{"a", "b"}},
		cluster.Leave{To: cluster.Target{Except: []string{"x"}}, Rooms: []string{"a"}},
		cluster.Disconnect{To: to, Close: true},
		cluster.Disconnect{To: to},
	}
	h := s.open(t)
	a, b := join(t, h, "/"), join(t, h, "/")
	for _, body := range all {
		mustPublish(t, a.bus, "/", body)
	}
	for _, p := range []*probe{a, b} {
		for i, e := range p.delivered(len(all)) {
			got, _ := json.Marshal(e.Body)
			want, _ := json.Marshal(all[i])
			if reflect.TypeOf(e.Body) != reflect.TypeOf(all[i]) || plain(got) != plain(want) {
				t.Errorf("got  %T %s\nwant %T %s", e.Body, got, all[i], want)
			}
			if e.Namespace != "/" || e.Sender != a.bus.Name() || e.Request != "" {
				t.Errorf("%+v", e.Message)
			}
		}
	}
}

// plain takes no notice of whether a list is empty or not there.
func plain(text []byte) string { return strings.ReplaceAll(string(text), ":[]", ":null") }

// namespaces: a server gets what is said in those it has entered, as long as it has.
func (s suite) namespaces(t *testing.T) {
	h := s.open(t)
	a, b := join(t, h, "/", "/chat"), join(t, h, "/chat")
	b.bus.Enter("/chat")
	b.bus.Exit("/chat") // once of twice
	mustPublish(t, a.bus, "/", event(1))
	mustPublish(t, a.bus, "/chat", event(2))
	a.delivered(2)
	if got := payloads(b.delivered(1)); got != `["e",2]` {
		t.Errorf("got %s", got)
	}
	b.bus.Exit("/chat")
	b.bus.Exit("/never")
	b.bus.Enter("/")
	mustPublish(t, a.bus, "/chat", event(3))
	mustPublish(t, a.bus, "/", event(4))
	if got := payloads(b.delivered(2)); got != `["e",2] ["e",4]` {
		t.Errorf("got %s", got)
	}
}

// published: whoever publishes is told the positions, in order, the same that everybody sees.
func (s suite) published(t *testing.T) {
	const n = 300
	h := s.open(t)
	p := join(t, h, "/")
	told := make(chan cluster.Position, n)
	var tickets []uint64
	for i := range n {
		ticket, err := p.bus.Publish("/", event(i), func(at cluster.Position, err error) {
			if err != nil {
				t.Error(err)
			}
			told <- at
		})
		if err != nil {
			t.Fatal(err)
		}
		tickets = append(tickets, ticket)
	}
	for i, e := range p.delivered(n) {
		if at := <-told; at != e.Position {
			t.Fatalf("entry %d was said to be at %v and is at %v", i, at, e.Position)
		}
		if e.Ticket != tickets[i] {
			t.Fatalf("entry %d has ticket %d instead of %d", i, e.Ticket, tickets[i])
		}
	}
	p.eventually("nothing to wait", func() bool { return p.bus.State().Waiting == 0 && p.bus.State().WaitingBytes == 0 })
	if p.bus.Epoch() == "" {
		t.Error("no epoch")
	}
}

// refused: what cannot go over the bus is said at once.
func (s suite) refused(t *testing.T) {
	h := s.open(t)
	b := h.Join(t)
	defer func() { _ = b.Close(t.Context()) }()
	large := cluster.Broadcast{Data: []byte(`["e","` + strings.Repeat("x", 32<<20) + `"]`)}
	tests := []struct {
		name string
		call func() error
		want error
	}{
		{"publish a request", func() error { return publish(b, cluster.FetchSockets{}) }, cluster.ErrKind},
		{"publish a server event", func() error { return publish(b, cluster.ServerEvent{Data: []byte(`["e"]`)}) }, cluster.ErrKind},
		{"publish nothing", func() error { return publish(b, nil) }, cluster.ErrKind},
		{"publish too much", func() error { return publish(b, large) }, cluster.ErrTooLarge},
		{"signal a join", func() error { return b.Signal("/", cluster.Join{}) }, cluster.ErrKind},
		{"signal an answer", func() error { return b.Signal("/", cluster.Answer{}) }, cluster.ErrKind},
		{"signal too much", func() error { return b.Signal("/", large) }, cluster.ErrTooLarge},
		{"ask to join", func() error { return b.Ask(t.Context(), "/", cluster.Join{}, nil) }, cluster.ErrKind},
		{"ask an answer", func() error { return b.Ask(t.Context(), "/", cluster.Sockets{}, nil) }, cluster.ErrKind},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.call(); !errors.Is(err, tt.want) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func publish(b cluster.Bus, body cluster.Body) error {
	_, err := b.Publish("/", body, nil)
	return err
}
