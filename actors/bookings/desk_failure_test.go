package bookings

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"kapoor.example/desk/booking"
)

func TestStoreFailures(t *testing.T) {
	secret := errors.New("driver: password=hunter2")
	for _, row := range []struct {
		name string
		err  error
		code booking.Code
	}{
		{"the driver's own", secret, booking.CodeInternal},
		{"wrapped", fmt.Errorf("exec: %w", secret), booking.CodeInternal},
		{"closed", booking.Errorf(booking.CodeUnavailable, "closed"), booking.CodeUnavailable},
		{"out of time", context.DeadlineExceeded, booking.CodeTimeout},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := setupDesk(t, nil)
			b := s.mustCreate(t, asha)
			s.store.onAppend = func(booking.Commit) error { return row.err }
			_, err := s.Execute(context.Background(), s.wish(ram, b.ID, booking.AddMessage{Message: "x"}))
			if booking.CodeOf(err) != row.code || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("append: %v", err)
			}
			s.store.onLoad = func(context.Context, string) error { return row.err }
			_, err = s.Execute(context.Background(), s.wish(ram, b.ID, booking.AddMessage{Message: "x"}))
			if booking.CodeOf(err) != row.code {
				t.Errorf("load: %v", err)
			}
			s.store.onAppend, s.store.onLoad = nil, nil
			if _, err = s.Execute(context.Background(), s.wish(ram, b.ID, booking.AddMessage{Message: "x"})); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

func TestDeadline(t *testing.T) {
	s := setupDesk(t, func(o *Options) { o.Deadline = 20 * time.Millisecond })
	b := s.mustCreate(t, asha)
	s.store.onAppend = func(booking.Commit) error { s.store.onAppend = nil; panic("forget the booking") }
	_, _ = s.Execute(context.Background(), s.wish(ram, b.ID, booking.AddMessage{Message: "x"}))
	s.store.onLoad = func(ctx context.Context, _ string) error {
		<-ctx.Done()
		return ctx.Err()
	}
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			_, err := s.Execute(context.Background(), s.wish(ram, b.ID, booking.AddMessage{Message: "x"}))
			if booking.CodeOf(err) != booking.CodeTimeout {
				t.Errorf("got %v", err)
			}
		})
	}
	wg.Wait()
	eventually(t, "everything settled", func() bool { return s.Queued() == 0 })
}

func TestCallerGoesAway(t *testing.T) {
	s := setupDesk(t, nil)
	b := s.mustCreate(t, asha)
	begun, goOn := make(chan struct{}), make(chan struct{})
	s.store.onAppend = func(booking.Commit) error {
		close(begun)
		<-goOn
		return nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	answered := make(chan error, 1)
	go func() {
		_, err := s.Execute(ctx, s.wish(ram, b.ID, booking.AddMessage{Message: "x"}))
		answered <- err
	}()
	receive(t, "append", begun)
	cancel()
	if err := receive(t, "answer", answered); booking.CodeOf(err) != booking.CodeTimeout {
		t.Errorf("got %v", err)
	}
	close(goOn)
	eventually(t, "the command done all the same", func() bool { return len(s.store.history(b.ID)) == 2 })
}

func TestBackPressure(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(*Options)
	}{
		{"of one booking", func(o *Options) { o.QueuePerBooking = 3 }},
		{"altogether", func(o *Options) { o.QueueTotal = 3 }},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := setupDesk(t, row.change)
			b := s.mustCreate(t, asha)
			eventually(t, "create settled", func() bool { return s.Queued() == 0 })
			goOn := make(chan struct{})
			s.store.onAppend = func(booking.Commit) error { <-goOn; return nil }
			refused, done := make(chan booking.Code, 10), make(chan error, 10)
			for range 10 {
				s.Submit(s.wish(ram, b.ID, booking.AddMessage{Message: "x"}), func(_ booking.Outcome, err error) {
					if code := booking.CodeOf(err); code != "" {
						refused <- code
						return
					}
					done <- nil
				})
			}
			for range 7 {
				if code := receive(t, "refusal at once", refused); code != booking.CodeUnavailable {
					t.Errorf("refused with %s", code)
				}
			}
			close(goOn)
			for range 3 {
				receive(t, "the accepted ones done", done)
			}
		})
	}
}

