package bookings

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"kapoor.example/desk/booking"
)

// TestNewest: a start reads the newest entries up to the head, once, and gets on without them where it cannot.
func TestNewest(t *testing.T) {
	const minute = 60_000
	entry := func(name string, ms uint64) booking.LogEntry {
		return booking.LogEntry{Name: name, Payload: []byte("{}"), Rooms: []string{"anna"}, Position: booking.Position{Ms: ms}}
	}
	now := uint64(1_800_000_000_000)
	revocation := entry("revoked", now-minute)
	revocation.Revocation = &booking.Revocation{UserID: "anna"}
	var many []booking.LogEntry
	for i := range newestMost + 5 {
		many = append(many, entry(fmt.Sprint(i), now-minute+uint64(i)))
	}
	for _, c := range []struct {
		name string
		log  []booking.LogEntry
		want []string
	}{
		{"nothing", nil, nil},
		{"what is old stays away", []booking.LogEntry{entry("old", now-3*minute), entry("one", now-minute), revocation, entry("two", now)}, []string{"one", "two"}},
		{"a revocation at the head", []booking.LogEntry{entry("one", now-2*minute), revocation}, []string{"one"}},
		{"the newest of too many", many, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSocketing(t, nil)
			s.desking.store.log = c.log
			head, err := s.desking.store.Head(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			got, err := s.newest(t.Context(), head)
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, e := range got {
				names = append(names, e.Name)
			}
			if len(c.log) > newestMost {
				if len(names) != newestMost || names[0] != "5" {
					t.Errorf("%d, the first is %s", len(names), names[0])
				}
				return
			}
			if !slices.Equal(names, c.want) {
				t.Errorf("%v", names)
			}
		})
	}
	t.Run("a log that cannot be read", func(t *testing.T) {
		s := newSocketing(t, nil)
		s.desking.store.log = []booking.LogEntry{entry("one", now)}
		wrong := errors.New("disk")
		s.desking.store.onFollow = func() error { return wrong }
		if got, err := s.newest(t.Context(), booking.Position{Ms: now}); got != nil || !errors.Is(err, wrong) {
			t.Errorf("%v, %v", got, err)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if got, err := s.newest(ended, booking.Position{Ms: now + 1}); got != nil || err == nil {
			t.Errorf("%v, %v", got, err)
		}
	})
}
