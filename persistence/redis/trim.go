package redis

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/gomodule/redigo/redis"

	"kapoor.example/desk/protocol/cluster"
)

const (
	trimEvery = 5 * time.Second
	trimCount = 1000 // entries that are taken out at once
)

// trim takes old entries out while this server is the one that does, until the bus ends.
func (b *Bus) trim() {
	tick := time.NewTicker(trimEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-b.ctx.Done():
			return
		}
		if b.State().Degraded {
			continue
		}
		mine, err := b.client.Hold(b.ctx, "trim:"+b.options.Names.Stream, b.name, 3*trimEvery)
		if err != nil || !mine {
			continue // the writer and the reader tell of the same trouble
		}
		cut := cluster.Position{Ms: uint64(max(0, b.client.options.Now().Add(-2*b.options.Window).UnixMilli()))}
		for _, stream := range b.streams {
			if err := b.trimBefore(b.ctx, stream, cut); err != nil && b.ctx.Err() == nil {
				b.options.OnError(fmt.Errorf("take old entries out of the log: %w", b.client.explain(err)))
			}
			b.checkLength(b.ctx, stream)
		}
	}
}

// checkLength tells once when a stream has grown so long that Redis takes out entries which are not old: the last resort, of
// which somebody has to know. Only trim calls it.
func (b *Bus) checkLength(ctx context.Context, stream string) {
	length := 0
	err := b.client.do(ctx, func(conn redis.Conn) (err error) {
		length, err = redis.Int(redis.DoContext(conn, ctx, "XLEN", stream))
		return err
	})
	if err != nil {
		return // the writer and the reader tell of the same trouble
	}
	long := length >= b.options.MaxLength
	if long && !b.long[stream] {
		b.options.OnError(fmt.Errorf("the log %s holds %d entries and is cut by length: less is kept of it than twice the recovery window", stream, length))
	}
	b.long[stream] = long
}

// trimBefore takes the entries before a position out of a stream.
func (b *Bus) trimBefore(ctx context.Context, stream string, cut cluster.Position) error {
	for ctx.Err() == nil {
		n := 0
		err := b.client.do(ctx, func(conn redis.Conn) error {
			reply, err := conn.Do("XRANGE", stream, "-", "("+cut.String(), "COUNT", trimCount)
			if err != nil {
				return err
			}
			list, err := recordsOf(reply)
			if err != nil || len(list) == 0 {
				return err
			}
			first, last := list[0].at, list[len(list)-1].at
			args := redis.Args{3, stream, b.trimKey(stream), b.marksKey(stream), first, last, last.Next(), b.options.MaxMarks, scoreOf(first)}
			marks := b.marks(list)
			members := make([]string, 0, len(marks))
			for member := range marks {
				members = append(members, member)
			}
			slices.Sort(members)
			for _, member := range members {
				args = args.Add(marks[member], member)
			}
			n, err = redis.Int(trimScript.Do(conn, args...))
			return err
		})
		if err != nil || n < trimCount {
			return err
		}
	}
	return ctx.Err()
}

// marks returns what has to be remembered of entries that are taken out.
func (b *Bus) marks(list []record) map[string]uint64 {
	marks := map[string]uint64{}
	for _, one := range list {
		e, ok := b.open(one)
		body, broadcast := e.Body.(cluster.Broadcast)
		if !ok || !broadcast || !body.Replayable() {
			continue
		}
		rooms := body.To.Rooms
		if len(rooms) == 0 {
			rooms = []string{everybody}
		}
		for _, room := range rooms {
			marks[markOf(e.Namespace, room)] = scoreOf(one.at)
		}
	}
	return marks
}
