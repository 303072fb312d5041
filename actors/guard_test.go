package actors_test

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"kapoor.example/desk/actors"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 20 * time.Second

// clock is a time that a test moves.
type clock struct{ ns atomic.Int64 }

func (c *clock) now() time.Time          { return time.Unix(0, c.ns.Load()) }
func (c *clock) advance(d time.Duration) { c.ns.Add(int64(d)) }

// buffer is a log that a test reads.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) { b.mu.Lock(); defer b.mu.Unlock(); return b.b.Write(p) }
func (b *buffer) String() string              { b.mu.Lock(); defer b.mu.Unlock(); return b.b.String() }

func setup(t *testing.T) (*actors.System, *clock, *buffer) {
	t.Helper()
	c, log := &clock{}, &buffer{}
	s, err := actors.New(zerolog.New(log), c.now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s, c, log
}

// probe is an actor that keeps count and answers.
type probe struct {
	count    int
	told     chan any
	failed   chan any
	resets   atomic.Int32
	stops    atomic.Int32
	panicsIn string // where it panics besides in Receive
}

type (
	add   struct{}
	crash struct{ n int }
	get   struct{ answer chan int }
)

func newProbe() *probe { return &probe{told: make(chan any, 100), failed: make(chan any, 100)} }

func (p *probe) Receive(c *actors.Context) {
	switch m := c.Message().(type) {
	case add:
		p.count++
	case crash:
		panic(m)
	case get:
		m.answer <- p.count
	case actors.Stopped:
		p.stops.Add(1)
		if p.panicsIn == "stopped" {
			panic("stopped")
		}
	}
}

func (p *probe) Failed(msg any) {
	p.failed <- msg
	if p.panicsIn == "failed" {
		panic("failed")
	}
}

func (p *probe) Reset() {
	p.resets.Add(1)
	p.count = 0
	if p.panicsIn == "reset" {
		panic("reset")
	}
}

func ask(t *testing.T, s *actors.System, pid *actors.PID) int {
	t.Helper()
	answer := make(chan int, 1)
	s.Send(pid, get{answer})
	select {
	case n := <-answer:
		return n
	case <-time.After(patience):
		t.Fatal("no answer")
		return 0
	}
}

func end(t *testing.T, s *actors.System, pid *actors.PID) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.EndAndWait(ctx, pid); err != nil {
		t.Fatalf("end: %v", err)
	}
}

// TestDirectives: ten messages that make it panic, to an actor of each directive. Hollywood would have ended the process
// at the fourth (its restarts are never used).
func TestDirectives(t *testing.T) {
	for name, row := range map[string]struct {
		kind   actors.Kind
		count  int // what is left of two additions
		resets int32
		ends   bool
	}{
		"resume": {kind: actors.Kind{Name: "resume", Directive: actors.Resume}, count: 2},
		"reset":  {kind: actors.Kind{Name: "reset", Directive: actors.Reset}, count: 0, resets: 10},
		"stop":   {kind: actors.Kind{Name: "stop", Directive: actors.Stop}, ends: true},
	} {
		t.Run(name, func(t *testing.T) {
			s, _, log := setup(t)
			p := newProbe()
			pid := s.Spawn(row.kind, "a", p)
			s.Send(pid, add{})
			s.Send(pid, add{})
			for n := range 10 {
				s.Send(pid, crash{n})
			}
			if row.ends {
				ctx, cancel := context.WithTimeout(context.Background(), patience)
				defer cancel()
				if err := s.Await(ctx, row.kind); err != nil {
					t.Fatal(err)
				}
				if m := <-p.failed; m != (crash{0}) {
					t.Errorf("failed with %v", m)
				}
				if got := s.Counts()[row.kind.Name]; got.Panics != 1 || got.Running != 0 || p.stops.Load() != 1 {
					t.Errorf("counts %+v, stopped %d times", got, p.stops.Load())
				}
				return
			}
			if got := ask(t, s, pid); got != row.count || p.resets.Load() != row.resets {
				t.Errorf("count %d, %d resets", got, p.resets.Load())
			}
			for n := range 10 {
				if m := <-p.failed; m != (crash{n}) {
					t.Errorf("failed with %v, want %d", m, n)
				}
			}
			if got := s.Counts()[row.kind.Name]; got.Panics != 10 || got.Running != 1 {
				t.Errorf("counts %+v", got)
			}
			if lines := strings.Count(log.String(), "Actor panicked"); lines != 10 || !strings.Contains(log.String(), `"actor_id":"a"`) {
				t.Errorf("%d log lines: %s", lines, log)
			}
			end(t, s, pid)
		})
	}
}

