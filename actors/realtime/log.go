package realtime

import (
	"context"
	"time"
)

// Log is where everything that is published was stored first, and can be read again. Publish gives the server the same
// entries, in the same order.
type Log interface {
	// Recall returns what was published after a position for any of the rooms (for RoomEveryone always), as one state of the
	// log says: complete, or with Known false.
	Recall(ctx context.Context, r Recall) (Recalled, error)
}

// Recall asks for what a client has missed.
type Recall struct {
	After Position
	// Vouched says that After was the end of this log once. Otherwise a client says that it is an entry that came to one of
	// Rooms or Left, and the log has to see whether that is so.
	Vouched bool
	Rooms   []string
	Left    []string // rooms it has left: what was published for them is not wanted
	// Limit is how many entries the answer may have, and MaxBytes how many bytes of payload. More are too many: it is not
	// known then.
	Limit, MaxBytes int
	// User is whose client it is. What ended tokens of the user after Seen is wanted, too: the log may be ahead of what has
	// come by Revoke.
	User string
	Seen Position
}

// Recalled answers a Recall.
type Recalled struct {
	// Known is false when After is no position of this log, when entries after it may have been trimmed that were for the
	// rooms, and when there are too many of them.
	Known   bool
	Entries []Entry      // in order
	Head    Position     // they are all up to here
	Revoked []Revocation // of the user, after Seen and up to Head at least
}

// Replay lets clients whose connection was lost resume by the Log, with their id and what they missed: also when this
// server was not running when they lost it. It keeps nothing per client: the pid is a signed value, the middleware says
// whose a socket is and which rooms it starts in, and what was published can be read in the Log. Only sockets of the main
// namespace that belong to a user resume, and only what was published comes again. The zero value of a field means its
// default, unless it says otherwise.
type Replay struct {
	// Log and Key are required. The Key signs the pids: whoever knows it can claim any.
	Log Log
	Key []byte
	// Window is how long it is remembered that a socket was ended for good, and which rooms it had left. Defaults to 2
	// minutes.
	Window time.Duration
	// MaxEvents and MaxBytes bound what is replayed to one client; one that has missed more begins anew. Default to 10,000 and
	// 8 MiB.
	MaxEvents, MaxBytes int
	// TotalBytes bounds what all replays take in memory together, until their connections have taken them; events that are
	// kept for everybody count only beyond MaxQueue. Others wait, and a connection that does not take its own meanwhile is
	// closed as a slow consumer. Defaults to 128 MiB, and is MaxBytes at least.
	TotalBytes int
	// RingEvents and RingBytes bound what is kept of the newest events, encoded, so that the Log is asked less often. Default
	// to 16,384 and 16 MiB.
	RingEvents, RingBytes int
	// Readers bounds how many recalls run at once. Defaults to 32.
	Readers int
	// Timeout bounds one of them; where the Log has not answered by then, the connection is closed, and the client comes back.
	// Defaults to 10 s.
	Timeout time.Duration
	// Observe is told what became of every CONNECT with a pid. It must not block. Nil: nobody wants to know.
	Observe func(RecoveryResult)
}

// RecoveryResult is what became of a client that wanted to resume. The set is closed.
type RecoveryResult string

// The results.
const (
	RecoveryDone    RecoveryResult = "recovered"  // it resumed
	RecoveryRefused RecoveryResult = "refused"    // its pid is not one of this server's, or not of this user with these rights
	RecoveryEnded   RecoveryResult = "ended"      // the socket of its pid was ended for good
	RecoveryUnknown RecoveryResult = "unknown"    // the log cannot say what it missed, or that is too much
	RecoveryFailed  RecoveryResult = "failed"     // the log could not be read: the connection was closed
	RecoveryTooSlow RecoveryResult = "overflowed" // more came meanwhile than could be held: the connection was closed
)

func (r Replay) withDefaults() Replay {
	bound := func(n *int, to int) {
		if *n == 0 {
			*n = to
		}
	}
	bound(&r.MaxEvents, 10_000)
	bound(&r.MaxBytes, 8<<20)
	bound(&r.TotalBytes, 128<<20)
	r.TotalBytes = max(r.TotalBytes, r.MaxBytes)
	bound(&r.RingEvents, 16_384)
	bound(&r.RingBytes, 16<<20)
	bound(&r.Readers, 32)
	if r.Window == 0 {
		r.Window = 2 * time.Minute
	}
	if r.Timeout == 0 {
		r.Timeout = 10 * time.Second
	}
	if r.Observe == nil {
		r.Observe = func(RecoveryResult) {}
	}
	return r
}
