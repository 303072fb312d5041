package redis

import (
	"context"
	"time"

	"github.com/gomodule/redigo/redis"
)

// holdScript takes a lease that nobody has, or makes one's own last longer.
//
// Keys: lease. Arguments: holder, life in milliseconds.
var holdScript = script(`
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
`)

// Hold reports whether holder is the one server that does something now: it has taken the lease of that name for so long,
// or has it still and keeps it. Whoever does not ask again in time loses it.
func (c *Client) Hold(ctx context.Context, name, holder string, life time.Duration) (bool, error) {
	var mine bool
	err := c.do(ctx, func(conn redis.Conn) (err error) {
		mine, err = redis.Bool(holdScript.Do(conn, 1, c.key("lease", name), holder, life.Milliseconds()))
		return err
	})
	return mine, c.explain(err)
}
