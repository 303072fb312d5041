package realtime

import (
	"context"
	"slices"
	"strconv"
	"testing"
	"time"
)

// TestOldestSessionsAreForgotten: a session that was lost, resumed and lost again counted as old as it was the first
// time. It was forgotten before others that were lost earlier, and, as the oldest that is not through yet, it kept the
// sweep from those behind it for as long as its client came and went.
func TestOldestSessionsAreForgotten(t *testing.T) {
	now := time.Unix(1_000, 0)
	var k *keeper
	s := setup(t, Options{Now: func() time.Time { return now }, Recovery: &Recovery{Window: time.Hour, MaxSessions: 3}}, nil)
	k = s.keeper
	lose := func(pid string) { k.ended(pid, &record{pid: pid}) }
	kept := func(want ...string) {
		t.Helper()
		k.mu.Lock()
		defer k.mu.Unlock()
		var got []string
		for pid := range k.lost {
			got = append(got, pid)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("kept %q, want %q", got, want)
		}
	}
	lose("a")
	now = now.Add(10 * time.Minute)
	lose("b")
	now = now.Add(40 * time.Minute)
	lose("a") // resumed in between
	kept("a", "b")
	now = now.Add(25 * time.Minute)
	k.forget()
	kept("a")
	lose("c")
	lose("d")
	lose("a")
	lose("e")
	kept("a", "d", "e")
	for range 10_000 {
		lose("e")
	}
	kept("a", "d", "e")
	if n := len(k.order); n > 100 {
		t.Errorf("%d records are remembered for three sessions", n)
	}
}

// TestSessionsThatAreGivenBackExpire: records that were claimed while the order was tidied up left it, and were still noted
// as being in it. Given back they were remembered for ever, and one too many of them made the keeper panic.
func TestSessionsThatAreGivenBackExpire(t *testing.T) {
	now := time.Unix(1_000, 0)
	s := setup(t, Options{Now: func() time.Time { return now }, Recovery: &Recovery{Window: time.Hour, MaxSessions: orderSlack}}, nil)
	k, n := s.keeper, s.Of("/")
	var claimed []*record
	for i := range 2 * orderSlack {
		pid := strconv.Itoa(i)
		k.ended(pid, &record{pid: pid, namespace: "/"})
		r, _ := k.claim(pid, &Socket{namespace: n})
		claimed = append(claimed, r)
	}
	for _, r := range claimed {
		k.giveBack(r)
	}
	if n := len(k.lost); n != orderSlack {
		t.Errorf("%d sessions are remembered", n)
	}
	now = now.Add(2 * time.Hour)
	k.ended("late", &record{pid: "late"})
	k.forget()
	if n := len(k.lost); n != 1 {
		t.Errorf("%d sessions are remembered after their time", n-1)
	}
}

// TestSweepOfAKeeperThatIsClosed: a sweep that was due just as the server closed began the timer of the next one.
func TestSweepOfAKeeperThatIsClosed(t *testing.T) {
	s := setup(t, Options{Recovery: &Recovery{Window: time.Hour}}, nil)
	s.keeper.ended("a", &record{pid: "a"})
	s.keeper.close()
	s.keeper.forget()
	if n := s.system.Timers(); n != 0 {
		t.Errorf("%d timers run", n)
		s.keeper.close()
	}
}

// TestMiddlewareOfASessionThatIsGone: with recovery on, a session that ended made a record of each of its sockets, also of
// one whose middleware was about to say whose it is: a data race, which only the race detector sees. A storm of sessions
// found it.
func TestMiddlewareOfASessionThatIsGone(t *testing.T) {
	running, release := make(chan struct{}), make(chan struct{})
	s := setup(t, Options{Recovery: &Recovery{}}, func(s *Server) {
		s.Of("/").Use(func(_ context.Context, socket *Socket) error {
			running <- struct{}{}
			<-release
			socket.Identify(User{ID: "u1", Rooms: []string{"u1"}})
			return nil
		})
	})
	for range 50 {
		c := dial(t, s, "192.0.2.1")
		c.say("40")
		<-running
		c.cut()
		release <- struct{}{}
	}
	eventually(t, "the end of the sessions", func() bool { return s.Connections() == 0 })
}
