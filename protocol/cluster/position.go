package cluster

import (
	"cmp"
	"strconv"
	"strings"
)

// Position is the place of an entry in the log of a namespace. Positions rise as long as the log lives: a log that has lost
// what it held has another epoch. The zero Position is before every entry.
type Position struct{ Ms, Seq uint64 }

// Compare returns -1, 0 or 1 as p is before, equal to or after q.
func (p Position) Compare(q Position) int {
	return cmp.Or(cmp.Compare(p.Ms, q.Ms), cmp.Compare(p.Seq, q.Seq))
}

// IsZero reports whether p is before every entry.
func (p Position) IsZero() bool { return p == Position{} }

// Next returns the lowest position after p.
func (p Position) Next() Position {
	if p.Seq++; p.Seq == 0 {
		p.Ms++
	}
	return p
}

// String writes p as "milliseconds-counter": the offset that clients are told.
func (p Position) String() string {
	b := append(strconv.AppendUint(make([]byte, 0, 24), p.Ms, 10), '-')
	return string(strconv.AppendUint(b, p.Seq, 10))
}

// ParsePosition reads what String wrote and nothing else. What comes from a client may be anything.
func ParsePosition(s string) (p Position, ok bool) {
	ms, seq, _ := strings.Cut(s, "-")
	var errMs, errSeq error
	p.Ms, errMs = strconv.ParseUint(ms, 10, 64)
	p.Seq, errSeq = strconv.ParseUint(seq, 10, 64)
	if errMs != nil || errSeq != nil || p.String() != s {
		return Position{}, false
	}
	return p, true
}
