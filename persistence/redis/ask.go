package redis

import (
	"context"
	"crypto/rand"
	"encoding/hex"

	"github.com/gomodule/redigo/redis"

	"kapoor.example/desk/protocol/cluster"
	"kapoor.example/desk/protocol/cluster/wire"
)

// Ask implements cluster.Bus. How many servers there are is how many listen, as with Node.
func (b *Bus) Ask(ctx context.Context, namespace string, body cluster.Body, each func(string, cluster.Body)) error {
	if _, err := cluster.NewQuestion(body, 0); err != nil {
		return err
	}
	if b.queue.ended() {
		return cluster.ErrClosed
	}
	id := newRequest()
	payload, err := wire.Encode(cluster.Message{Sender: b.name, Namespace: namespace, Request: id, Body: body})
	if err != nil {
		return err
	}
	if !b.listens(ctx, namespace) {
		return cluster.ErrUnavailable
	}
	q, err := b.put(ctx, id, namespace, body, payload)
	if err != nil || q == nil {
		return err
	}
	defer b.forget(id)
	return q.Wait(ctx, each)
}

func newRequest() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// listens waits until this server is counted among those of a namespace: it would wait for itself else.
func (b *Bus) listens(ctx context.Context, namespace string) bool {
	if b.State().Degraded || !b.has(namespace) {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, b.client.options.Timeout)
	defer cancel()
	defer context.AfterFunc(b.ctx, cancel)()
	return b.channel.confirmed(ctx, namespace)
}

// put asks a question that others have to answer; nil says that there are none.
func (b *Bus) put(ctx context.Context, id, namespace string, body cluster.Body, payload []byte) (*cluster.Question, error) {
	var q *cluster.Question
	said := false
	channel := b.options.Names.Public(namespace)
	err := b.client.do(ctx, func(conn redis.Conn) error {
		if said { // maybe it was heard, and asking twice would do things twice
			return cluster.ErrUnavailable
		}
		servers, err := b.servers(conn, channel)
		if err != nil || servers <= 1 {
			return err
		}
		if q, err = cluster.NewQuestion(body, servers-1); err != nil {
			return err
		}
		if !b.remember(id, q) {
			return cluster.ErrFull
		}
		said = true
		_, err = conn.Do(b.publishing(), channel, payload)
		return err
	})
	switch {
	case err == nil:
		return q, nil
	case ctx.Err() != nil && q != nil:
		err = q.Unanswered(ctx.Err())
	case ctx.Err() != nil:
		err = &cluster.UnansweredError{Reason: ctx.Err()}
	case err != cluster.ErrFull && err != cluster.ErrUnavailable: //nolint:errorlint // they come from above as they are
		err = b.client.explain(err)
	}
	b.forget(id)
	return nil, err
}

// servers returns how many listen to a channel.
func (b *Bus) servers(conn redis.Conn, channel string) (int, error) {
	count := "NUMSUB"
	if b.options.ShardedChannels {
		count = "SHARDNUMSUB"
	}
	reply, err := redis.Values(conn.Do("PUBSUB", count, channel))
	if err != nil {
		return 0, err
	}
	var n int
	_, err = redis.Scan(reply, nil, &n)
	return n, err
}

func (b *Bus) remember(id string, q *cluster.Question) bool {
	b.channel.mu.Lock()
	defer b.channel.mu.Unlock()
	if len(b.channel.asked) >= maxAsked {
		return false
	}
	b.channel.asked[id] = q
	return true
}

func (b *Bus) forget(id string) {
	b.channel.mu.Lock()
	defer b.channel.mu.Unlock()
	delete(b.channel.asked, id)
}
