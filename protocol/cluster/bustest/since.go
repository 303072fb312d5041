package bustest

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"kapoor.example/desk/protocol/cluster"
	"kapoor.example/desk/protocol/socketio"
)

func bind(a socketio.Arg, dst any) error { return json.Unmarshal(a.Raw, dst) }

// history publishes one entry of many kinds, and returns them as they were delivered.
func history(t *testing.T, p *probe) []cluster.Entry {
	t.Helper()
	excepted, volatile, direct := event(4), event(5), event(6, "s1")
	excepted.To.Except = []string{"s1"}
	volatile.Volatile, direct.PacketID = true, "1"
	all := []cluster.Body{
		event(0), event(1, "r1"), event(2, "r2"), cluster.Join{Rooms: []string{"r1"}}, event(3, "r2", "s1"), excepted, volatile, direct, event(7, "r1"),
	}
	for _, b := range all {
		mustPublish(t, p.bus, "/", b)
	}
	return p.delivered(len(all))
}

// since: what was addressed to the rooms of a socket after a position, and can be replayed, and nothing else.
func (s suite) since(t *testing.T) {
	h := s.open(t)
	p := join(t, h, "/", "/chat")
	start := p.bus.Head("/")
	all := history(t, p)
	mustPublish(t, p.bus, "/chat", event(100))
	p.delivered(len(all) + 1)
	tests := []struct {
		name  string
		after cluster.Position
		rooms []string
		want  string
	}{
		{"from the beginning", start, []string{"s1", "r1"}, `["e",0] ["e",1] ["e",3] ["e",7]`},
		{"in no room", start, []string{"s2"}, `["e",0] ["e",4]`},
		{"after the first", all[0].Position, []string{"s1", "r1"}, `["e",1] ["e",3] ["e",7]`},
		{"after one that is for others", all[2].Position, []string{"s1", "r1"}, `["e",3] ["e",7]`},
		{"after one that is no event", all[3].Position, []string{"s1", "r1"}, `["e",3] ["e",7]`},
		{"in all rooms", all[0].Position, []string{"s2", "r1", "r2"}, `["e",1] ["e",2] ["e",3] ["e",4] ["e",7]`},
		{"after the last", all[len(all)-1].Position, []string{"s1", "r1"}, ``},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := p.bus.Since(t.Context(), cluster.Query{Namespace: "/", After: tt.after, Epoch: p.bus.Epoch(), Rooms: tt.rooms})
			if err != nil || payloads(got.Entries) != tt.want || got.More {
				t.Fatalf("%s, more %v, %v\nwant %s", payloads(got.Entries), got.More, err, tt.want)
			}
			for _, e := range got.Entries {
				i := slices.IndexFunc(all, func(one cluster.Entry) bool { return one.Position == e.Position })
				if i < 0 || payloads(all[i:i+1]) != payloads([]cluster.Entry{e}) {
					t.Errorf("%+v is not at its place", e)
				}
			}
			if got.Through.Compare(all[len(all)-1].Position) < 0 {
				t.Errorf("through %v only", got.Through)
			}
		})
	}
}

// pages: asking on from where an answer ended gives everything once.
func (s suite) pages(t *testing.T) {
	const n = 50
	h := s.open(t)
	p := join(t, h, "/")
	after := p.bus.Head("/")
	for i := range n {
		mustPublish(t, p.bus, "/", event(i, []string{"r1", "r2"}[i%2]))
	}
	all := p.delivered(n)
	var got []cluster.Entry
	for range n {
		page, err := p.bus.Since(t.Context(), cluster.Query{Namespace: "/", After: after, Epoch: p.bus.Epoch(), Rooms: []string{"r1"}, Limit: 3})
		if err != nil || len(page.Entries) > 3 {
			t.Fatalf("%d entries, %v", len(page.Entries), err)
		}
		got, after = append(got, page.Entries...), page.Through
		if !page.More {
			break
		}
	}
	if len(got) != n/2 || got[len(got)-1].Position != all[n-2].Position || after.Compare(all[n-1].Position) < 0 {
		t.Errorf("%d entries, through %v", len(got), after)
	}
}

// unknown: a position that never was is known not to be.
func (s suite) unknown(t *testing.T) {
	h := s.open(t)
	p := join(t, h, "/")
	all := history(t, p)
	first, last := all[0].Position, all[len(all)-1].Position
	tests := []struct {
		name  string
		after cluster.Position
		epoch string
	}{
		{"of the future", cluster.Position{Ms: last.Ms + 1000}, p.bus.Epoch()},
		{"between entries", cluster.Position{Ms: first.Ms, Seq: 1 << 40}, p.bus.Epoch()},
		{"of another epoch", cluster.Position{Ms: first.Ms - 1000}, "another"},
		{"of no epoch", cluster.Position{Ms: first.Ms - 1000}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := p.bus.Since(t.Context(), cluster.Query{Namespace: "/", After: tt.after, Epoch: tt.epoch, Rooms: []string{"s1"}})
			if !errors.Is(err, cluster.ErrUnknownPosition) {
				t.Errorf("%+v %v", got, err)
			}
		})
	}
	t.Run("of an entry, whatever the epoch", func(t *testing.T) {
		for _, epoch := range []string{"", "another"} {
			if _, err := p.bus.Since(t.Context(), cluster.Query{Namespace: "/", After: first, Epoch: epoch, Rooms: []string{"s1"}}); err != nil {
				t.Errorf("%q: %v", epoch, err)
			}
		}
	})
}

// trimmed: a connection to which nothing was sent for long holds a position that is forgotten, and has missed nothing; one
// to which something was sent has.
func (s suite) trimmed(t *testing.T) {
	h := s.open(t)
	s.need(t, "trim the log", h.Trim)
	p := join(t, h, "/")
	start := p.bus.Head("/")
	for i, room := range []string{"r1", "r2", "r2"} {
		mustPublish(t, p.bus, "/", event(i, room))
	}
	old := p.delivered(3)
	h.Trim(t)
	mustPublish(t, p.bus, "/", event(3, "r1"))
	recent := p.delivered(4)[3]
	tests := []struct {
		name  string
		after cluster.Position
		rooms []string
		want  string
		err   error
	}{
		{"it has the last one it was sent", old[0].Position, []string{"s", "r1"}, `["e",3]`, nil},
		{"nothing was for it", start, []string{"s", "r3"}, ``, nil},
		{"the last one that was trimmed", old[2].Position, []string{"s", "r1", "r2"}, `["e",3]`, nil},
		{"one that is there", recent.Position, []string{"s", "r1", "r2"}, ``, nil},
		{"one was for it", start, []string{"s", "r1"}, ``, cluster.ErrUnknownPosition},
		{"another was for it", old[1].Position, []string{"s", "r2"}, ``, cluster.ErrUnknownPosition},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := p.bus.Since(t.Context(), cluster.Query{Namespace: "/", After: tt.after, Epoch: p.bus.Epoch(), Rooms: tt.rooms})
			if !errors.Is(err, tt.err) || payloads(got.Entries) != tt.want {
				t.Errorf("%s, %v", payloads(got.Entries), err)
			}
		})
	}
	mustPublish(t, p.bus, "/", event(4))
	p.delivered(5)
	h.Trim(t)
	_, err := p.bus.Since(t.Context(), cluster.Query{Namespace: "/", After: old[0].Position, Epoch: p.bus.Epoch(), Rooms: []string{"s", "r3"}})
	if !errors.Is(err, cluster.ErrUnknownPosition) {
		t.Errorf("what was for everybody was for it: %v", err)
	}
	if p.missed != nil {
		t.Errorf("missed %v", p.missed)
	}
}
