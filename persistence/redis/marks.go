package redis

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/gomodule/redigo/redis"

	"kapoor.example/desk/protocol/cluster"
)

const (
	marksPage = 1000
	// The most entries that are looked at, and marks that are read, at the start of a server.
	marksEntries, marksRooms = 20_000, 20_000
)

// Marks implements cluster.Bus.
func (b *Bus) Marks(ctx context.Context, namespace string) (cluster.Marks, error) {
	var m cluster.Marks
	err := b.client.do(ctx, func(conn redis.Conn) error {
		m = cluster.Marks{}
		// The entries first: what is taken out meanwhile is among the marks then.
		if err := b.markEntries(conn, namespace, &m); err != nil {
			return err
		}
		return b.markTrimmed(conn, namespace, &m)
	})
	if err != nil {
		return cluster.Marks{}, b.client.explain(err)
	}
	return m, nil
}

// markEntries notes what the log holds, from its end on.
func (b *Bus) markEntries(conn redis.Conn, namespace string, m *cluster.Marks) error {
	end := "+"
	for looked := 0; ; {
		reply, err := conn.Do("XREVRANGE", b.options.Names.StreamOf(namespace), end, "-", "COUNT", marksPage)
		if err != nil {
			return err
		}
		list, err := recordsOf(reply)
		if err != nil {
			return err
		}
		for _, one := range list {
			e, ok := b.open(one)
			if body, broadcast := e.Body.(cluster.Broadcast); ok && broadcast && body.Replayable() && e.Namespace == namespace {
				m.Note(body.To.Rooms, one.at)
			}
		}
		if len(list) < marksPage {
			return nil
		}
		oldest := list[len(list)-1].at
		if looked += len(list); looked >= marksEntries {
			raise(&m.Floor, oldest)
			return nil
		}
		end = "(" + oldest.String()
	}
}

// markTrimmed notes what the log held before, as far as that is remembered.
func (b *Bus) markTrimmed(conn redis.Conn, namespace string, m *cluster.Marks) error {
	stream := b.options.Names.StreamOf(namespace)
	reply, err := redis.Values(marksScript.Do(conn, 3, stream, b.trimKey(stream), b.marksKey(stream), marksRooms))
	if err != nil {
		return err
	}
	if len(reply) != 7 {
		return fmt.Errorf("redigo: %d parts instead of 7", len(reply))
	}
	var first, last, born, floor string
	var alone, count int
	if _, err := redis.Scan(reply[:6], &first, &last, &alone, &born, &floor, &count); err != nil {
		return err
	}
	marks, err := redis.Strings(reply[6], nil)
	if err != nil {
		return err
	}
	raise(&m.Floor, positionOfScore(born))
	raise(&m.Floor, positionOfScore(floor))
	if alone == 0 { // others have trimmed, and left no marks
		if first == "" {
			first = last
		}
		raise(&m.Floor, positionOf(first))
	}
	if count > marksRooms && len(marks) > 1 {
		raise(&m.Floor, positionOfScore(marks[1])) // the lowest that was read
	}
	for i := 0; i+1 < len(marks); i += 2 {
		at := positionOfScore(marks[i+1])
		room, ours := strings.CutPrefix(marks[i], markOf(namespace, ""))
		switch {
		case !ours:
		case room == everybody:
			m.Note(nil, at)
		default:
			m.Note([]string{room}, at)
		}
	}
	return nil
}

func raise(p *cluster.Position, to cluster.Position) {
	if p.Compare(to) < 0 {
		*p = to
	}
}

// positionOfScore returns the highest position that a score may stand for, zero for none.
func positionOfScore(score string) cluster.Position {
	f, err := strconv.ParseFloat(score, 64)
	if err != nil || f < 0 {
		return cluster.Position{}
	}
	p := cluster.Position{Ms: uint64(f) / markSeqs, Seq: uint64(f) % markSeqs}
	if p.Seq == markSeqs-1 {
		p.Seq = math.MaxUint64
	}
	return p
}