func TestPanicInACommand(t *testing.T) {
	s := setupDesk(t, nil)
	b := s.mustCreate(t, asha)
	s.store.onAppend = func(booking.Commit) error { panic("boom") }
	_, err := s.Execute(context.Background(), s.wish(ram, b.ID, booking.AddMessage{Message: "x"}))
	if booking.CodeOf(err) != booking.CodeInternal {
		t.Errorf("got %v", err)
	}
	s.store.onAppend = nil
	if _, err = s.Execute(context.Background(), s.wish(ram, b.ID, booking.AddMessage{Message: "x"})); err != nil {
		t.Error(err)
	}
	if n := s.store.loads.Load(); n != 1 {
		t.Errorf("%d loads, want 1: the state is dropped", n)
	}
}

func TestTenDetonations(t *testing.T) {
	s := setupDesk(t, nil)
	victim, other := s.mustCreate(t, asha), s.mustCreate(t, binod)
	for _, row := range []struct{ name, id, kind string }{{"supervisor", "", "desk"}, {"keeper", victim.ID, "booking"}} {
		t.Run(row.name, func(t *testing.T) {
			before := s.sys.Counts()[row.kind].Panics
			var wg sync.WaitGroup
			for range 10 {
				s.Detonate(row.id, "test")
			}
			for range 50 {
				for _, id := range []string{victim.ID, other.ID} {
					wg.Go(func() {
						if _, err := s.Execute(context.Background(), s.wish(ram, id, booking.AddMessage{Message: "x"})); err != nil {
							t.Error(err)
						}
					})
				}
			}
			wg.Wait()
			eventually(t, "ten panics", func() bool { return s.sys.Counts()[row.kind].Panics == before+10 })
		})
	}
	assertChain(t, s.store, victim.ID, 101)
	assertChain(t, s.store, other.ID, 101)
}

// A keeper that panics without end is never taken away with commands on their way to it.
func TestManyPanicsLoseNoCommand(t *testing.T) {
	s := setupDesk(t, nil)
	b := s.mustCreate(t, asha)
	for range 100 {
		s.Detonate(b.ID, "test")
		if _, err := s.Execute(context.Background(), s.wish(ram, b.ID, booking.AddMessage{Message: "x"})); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.sys.Counts()["booking"].GaveUp; n == 0 {
		t.Error("the guard never gave up: the test tests nothing")
	}
}

func TestClose(t *testing.T) {
	s := setupDesk(t, nil)
	b := s.mustCreate(t, asha)
	begun, goOn := make(chan struct{}), make(chan struct{})
	s.store.onAppend = func(booking.Commit) error { close(begun); <-goOn; return nil }
	inFlight := make(chan error, 1)
	s.Submit(s.wish(ram, b.ID, booking.AddMessage{Message: "x"}), func(_ booking.Outcome, err error) { inFlight <- err })
	receive(t, "append", begun)
	closed := make(chan error, 1)
	go func() { closed <- s.Close(context.Background()) }()
	eventually(t, "new commands refused", func() bool {
		_, err := s.Execute(context.Background(), s.wish(ram, booking.NewID(time.Now()), booking.AddMessage{Message: "x"}))
		return booking.CodeOf(err) == booking.CodeUnavailable
	})
	close(goOn)
	if err := receive(t, "the command in flight", inFlight); err != nil {
		t.Error(err)
	}
	if err := receive(t, "closed", closed); err != nil {
		t.Error(err)
	}
	if err := s.Close(context.Background()); err == nil {
		t.Error("closed twice")
	}
}

func TestCloseWithADeadline(t *testing.T) {
	s := setupDesk(t, nil)
	b := s.mustCreate(t, asha)
	s.store.change(b.ID, func(*booking.Booking) {}) // the next append is stale, and loads
	begun := make(chan struct{})
	s.store.onLoad = func(ctx context.Context, _ string) error {
		close(begun)
		<-ctx.Done()
		return ctx.Err()
	}
	inFlight := make(chan error, 1)
	s.Submit(s.wish(ram, b.ID, booking.AddMessage{Message: "x"}), func(_ booking.Outcome, err error) { inFlight <- err })
	receive(t, "load", begun)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	if err := s.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("closed: %v", err)
	}
	if err := receive(t, "the command in flight", inFlight); booking.CodeOf(err) != booking.CodeUnavailable {
		t.Errorf("left behind: %v", err)
	}
	eventually(t, "all actors gone", func() bool {
		counts := s.sys.Counts()
		return counts["booking"].Running == 0 && counts["desk"].Running == 0
	})
}
