package realtime

import (
	"cmp"
	"strconv"
	"strings"
)

// Position is the place of an entry in a Log. Positions rise for ever and are never used twice; written out they look like
// the ids of a Redis stream. The zero Position is before every entry.
type Position struct{ Ms, Seq uint64 }

// Compare returns -1, 0 or 1 as p is before, equal to or after q.
func (p Position) Compare(q Position) int {
	return cmp.Or(cmp.Compare(p.Ms, q.Ms), cmp.Compare(p.Seq, q.Seq))
}

// String writes p as clients are told it: "milliseconds-counter".
func (p Position) String() string {
	return strconv.FormatUint(p.Ms, 10) + "-" + strconv.FormatUint(p.Seq, 10)
}

// parsePosition reads what String wrote, and nothing else.
func parsePosition(offset string) (p Position, ok bool) {
	ms, seq, _ := strings.Cut(offset, "-")
	p.Ms, _ = strconv.ParseUint(ms, 10, 64)
	p.Seq, _ = strconv.ParseUint(seq, 10, 64)
	return p, p.String() == offset
}
