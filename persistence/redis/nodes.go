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
	beat   time.Duration
	again  chan struct{} // holds one element when the announcement is not to wait for its beat
	done   sync.WaitGroup

	mu        sync.Mutex
	stop      context.CancelFunc // nil before Announce
	withdrawn bool
	known     map[string]*known
	failed    time.Time // when Redis was asked in vain last, zero once it has answered
}

const (
	nodeLife  = 10 * time.Second // after its last beat
	nodeBeat  = 2 * time.Second
	nodeRetry = 200 * time.Millisecond // after a beat that failed
	nodeTime  = time.Second            // what a beat may take
)

// Nodes tells where nodes are. It has to be closed.
func (c *Client) Nodes() *Nodes {
	return &Nodes{
		client: c, life: nodeLife, beat: nodeBeat, again: make(chan struct{}, 1), known: map[string]*known{},
	}
}

// Announce says, now and again and again until Withdraw, that the node of this name is at an address. It is called once.
// When it returns Redis has been told, unless it does not answer: then it is told as soon as it does.
func (n *Nodes) Announce(name, address string) {
	ctx, stop := context.WithCancel(context.Background())
	n.mu.Lock()
	if n.withdrawn { // the node stops before it has begun to serve
		n.mu.Unlock()
		stop()
		return
	}
	n.stop = stop
	n.done.Add(1)
	n.mu.Unlock()
	told := n.tell(ctx, name, address)
	go func() {
		defer n.done.Done()
		beat := time.NewTimer(0)
		defer beat.Stop()
		for {
			pause := n.beat
			if !told {
				pause = nodeRetry
			}
			beat.Reset(pause)
			select {
			case <-beat.C:
			case <-n.again:
			case <-ctx.Done():
				return
			}
			told = n.tell(ctx, name, address)
		}
	}()
}

// Again has the node announced at once: Redis is back, and may have come without its data.
func (n *Nodes) Again() {
	select {
	case n.again <- struct{}{}:
	default:
	}
}

// tell reports whether Redis has taken it. The bus tells of the same trouble.
func (n *Nodes) tell(ctx context.Context, name, address string) bool {
	ctx, cancel := context.WithTimeout(ctx, nodeTime)
	defer cancel()
	return n.client.do(ctx, func(conn redis.Conn) error {
		_, err := redis.DoContext(conn, ctx, "SET", n.client.key("node", name), address, "PX", n.life.Milliseconds())
		return err
	}) == nil
}

// Withdraw ends Announce, one that is still to come too, and forgets the node at once.
func (n *Nodes) Withdraw(ctx context.Context, name string) error {
	n.mu.Lock()
	n.withdrawn = true
	stop := n.stop
	n.mu.Unlock()
	if stop == nil {
		return nil
	}
	stop()
	n.done.Wait()
	return n.client.explain(n.client.do(ctx, func(conn redis.Conn) error {
		_, err := redis.DoContext(conn, ctx, "DEL", n.client.key("node", name))
		return err
	}))
}

// ask returns what Redis has of a node, "" where it has nothing.
func (n *Nodes) ask(ctx context.Context, name string) (address string, err error) {
	ctx, cancel := context.WithTimeout(ctx, findTime)
	defer cancel()
	err = n.client.do(ctx, func(conn redis.Conn) (err error) {
		address, err = redis.String(redis.DoContext(conn, ctx, "GET", n.client.key("node", name)))
		if errors.Is(err, redis.ErrNil) {
			return nil
		}
		return err
	})
	return address, err
}
