package hammer

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"kapoor.example/desk/actors/realtime"
)

// cycle is one way to connect and to go away again.
type cycle struct {
	name string
	run  func(s *server) error
}

// cycles returns all of them: over both transports, clean and cut anywhere.
func cycles() []cycle {
	return []cycle{
		{"polling, namespace left, closed", func(s *server) error { return s.pollingCycle("41\x1e1", false) }},
		{"polling, closed", func(s *server) error { return s.pollingCycle("1", false) }},
		{"polling, cut while a poll waits", func(s *server) error { return s.pollingCycle("", true) }},
		{"polling, gone without a word", func(s *server) error { return s.pollingCycle("", false) }},
		{"polling, half closed while a poll waits", (*server).halfClosedPoll},
		{"polling, cut within a body", (*server).cutPost},
		{"polling, cut after the handshake's request", func(s *server) error { return s.cutWithin(string(request("GET", polling, "", nil)), 0) }},
		{"polling, cut within the handshake's request", func(s *server) error { return s.cutWithin(string(request("GET", polling, "", nil)), 5) }},
		{"WebSocket, close frame", func(s *server) error { return s.webSocketCycle(frame(ws.OpClose, true, nil), (*line).closed) }},
		{"WebSocket, namespace left, close packet", func(s *server) error {
			return s.webSocketCycle(append(frame(ws.OpText, true, []byte("41")), frame(ws.OpText, true, []byte("1"))...), (*line).closed)
		}},
		{"WebSocket, closed by the server", func(s *server) error {
			return s.webSocketCycle(frame(ws.OpText, true, []byte(`42["bye","close"]`)), (*line).closed)
		}},
		{"WebSocket, reset", func(s *server) error { return s.webSocketCycle(nil, (*line).reset) }},
		{"WebSocket, half closed", func(s *server) error { return s.webSocketCycle(nil, (*line).halfClosed) }},
		{"WebSocket, reset within a frame", func(s *server) error {
			return s.webSocketCycle(frame(ws.OpText, true, []byte("42[1"))[:5], (*line).reset)
		}},
		{"WebSocket, cut within the handshake", func(s *server) error { return s.cutWithin(upgradeRequest(websocket), 10) }},
		{"WebSocket, cut after the handshake's request", func(s *server) error { return s.cutWithin(upgradeRequest(websocket), 0) }},
		{"upgrade, cut within its request", func(s *server) error {
			return s.upgradeCycle(func(l *line, q string) error { return l.writeAndCut(upgradeRequest(q)[:40]) })
		}},
		{"upgrade, cut after its request", func(s *server) error {
			return s.upgradeCycle(func(l *line, q string) error { return l.writeAndCut(upgradeRequest(q)) })
		}},
		{"upgrade, cut after the probe", func(s *server) error { return s.upgradeCycle(probed((*line).reset)) }},
		{"upgrade, cut after it", func(s *server) error { return s.upgradeCycle(upgraded((*line).reset)) }},
		{"upgrade, closed after it", func(s *server) error {
			return s.upgradeCycle(upgraded(func(l *line) error {
				if err := l.say("1"); err != nil {
					return err
				}
				return l.closed()
			}))
		}},
	}
}

// TestCycles: however often and in whatever way clients come and go, the server is afterwards what it was.
func TestCycles(t *testing.T) {
	total := int64(5_000)
	if long() {
		total = 100_000
	}
	o := realtime.Options{
		PingInterval: time.Second, PingTimeout: 2 * time.Second, ConnectTimeout: 3 * time.Second, UpgradeTimeout: 2 * time.Second,
		CloseTimeout: time.Second, Grace: 50 * time.Millisecond, MaxPerUser: 1 << 20, MaxPerAddress: 1 << 20, CleanupEmptyNamespaces: true,
	}
	s := start(t, o, application)
	ways := cycles()
	for _, c := range ways { // everything that is made once has been made then
		if err := c.run(s); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
	}
	s.returnsToIdle()
	before := s.census()
	first := s.heap()

	var next, failed atomic.Int64
	var all sync.WaitGroup
	for range 32 {
		all.Go(func() {
			for n := next.Add(1); n <= total && failed.Load() == 0; n = next.Add(1) {
				c := ways[n%int64(len(ways))]
				if err := c.run(s); err != nil && failed.Add(1) == 1 {
					t.Errorf("cycle %d, %s: %v", n, c.name, err)
				}
			}
		})
	}
	all.Wait()
	s.returnsTo(before)
	t.Logf("%d cycles of %d kinds; before and after: %+v; heap %d, then %d", total, len(ways), before, first, s.heap())
}
