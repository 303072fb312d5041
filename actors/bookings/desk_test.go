package bookings

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kapoor.example/desk/actors"
	"kapoor.example/desk/booking"
)

func TestCreateReadsNothing(t *testing.T) {
	s := setupDesk(t, nil)
	b := s.mustCreate(t, asha)
	if b.Status != booking.Pending || b.CreatedBy != asha.ID || len(b.Code) != booking.CodeLength {
		t.Errorf("created %+v", b)
	}
	o, err := s.Execute(context.Background(), s.wish(ram, b.ID, booking.ChangeStatus{Status: booking.Scheduled}))
	if err != nil || !o.Changed || o.Booking.Version != 2 || o.Entry == nil {
		t.Errorf("change after create: %+v, %v", o, err)
	}
	if n := s.store.loads.Load(); n != 0 {
		t.Errorf("%d loads, want none", n)
	}
}

func TestOutcomes(t *testing.T) {
	s := setupDesk(t, nil)
	b := s.mustCreate(t, asha)
	for _, row := range []struct {
		name    string
		by      booking.User
		id      string
		version uint64
		do      booking.Operation
		code    booking.Code
		changed bool
	}{
		{"a message", asha, b.ID, 0, booking.AddMessage{Message: "hello", ClientID: "c1"}, "", true},
		{"the same message again", asha, b.ID, 0, booking.AddMessage{Message: "hello", ClientID: "c1"}, "", false},
		{"the status it has", ram, b.ID, 0, booking.ChangeStatus{Status: booking.Pending}, "", false},
		{"an old version", ram, b.ID, 1, booking.ChangeStatus{Status: booking.Scheduled}, booking.CodeConflict, false},
		{"somebody else's", binod, b.ID, 0, booking.AddMessage{Message: "hello"}, booking.CodeNotFound, false},
		{"not a customer's to do", asha, b.ID, 0, booking.ChangeStatus{Status: booking.Completed}, booking.CodeForbidden, false},
		{"nothing said", asha, b.ID, 0, booking.AddMessage{}, booking.CodeInvalid, false},
		{"an unknown id", ram, booking.NewID(time.Now()), 0, booking.AddMessage{Message: "hello"}, booking.CodeNotFound, false},
		{"a malformed id", ram, "../../etc", 0, booking.AddMessage{Message: "hello"}, booking.CodeNotFound, false},
		{"the id of another booking", binod, b.ID, 0, someDetails(), booking.CodeConflict, false},
		{"a booking without details", asha, booking.NewID(time.Now()), 0, booking.Create{}, booking.CodeInvalid, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := s.wish(row.by, row.id, row.do)
			c.Version = row.version
			o, err := s.Execute(context.Background(), c)
			if booking.CodeOf(err) != row.code || o.Changed != row.changed {
				t.Errorf("got %+v, %v", o, err)
			}
			if err == nil && o.Booking.ID != row.id {
				t.Errorf("answered with booking %q", o.Booking.ID)
			}
		})
	}
	if got := s.store.history(b.ID); len(got) != 2 {
		t.Errorf("%d commits, want 2", len(got))
	}
}

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

