package bookings

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"kapoor.example/desk/booking"
)

func TestStatsAreThrottledAndEndWithTheTruth(t *testing.T) {
	s := setupSockets(t, func(o *SocketOptions) { o.StatsEvery = 50 * time.Millisecond })
	var looked atomic.Int64
	s.desking.store.onStats = func() error { looked.Add(1); return nil }
	admin, staff := s.mustConnect(ram), s.mustConnect(sita)
	admin.barrier()
	began := time.Now()
	for range 100 {
		s.mustCreate(t, asha)
	}
	eventually(t, "the last state", func() bool {
		all := admin.events(booking.EventStatsUpdated)
		return len(all) > 0 && all[len(all)-1]["totalBookings"] == 100.0
	})
	if most := int(time.Since(began)/(50*time.Millisecond)) + 2; len(admin.events(booking.EventStatsUpdated)) > most {
		t.Errorf("%d times, at most %d", len(admin.events(booking.EventStatsUpdated)), most)
	}
	s.mustDo(asha, s.mustCreate(t, asha).ID, booking.AddMessage{Message: "counts for nothing"})
	admin.event(booking.EventStatsUpdated, len(admin.events(booking.EventStatsUpdated)))
	if len(staff.events(booking.EventStatsUpdated)) != 0 {
		t.Error("staff were told")
	}
}

func TestStatsWithoutWatchers(t *testing.T) {
	s := setupSockets(t, nil)
	var looked atomic.Int64
	s.desking.store.onStats = func() error { looked.Add(1); return nil }
	s.mustConnect(sita)
	admin := s.mustConnect(ram)
	if a := admin.ask(EventLeave, `"admin-room"`); !a.OK {
		t.Fatalf("got %+v", a)
	}
	s.mustCreate(t, asha)
	s.flush()
	for _, kind := range []string{"notifier", "stats"} { // what they had before is handled when they have panicked
		s.Sockets.Detonate(kind, "test")
		eventually(t, "panic", func() bool { return s.sys.Counts()[kind].Panics == 1 })
	}
	if a := admin.ask(EventJoin, `"admin-room"`); !a.OK {
		t.Fatalf("got %+v", a)
	}
	s.mustCreate(t, asha)
	if e := admin.event(booking.EventStatsUpdated, 1); e["totalBookings"] != 2.0 {
		t.Errorf("got %v", e)
	}
	if n := looked.Load(); n != 1 {
		t.Errorf("looked %d times, want once", n)
	}
}

func TestStatsAreTriedAgain(t *testing.T) {
	s := setupSockets(t, nil)
	var looked atomic.Int64
	s.desking.store.onStats = func() error {
		switch looked.Add(1) {
		case 1:
			return errors.New("database is locked")
		case 2:
			panic("boom")
		}
		return nil
	}
	admin := s.mustConnect(ram)
	admin.barrier()
	s.mustCreate(t, asha)
	admin.event(booking.EventStatsUpdated, 1)
}
