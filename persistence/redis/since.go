package redis

import (
	"context"
	"fmt"
	"strconv"

	"github.com/gomodule/redigo/redis"

	"kapoor.example/desk/protocol/cluster"
)

// A mark says where the last trimmed entry for a room stood, as a score of a sorted set: a number that holds the position
// up to 4,095 entries of one millisecond, and no less than it beyond those.

const (
	markSeqs  = 4096
	everybody = "\xff" // the room of what was for all; no room has the name, since it is no UTF-8
)

func scoreOf(p cluster.Position) uint64 { return p.Ms*markSeqs + min(p.Seq, markSeqs-1) }

func markOf(namespace, room string) string { return namespace + "\x00" + room }

// knows reports whether everything up to a score was certainly before a position.
func knows(after cluster.Position, score string) bool {
	if score == "" {
		return true
	}
	f, err := strconv.ParseFloat(score, 64)
	if err != nil {
		return false
	}
	mark, own := uint64(f), scoreOf(after)
	return own > mark || own == mark && after.Seq < markSeqs-1
}

const sinceCount = 500 // entries that are looked at for one answer, at least

// Since implements cluster.Bus.
func (b *Bus) Since(ctx context.Context, q cluster.Query) (cluster.Replay, error) {
	if b.queue.ended() {
		return cluster.Replay{}, cluster.ErrClosed
	}
	if q.Limit == 0 {
		q.Limit = 1000
	}
	count := max(q.Limit, sinceCount)
	stream := b.options.Names.StreamOf(q.Namespace)
	members := []string{markOf(q.Namespace, everybody)}
	in := map[string]bool{}
	for _, room := range q.Rooms {
		in[room] = true
		members = append(members, markOf(q.Namespace, room))
	}
	var p past
	err := b.client.do(ctx, func(conn redis.Conn) error {
		args := redis.Args{4, b.epochKey(), stream, b.trimKey(stream), b.marksKey(stream), q.After.String(), q.After.Next().String(), count}
		reply, err := redis.Values(sinceScript.Do(conn, args.AddFlat(members)...))
		if err != nil {
			return err
		}
		return p.scan(reply)
	})
	if err != nil {
		return cluster.Replay{}, b.client.explain(err)
	}
	if !p.reaches(q) {
		return cluster.Replay{}, cluster.ErrUnknownPosition
	}
	r := b.replay(q, p.list, count, in)
	r.Epoch = p.epoch
	return r, nil
}

// replay chooses what a socket would have been sent.
func (b *Bus) replay(q cluster.Query, list []record, count int, in map[string]bool) cluster.Replay {
	r := cluster.Replay{Through: q.After, More: len(list) == count}
	for _, one := range list {
		e, ok := b.open(one)
		body, broadcast := e.Body.(cluster.Broadcast)
		if ok && broadcast && e.Namespace == q.Namespace && body.Replayable() && body.To.Reaches(func(room string) bool { return in[room] }) {
			if len(r.Entries) == q.Limit {
				r.More = true
				return r
			}
			e.Ticket = 0
			r.Entries = append(r.Entries, e)
		}
		r.Through = one.at
	}
	return r
}

// past is what the log knows about a position.
type past struct {
	epoch          string
	holds          bool
	first, last    cluster.Position
	alone          bool // nobody else has trimmed
	floor, highest string
	list           []record
}

func (p *past) scan(reply []any) error {
	if len(reply) != 9 {
		return fmt.Errorf("redigo: %d parts instead of 9", len(reply))
	}
	var holds, alone int
	var first, last, through string
	if _, err := redis.Scan(reply[:8], &p.epoch, &holds, &first, &last, &alone, &through, &p.floor, &p.highest); err != nil {
		return err
	}
	p.holds, p.alone, p.first, p.last = holds > 0, alone > 0, positionOf(first), positionOf(last)
	var err error
	p.list, err = recordsOf(reply[8])
	return err
}

// reaches reports whether it is known what came after the position of a query.
func (p *past) reaches(q cluster.Query) bool {
	if p.holds {
		return true
	}
	if q.Epoch == "" || q.Epoch != p.epoch {
		return false
	}
	switch {
	case q.After == p.last:
		return true
	case !p.first.IsZero() && p.first.Compare(q.After) < 0, q.After.Compare(p.last) > 0:
		return false // between entries, or after the last: it never was
	}
	return p.alone && knows(q.After, p.floor) && knows(q.After, p.highest)
}
