package hammer

import (
	"encoding/binary"
	"math/rand/v2"
)

// dice decide what a session does: a generator with a seed in a storm, the fuzzer's bytes in FuzzSession.
type dice interface {
	below(n int) int // 0 ≤ result < n
	bytes(max int) []byte
	over() bool // nothing is left to decide
}

// thrown are dice that a seed throws.
type thrown struct {
	random *rand.Rand
	left   int // decisions about steps
}

func newThrown(seed, session uint64, steps int) *thrown {
	return &thrown{rand.New(rand.NewPCG(seed, session)), steps}
}

func (d *thrown) below(n int) int { return d.random.IntN(n) }

func (d *thrown) over() bool {
	d.left--
	return d.left < 0
}

func (d *thrown) bytes(max int) []byte {
	b := make([]byte, d.below(max+1))
	for i := range b {
		b[i] = byte(d.random.Uint32())
	}
	return b
}

// script are dice that lie already: each decision takes a byte (two where it is between more than 256), and what is to be
// sent is taken as it stands.
type script struct{ rest []byte }

func (s *script) over() bool { return len(s.rest) == 0 }

func (s *script) below(n int) int {
	var b [2]byte
	size := 1
	if n > 256 {
		size = 2
	}
	s.rest = s.rest[copy(b[:size], s.rest):]
	return int(binary.LittleEndian.Uint16(b[:])) % n
}

func (s *script) bytes(max int) []byte {
	n := min(s.below(max+1), len(s.rest))
	b := s.rest[:n:n]
	s.rest = s.rest[n:]
	return b
}
