package realtime

import (
	"slices"
	"sort"
	"sync"

	"kapoor.example/desk/protocol"
)

// ring is the newest part of the log, encoded: whoever was gone for a moment is served from here. The adapter adds, in the
// order of positions; others read.
type ring struct {
	maxEvents, maxBytes int

	mu      sync.RWMutex
	floor   ringEntry // entries are all that came after it; without its frame
	entries []ringEntry
	bytes   int
}

type ringEntry struct {
	at    Position
	rooms []string // nil: everybody
	frame *protocol.Frame
}

// begin says after which position entries will be added, and which rooms its entry is for: none where that is not known.
func (r *ring) begin(floor Position, rooms []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.floor, r.entries, r.bytes = ringEntry{at: floor, rooms: rooms}, nil, 0
}

// reaches reports whether an entry is for one of some rooms.
func (e ringEntry) reaches(rooms []string) bool {
	return e.rooms == nil || slices.ContainsFunc(e.rooms, func(room string) bool { return slices.Contains(rooms, room) })
}

func (r *ring) add(e ringEntry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.entries = append(r.entries, e)
	r.bytes += e.frame.Size()
	n := 0
	for ; len(r.entries)-n > r.maxEvents || r.bytes > r.maxBytes && len(r.entries)-n > 1; n++ {
		r.bytes -= r.entries[n].frame.Size()
		r.floor = ringEntry{at: r.entries[n].at, rooms: r.entries[n].rooms}
	}
	clear(r.entries[:n])
	r.entries = r.entries[n:]
}

// headLocked returns the newest position.
func (r *ring) headLocked() Position {
	if n := len(r.entries); n > 0 {
		return r.entries[n-1].at
	}
	return r.floor.at
}

// recall is Log.Recall. It reports false where the log has to be asked.
func (r *ring) recall(q Recall) (answer recalled, ok bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	first := sort.Search(len(r.entries), func(i int) bool { return r.entries[i].at.Compare(q.After) > 0 })
	// A position that is none of the entries here may be a revocation's, which are only in the log; or somebody made it up. One
	// that is, but of an entry for somebody else, may be this client's for all that is known of the floor.
	after := r.floor
	if first > 0 {
		after = r.entries[first-1]
	}
	if after.at != q.After || !q.Vouched && !after.reaches(q.Rooms) && !after.reaches(q.Left) {
		return recalled{}, false
	}
	answer = recalled{known: true, head: r.headLocked()}
	for _, e := range r.entries[first:] {
		if e.reaches(q.Rooms) {
			if answer.bytes += e.frame.Size(); len(answer.frames) == q.Limit || answer.bytes > q.MaxBytes {
				return recalled{head: answer.head}, true
			}
			answer.frames = append(answer.frames, e.frame)
		}
	}
	return answer, true
}
