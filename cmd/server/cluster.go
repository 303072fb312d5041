package main

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"kapoor.example/desk/actors/realtime"
	"kapoor.example/desk/auth"
	"kapoor.example/desk/http"
	"kapoor.example/desk/metrics"
	"kapoor.example/desk/persistence/redis"
	busnames "kapoor.example/desk/protocol/cluster/wire"
)

// membership is this node's part in a cluster.
type membership struct {
	client *redis.Client
	bus    *redis.Bus
	nodes  *redis.Nodes
	name   string // what the sids of this node begin with
	secret []byte
	log    zerolog.Logger
	// address is where the other nodes reach this one; without a host, at the one by which it reaches Redis.
	address string

	passing           *http.Forwarding
	forwarded, failed atomic.Int64 // requests of other nodes' sessions
}

// nameLength is how many characters of a sid name its node, tailLength how many more cannot be guessed.
const (
	nameLength = 8
	tailLength = 24
)

func randomText(characters int) string {
	b := make([]byte, characters*3/4)
	_, _ = rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

// newSid makes the sid of a session on this node.
func (m *membership) newSid(realtime.Request) (string, error) {
	return m.name + randomText(tailLength), nil
}

// owner returns where the node of a sid is, unless that is this one or there is none.
func (m *membership) owner(ctx context.Context, sid string) (string, bool) {
	if len(sid) != nameLength+tailLength || sid[:nameLength] == m.name {
		return "", false
	}
	if _, err := base64.RawURLEncoding.DecodeString(sid); err != nil {
		return "", false
	}
	address, found := m.nodes.Find(ctx, sid[:nameLength])
	if found {
		m.forwarded.Add(1)
	}
	return address, found
}

// forward passes on what belongs to other nodes. session finds those of this one.
func (m *membership) forward(c Config, session func(sid string) *realtime.Session) *http.Forwarding {
	mac := hmac.New(sha256.New, m.secret)
	_, _ = mac.Write([]byte("between nodes")) // never fails
	m.passing = http.NewForwarding(http.ForwardingOptions{
		Owner: m.owner, Key: mac.Sum(nil), Patience: 2*c.PingInterval + c.PingTimeout, MaxBody: c.MaxPayload,
		Goroutines: c.WebSocketReaders == "goroutines",
		Yield: func(sid string, webSocket bool) {
			switch s := session(sid); {
			case s == nil:
			case webSocket:
				s.Leave(realtime.StatusServiceRestart)
			default:
				s.Yield()
			}
		},
		OnError: func(err error) { m.failed.Add(1); m.log.Debug().Err(err).Msg("Request not passed on to its node") },
	})
	return m.passing
}

// passed returns how many WebSockets of other nodes' sessions come through this one.
func (m *membership) passed() int {
	if m == nil {
		return 0
	}
	return m.passing.Passed()
}

// drain lets go of what is passed on to other nodes.
func (m *membership) drain(ctx context.Context, over time.Duration) error {
	if m == nil {
		return nil
	}
	return m.passing.Drain(ctx, over)
}

// serving says to the other nodes where this one is.
func (m *membership) serving(l net.Addr) error {
	if m == nil {
		return nil
	}
	address := m.address
	if address == "" {
		port := l.(*net.TCPAddr).Port
		host, err := m.client.LocalAddress(context.Background())
		if err != nil {
			return fmt.Errorf("find this node's address: %w", err)
		}
		address = net.JoinHostPort(host, strconv.Itoa(port))
		if loopback(host) {
			m.log.Warn().Str("address", address).Msg("Only nodes on this machine can reach this one: NODE_ADDRESS says where the others do")
		}
	}
	m.nodes.Announce(m.name, address)
	return nil
}

// joinCluster reaches the Redis that joins several nodes. Where that refuses, the start ends with the reason.
func joinCluster(ctx context.Context, c Config, log zerolog.Logger, now func() time.Time) (*membership, error) {
	client, err := redis.Connect(ctx, redis.Options{URL: c.RedisURL, Now: now})
	if err != nil {
		return nil, fmt.Errorf("REDIS_URL: %w", err)
	}
	nodes := client.Nodes()
	bus, err := redis.OpenBus(ctx, client, redis.BusOptions{
		Names:    busnames.Names{Streams: c.RedisStreams},
		Window:   max(c.RecoveryWindow, time.Minute),
		OnHealed: nodes.Again,
		OnError:  func(err error) { log.Warn().Err(err).Msg("Trouble with the bus between nodes") },
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("REDIS_URL: %w", err), client.Close())
	}
	return &membership{
		client: client, bus: bus, nodes: nodes, name: randomText(nameLength), secret: []byte(c.JWTSecret), log: log,
		address: c.NodeAddress,
	}, nil
}

// degraded reports whether this node is cut off from the others; one without a cluster is not.
func (m *membership) degraded() bool { return m != nil && m.bus.State().Degraded }

// turnLife is how long a node has its turn after it asked for it last: longer than it takes to ask again.
const turnLife = 3 * time.Second

// turn reports whether this node works out the statistics for all.
func (m *membership) turn(ctx context.Context) (bool, error) {
	return m.client.Hold(ctx, "stats", m.name, turnLife)
}

// figures are how the node stands with the others.
func (m *membership) figures() metrics.Cluster {
	if m == nil {
		return metrics.Cluster{}
	}
	state, traffic, failed := m.bus.State(), m.bus.Traffic(), m.failed.Load()
	return metrics.Cluster{
		CutOff: state.Degraded, Waiting: state.Waiting, WaitingBytes: state.WaitingBytes,
		Published: traffic.Published, Heard: traffic.Heard, Refused: traffic.Refused, Lost: traffic.Lost,
		Forwarded: max(0, m.forwarded.Load()-failed), ForwardsFailed: failed,
	}
}

// close ends the bus once what waits for it is written, or ctx ends.
func (m *membership) close(ctx context.Context) error {
	return errors.Join(m.nodes.Withdraw(ctx, m.name), m.bus.Close(ctx), m.client.Close())
}

// counting counts for all nodes together.
type counting struct{ *redis.Limits }

// Take implements auth.Shared.
func (c counting) Take(ctx context.Context, limit, key string, rate auth.Rate) (time.Duration, error) {
	return c.Limits.Take(ctx, limit, key, rate.Events, rate.Per)
}

// GiveBack implements auth.Shared.
func (c counting) GiveBack(ctx context.Context, limit, key string, rate auth.Rate) error {
	return c.Limits.GiveBack(ctx, limit, key, rate.Events, rate.Per)
}
