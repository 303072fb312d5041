package redis

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/gomodule/redigo/redis"
)

// Limits are token buckets that all servers share. What they are counted by is written as a hash: it may be an address or an
// e-mail address. The methods may be called by any goroutine.
type Limits struct{ client *Client }

// Limits returns the buckets.
func (c *Client) Limits() *Limits { return &Limits{client: c} }

// takeScript changes a bucket by some tokens, in the time of the server, which is one for all. It answers 0, or the
// microseconds until there are enough. A full bucket needs no key.
//
// Keys: bucket. Arguments: tokens to take (below 0: to give back), the most it holds, microseconds to fill it.
var takeScript = script(`
local take, full, per = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local old = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = full
if old[1] then
  tokens = math.min(full, tonumber(old[1]) + math.max(0, now - tonumber(old[2])) * full / per)
end
if tokens < take then
  return math.ceil((take - tokens) * per / full)
end
tokens = math.min(full, tokens - take)
if tokens >= full then
  redis.call('DEL', KEYS[1])
  return 0
end
redis.call('HSET', KEYS[1], 'tokens', string.format('%.6f', tokens), 'at', string.format('%.0f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil((full - tokens) * per / full / 1000) + 1000)
return 0
`)

func (l *Limits) key(kind, text string) string {
	sum := sha256.Sum256([]byte(text))
	return l.client.key(kind, hex.EncodeToString(sum[:16]))
}

func (l *Limits) take(ctx context.Context, limit, key string, tokens, events int, per time.Duration) (wait time.Duration, err error) {
	err = l.client.do(ctx, func(conn redis.Conn) error {
		micro, err := redis.Int64(takeScript.DoContext(ctx, conn, 1, l.key("limit", limit+" "+key), tokens, events, per.Microseconds()))
		wait = time.Duration(micro) * time.Microsecond
		return err
	})
	return wait, l.client.explain(err)
}

// Take takes a token of the bucket of a limit and key, or says how long it is until there is one. A bucket holds so many
// events, and is refilled evenly so that they come back within per. An attempt whose answer was lost may count twice.
func (l *Limits) Take(ctx context.Context, limit, key string, events int, per time.Duration) (wait time.Duration, err error) {
	return l.take(ctx, limit, key, 1, events, per)
}

// GiveBack returns a token.
func (l *Limits) GiveBack(ctx context.Context, limit, key string, events int, per time.Duration) error {
	_, err := l.take(ctx, limit, key, -1, events, per)
	return err
}

// Forget fills a bucket.
func (l *Limits) Forget(ctx context.Context, limit, key string) error {
	return l.run(ctx, "DEL", l.key("limit", limit+" "+key))
}

// Remember keeps a mark for so long.
func (l *Limits) Remember(ctx context.Context, mark string, life time.Duration) error {
	return l.run(ctx, "SET", l.key("mark", mark), 1, "PX", life.Milliseconds())
}

// Remembered reports whether a mark is kept.
func (l *Limits) Remembered(ctx context.Context, mark string) (kept bool, err error) {
	err = l.client.do(ctx, func(conn redis.Conn) (err error) {
		kept, err = redis.Bool(redis.DoContext(conn, ctx, "EXISTS", l.key("mark", mark)))
		return err
	})
	return kept, l.client.explain(err)
}

func (l *Limits) run(ctx context.Context, command string, args ...any) error {
	return l.client.explain(l.client.do(ctx, func(conn redis.Conn) error {
		_, err := redis.DoContext(conn, ctx, command, args...)
		return err
	}))
}
