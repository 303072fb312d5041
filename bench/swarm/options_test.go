package swarm

import (
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// silent does not want to know.
type silent struct{}

func (silent) Connected(*Client, int64, []byte)   {}
func (silent) Packet(*Client, int64, []byte)      {}
func (silent) Closed(*Client, int64, *CloseError) {}

func TestOptionsAreRefused(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(*Options)
		want  string
	}{
		{"no clients", func(o *Options) { o.Clients = 0 }, "0 clients"},
		{"negative loops", func(o *Options) { o.Loops = -1 }, "-1 loops"},
		{"a hundred loops", func(o *Options) { o.Loops = 100 }, "100 loops"},
		{"negative in flight", func(o *Options) { o.InFlight = -1 }, "must not be negative"},
		{"a negative timeout", func(o *Options) { o.ConnectTimeout = -time.Second }, "must not be negative"},
		{"no observer", func(o *Options) { o.Observer = nil }, "Observer"},
		{"no clock", func(o *Options) { o.Clock = nil }, "Clock"},
		{"a path without a slash", func(o *Options) { o.Path = "socket.io" }, "slash"},
		{"no address", func(o *Options) { o.Address = "" }, "no address"},
		{"no port", func(o *Options) { o.Address = "127.0.0.1" }, "resolve"},
		{"port 0", func(o *Options) { o.Address = "127.0.0.1:0" }, "no address"},
		{"a name that is none", func(o *Options) { o.Address = "no such host:80" }, "resolve"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := Options{Address: "127.0.0.1:9", Clients: 1, Observer: silent{}, Clock: NewClock()}
			test.spoil(&o)
			s, err := New(o)
			if err == nil {
				s.Close()
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("err = %v", err)
			}
		})
	}
}

func TestSourceAddresses(t *testing.T) {
	loopback, remote := netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("192.0.2.1")
	tests := []struct {
		name   string
		target netip.Addr
		index  int
		want   string
	}{
		{"the first block", loopback, 0, "127.0.0.2"},
		{"its end", loopback, perSource - 1, "127.0.0.2"},
		{"the second", loopback, perSource, "127.0.0.3"},
		{"the last of a byte", loopback, 248 * perSource, "127.0.0.250"},
		{"the next byte", loopback, 249 * perSource, "127.0.1.1"},
		{"another machine", remote, 0, "invalid IP"},
		{"IPv6", netip.IPv6Loopback(), 0, "invalid IP"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := source(test.target, test.index); got.String() != test.want {
				t.Errorf("from %s", got)
			}
		})
	}
}

func TestTimersComeInOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var h timers
	for round := range 200 {
		for range round {
			h.push(timer{at: random.Int64N(50)})
		}
		last := int64(-1)
		for len(h) > round/2 {
			x := h.pop()
			if x.at < last {
				t.Fatalf("%d after %d", x.at, last)
			}
			last = x.at
		}
	}
}
