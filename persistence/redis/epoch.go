package redis

import (
	"crypto/rand"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/gomodule/redigo/redis"

	"kapoor.example/desk/protocol/cluster"
)

// An epoch is the random name of a life of the log, and how often that has lost some of its newest entries: "name.0". When
// the log is emptied the key goes with it, and the next has another name.

func (b *Bus) newEpoch() string {
	var name [8]byte
	_, _ = rand.Read(name[:]) // never fails
	return hex.EncodeToString(name[:]) + ".0"
}

// sameLife reports whether two epochs are of one life: nothing but some of the newest entries was lost between them.
func sameLife(a, b string) bool {
	a, _, _ = strings.Cut(a, ".")
	b, _, _ = strings.Cut(b, ".")
	return a == b
}

// after returns the epoch after one, within its life.
func after(epoch string) string {
	name, count, _ := strings.Cut(epoch, ".")
	n, _ := strconv.Atoi(count) // what somebody has broken begins at 0 again
	return name + "." + strconv.Itoa(n+1)
}

// findEpoch returns the epoch, which is a new one where there is none.
func (b *Bus) findEpoch(conn redis.Conn, candidate string) (string, error) {
	return b.changeEpoch(conn, "", candidate)
}

// changeEpoch makes an epoch another, unless it has become another already, and returns what it is then.
func (b *Bus) changeEpoch(conn redis.Conn, from, to string) (string, error) {
	keys := []string{b.epochKey()}
	for _, stream := range b.streams {
		keys = append(keys, stream, b.trimKey(stream), b.marksKey(stream))
	}
	epoch, err := redis.String(epochScript.Do(conn, redis.Args{len(keys)}.AddFlat(keys).Add(from, to)...))
	if err != nil {
		return "", err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.epoch = epoch
	return epoch, nil
}

func (b *Bus) epochKey() string              { return b.client.key("epoch", b.options.Names.Stream) }
func (b *Bus) trimKey(stream string) string  { return b.client.key("trim", stream) }
func (b *Bus) marksKey(stream string) string { return b.client.key("marks", stream) }

// stand is how a stream stands, and whether it holds a certain entry.
type stand struct {
	holds       bool
	first, last cluster.Position // zero where there is none
	through     cluster.Position // up to which it was trimmed
}

func (b *Bus) look(conn redis.Conn, stream string, at cluster.Position) (stand, error) {
	reply, err := redis.Values(lookScript.Do(conn, 2, stream, b.trimKey(stream), at.String()))
	if err != nil {
		return stand{}, err
	}
	var found int
	var first, last, through string
	if _, err := redis.Scan(reply, &found, &first, &last, &through); err != nil {
		return stand{}, err
	}
	return stand{holds: found > 0, first: positionOf(first), last: positionOf(last), through: positionOf(through)}, nil
}

// positionOf reads what Redis says; nothing is the zero position.
func positionOf(text string) cluster.Position {
	p, _ := cluster.ParsePosition(text)
	return p
}

// resumption is from where a stream is read on.
type resumption struct {
	from       cluster.Position
	missed     bool // entries after at may never come
	rolledBack bool // entries that were there are gone, and the epoch does not say so
}

// resume says how to read on after a position. same is whether the log still lives the life in which that was read.
func (s stand) resume(at cluster.Position, same bool) resumption {
	switch {
	case at.IsZero(), s.holds, same && s.last == at:
		return resumption{from: at}
	case !same:
		return resumption{} // all that is there was written since
	case s.last.Compare(at) < 0:
		return resumption{from: s.last, rolledBack: true}
	case at.Compare(s.through) <= 0:
		return resumption{from: at, missed: at != s.through}
	case !s.first.IsZero() && s.first.Compare(at) < 0:
		return resumption{from: at, rolledBack: true}
	}
	return resumption{from: at, missed: true} // somebody else has trimmed
}
