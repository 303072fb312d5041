package realtime

import "slices"

// list holds functions in the order they are called in. It is copied when it changes: what was read of it may be run
// without a lock.
type list[F any] []*F

// with returns the list with f at its end, or at its beginning, and the entry by which it can be taken out.
func (l list[F]) with(f F, first bool) (list[F], *F) {
	entry := &f
	if first {
		return append(list[F]{entry}, l...), entry
	}
	return append(slices.Clip(l), entry), entry
}

func (l list[F]) without(entry *F) list[F] {
	i := slices.Index(l, entry)
	if i < 0 {
		return l
	}
	return append(l[:i:i], l[i+1:]...)
}
