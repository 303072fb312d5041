package mongo

import (
	"math"
	"slices"
	"testing"

	"kapoor.example/desk/booking"
)

func TestPlacesSortAsPositions(t *testing.T) {
	positions := []booking.Position{
		{}, {Seq: 1}, {Seq: 10}, {Ms: 1}, {Ms: 1, Seq: 255}, {Ms: 1, Seq: 256}, {Ms: 9}, {Ms: 10},
		{Ms: 1_773_135_000_000, Seq: 7}, {Ms: math.MaxUint64, Seq: math.MaxUint64},
	}
	for i, p := range positions {
		if got, err := placed(place(p)); got != p || err != nil {
			t.Fatalf("%v comes back as %v, %v", p, got, err)
		}
		if i > 0 && place(positions[i-1]) >= place(p) {
			t.Fatalf("%v is not before %v", positions[i-1], p)
		}
	}
	for _, bad := range []string{"", "1", "0000000000000000000000000000000g", "00000000000000000000000000000000 "} {
		if _, err := placed(bad); err == nil {
			t.Fatalf("%q was taken for a place", bad)
		}
	}
}

func letterWith(rooms ...string) letter {
	var l letter
	for _, room := range rooms {
		l.Notices = append(l.Notices, notice{ID: "id of " + room, Rooms: []string{room}})
	}
	return l
}

func TestEventsFollowOneAnother(t *testing.T) {
	var h head
	var all []booking.LogEntry
	for _, tt := range []struct {
		name   string
		letter letter
		now    uint64
		want   []booking.Position
	}{
		{"the first", letterWith("a", "b"), 5, []booking.Position{{Ms: 5}, {Ms: 5, Seq: 1}}},
		{"in the same millisecond", letterWith("a"), 5, []booking.Position{{Ms: 5, Seq: 2}}},
		{"when the clock went back", letterWith("a", "a", "c"), 3, []booking.Position{{Ms: 5, Seq: 3}, {Ms: 5, Seq: 4}, {Ms: 5, Seq: 5}}},
		{"a revocation", letter{Revocation: &revocation{UserID: "u", Rights: 2}}, 5, []booking.Position{{Ms: 5, Seq: 6}}},
		{"later", letterWith("a"), 9, []booking.Position{{Ms: 9}}},
	} {
		var e event
		was := h
		e, h = h.next("key", "booking", tt.letter, tt.now)
		var got []booking.Position
		for _, entry := range e.entries(was.position) {
			got = append(got, entry.Position)
			all = append(all, entry)
		}
		end, err := e.head()
		if !slices.Equal(got, tt.want) || e.N != was.n+1 || end != h || err != nil {
			t.Fatalf("%s: number %d, positions %v, head %v, %v", tt.name, e.N, got, end, err)
		}
		for i, entry := range e.entries(tt.want[0]) {
			if entry.Position != tt.want[i+1] {
				t.Fatalf("%s: %v comes after %v", tt.name, entry.Position, tt.want[0])
			}
		}
	}
	if len(all) != 8 {
		t.Fatalf("%d entries", len(all))
	}
	e, _ := h.next("key", "", letterWith("a", "b", "a"), 10)
	if !slices.Equal(e.Rooms, []string{"a", "b"}) {
		t.Fatalf("rooms %q", e.Rooms)
	}
}
