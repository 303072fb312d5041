package realtime

import (
	"context"
	"slices"
	"sync"
	"testing"

	"kapoor.example/desk/protocol/cluster"
	"kapoor.example/desk/protocol/cluster/bustest"
)

// station is a program of the cluster that is none of ours: it only says things.
type station struct {
	t   *testing.T
	bus Bus
}

func tune(t *testing.T, m *bustest.Memory) *station { return &station{t, board(t, m)} }

// says publishes something, and waits until it has its place.
func (s *station) says(namespace string, body cluster.Body) {
	s.t.Helper()
	placed := make(chan error, 1)
	if _, err := s.bus.Publish(namespace, body, func(_ cluster.Position, err error) { placed <- err }); err != nil {
		s.t.Fatal(err)
	}
	if err := <-placed; err != nil {
		s.t.Fatal(err)
	}
}

func said(name string, rooms ...string) cluster.Broadcast {
	return cluster.Broadcast{To: cluster.Target{Rooms: rooms}, Data: []byte(`["` + name + `"]`)}
}

// TestResumeAndOverTheBus: what others emitted over the bus while a client was away is not in the log, and is not replayed.
// The client was told that it had missed nothing all the same.
func TestResumeAndOverTheBus(t *testing.T) {
	volatile, question, elsewhere := said("volatile"), said("question", "anna"), said("other")
	volatile.Volatile, question.PacketID = true, "1"
	elsewhere.To.Except = []string{"bert"}
	tests := []struct {
		name string
		away func(d *desk, s *station, w welcomed)
		want bool
	}{
		{"nothing", func(*desk, *station, welcomed) {}, true},
		{"for all", func(_ *desk, s *station, _ welcomed) { s.says("/", said("e")) }, false},
		{"for all but others", func(_ *desk, s *station, _ welcomed) { s.says("/", elsewhere) }, false},
		{"for its user", func(_ *desk, s *station, _ welcomed) { s.says("/", said("e", "bert", "anna")) }, false},
		{"for a room of its user", func(_ *desk, s *station, _ welcomed) { s.says("/", said("e", "staff")) }, false},
		{"for the socket", func(_ *desk, s *station, w welcomed) { s.says("/", said("e", w.Sid)) }, false},
		{"of this server", func(d *desk, _ *station, _ welcomed) { _ = d.Of("/").To("anna").Emit("e") }, false},
		{"for others", func(_ *desk, s *station, _ welcomed) { s.says("/", said("e", "bert")) }, true},
		{"volatile", func(_ *desk, s *station, _ welcomed) { s.says("/", volatile) }, true},
		{"wants an ack", func(_ *desk, s *station, _ welcomed) { s.says("/", question) }, true},
		{"a join", func(_ *desk, s *station, _ welcomed) { s.says("/", cluster.Join{Rooms: []string{"staff"}}) }, true},
		{"of another namespace", func(_ *desk, s *station, _ welcomed) { s.says("/chat", said("e")) }, true},
		{"kept to this server", func(d *desk, _ *station, _ welcomed) { _ = d.Of("/").To("anna").Local().Volatile().Emit("e") }, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			memory := bustest.NewMemory()
			s := tune(t, memory)
			d := openNode(t, &book{}, board(t, memory), nil)
			c, w := d.arrive()
			d.gone(c, w)
			tt.away(d, s, w)
			s.says("/", said("last", "nobody"))
			d.hears(t)
			d.publish("stored", "anna")
			c, _, resumed := d.returns(w, "")
			if resumed != tt.want {
				t.Errorf("resumed %t, %s", resumed, d.results.last())
			}
			if got := d.told(c); resumed && !slices.Equal(got, []string{"stored"}) {
				t.Errorf("told %q", got)
			}
		})
	}
}

// hears waits until all shards have had what came over the bus: a client connects behind it.
func (d *desk) hears(t *testing.T) {
	t.Helper()
	at := d.overheard.place(Position{})
	eventually(t, "an event over the bus", func() bool {
		c := connect(t, d.Server, "")
		defer c.cut()
		p, ok := d.resumption.signer.read(welcomeOf(t, c.receives(t, "40{")).Pid, "anna", 1)
		return ok && p.heard.Compare(at) > 0
	})
}

