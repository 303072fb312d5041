package bookings

import (
	"context"
	"sync"
	"testing"
	"time"

	"kapoor.example/desk/booking"
)

func TestUnknownBookingsKeepNoActor(t *testing.T) {
	s := setupDesk(t, nil)
	for range 50 {
		_, err := s.Execute(context.Background(), s.wish(ram, booking.NewID(time.Now()), booking.AddMessage{Message: "x"}))
		if booking.CodeOf(err) != booking.CodeNotFound {
			t.Fatal(err)
		}
	}
	eventually(t, "all keepers gone", func() bool { return s.sys.Counts()["booking"].Running == 0 })
}

func TestPassivationByIdleness(t *testing.T) {
	s := setupDesk(t, func(o *Options) { o.Idle = 4 * time.Millisecond })
	b := s.mustCreate(t, asha)
	if n := s.sys.Counts()["booking"].Running; n != 1 {
		t.Fatalf("%d keepers", n)
	}
	s.clock.Advance(time.Second)
	eventually(t, "keeper gone", func() bool { return s.sys.Counts()["booking"].Running == 0 })
	if _, err := s.Execute(context.Background(), s.wish(ram, b.ID, booking.AddMessage{Message: "x"})); err != nil {
		t.Error(err)
	}
	if n := s.store.loads.Load(); n != 1 {
		t.Errorf("%d loads, want 1", n)
	}
}

func TestPassivationByNumber(t *testing.T) {
	s := setupDesk(t, func(o *Options) { o.MaxActive = 3 })
	first := s.mustCreate(t, asha)
	for range 9 {
		eventually(t, "idle", func() bool { return s.Queued() == 0 })
		s.mustCreate(t, asha)
	}
	eventually(t, "three keepers left", func() bool { return s.sys.Counts()["booking"].Running == 3 })
	if _, err := s.Execute(context.Background(), s.wish(ram, first.ID, booking.AddMessage{Message: "x"})); err != nil {
		t.Error(err)
	}
}

// Commands meet keepers that are just leaving: every one is answered, and none is lost or done twice.
func TestPassivationRaces(t *testing.T) {
	s := setupDesk(t, func(o *Options) { o.MaxActive, o.Idle = 2, time.Millisecond })
	var ids []string
	for range 6 {
		ids = append(ids, s.mustCreate(t, asha).ID)
	}
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for n := range 60 {
				id := ids[(i+n)%len(ids)]
				if n%10 == 9 {
					id = booking.NewID(time.Now()) // leaves by itself
				}
				s.clock.Advance(time.Millisecond)
				s.sys.Send(s.supervisor, sweep{})
				_, err := s.Execute(context.Background(), s.wish(asha, id, booking.AddMessage{Message: "x"}))
				if want := (map[bool]booking.Code{true: booking.CodeNotFound})[n%10 == 9]; booking.CodeOf(err) != want {
					t.Errorf("got %v", err)
				}
			}
		})
	}
	wg.Wait()
	total := 0
	for _, id := range ids {
		history := s.store.history(id)
		assertChain(t, s.store, id, len(history))
		total += len(history) - 1
	}
	if total != 4*54 {
		t.Errorf("%d messages stored, want %d", total, 4*54)
	}
}
