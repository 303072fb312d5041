package hammer

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kapoor.example/desk/actors/realtime"
	"kapoor.example/desk/protocol/socketio"
)

// storm is many vandals at once.
type storm struct {
	server   *server
	seed     uint64
	sessions atomic.Uint64 // begun so far

	mu       sync.Mutex
	fault    error
	statuses map[int]int // of the answers
	opened   int         // WebSockets
	messages int         // that were read from them
}

// stormOptions have timeouts that vandals run into and canaries on a busy machine do not.
func stormOptions() realtime.Options {
	return realtime.Options{
		PingInterval: 500 * time.Millisecond, PingTimeout: 4 * time.Second, UpgradeTimeout: time.Second, ConnectTimeout: time.Second,
		CloseTimeout: 500 * time.Millisecond, MaxPayload: maxPayload, MaxPackets: 200, MaxQueue: 256 << 10, MaxInbound: 64 << 10,
		MaxNamespaces: 6, MaxRooms: 20, MaxDynamic: 10, CleanupEmptyNamespaces: true, MaxPerAddress: 1 << 20, MaxPerUser: 5,
		Admissions: 16, Grace: 50 * time.Millisecond, Shards: 2,
		Recovery: &realtime.Recovery{Window: 2 * time.Second, MaxSessions: 100, MaxEvents: 500, MaxBytes: 64 << 10},
	}
}

// rage lets so many vandals at a time loose for a while.
func (s *storm) rage(vandals int, d time.Duration) {
	ctx, stop := context.WithTimeout(context.Background(), d)
	defer stop()
	var all sync.WaitGroup
	for range vandals {
		all.Go(func() {
			for ctx.Err() == nil && s.session() {
			}
		})
	}
	all.Wait()
}

// session is one session of a vandal. It reports whether the server was not at fault.
func (s *storm) session() bool {
	n := s.sessions.Add(1)
	if n%256 == 0 {
		s.server.open() // forgets those that are gone
	}
	dice := newThrown(s.seed, n, 0)
	dice.left = dice.below(25)
	v := &vandal{dice: dice, server: s.server, wait: time.Duration(1+dice.below(200)) * time.Millisecond, statuses: map[int]int{}}
	v.rampage()
	v.leave(false)
	s.mu.Lock()
	defer s.mu.Unlock()
	for status, n := range v.statuses {
		s.statuses[status] += n
	}
	s.opened += v.opened
	s.messages += v.messages
	if v.fault == nil {
		return true
	}
	if s.fault == nil {
		s.fault = v.fault
		s.server.tb.Errorf("session %d: %v", n, v.fault)
	}
	return false
}

// tell tells everybody numbered news until ctx ends, does other things to the sockets meanwhile, and returns the last
// number.
func (s *storm) tell(ctx context.Context) int {
	main, user := s.server.io.Of("/"), s.server.io.Of("/user")
	random := rand.New(rand.NewPCG(s.seed, 0))
	tick := time.NewTicker(2 * pace)
	defer tick.Stop()
	for n := 1; ; n++ {
		s.server.hush.RLock()
		_ = main.Emit("news", n) // numbers can be encoded
		room := fill(&thrown{random: random}, "room-%d")
		switch random.IntN(12) {
		case 0:
			_ = main.To(room).Emit("shouted", []byte{1, 2, 3})
		case 1:
			_ = main.In(room).Timeout(20*time.Millisecond).EmitWithAck(func([]socketio.Args, error) {}, "question", n)
		case 2:
			main.In(room).SocketsJoin("lounge")
		case 3:
			main.In("lounge").SocketsLeave("lounge")
		case 4:
			main.In(room).DisconnectSockets(random.IntN(2) == 0)
		case 5:
			user.DisconnectSockets(false)
		case 6:
			_, _ = user.FetchSockets(ctx) // the storm may be over
		case 7:
			_ = main.Volatile().Emit("shouted", n)
		case 8:
			s.server.io.Revoke(realtime.Revocation{User: "u3", Rights: 1})
		}
		s.server.hush.RUnlock()
		select {
		case <-tick.C:
		case <-ctx.Done():
			return n
		}
	}
}