func TestIdempotencyKey(t *testing.T) {
	s := setupDesk(t, nil)
	create := func(hash string) (booking.Outcome, error) {
		c := s.wish(asha, booking.NewID(time.Now()), someDetails())
		c.Key = &booking.IdempotencyKey{UserID: asha.ID, Key: "k", BodyHash: hash}
		return s.Execute(context.Background(), c)
	}
	var wg sync.WaitGroup
	var made atomic.Int64
	ids := make([]string, 20)
	for i := range ids {
		wg.Go(func() {
			o, err := create("same")
			if err != nil {
				t.Error(err)
			}
			if o.Changed {
				made.Add(1)
			}
			ids[i] = o.Booking.ID
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Fatalf("different bookings: %q", ids)
		}
	}
	if made.Load() != 1 || len(s.store.commits) != 1 {
		t.Errorf("%d made, %d commits", made.Load(), len(s.store.commits))
	}
	if _, err := create("other"); booking.CodeOf(err) != booking.CodeKeyReused {
		t.Errorf("another body: %v", err)
	}
}

func TestTakenCodeIsDrawnAgain(t *testing.T) {
	s := setupDesk(t, nil)
	taken := s.mustCreate(t, asha).Code
	create := someDetails()
	create.Code = taken
	o, err := s.Execute(context.Background(), s.wish(asha, booking.NewID(time.Now()), create))
	if err != nil || o.Booking.Code == taken || len(o.Booking.Code) != booking.CodeLength {
		t.Errorf("got %+v, %v", o, err)
	}
	s.store.onAppend = func(c booking.Commit) error { return &booking.CodeTakenError{Code: c.After.Code} }
	_, err = s.Execute(context.Background(), s.wish(asha, booking.NewID(time.Now()), someDetails()))
	if booking.CodeOf(err) != booking.CodeInternal {
		t.Errorf("no free code at all: %v", err)
	}
}

func TestStaleVersion(t *testing.T) {
	s := setupDesk(t, nil)
	b := s.mustCreate(t, asha)
	s.store.change(b.ID, func(b *booking.Booking) { b.Status = booking.Scheduled })
	o, err := s.Execute(context.Background(), s.wish(ram, b.ID, booking.ChangeStatus{Status: booking.Completed}))
	if err != nil || o.Entry.OldStatus != booking.Scheduled || o.Booking.Version != 3 {
		t.Errorf("after another process wrote: %+v, %v", o, err)
	}
	if n := s.store.loads.Load(); n != 1 {
		t.Errorf("%d loads, want 1", n)
	}

	b = s.mustCreate(t, asha)
	appends := 0
	s.store.onAppend = func(booking.Commit) error {
		appends++
		return booking.Errorf(booking.CodeStale, "stale")
	}
	_, err = s.Execute(context.Background(), s.wish(ram, b.ID, booking.ChangeStatus{Status: booking.Completed}))
	var e *booking.Error
	if !errors.As(err, &e) || e.Code != booking.CodeConflict || e.Booking == nil || e.Booking.ID != b.ID || appends != maxDecisions {
		t.Errorf("always stale: %v after %d", err, appends)
	}
}

// With other processes on the store a keeper's booking may be old: it must not refuse by it.
func TestSharedStoreIsAskedBeforeRefusing(t *testing.T) {
	for _, shared := range []bool{false, true} {
		t.Run(fmt.Sprint(shared), func(t *testing.T) {
			s := setupDesk(t, func(o *Options) { o.Shared = shared })
			b := s.mustCreate(t, asha)
			s.store.change(b.ID, func(b *booking.Booking) { b.Status = booking.Scheduled })
			o, err := s.Execute(context.Background(), s.wish(ram, b.ID, booking.ChangeStatus{Status: booking.Pending}))
			if err != nil || o.Changed != shared {
				t.Errorf("got %+v, %v", o, err)
			}
		})
	}
}

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

func TestConcurrentStatusChangesMakeOneChain(t *testing.T) {
	s := setupDesk(t, nil)
	b := s.mustCreate(t, asha)
	var wg sync.WaitGroup
	for i := range 20 {
		to := []booking.Status{booking.Scheduled, booking.Pending}[i%2]
		wg.Go(func() {
			if _, err := s.Execute(context.Background(), s.wish(ram, b.ID, booking.ChangeStatus{Status: to, Message: "x"})); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	assertChain(t, s.store, b.ID, 21)
}

// assertChain fails unless the commits of a booking follow on each other and end at what is stored.
func assertChain(t *testing.T, store *memory, id string, commits int) {
	t.Helper()
	history := store.history(id)
	if len(history) != commits {
		t.Errorf("%d commits, want %d", len(history), commits)
	}
	for i, c := range history[1:] {
		event, ok := c.Event.(booking.StatusChanged)
		if ok && event.Entry.OldStatus != history[i].After.Status || c.After.Version != history[i].After.Version+1 {
			t.Errorf("commit %d does not follow on the one before", i+1)
		}
	}
	stored, _ := store.booking(id)
	if last := history[len(history)-1].After; stored.Status != last.Status || stored.Version != last.Version {
		t.Errorf("the chain ends at %v, stored is %v", last, stored)
	}
}

func TestConcurrentCreates(t *testing.T) {
	s := setupDesk(t, nil)
	var wg sync.WaitGroup
	var mu sync.Mutex
	ids, codes := map[string]bool{}, map[string]bool{}
	for i := range 50 {
		by := booking.User{ID: fmt.Sprint("user", i%5), Name: "U", Role: booking.Customer}
		wg.Go(func() {
			b := s.mustCreate(t, by)
			mu.Lock()
			defer mu.Unlock()
			ids[b.ID], codes[b.Code] = true, true
		})
	}
	wg.Wait()
	if len(ids) != 50 || len(codes) != 50 || len(s.store.bookings) != 50 {
		t.Errorf("%d ids, %d codes, %d stored", len(ids), len(codes), len(s.store.bookings))
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
	stop := make(chan struct{})
	var sweeper sync.WaitGroup
	sweeper.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				s.clock.Advance(time.Millisecond)
				s.sys.Send(s.supervisor, sweep{})
			}
		}
	})
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for n := range 60 {
				id := ids[(i+n)%len(ids)]
				if n%10 == 9 {
					id = booking.NewID(time.Now()) // leaves by itself
				}
				_, err := s.Execute(context.Background(), s.wish(asha, id, booking.AddMessage{Message: "x"}))
				if want := (map[bool]booking.Code{true: booking.CodeNotFound})[n%10 == 9]; booking.CodeOf(err) != want {
					t.Errorf("got %v", err)
				}
			}
		})
	}
	wg.Wait()
	close(stop)
	sweeper.Wait()
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

