package redis

import "sync/atomic"

// Traffic is what has gone over a bus since it was opened.
type Traffic struct {
	Published int64 // entries that were taken
	Refused   int64 // entries for which there was no room
	Heard     int64 // entries that were delivered, this server's own among them, and signals of others
	Lost      int64 // how often the receiver was told that it has missed something
}

// traffic counts it.
type traffic struct{ published, refused, heard, lost atomic.Int64 }

// Traffic returns it. Any goroutine may call this.
func (b *Bus) Traffic() Traffic {
	t := &b.traffic
	return Traffic{Published: t.published.Load(), Refused: t.refused.Load(), Heard: t.heard.Load(), Lost: t.lost.Load()}
}
