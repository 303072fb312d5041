package redis

import (
	"time"

	"github.com/gomodule/redigo/redis"

	"kapoor.example/desk/protocol/cluster"
	"kapoor.example/desk/protocol/cluster/wire"
)

// Signal implements cluster.Bus.
func (b *Bus) Signal(namespace string, body cluster.Body) error {
	switch body.(type) {
	case cluster.Broadcast, cluster.ServerEvent:
	default:
		return cluster.ErrKind
	}
	payload, err := wire.Encode(cluster.Message{Sender: b.name, Namespace: namespace, Body: body})
	if err != nil {
		return err
	}
	return b.say(b.options.Names.Public(namespace), payload)
}

// say has something said on a channel, soon.
func (b *Bus) say(channel string, message []byte) error {
	if b.queue.ended() {
		return cluster.ErrClosed
	}
	select {
	case b.channel.out <- saying{channel, message}:
		return nil
	default:
		return cluster.ErrFull
	}
}

// sayings is how many are said before their answers are awaited.
const sayings = 256

// stale is how long a connection may be idle before it is tried: nobody notices when one breaks that only speaks.
const stale = time.Second

// speak says what waits, until the bus ends. What is said while Redis cannot be reached is lost.
func (b *Bus) speak() {
	s := speaker{bus: b}
	defer s.hangUp()
	for {
		batch := b.sayings()
		if batch == nil {
			return
		}
		if !s.ready() {
			s.hangUp()
			if s.failed++; !pause(b.ctx, s.failed) {
				return
			}
			continue
		}
		s.failed = 0
		if !s.say(batch) {
			s.hangUp()
		}
	}
}

// sayings waits for something to say, and returns nil when the bus ends.
func (b *Bus) sayings() []saying {
	var batch []saying
	select {
	case one := <-b.channel.out:
		batch = append(batch, one)
	case <-b.ctx.Done():
		return nil
	}
	for len(batch) < sayings {
		select {
		case one := <-b.channel.out:
			batch = append(batch, one)
		default:
			return batch
		}
	}
	return batch
}

// speaker is the connection that speaks. It is one goroutine.
type speaker struct {
	bus    *Bus
	conn   redis.Conn // nil when there is none
	when   time.Time  // it was last known to be well
	health time.Time  // since when the bus was as it was then
	failed int        // attempts in a row
}

func (s *speaker) hangUp() {
	if s.conn != nil {
		_ = s.conn.Close() // it is broken, or not needed any more
		s.conn = nil
	}
}

// ready makes sure that there is a connection that works.
func (s *speaker) ready() bool {
	now, health := s.bus.client.options.Now(), s.bus.State().Since
	if s.conn != nil && (health != s.health || now.Sub(s.when) > stale) {
		if _, err := s.conn.Do("PING"); err != nil {
			s.hangUp()
		}
	}
	if s.conn == nil {
		conn, err := s.bus.client.dial(s.bus.ctx)
		if err != nil {
			return false
		}
		s.conn = conn
	}
	s.when, s.health = now, health
	return true
}

// publishing returns the command that says something on a channel.
func (b *Bus) publishing() string {
	if b.options.ShardedChannels {
		return "SPUBLISH"
	}
	return "PUBLISH"
}

func (s *speaker) say(batch []saying) bool {
	for _, one := range batch {
		if s.conn.Send(s.bus.publishing(), one.channel, one.message) != nil {
			return false
		}
	}
	if s.conn.Flush() != nil {
		return false
	}
	for range batch {
		if _, err := s.conn.Receive(); err != nil && s.conn.Err() != nil {
			return false
		}
	}
	return true
}
