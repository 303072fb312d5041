package realtime

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"kapoor.example/desk/protocol"
)

// position is the place of a logged event: seq counts on this server, offset is what clients are told.
type position struct {
	seq    uint64
	offset string
	place  Position // of an entry of the log; seq is 0 then
	whole  bool     // of the stream: whatever was sent without a place stands before it
}

// logged is an event that can be replayed: neither volatile nor with an ack.
type logged struct {
	position
	namespace     string
	rooms, except []string
	frame         *protocol.Frame
	at            time.Time
}

// history is what was emitted lately. The adapter adds, in its order; shards read.
type history struct {
	keep      time.Duration
	maxEvents int
	maxBytes  int
	now       func() time.Time

	mu      sync.RWMutex
	entries []logged // ascending seq without gaps
	seq     uint64   // of the last one
	bytes   int
	seqs    map[string]uint64 // by offset, of those that are kept

	ms, counter uint64 // of the last offset that was made here
}

func newHistory(r Recovery, keep time.Duration, now func() time.Time) *history {
	return &history{keep: keep, maxEvents: r.MaxEvents, maxBytes: r.MaxBytes, now: now, seqs: map[string]uint64{}}
}

// offset makes the offset of the next event. Offsets rise, also when the clock does not.
func (h *history) offset() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if ms := uint64(h.now().UnixMilli()); ms > h.ms {
		h.ms, h.counter = ms, 0
	} else {
		h.counter++
	}
	return fmt.Sprintf("%d-%d", h.ms, h.counter)
}

// add appends an event and returns its position. What is too old, or too much, is forgotten.
func (h *history) add(e logged) *position {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seq++
	e.seq, e.at = h.seq, h.now()
	h.entries = append(h.entries, e)
	h.seqs[e.offset] = e.seq
	h.bytes += e.frame.Size()
	n := 0
	for n < len(h.entries)-1 {
		old := h.entries[n]
		if len(h.entries)-n <= h.maxEvents && h.bytes <= h.maxBytes && e.at.Sub(old.at) <= h.keep {
			break
		}
		h.bytes -= old.frame.Size()
		delete(h.seqs, old.offset)
		n++
	}
	clear(h.entries[:n])
	h.entries = h.entries[n:]
	return &position{seq: e.seq, offset: e.offset}
}

// missed is what a socket that resumes was not sent.
type missed struct {
	frames []*protocol.Frame
	from   uint64    // the event after which it begins
	sent   *position // the last event the socket has then
}

// since returns what a socket that resumes has missed up to an event, in order. ok is false when that cannot be said: its
// offset is unknown, or something after it is forgotten that may have been for it.
func (h *history) since(r *record, offset string, rooms map[string]struct{}, upTo uint64) (m missed, ok bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	from, ok := h.startLocked(r, offset)
	if !ok {
		return missed{}, false
	}
	m = missed{from: from, sent: r.sent}
	in := func(list []string) bool {
		return slices.ContainsFunc(list, func(room string) bool { _, in := rooms[room]; return in })
	}
	first := h.seq - uint64(len(h.entries)) + 1
	for i := range h.entries {
		e := &h.entries[i]
		seq := first + uint64(i)
		if seq <= from || seq > upTo || e.namespace != r.namespace || in(e.except) {
			continue
		}
		if len(e.rooms) == 0 || in(e.rooms) {
			m.frames = append(m.frames, e.frame)
			m.sent = &position{seq: e.seq, offset: e.offset}
		}
	}
	return m, true
}

// covers reports whether since would know.
func (h *history) covers(r *record, offset string) bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	_, ok := h.startLocked(r, offset)
	return ok
}

// startLocked returns the seq after which a socket missed events, and whether all of them are known.
//
// A connection that nothing was sent to for hours holds an offset that is long forgotten, or none. Then it counts what
// its last connection was sent: nothing between that and its end was for it.
func (h *history) startLocked(r *record, offset string) (from uint64, ok bool) {
	switch seq, known := h.seqs[offset]; {
	case known:
		from = seq
	case offset == "":
		from = r.connected
	case r.sent != nil && r.sent.offset == offset:
		from = r.sent.seq
	default:
		return 0, false
	}
	if r.sent == nil || from >= r.sent.seq {
		from = max(from, r.detached)
	}
	first := h.seq - uint64(len(h.entries)) + 1
	return from, from+1 >= first
}
