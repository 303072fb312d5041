package sqlite

import (
	"math"
	"time"

	"kapoor.example/desk/booking"
)

// A position is one INTEGER: its milliseconds times 2^20 plus its counter, so that positions compare as numbers and the
// next one is the number plus one. The counter's million per millisecond is more than can be written; where the clock
// stood still for longer (it went back), the milliseconds carry on.
const (
	counterBits = 20
	maxCounter  = 1<<counterBits - 1
	maxMs       = math.MaxInt64 >> counterBits // in the year 2248
)

// pack returns a position's number. Positions come from outside, too: one beyond all that can exist is the last one.
func pack(p booking.Position) int64 {
	if p.Ms > maxMs {
		return math.MaxInt64
	}
	return int64(p.Ms)<<counterBits + int64(min(p.Seq, maxCounter))
}

func unpack(n int64) booking.Position {
	return booking.Position{Ms: uint64(n >> counterBits), Seq: uint64(n & maxCounter)}
}

// nextPosition returns the number of the position that follows last at the clock's now.
func nextPosition(last int64, now time.Time) int64 {
	ms := min(max(now.UnixMilli(), 0), maxMs)
	return max(last+1, ms<<counterBits)
}

// millisecond returns the smallest n of a booking made at ms. Moments that no n can hold fall together at the ends.
func millisecond(ms int64) int64 { return min(max(ms, -maxMs), maxMs) << counterBits }

// millis returns t's milliseconds since 1970, rounded up: a stored time, which has no smaller part, is before t exactly
// when it is before that.
func millis(t time.Time) int64 {
	ms := t.UnixMilli()
	if t.After(time.UnixMilli(ms)) {
		ms++
	}
	return ms
}
