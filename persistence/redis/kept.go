package redis

import (
	"time"

	"github.com/gomodule/redigo/redis"

	"kapoor.example/desk/protocol/cluster"
)

// kept are the entries that were written lately: should the log turn out to have lost them, they are written again. Only
// the writer touches them.
type kept struct {
	list  []written // oldest first
	bytes int
}

type written struct {
	pending
	at   cluster.Position
	when time.Time
}

// The bounds of what is kept. Others have read an entry long before so much time has passed.
const (
	keptFor   = 5 * time.Second
	keptCount = 10_000
	keptBytes = 16 << 20
)

func (k *kept) add(p pending, at cluster.Position, now time.Time) {
	p.published = nil // it was called
	k.list = append(k.list, written{p, at, now})
	k.bytes += p.size()
}

// forget drops what was written longer ago than is kept, by a time at which the log was known to be whole.
func (k *kept) forget(now time.Time) {
	n := 0
	for n < len(k.list) {
		old := k.list[n]
		if len(k.list)-n <= keptCount && k.bytes <= keptBytes && now.Sub(old.when) <= keptFor {
			break
		}
		k.bytes -= old.size()
		n++
	}
	clear(k.list[:n])
	k.list = k.list[n:]
}

// missing takes out and returns those that the log does not hold, oldest first. A log loses its newest entries, so of each
// stream only those after the newest that is there are looked for.
func (k *kept) missing(conn redis.Conn) ([]pending, error) {
	const chunk = 100
	whole := map[string]bool{} // streams of which one was found
	gone := map[int]bool{}
	for end := len(k.list); end > 0; {
		var asked []int
		for ; end > 0 && len(asked) < chunk; end-- {
			if w := k.list[end-1]; !whole[w.stream] {
				asked = append(asked, end-1)
				if err := conn.Send("XRANGE", w.stream, w.at.String(), w.at.String(), "COUNT", 1); err != nil {
					return nil, err
				}
			}
		}
		if err := conn.Flush(); err != nil {
			return nil, err
		}
		for _, i := range asked {
			found, err := redis.Values(conn.Receive())
			if err != nil {
				return nil, err
			}
			if len(found) > 0 {
				whole[k.list[i].stream] = true
			} else if !whole[k.list[i].stream] {
				gone[i] = true
			}
		}
	}
	var lost []pending
	var rest []written
	for i, w := range k.list {
		if gone[i] {
			lost = append(lost, w.pending)
			k.bytes -= w.size()
		} else {
			rest = append(rest, w)
		}
	}
	k.list = rest
	return lost, nil
}
