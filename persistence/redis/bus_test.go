package redis

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"kapoor.example/desk/persistence/redis/redistest"
	"kapoor.example/desk/protocol/cluster"
	"kapoor.example/desk/protocol/cluster/bustest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// connect returns a client of a server, and closes it with the test.
func connect(t *testing.T, url string) *Client {
	t.Helper()
	c, err := Connect(t.Context(), Options{URL: url, Timeout: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return c
}

func openBus(t *testing.T, c *Client, o BusOptions) *Bus {
	t.Helper()
	if o.OnError == nil {
		o.OnError = func(err error) { t.Logf("in the background: %v", err) }
	}
	b, err := OpenBus(t.Context(), c, o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestBus(t *testing.T) {
	for name, options := range map[string]BusOptions{
		"as Node": {}, "several streams": {Names: cluster4()}, "sharded channels": {ShardedChannels: true},
	} {
		t.Run(name, func(t *testing.T) {
			bustest.Run(t, func(t *testing.T) bustest.Harness { return harness(t, options) })
		})
	}
}

func harness(t *testing.T, o BusOptions) bustest.Harness {
	server := redistest.Start(t)
	way := server.Path(t)
	var buses []*Bus
	return bustest.Harness{
		Join: func(t *testing.T) cluster.Bus {
			b := openBus(t, connect(t, way.URL()), o)
			buses = append(buses, b)
			return b
		},
		Cut:  func(*testing.T) { way.Cut() },
		Heal: func(*testing.T) { way.Heal() },
		Lose: func(t *testing.T) { do(t, connect(t, server.URL()), "FLUSHALL") },
		Trim: func(t *testing.T) {
			for _, stream := range buses[0].streams {
				if err := buses[0].trimBefore(t.Context(), stream, cluster.Position{Ms: 1 << 42}); err != nil {
					t.Fatal(err)
				}
			}
		},
	}
}
