package redis

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/gomodule/redigo/redis"

	"kapoor.example/desk/protocol/cluster"
	"kapoor.example/desk/protocol/cluster/wire"
)

// channels is which channels are wanted, which are had, and who waits for what comes on them.
type channels struct {
	mu      sync.Mutex
	wanted  map[string]bool // namespaces
	had     map[string]bool // those whose public channel Redis has confirmed
	changed chan struct{}   // closed, and made anew, when one of the two has changed
	asked   map[string]*cluster.Question

	out chan saying
}

// saying is what is said on a channel.
type saying struct {
	channel string
	message []byte
}

const (
	maxSayings  = 10_000 // that wait to be said
	maxAsked    = 10_000 // requests under way
	pingChannel = 5 * time.Second
)

func (c *channels) init() {
	c.wanted, c.had, c.changed = map[string]bool{}, map[string]bool{}, make(chan struct{})
	c.asked, c.out = map[string]*cluster.Question{}, make(chan saying, maxSayings)
}

func (c *channels) want(namespace string, on bool) {
	c.change(func() {
		if on {
			c.wanted[namespace] = true
		} else {
			delete(c.wanted, namespace)
		}
	})
}

// confirm notes that a namespace is subscribed to, or is not any more.
func (c *channels) confirm(namespace string, on bool) {
	c.change(func() {
		if on {
			c.had[namespace] = true
		} else {
			delete(c.had, namespace)
		}
	})
}

func (c *channels) change(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
	close(c.changed)
	c.changed = make(chan struct{})
}

// confirmed waits until a namespace is subscribed to. It reports false when that is not so before ctx ends.
func (c *channels) confirmed(ctx context.Context, namespace string) bool {
	for {
		c.mu.Lock()
		had, changed := c.had[namespace], c.changed
		c.mu.Unlock()
		if had {
			return true
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
}

// listen takes what comes over the channels, until ctx ends.
func (b *Bus) listen(ctx context.Context, r cluster.Receiver) {
	for failed := 0; ctx.Err() == nil; failed++ {
		l := listener{bus: b, receiver: r, failed: &failed}
		_ = l.session(ctx) // the reader tells of the same trouble
		b.channel.change(func() { clear(b.channel.had) })
		if !pause(ctx, failed) {
			return
		}
	}
}

// listener is one connection that listens.
type listener struct {
	bus      *Bus
	receiver cluster.Receiver
	conn     redis.Conn
	failed   *int
}

func (l *listener) session(ctx context.Context) error {
	conn, err := l.bus.client.dial(ctx)
	if err != nil {
		return err
	}
	l.conn = conn
	ctx, stop := context.WithCancel(ctx)
	context.AfterFunc(ctx, func() { _ = conn.Close() }) // ends the blocked read
	subscribed := make(chan struct{})
	go func() {
		defer close(subscribed)
		l.subscribe(ctx)
		stop()
	}()
	defer func() {
		stop()
		<-subscribed
	}()
	for {
		reply, err := redis.Values(redis.ReceiveWithTimeout(conn, pingChannel+l.bus.client.options.Timeout))
		if err != nil {
			return err
		}
		*l.failed = 0
		l.receive(reply)
	}
}

// subscribe keeps the subscriptions as they are wanted, and the connection awake, until either goes wrong.
func (l *listener) subscribe(ctx context.Context) {
	c := &l.bus.channel
	on, off := "SUBSCRIBE", "UNSUBSCRIBE"
	if l.bus.options.ShardedChannels {
		on, off = "SSUBSCRIBE", "SUNSUBSCRIBE"
	}
	ping := time.NewTicker(pingChannel)
	defer ping.Stop()
	sent := map[string]bool{}
	say := func(command, namespace string) error {
		names := l.bus.options.Names
		// Apart, since in a Redis Cluster they may be in different slots. The public one last: it is counted.
		return errors.Join(l.conn.Send(command, names.Private(namespace, l.bus.name)), l.conn.Send(command, names.Public(namespace)))
	}
	for {
		c.mu.Lock()
		wanted, changed := maps.Clone(c.wanted), c.changed
		c.mu.Unlock()
		var err error
		for namespace := range wanted {
			if !sent[namespace] {
				sent[namespace] = true
				err = errors.Join(err, say(on, namespace))
			}
		}
		for namespace := range sent {
			if !wanted[namespace] {
				delete(sent, namespace)
				err = errors.Join(err, say(off, namespace))
			}
		}
		if errors.Join(err, l.conn.Flush()) != nil {
			return
		}
		select {
		case <-changed:
		case <-ping.C:
			if l.conn.Send("PING") != nil {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// receive takes one message of the connection: a confirmation, the answer to a ping, or what somebody said.
func (l *listener) receive(reply []any) {
	if len(reply) < 3 {
		return
	}
	kind, _ := redis.String(reply[0], nil)
	channel, _ := redis.String(reply[1], nil)
	switch kind {
	case "subscribe", "ssubscribe", "unsubscribe", "sunsubscribe":
		if namespace := l.public(channel); namespace != "" {
			l.bus.channel.confirm(namespace, kind == "subscribe" || kind == "ssubscribe")
		}
	case "message", "smessage":
		payload, err := redis.Bytes(reply[2], nil)
		if err != nil {
			return // no text, and so nobody's message
		}
		l.bus.hear(payload, l.receiver)
	}
}

// public returns the namespace of a public channel, "" for another one.
func (l *listener) public(channel string) string {
	for _, namespace := range l.bus.entered() {
		if l.bus.options.Names.Public(namespace) == channel {
			return namespace
		}
	}
	return ""
}

// hear takes what somebody said on a channel of ours.
func (b *Bus) hear(payload []byte, r cluster.Receiver) {
	m, err := wire.Decode(payload)
	switch {
	case errors.Is(err, wire.ErrForeign):
		return
	case err != nil:
		b.options.OnError(fmt.Errorf("message on a channel: %w", err))
		return
	case m.Sender == b.name || !b.has(m.Namespace):
		return
	}
	switch m.Body.(type) {
	case cluster.Sockets, cluster.Answer, cluster.ClientCount, cluster.ClientAck:
		b.channel.mu.Lock()
		q := b.channel.asked[m.Request]
		b.channel.mu.Unlock()
		if q != nil {
			q.Offer(m.Sender, m.Body)
		}
	case cluster.FetchSockets, cluster.ServerEvent, cluster.Broadcast:
		if m.Request != "" {
			r.Asked(m, func(answer cluster.Body) { b.reply(m, answer) })
			return
		}
		if _, fetch := m.Body.(cluster.FetchSockets); !fetch {
			b.traffic.heard.Add(1)
			r.Signalled(m)
		}
	}
}

// reply answers a request.
func (b *Bus) reply(to cluster.Message, answer cluster.Body) {
	payload, err := wire.Encode(cluster.Message{Sender: b.name, Namespace: to.Namespace, Request: to.Request, Body: answer})
	if err != nil {
		b.options.OnError(fmt.Errorf("answer another server: %w", err))
		return
	}
	_ = b.say(b.options.Names.Private(to.Namespace, to.Sender), payload) // lost where too much waits, as promised
}
