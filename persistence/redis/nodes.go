package redis

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/gomodule/redigo/redis"
)

// Nodes is who serves in the cluster, and where. Its methods may be called by any goroutine.
type Nodes struct {
	client *Client
	life   time.Duration
	stop   context.CancelFunc
	done   sync.WaitGroup

	mu    sync.Mutex
	known map[string]found
}

type found struct {
	address string // "" for nobody
	when    time.Time
}

const (
	nodeLife  = 10 * time.Second // after its last beat
	nodeBeat  = 2 * time.Second
	nodeFresh = time.Second // how long it is not asked again
	maxKnown  = 10_000      // names that are remembered; clients say them
)

// Nodes tells where nodes are. It has to be closed.
func (c *Client) Nodes() *Nodes { return &Nodes{client: c, life: nodeLife, known: map[string]found{}} }

// Announce says, now and again and again until Close, that the node of this name is at an address. It is called once.
func (n *Nodes) Announce(name, address string) {
	ctx, stop := context.WithCancel(context.Background())
	n.stop = stop
	n.done.Go(func() {
		beat := time.NewTicker(nodeBeat)
		defer beat.Stop()
		for {
			_ = n.client.do(ctx, func(conn redis.Conn) error { // the bus tells of the same trouble
				_, err := conn.Do("SET", n.client.key("node", name), address, "PX", n.life.Milliseconds())
				return err
			})
			select {
			case <-beat.C:
			case <-ctx.Done():
				return
			}
		}
	})
}

// Withdraw ends Announce and forgets the node at once.
func (n *Nodes) Withdraw(ctx context.Context, name string) error {
	if n.stop == nil {
		return nil
	}
	n.stop()
	n.done.Wait()
	return n.client.explain(n.client.do(ctx, func(conn redis.Conn) error {
		_, err := conn.Do("DEL", n.client.key("node", name))
		return err
	}))
}

// Find returns the address of a node, or false where there is none of the name. While Redis cannot be reached it says what
// it said last.
func (n *Nodes) Find(ctx context.Context, name string) (address string, ok bool) {
	now := n.client.options.Now()
	n.mu.Lock()
	old, remembered := n.known[name]
	n.mu.Unlock()
	if remembered && now.Sub(old.when) < nodeFresh {
		return old.address, old.address != ""
	}
	err := n.client.do(ctx, func(conn redis.Conn) (err error) {
		address, err = redis.String(conn.Do("GET", n.client.key("node", name)))
		if errors.Is(err, redis.ErrNil) {
			return nil
		}
		return err
	})
	if err != nil {
		return old.address, old.address != ""
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.known) >= maxKnown {
		clear(n.known)
	}
	n.known[name] = found{address, now}
	return address, address != ""
}
