package booking

import (
	"cmp"
	"strconv"
	"strings"
)

// Position is the place of an entry in the log. Positions rise for ever and are never used twice, a restored backup
// included: the first part is the clock's milliseconds when the entry was written (or the last position's, where the
// clock went back), the second counts within it. They look like Redis stream ids. The zero Position is before every entry.
type Position struct{ Ms, Seq uint64 }

// Compare returns -1, 0 or 1 as p is before, equal to or after q.
func (p Position) Compare(q Position) int {
	if c := cmp.Compare(p.Ms, q.Ms); c != 0 {
		return c
	}
	return cmp.Compare(p.Seq, q.Seq)
}

// IsZero reports whether p is before every entry.
func (p Position) IsZero() bool { return p == Position{} }

// String writes p as "milliseconds-counter".
func (p Position) String() string {
	b := strconv.AppendUint(make([]byte, 0, 24), p.Ms, 10)
	return string(strconv.AppendUint(append(b, '-'), p.Seq, 10))
}

// Next returns the position that follows p at the clock's nowMs.
func (p Position) Next(nowMs uint64) Position {
	if nowMs > p.Ms {
		return Position{Ms: nowMs}
	}
	return Position{Ms: p.Ms, Seq: p.Seq + 1}
}

// ParsePosition reads what String wrote. It accepts nothing else: no sign, no spaces, no leading zeros.
func ParsePosition(s string) (Position, bool) {
	ms, seq, ok := strings.Cut(s, "-")
	if !ok {
		return Position{}, false
	}
	var p Position
	var err1, err2 error
	p.Ms, err1 = strconv.ParseUint(ms, 10, 64)
	p.Seq, err2 = strconv.ParseUint(seq, 10, 64)
	if err1 != nil || err2 != nil || p.String() != s {
		return Position{}, false
	}
	return p, true
}
