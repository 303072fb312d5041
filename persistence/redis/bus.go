package redis

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/gomodule/redigo/redis"

	"kapoor.example/desk/protocol/cluster"
	"kapoor.example/desk/protocol/cluster/wire"
)

// BusOptions are those of a Bus. The zero value of a field means its default.
type BusOptions struct {
	// Names are those of the streams and channels, which all servers of the cluster share. Defaults to wire.DefaultNames.
	Names wire.Names
	// ShardedChannels uses the channels of Redis Cluster, as Node's useShardedPubSub does. All servers have to agree.
	ShardedChannels bool
	// Window is the recovery window; the log keeps twice as much. Defaults to 2 minutes.
	Window time.Duration
	// MaxLength bounds the entries of a stream when trimming by time does not keep up. Defaults to 1,000,000.
	MaxLength int
	// MaxMarks bounds the rooms whose last trimmed entry is remembered. Defaults to 200,000, some 20 MB in Redis.
	MaxMarks int
	// MaxWaiting and MaxWaitingBytes bound what waits to be written. Default to 100,000 and 64 MiB.
	MaxWaiting, MaxWaitingBytes int
	// OnHealed is told when the log can be read and written again after it could not. It must not block. Nil means nobody.
	OnHealed func()
	// OnError is told what goes wrong in the background, where no caller waits for it. It must not block. Nil means nobody.
	OnError func(error)
}

func (o BusOptions) withDefaults() BusOptions {
	names := wire.DefaultNames()
	for _, set := range []struct {
		to *string
		by string
	}{{&o.Names.Stream, names.Stream}, {&o.Names.Channels, names.Channels}, {&o.Names.Sessions, names.Sessions}} {
		if *set.to == "" {
			*set.to = set.by
		}
	}
	for _, set := range []struct {
		to *int
		by int
	}{
		{&o.Names.Streams, names.Streams}, {&o.MaxLength, 1_000_000}, {&o.MaxMarks, 200_000}, {&o.MaxWaiting, 100_000},
		{&o.MaxWaitingBytes, 64 << 20},
	} {
		if *set.to == 0 {
			*set.to = set.by
		}
	}
	if o.Window == 0 {
		o.Window = 2 * time.Minute
	}
	if o.OnHealed == nil {
		o.OnHealed = func() {}
	}
	if o.OnError == nil {
		o.OnError = func(error) {}
	}
	return o
}

// maxStreams bounds the streams: a server reads twice as many.
const maxStreams = 64

func (o BusOptions) validate() error {
	switch {
	case o.Names.Streams < 1 || o.Names.Streams > maxStreams:
		return fmt.Errorf("the number of streams is %d; it must be from 1 to %d", o.Names.Streams, maxStreams)
	case o.Window < 0:
		return fmt.Errorf("the recovery window is %s; it must be above zero", o.Window)
	case o.MaxLength < 0, o.MaxMarks < 0, o.MaxWaiting < 0, o.MaxWaitingBytes < 0:
		return errors.New("a bound of the bus is below zero")
	}
	return nil
}

// Bus is a cluster.Bus on Redis. See the package's comment.
type Bus struct {
	client  *Client
	options BusOptions
	name    string
	streams []string

	ctx     context.Context // ends when everything has to end
	stop    context.CancelFunc
	running sync.WaitGroup // what OpenBus has started
	written chan struct{}  // closed when the writer has ended

	queue   queue
	kept    kept
	health  health
	channel channels
	traffic traffic
	long    map[string]bool // streams that are cut by length; touched only by trim

	mu         sync.Mutex
	epoch      string
	heads      map[string]cluster.Position
	namespaces map[string]int // how often they were entered
}

// OpenBus opens the bus of a server. Where Redis does not let it, the error is one sentence that says why.
func OpenBus(ctx context.Context, c *Client, o BusOptions) (*Bus, error) {
	o = o.withDefaults()
	if err := o.validate(); err != nil {
		return nil, err
	}
	b := &Bus{
		client: c, options: o, name: newName(), streams: o.Names.All(), written: make(chan struct{}),
		heads: map[string]cluster.Position{}, namespaces: map[string]int{}, long: map[string]bool{},
	}
	b.queue.init(o.MaxWaiting, o.MaxWaitingBytes)
	b.channel.init()
	b.health.init(c.options.Now, o.OnHealed)
	if err := c.do(ctx, b.begin); err != nil {
		return nil, c.explain(err)
	}
	b.ctx, b.stop = context.WithCancel(context.Background())
	b.running.Go(b.write)
	b.running.Go(b.trim)
	b.running.Go(b.speak)
	return b, nil
}

// newName returns the name of a server, in Node's form.
func newName() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// begin finds the epoch and where the streams end.
func (b *Bus) begin(conn redis.Conn) error {
	if _, err := b.findEpoch(conn, b.newEpoch()); err != nil {
		return err
	}
	for _, stream := range b.streams {
		s, err := b.look(conn, stream, cluster.Position{})
		if err != nil {
			return err
		}
		b.heads[stream] = s.last
	}
	return nil
}

// Name implements cluster.Bus.
func (b *Bus) Name() string { return b.name }

// Enter implements cluster.Bus.
func (b *Bus) Enter(namespace string) {
	b.mu.Lock()
	b.namespaces[namespace]++
	first := b.namespaces[namespace] == 1
	b.mu.Unlock()
	if first {
		b.channel.want(namespace, true)
	}
}

// Exit implements cluster.Bus.
func (b *Bus) Exit(namespace string) {
	b.mu.Lock()
	b.namespaces[namespace]--
	last := b.namespaces[namespace] == 0
	if b.namespaces[namespace] <= 0 {
		delete(b.namespaces, namespace)
	}
	b.mu.Unlock()
	if last {
		b.channel.want(namespace, false)
	}
}

// entered returns the namespaces of this server.
func (b *Bus) entered() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := make([]string, 0, len(b.namespaces))
	for n := range b.namespaces {
		all = append(all, n)
	}
	slices.Sort(all)
	return all
}

// Epoch implements cluster.Bus.
func (b *Bus) Epoch() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.epoch
}

// Head implements cluster.Bus.
func (b *Bus) Head(namespace string) cluster.Position {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.heads[b.options.Names.StreamOf(namespace)]
}

// State implements cluster.Bus.
func (b *Bus) State() cluster.State {
	s := b.health.state()
	s.Waiting, s.WaitingBytes = b.queue.size()
	return s
}

// Close implements cluster.Bus. The client stays open.
func (b *Bus) Close(ctx context.Context) error {
	b.queue.close()
	select {
	case <-b.written:
	case <-ctx.Done():
	}
	b.stop()
	b.running.Wait()
	return nil
}

// pause waits before something is tried again: longer each time, a second at most. It reports false when ctx has ended.
func pause(ctx context.Context, attempt int) bool {
	timer := time.NewTimer(min(time.Second, 25*time.Millisecond<<min(attempt, 6)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
