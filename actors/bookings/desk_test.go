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

func BenchmarkCreate(b *testing.B) {
	s := setupDesk(b, nil)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			s.mustCreate(b, asha)
		}
	})
}
