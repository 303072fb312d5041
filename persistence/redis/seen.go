package redis

import (
	"time"

	"kapoor.example/desk/protocol/cluster/wire"
)

// seen is how far the entries of each writer were read. Only the reader touches it.
type seen struct {
	now  func() time.Time
	last map[writerOf]progress
}

type writerOf struct{ stream, sender string }

type progress struct {
	seq  uint64
	when time.Time
}

// rememberWriters is how long a writer that says nothing is remembered.
const rememberWriters = time.Hour

func newSeen(now func() time.Time) *seen { return &seen{now, map[writerOf]progress{}} }

// note takes an entry into account. fresh says that it was not read before, lost that others before it will not come.
// An entry without a number, as Node writes them, is always fresh.
func (s *seen) note(stream string, e wire.Entry) (fresh, lost bool) {
	if e.Seq == 0 {
		return true, false
	}
	w := writerOf{stream, e.Sender}
	p, known := s.last[w]
	next := e.Seq
	if e.IsMarker() { // the number of the next one, not its own
		next--
	} else if known && e.Seq <= p.seq {
		return false, false
	}
	lost = known && (e.IsMarker() && next > p.seq || !e.IsMarker() && next > p.seq+1)
	if !known {
		s.forget()
	}
	s.last[w] = progress{max(next, p.seq), s.now()}
	return true, lost
}

// forget drops the writers that have said nothing for long.
func (s *seen) forget() {
	for w, p := range s.last {
		if s.now().Sub(p.when) > rememberWriters {
			delete(s.last, w)
		}
	}
}
