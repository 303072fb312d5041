package redis

import (
	"testing"

	"github.com/gomodule/redigo/redis"

	"kapoor.example/desk/protocol/cluster/wire"
)

// cluster4 are names with more than one stream.
func cluster4() wire.Names { return wire.Names{Streams: 4} }

// do runs a command.
func do(t *testing.T, c *Client, command string, args ...any) any {
	t.Helper()
	var reply any
	err := c.do(t.Context(), func(conn redis.Conn) (err error) {
		reply, err = conn.Do(command, args...)
		return err
	})
	if err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	return reply
}