// TestResumeAfterWhatWasHeard: what came over the bus before a client connected is nothing it could miss.
func TestResumeAfterWhatWasHeard(t *testing.T) {
	memory := bustest.NewMemory()
	s := tune(t, memory)
	d := openNode(t, &book{}, board(t, memory), nil)
	s.says("/", said("early"))
	d.hears(t)
	c, w := d.arrive()
	for range 2 {
		d.gone(c, w)
		var resumed bool
		if c, _, resumed = d.returns(w, ""); !resumed {
			t.Fatal(d.results.last())
		}
	}
}

// TestResumeOnANodeThatStarts: a server learns from the bus what was emitted before it came. Another one, which had the
// client, was gone by then.
func TestResumeOnANodeThatStarts(t *testing.T) {
	for _, tt := range []struct {
		name string
		away func(m *bustest.Memory, s *station)
		want bool
	}{
		{"nothing", func(*bustest.Memory, *station) {}, true},
		{"for others", func(_ *bustest.Memory, s *station) { s.says("/", said("e", "bert")) }, true},
		{"for it", func(_ *bustest.Memory, s *station) { s.says("/", said("e", "anna")) }, false},
		{"for all, and taken out since", func(m *bustest.Memory, s *station) { s.says("/", said("e")); m.Trim() }, false},
		{"for others, and taken out since", func(m *bustest.Memory, s *station) { s.says("/", said("e", "bert")); m.Trim() }, true},
		{"the bus forgot", func(m *bustest.Memory, s *station) { s.says("/", said("e", "bert")); m.Lose() }, false},
		{"the bus is out of reach", func(m *bustest.Memory, _ *station) { m.Cut() }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			memory := bustest.NewMemory()
			s, b := tune(t, memory), &book{}
			s.says("/", said("before", "bert"))
			w := func() welcomed {
				d := openNode(t, b, board(t, memory), nil)
				c, w := d.arrive()
				c.cut()
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				if err := d.Close(ctx, StatusNone); err != nil {
					t.Fatal(err)
				}
				return w
			}()
			tt.away(memory, s)
			d := openNode(t, b, board(t, memory), nil)
			if _, _, resumed := d.returns(w, ""); resumed != tt.want {
				t.Errorf("resumed %t, %s", resumed, d.results.last())
			}
		})
	}
}

// TestResumeAfterALoss: when the bus has lost what it held, nobody knows what was in it. Whoever is connected comes back, and
// used to be told that nothing was missed.
func TestResumeAfterALoss(t *testing.T) {
	memory := bustest.NewMemory()
	d := openNode(t, &book{}, board(t, memory), nil)
	c, w := d.arrive()
	d.link.Missed([]string{"/"})
	c.closes(t)
	eventually(t, "the end of the connection", func() bool {
		d.resumption.mu.Lock()
		defer d.resumption.mu.Unlock()
		return d.resumption.live[w.Sid] == nil
	})
	c, w, resumed := d.returns(w, "")
	if resumed {
		t.Error("resumed")
	}
	d.gone(c, w)
	if _, _, resumed = d.returns(w, ""); !resumed {
		t.Error("and not after that either")
	}
}

// TestResumeWhileOthersEmit: whoever is told that it has missed nothing has got the event, however the two cross.
func TestResumeWhileOthersEmit(t *testing.T) {
	memory := bustest.NewMemory()
	s := tune(t, memory)
	d := openNode(t, &book{}, board(t, memory), nil)
	for range 50 {
		c, w := d.arrive()
		d.gone(c, w)
		var emitting sync.WaitGroup
		emitting.Go(func() { s.says("/", said("e", "anna")) })
		c, _, resumed := d.returns(w, "")
		emitting.Wait()
		if resumed {
			c.receives(t, `42["e"]`)
		}
		d.gone(c, welcomeOf(t, c.receives(t, "40{")))
	}
}
