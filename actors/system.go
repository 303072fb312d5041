package actors

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/anthdm/hollywood/actor"
	"github.com/rs/zerolog"
)

// System spawns, addresses and counts the actors of a process. All its methods may be called from any goroutine.
type System struct {
	engine *actor.Engine
	log    zerolog.Logger
	now    func() time.Time
	crew   *Crew
	watch  *watch

	mu          sync.Mutex
	kinds       map[string]*counts
	species     map[Kind]*species
	timers      atomic.Int64
	deadLetters atomic.Int64
	spawned     atomic.Int64 // under an id that was in use still
	observer    *actor.PID
}

// counts of one kind.
type counts struct {
	Tally
	panics, restarts, gaveUp atomic.Int64
}

// Await waits until no actor of a kind is running, whoever owns it, or ctx ends. Their owners have ended them, and spawn no
// more.
func (s *System) Await(ctx context.Context, kind Kind) error { return s.counts(kind.Name).Await(ctx) }

// Count says how the actors of a kind are doing: how many there are, how often they panicked, dropped their state and
// began anew, and were given up.
type Count struct{ Running, Panics, Restarts, GaveUp int64 }

// New starts an actor system. now is the clock of the failure windows.
func New(log zerolog.Logger, now func() time.Time) (*System, error) {
	engine, err := actor.NewEngine(actor.NewEngineConfig())
	if err != nil {
		return nil, fmt.Errorf("start actor engine: %w", err)
	}
	s := &System{engine: engine, log: log, now: now, crew: NewCrew(), watch: newWatch(), kinds: map[string]*counts{}, species: map[Kind]*species{}}
	s.observer = s.Spawn(Kind{Name: "observer", Directive: Resume, Singleton: true}, "events", observer{s})
	engine.Subscribe(s.observer)
	go s.watch.run(s)
	return s, nil
}

// observer counts dead letters: messages to actors that are gone. A few at the end of a session are normal.
type observer struct{ system *System }

func (o observer) Receive(c *Context) {
	if _, ok := c.Message().(actor.DeadLetterEvent); ok {
		o.system.deadLetters.Add(1)
	}
}

// Spawn starts an actor under the guard. The actors of a kind that run at the same time have different ids; one that is
// ending does not count. Started is delivered on the caller's goroutine, so it must not block.
func (s *System) Spawn(kind Kind, id string, r Receiver) *PID {
	kinds := s.speciesOf(kind)
	kinds.counts.started()
	if kind.Tally != nil {
		kind.Tally.started()
	}
	// Where an actor with this id is in the registry still, Hollywood would start nothing.
	if s.engine.Registry.GetPID(kind.Name, id) != nil {
		id += "." + strconv.FormatInt(s.spawned.Add(1), 36)
	}
	return s.engine.SpawnProc(newProcess(kinds, id, r))
}

// speciesOf returns what the actors of a kind share.
func (s *System) speciesOf(kind Kind) *species {
	counts := s.counts(kind.Name)
	s.mu.Lock()
	defer s.mu.Unlock()
	kinds := s.species[kind]
	if kinds == nil {
		kinds = &species{Kind: kind.withDefaults(), system: s, counts: counts}
		s.species[kind] = kinds
	}
	return kinds
}

// Send puts a message into an actor's inbox. Messages of one sender arrive in their order.
func (s *System) Send(to *PID, msg any) { s.engine.Send(to, msg) }

// End tells an actor to stop once it has handled what is in its inbox, and does not wait. Only its owner may call it,
// once.
func (s *System) End(pid *PID) { s.Send(pid, ending{}) }

// EndAndWait is End, and waits until the actor has stopped or ctx ends.
func (s *System) EndAndWait(ctx context.Context, pid *PID) error {
	kind, id, _ := strings.Cut(pid.ID, separator)
	done := make(chan struct{})
	s.Send(pid, ending{done})
	// An actor that was taken out of the registry a moment ago never sees the message.
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for s.engine.Registry.GetPID(kind, id) != nil {
		select {
		case <-done:
			return nil
		case <-look.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return ctx.Err()
}

// Go has a task run on another goroutine, one that has run others where there is one.
func (s *System) Go(t Task) { s.crew.Go(t) }

// Close ends the observer. The owners of all other actors have ended theirs before.
func (s *System) Close(ctx context.Context) error {
	s.engine.Unsubscribe(s.observer)
	defer s.crew.Close()
	defer s.watch.stop()
	return s.EndAndWait(ctx, s.observer)
}

// Counts returns the counts of every kind by name.
func (s *System) Counts() map[string]Count {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make(map[string]Count, len(s.kinds))
	for name, c := range s.kinds {
		all[name] = Count{
			Running: c.running.Load(), Panics: c.panics.Load(), Restarts: c.restarts.Load(), GaveUp: c.gaveUp.Load(),
		}
	}
	return all
}

// Timers returns the number of timers that are running.
func (s *System) Timers() int64 { return s.timers.Load() }

// DeadLetters returns the number of messages sent to actors that were gone.
func (s *System) DeadLetters() int64 { return s.deadLetters.Load() }

func (s *System) counts(kind string) *counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.kinds[kind]
	if c == nil {
		c = &counts{}
		s.kinds[kind] = c
	}
	return c
}
