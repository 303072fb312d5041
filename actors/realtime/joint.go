package realtime

import "kapoor.example/desk/protocol"

// joint is several frames in one piece, as WebSockets take them. It is made once for all connections that are written the
// same, in memory that serves the next one too. Only its shard uses it.
type joint struct {
	frames []*protocol.Frame
	plain  []byte
	packed []byte // for those who take messages compressed; empty until the first of them
}

// join makes it the piece of other frames.
func (j *joint) join(frames []*protocol.Frame) {
	j.frames = append(j.frames[:0], frames...)
	j.plain, j.packed = j.plain[:0], j.packed[:0]
	for _, f := range frames {
		j.plain = append(j.plain, f.WebSocket()...)
	}
}

// bytes returns what to write to a connection that takes messages of so many bytes or more compressed; 0 means never.
func (j *joint) bytes(deflate int) []byte {
	if deflate == 0 {
		return j.plain
	}
	if len(j.packed) == 0 {
		for _, f := range j.frames {
			j.packed = append(j.packed, f.Deflated(deflate)...)
		}
	}
	return j.packed
}

// clear lets go of the frames, and of memory that one burst has made large.
func (j *joint) clear() {
	j.frames = emptied(j.frames[:cap(j.frames)], keptEmits)
	if cap(j.plain) > keptJoined {
		j.plain = nil
	}
	if cap(j.packed) > keptJoined {
		j.packed = nil
	}
}