// TestWindow: more failures within the window than a kind survives end the actor, or begin a singleton anew.
func TestWindow(t *testing.T) {
	for name, row := range map[string]struct {
		singleton bool
		every     time.Duration
		ends      bool
		resets    int32
	}{
		"too many":             {every: 0, ends: true},
		"too many, singleton":  {singleton: true, every: 0, resets: 1},
		"slowly":               {every: 4 * time.Second},
		"slowly for singleton": {singleton: true, every: 4 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			s, c, _ := setup(t)
			kind := actors.Kind{Name: "k", Directive: actors.Resume, MaxFailures: 3, Window: 10 * time.Second, Singleton: row.singleton}
			p := newProbe()
			pid := s.Spawn(kind, "a", p)
			for n := range 4 {
				s.Send(pid, crash{n})
				<-p.failed
				if n < 3 {
					ask(t, s, pid)
				}
				c.advance(row.every)
			}
			if row.ends {
				ctx, cancel := context.WithTimeout(context.Background(), patience)
				defer cancel()
				if err := s.Await(ctx, kind); err != nil {
					t.Fatal(err)
				}
				return
			}
			ask(t, s, pid)
			if got := p.resets.Load(); got != row.resets {
				t.Errorf("%d resets", got)
			}
			end(t, s, pid)
		})
	}
}

// TestPanicWhileFailing: an actor that panics in what it does about a panic goes on all the same.
func TestPanicWhileFailing(t *testing.T) {
	for _, where := range []string{"failed", "reset", "stopped"} {
		t.Run(where, func(t *testing.T) {
			s, _, _ := setup(t)
			p := newProbe()
			p.panicsIn = where
			pid := s.Spawn(actors.Kind{Name: "k", Directive: actors.Reset}, "a", p)
			s.Send(pid, crash{1})
			s.Send(pid, actors.Detonate{Reason: "test"})
			s.Send(pid, add{})
			if got := ask(t, s, pid); got != 1 {
				t.Errorf("count %d", got)
			}
			end(t, s, pid)
		})
	}
}

// TestTimer: a timer fires once, can be set again, and is counted while it runs.
func TestTimer(t *testing.T) {
	s, _, _ := setup(t)
	p := newProbe()
	pid := s.Spawn(actors.Kind{Name: "k"}, "a", p)
	fired := make(chan int, 10)
	timer := s.After(time.Millisecond, pid, get{fired})
	<-fired
	timer.Reset(time.Millisecond)
	<-fired
	timer.Reset(time.Hour)
	if n := s.Timers(); n != 1 {
		t.Errorf("%d timers", n)
	}
	timer.Stop()
	timer.Stop()
	(*actors.Timer)(nil).Stop()
	if n := s.Timers(); n != 0 {
		t.Errorf("%d timers after stopping", n)
	}
	end(t, s, pid)
}

// TestDeadLetters: messages to an actor that is gone are counted, and nothing else happens.
func TestDeadLetters(t *testing.T) {
	s, _, _ := setup(t)
	pid := s.Spawn(actors.Kind{Name: "k"}, "a", newProbe())
	end(t, s, pid)
	for range 5 {
		s.Send(pid, add{})
	}
	deadline := time.Now().Add(patience)
	for s.DeadLetters() < 5 {
		if time.Now().After(deadline) {
			t.Fatalf("%d dead letters", s.DeadLetters())
		}
		<-time.After(time.Millisecond) // the pace of asking
	}
}

// The following hold Hollywood to what the guard and the code around it rely on.

// TestSpawnWithTheIDOfOneThatIsEnding: Hollywood would return the running actor's PID and start nothing, and what is
// sent to the new actor would be lost with the old one.
func TestSpawnWithTheIDOfOneThatIsEnding(t *testing.T) {
	s, _, _ := setup(t)
	kind := actors.Kind{Name: "k"}
	for range 200 {
		old := s.Spawn(kind, "a", newProbe())
		for range 50 {
			s.Send(old, add{})
		}
		s.End(old)
		fresh := s.Spawn(kind, "a", newProbe())
		if got := ask(t, s, fresh); got != 0 {
			t.Fatalf("the new actor counts %d", got)
		}
		end(t, s, fresh)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.Await(ctx, kind); err != nil {
		t.Error(err)
	}
}

// TestHollywoodStartsOnTheCaller: Started is delivered before Spawn returns, on its goroutine: it must not block.
func TestHollywoodStartsOnTheCaller(t *testing.T) {
	s, _, _ := setup(t)
	started := false
	pid := s.Spawn(actors.Kind{Name: "k"}, "a", receiver(func(c *actors.Context) {
		if _, ok := c.Message().(actors.Started); ok {
			started = true
		}
	}))
	if !started {
		t.Error("not started yet")
	}
	end(t, s, pid)
}

type receiver func(*actors.Context)

func (r receiver) Receive(c *actors.Context) { r(c) }

// TestHollywoodEndHandlesWhatCameBefore: End lets the actor finish what is in its inbox, up to Hollywood's batch of 4,096.
func TestHollywoodEndHandlesWhatCameBefore(t *testing.T) {
	s, _, _ := setup(t)
	handled := 0
	pid := s.Spawn(actors.Kind{Name: "k"}, "a", receiver(func(c *actors.Context) {
		if _, ok := c.Message().(add); ok {
			handled++
		}
	}))
	for range 1000 {
		s.Send(pid, add{})
	}
	end(t, s, pid)
	if handled != 1000 {
		t.Errorf("%d handled", handled)
	}
}
