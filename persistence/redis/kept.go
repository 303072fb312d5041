package redis

import (
	"time"

	"github.com/gomodule/redigo/redis"

	"kapoor.example/desk/protocol/cluster"
)

// kept is where the entries are that were written lately: by them one sees whether the log has lost its newest entries.
// Only the writer touches it.
type kept struct{ list []place } // oldest first

type place struct {
	stream string
	at     cluster.Position
	when   time.Time
}

// The bounds of what is kept. Others have read an entry long before so much time has passed.
const (
	keptFor   = 5 * time.Second
	keptCount = 10_000
)

func (k *kept) add(stream string, at cluster.Position, now time.Time) {
	k.list = append(k.list, place{stream, at, now})
}

// forget drops what was written longer ago than is kept, by a time at which the log was known to be whole.
func (k *kept) forget(now time.Time) {
	n := max(0, len(k.list)-keptCount)
	for n < len(k.list) && now.Sub(k.list[n].when) > keptFor {
		n++
	}
	if k.list = k.list[n:]; len(k.list) == 0 {
		k.list = nil
	}
}

func (k *kept) clear() { k.list = nil }

// missing reports whether the log does not hold some of them. A log loses its newest entries, so of each stream the newest
// is looked for.
func (k *kept) missing(conn redis.Conn) (bool, error) {
	looked := map[string]bool{}
	for i := len(k.list) - 1; i >= 0; i-- {
		p := k.list[i]
		if looked[p.stream] {
			continue
		}
		looked[p.stream] = true
		found, err := redis.Values(conn.Do("XRANGE", p.stream, p.at.String(), p.at.String(), "COUNT", 1))
		if err != nil {
			return false, err
		}
		if len(found) == 0 {
			return true, nil
		}
	}
	return false, nil
}
