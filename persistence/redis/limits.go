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
type Limits struct {
	client *Client
	most   int // marks
}

// Limits returns the buckets.
func (c *Client) Limits() *Limits { return &Limits{client: c, most: maxRemembered} }

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

func (l *Limits) key(limit, key string) string {
	return l.client.key("limit", hex.EncodeToString(hashed(limit+" "+key)))
}

func hashed(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return sum[:16]
}

func (l *Limits) take(ctx context.Context, limit, key string, tokens, events int, per time.Duration) (wait time.Duration, err error) {
	err = l.client.do(ctx, func(conn redis.Conn) error {
		micro, err := redis.Int64(takeScript.DoContext(ctx, conn, 1, l.key(limit, key), tokens, events, per.Microseconds()))
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
	return l.run(ctx, "DEL", l.key(limit, key))
}

// markScript keeps a mark for so long, and no more marks than there is room for: those that would end first go first.
//
// Keys: marks. Arguments: mark, life in milliseconds, how many there may be.
var markScript = script(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - ARGV[3])
local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')
redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', last[2]))
return 0
`)

// markedScript answers 1 where a mark is kept still.
//
// Keys: marks. Arguments: mark.
var markedScript = script(`
local time = redis.call('TIME')
local score = redis.call('ZSCORE', KEYS[1], ARGV[1])
if score and tonumber(score) > time[1] * 1000 + math.floor(time[2] / 1000) then
  return 1
end
return 0
`)

// maxRemembered bounds the marks: they take some 20 MB of Redis then.
const maxRemembered = 200_000

// Remember keeps a mark for so long; where there are very many, the one that would end first goes.
func (l *Limits) Remember(ctx context.Context, mark string, life time.Duration) error {
	return l.client.explain(l.client.do(ctx, func(conn redis.Conn) error {
		_, err := markScript.DoContext(ctx, conn, 1, l.client.key("remembered"), hashed(mark), life.Milliseconds(), l.most)
		return err
	}))
}

// Remembered reports whether a mark is kept.
func (l *Limits) Remembered(ctx context.Context, mark string) (kept bool, err error) {
	err = l.client.do(ctx, func(conn redis.Conn) (err error) {
		kept, err = redis.Bool(markedScript.DoContext(ctx, conn, 1, l.client.key("remembered"), hashed(mark)))
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
