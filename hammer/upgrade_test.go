package hammer

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kapoor.example/desk/actors/realtime"
)

// upgradePace is the time between two messages of either side.
const upgradePace = 3 * time.Millisecond

// stumbles are the ways in which an upgrade comes to nothing. Polling goes on.
func stumbles() map[string]func(*client) error {
	abandon := func(c *client, say string) error {
		l, err := c.server.dialWebSocket(of(websocket, c.sid))
		if err == nil && say != "" {
			err = l.say(say)
		}
		if l != nil {
			l.cut()
		}
		return err
	}
	return map[string]func(*client) error{
		"cut before the probe": func(c *client) error { return abandon(c, "") },
		"cut at the probe":     func(c *client) error { return abandon(c, "2probe") },
		"no probe":             func(c *client) error { return abandon(c, "4x") },
		"cut in the pause": func(c *client) error {
			if l, _ := c.probe(); l != nil { // else the one before is in the way still
				c.pause()
				l.cut()
				c.resume(nil)
			}
			return nil
		},
		"closed in the pause": func(c *client) error {
			l, _ := c.probe()
			if l == nil {
				return nil
			}
			c.pause()
			c.resume(nil)
			return l.Close()
		},
	}
}

// TestUpgradeUnderTraffic: while both sides send, sessions upgrade, some after attempts that came to nothing. Nothing is
// lost, doubled or out of order on either side.
func TestUpgradeUnderTraffic(t *testing.T) {
	const upgrades = 1_000
	s := start(t, realtime.Options{UpgradeTimeout: 4 * time.Second, MaxPerAddress: 1 << 20}, counting)
	n := seed(t)
	if err := s.move(rand.New(rand.NewPCG(n, 0)), nil); err != nil { // everything that is made once has been made then
		t.Fatal(err)
	}
	s.returnsToIdle()
	before := s.census()

	ways := stumbles()
	var names []string
	for name := range ways {
		names = append(names, name)
	}
	var next, stumbled, failed atomic.Int64
	var all sync.WaitGroup
	for range 32 {
		all.Go(func() {
			for i := next.Add(1); i <= upgrades && failed.Load() == 0; i = next.Add(1) {
				random := rand.New(rand.NewPCG(n, uint64(i)))
				var attempts []func(*client) error
				var which []string
				for random.IntN(2) == 0 && len(attempts) < 4 {
					name := names[random.IntN(len(names))]
					which, attempts = append(which, name), append(attempts, ways[name])
				}
				stumbled.Add(int64(len(attempts)))
				if err := s.move(random, attempts); err != nil && failed.Add(1) == 1 {
					t.Errorf("session %d, after %q: %v", i, which, err)
				}
			}
		})
	}
	all.Wait()
	s.returnsTo(before)
	t.Logf("%d upgrades, %d attempts that came to nothing", upgrades, stumbled.Load())
}

// TestProbeWithoutUpgrade: a WebSocket that probes and leaves it at that is closed, and polling goes on under traffic;
// a later upgrade succeeds.
func TestProbeWithoutUpgrade(t *testing.T) {
	s := start(t, realtime.Options{UpgradeTimeout: 300 * time.Millisecond}, counting)
	probeOnly := func(c *client) error {
		l, err := c.probe()
		if err != nil {
			return err
		}
		return l.closed()
	}
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(i)))
			if err := s.move(random, []func(*client) error{probeOnly, probeOnly}); err != nil {
				t.Errorf("session %d: %v", i, err)
			}
		})
	}
	all.Wait()
	s.left(0)
}
