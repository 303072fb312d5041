package redis

import (
	"sync"
	"testing"
	"time"

	"kapoor.example/desk/persistence/redis/redistest"
)

// clock is one that the test advances.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(by)
}

// announced returns the nodes of a client after one of them has said where it is. It says so once, and again when it is
// told to.
func announced(t *testing.T, c *Client) *Nodes {
	t.Helper()
	n := c.Nodes()
	n.beat = time.Hour
	n.Announce("one", "10.0.0.1:4000")
	t.Cleanup(func() {
		n.stop()
		n.done.Wait()
	})
	return n
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(20 * time.Second); !holds(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("not in time: %s", what)
		}
	}
}

// TestNodeIsAnnouncedBeforeItServes: a node used to say where it is after it had begun to serve, so that the first sessions
// it gave out were unknown elsewhere.
func TestNodeIsAnnouncedBeforeItServes(t *testing.T) {
	server := redistest.Start(t)
	c := connect(t, server.URL())
	n := announced(t, c)
	has := func() bool { return do(t, c, "EXISTS", c.key("node", "one")) == int64(1) }
	if !has() {
		t.Fatal("Announce has returned, and Redis knows nothing")
	}
	do(t, c, "FLUSHALL")
	n.Again()
	eventually(t, "it is announced to the Redis that has come back", has)
	if err := n.Withdraw(t.Context(), "one"); err != nil || has() {
		t.Errorf("withdrawn: %v, %v", has(), err)
	}
}

// TestKnownNodesSurviveAnEmptyRedis: after each restart of Redis, sessions of other nodes were unknown until those nodes
// had said again where they are, which took them up to two seconds. Their clients connected anew.
func TestKnownNodesSurviveAnEmptyRedis(t *testing.T) {
	server := redistest.Start(t)
	announced(t, connect(t, server.URL()))
	at := &clock{now: time.Now()}
	c, err := Connect(t.Context(), Options{URL: server.URL(), Now: at.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() }) // the test is over
	n := c.Nodes()
	find := func(want bool) {
		t.Helper()
		if address, ok := n.Find(t.Context(), "one"); ok != want || ok && address != "10.0.0.1:4000" {
			t.Errorf("found %q, %v", address, ok)
		}
	}
	find(true)
	at.advance(10 * nodeLife) // and nobody asked: the outage was long
	do(t, c, "FLUSHALL")
	find(true)
	at.advance(nodeLife - 1)
	find(true)
	at.advance(nodeFresh)
	find(false) // it has had its time to come back
	do(t, c, "SET", c.key("node", "one"), "10.0.0.1:4000")
	at.advance(nodeFresh)
	find(true)
	if _, ok := n.Find(t.Context(), "nobody"); ok {
		t.Error("somebody was found who was never there")
	}
}

// TestSilentRedisKeepsNobodyWaiting: each look-up used to wait for one of the pool's connections, and then for an answer
// that did not come: with a Redis that is out of reach without a word, requests of known sessions took half a minute.
func TestSilentRedisKeepsNobodyWaiting(t *testing.T) {
	server := redistest.Start(t)
	announced(t, connect(t, server.URL()))
	way := server.Path(t)
	at := &clock{now: time.Now()}
	c, err := Connect(t.Context(), Options{URL: way.URL(), Now: at.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() }) // the test is over
	n := c.Nodes()
	if _, ok := n.Find(t.Context(), "one"); !ok {
		t.Fatal("not found")
	}
	way.Hush()
	at.advance(nodeFresh)
	begun := time.Now()
	var all sync.WaitGroup
	for range 160 {
		all.Go(func() {
			if address, ok := n.Find(t.Context(), "one"); !ok {
				t.Errorf("found %q, %v", address, ok)
			}
		})
		all.Go(func() {
			if _, ok := n.Find(t.Context(), "nobody"); ok {
				t.Error("somebody was found who was never there")
			}
		})
	}
	all.Wait()
	if took := time.Since(begun); took > 10*findTime { // it was many times the client's time limit
		t.Errorf("it took %s", took)
	}
	if active := c.pool.ActiveCount(); active > 2 {
		t.Errorf("%d connections are held by look-ups", active)
	}
	way.Heal()
	at.advance(nodeFresh)
	eventually(t, "Redis answers again", func() bool {
		at.advance(nodeFresh)
		n.Find(t.Context(), "one")
		n.mu.Lock()
		defer n.mu.Unlock()
		return n.failed.IsZero()
	})
}

// TestNodeThatStopsBeforeItServes: the announcement of a node that was stopped at its very start went on for ever.
func TestNodeThatStopsBeforeItServes(t *testing.T) {
	c := connect(t, redistest.Start(t).URL())
	n := c.Nodes()
	if err := n.Withdraw(t.Context(), "one"); err != nil {
		t.Fatal(err)
	}
	n.Announce("one", "10.0.0.1:4000") // TestMain looks for what is left of it
	if do(t, c, "EXISTS", c.key("node", "one")) != int64(0) {
		t.Error("it is announced")
	}
}