func TestLogLines(t *testing.T) {
	s := setupDesk(t, nil)
	b := s.mustCreate(t, asha)
	phone := "98765"
	for _, do := range []booking.Operation{
		booking.ChangeStatus{Status: booking.Scheduled}, booking.Edit{ContactNumber: &phone}, booking.AddMessage{Message: "secret words"},
	} {
		if _, err := s.Execute(context.Background(), s.wish(ram, b.ID, do)); err != nil {
			t.Fatal(err)
		}
	}
	log := s.log.String()
	for _, want := range []string{"Booking created", "Booking status changed", "Booking edited", "Booking message added", `"took_ms":`, `"user_id":"ram"`, `"booking_id":"` + b.ID, `"status":"Scheduled"`} {
		if !strings.Contains(log, want) {
			t.Errorf("no %s in\n%s", want, log)
		}
	}
	for _, never := range []string{"Asha Rao", "98765", "12345", "Hill", "secret"} {
		if strings.Contains(log, never) {
			t.Errorf("%s in\n%s", never, log)
		}
	}
}

func TestOptions(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(*Options)
	}{
		{"no clock", func(o *Options) { o.Now = nil }},
		{"negative idle", func(o *Options) { o.Idle = -1 }},
		{"negative deadline", func(o *Options) { o.Deadline = -1 }},
		{"negative number", func(o *Options) { o.MaxActive = -1 }},
		{"negative queue", func(o *Options) { o.QueueTotal = -1 }},
	} {
		t.Run(row.name, func(t *testing.T) {
			opts := Options{Now: time.Now}
			row.change(&opts)
			if _, err := NewDesk((*actors.System)(nil), newMemory(), opts); err == nil {
				t.Error("accepted")
			}
		})
	}
}
