package realtime

import "slices"

// roomSet is the names of the rooms a socket is in, sorted: nearly every socket is in a few, and some in many.
type roomSet []string

func (r roomSet) has(room string) bool {
	_, in := slices.BinarySearch(r, room)
	return in
}

func (r *roomSet) add(room string) {
	if at, in := slices.BinarySearch(*r, room); !in {
		*r = slices.Insert(*r, at, room)
	}
}

func (r *roomSet) remove(room string) {
	if at, in := slices.BinarySearch(*r, room); in {
		*r = slices.Delete(*r, at, at+1)
	}
}