// TestSessionFuzz: whatever sessions do, those that behave lose nothing, and afterwards nothing of them is left.
func TestSessionFuzz(t *testing.T) {
	half, vandals, idlers := 6*time.Second, 32, 20
	if raced {
		half = 15 * time.Second // CI plays this form once: thirty seconds under the detector
	}
	if long() {
		half, idlers = 5*time.Minute, 200
	}
	s := &storm{seed: seed(t), statuses: map[int]int{}}
	s.server = start(t, stormOptions(), application)
	s.rage(8, time.Second/2) // everything that is made once has been made then
	s.server.returnsToIdle()
	before := s.server.census()

	canaries := []*canary{
		s.server.canary("polling", polling, 0), s.server.canary("websocket", websocket, 0), s.server.canary("upgrading", polling, 200),
	}
	idle := s.server.crowd(idlers)
	phoenixes := []*phoenix{s.server.phoenix("polling", polling), s.server.phoenix("websocket", websocket)}
	defer func() {
		if !t.Failed() {
			return
		}
		for _, c := range canaries {
			c.note(c.client.failure())
			if c.wrong != nil {
				t.Logf("canary %s: %v", c.name, c.wrong)
			}
		}
		for _, p := range phoenixes {
			p.mu.Lock()
			if p.wrong != nil {
				t.Logf("phoenix %s: %v", p.name, p.wrong)
			}
			p.mu.Unlock()
		}
	}()
	ctx, stop := context.WithCancel(context.Background())
	last := make(chan int, 1)
	go func() { last <- s.tell(ctx) }()

	rage := func() uint64 {
		s.rage(vandals, half)
		s.server.calm.Lock()
		defer s.server.calm.Unlock()
		s.server.left(len(canaries) + len(idle))
		s.server.hush.Lock() // what is on its way at one moment is no growth
		defer s.server.hush.Unlock()
		s.server.wave()
		return s.server.heap()
	}
	first := rage()
	second := rage()
	s.server.unhurt()
	t.Logf("%d sessions; heap after two collections: %d bytes after the first half, %d (%+.2f %%) after the second",
		s.sessions.Load(), first, second, 100*(float64(second)/float64(first)-1))
	t.Logf("answers by status: %v; %d WebSockets, %d messages read from them", s.statuses, s.opened, s.messages)
	if s.statuses[200] == 0 || s.statuses[400] == 0 || s.statuses[413] == 0 || s.messages == 0 {
		t.Error("this was no storm")
	}
	if growth := float64(second)/float64(first) - 1; long() && growth >= 0.02 {
		t.Errorf("the second half added %.2f %% heap", 100*growth)
	}

	stop()
	news := <-last
	for _, c := range canaries {
		c.finish(s.server, news)
	}
	for _, p := range phoenixes {
		p.finish(s.server, news)
	}
	if err := idle.leave(); err != nil {
		t.Error(err)
	}
	s.server.returnsTo(before)
}

// left waits until so many connections are left.
func (s *server) left(n int) {
	s.tb.Helper()
	for deadline := time.Now().Add(patience); s.io.Connections() != n; {
		if time.Now().After(deadline) {
			s.tb.Fatalf("%d connections instead of %d, actors %+v; open: %q\n%.50000s",
				s.io.Connections(), n, s.system.Counts(), s.open(), strings.Join(goroutines(), "\n\n"))
		}
		<-time.After(2 * time.Millisecond) // the pace of asking
	}
}

// returnsToIdle waits until the server has nothing to do.
func (s *server) returnsToIdle() {
	s.tb.Helper()
	s.left(0)
	eventually(s.tb, "no timers", func() bool { return s.system.Timers() == 0 })
	eventually(s.tb, "no rooms", func() bool {
		counts := s.system.Counts()
		figures := s.io.Figures()
		return s.rooms.Load() == 0 && figures.Rooms == 0 && figures.Sockets == 0 && counts["session"].Running == 0 && counts["room"].Running == 0
	})
	eventually(s.tb, "no crew", func() bool { // its members go after a second without a task
		return !slices.ContainsFunc(goroutines(), func(stack string) bool { return strings.Contains(stack, "actors.(*Crew).work") })
	})
	for quiet, n := 0, 0; quiet < 10; { // goroutines that end by themselves have ended
		<-time.After(10 * time.Millisecond)
		if now := len(goroutines()); now == n {
			quiet++
		} else {
			quiet, n = 0, now
		}
	}
}
