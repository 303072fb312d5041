package bookings

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"kapoor.example/desk/booking"
)

// TestStatsByTurns: of several servers one works the statistics out; another one does so once it is its turn, or when
// nobody can say whose it is, and not where it was told in between.
func TestStatsByTurns(t *testing.T) {
	const (
		other = iota
		own
		unknown
	)
	var turn, asked, looked atomic.Int64
	s := setupSockets(t, func(o *SocketOptions) {
		o.Turn = func(context.Context) (bool, error) {
			asked.Add(1)
			if turn.Load() == unknown {
				return false, errors.New("connection refused")
			}
			return turn.Load() == own, nil
		}
	})
	s.desking.store.onStats = func() error { looked.Add(1); return nil }
	admin := s.mustConnect(ram)
	admin.barrier()
	s.mustCreate(t, asha)
	eventually(t, "it asks again and again", func() bool { return asked.Load() > 2 })
	if n := looked.Load(); n != 0 {
		t.Errorf("looked %d times although it is another's turn", n)
	}
	turn.Store(own)
	if e := admin.event(booking.EventStatsUpdated, 1); e["totalBookings"] != 1.0 {
		t.Errorf("got %v", e)
	}
	turn.Store(unknown)
	s.mustCreate(t, asha)
	if e := admin.event(booking.EventStatsUpdated, 2); e["totalBookings"] != 2.0 {
		t.Errorf("got %v", e)
	}
	turn.Store(other)
	s.mustCreate(t, asha)
	s.flush()
	before := asked.Load()
	eventually(t, "it asks again", func() bool { return asked.Load() > before+1 })
	s.sys.Send(s.stats.pid, statsTold{booking.Position{}}) // of what was before
	before = asked.Load()
	eventually(t, "it goes on asking", func() bool { return asked.Load() > before+1 })
	head, err := s.desking.store.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.sys.Send(s.stats.pid, statsTold{head})
	turn.Store(own)
	s.mustCreate(t, asha)
	if e := admin.event(booking.EventStatsUpdated, 3); e["totalBookings"] != 4.0 {
		t.Errorf("got %v", e)
	}
}
