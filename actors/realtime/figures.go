package realtime

import (
	"maps"
	"sync"
	"sync/atomic"

	"kapoor.example/desk/protocol"
)

// Figures are what a Server has counted since it began, and what there is at the moment. Labels are from closed sets.
type Figures struct {
	Connections map[string]int64 // at the moment, by transport
	Sockets     int64            // connected to namespaces at the moment
	Rooms       int64            // with members at the moment; each socket's own is one
	Waiting     int64            // bytes that are queued for connections at the moment

	Accepted map[string]int64 // handshakes, by transport
	Refused  map[string]int64 // handshakes and CONNECTs, by reason
	Ended    map[Reason]int64 // connections, by reason
	Resumed  map[RecoveryResult]int64

	PacketsIn, BytesIn             int64 // messages of clients, and their bytes as they came
	FramesOut, WritesOut, BytesOut int64 // frames handed to connections, in how many writes, and their bytes for a WebSocket
}

// counted is what a Server counts.
type counted struct {
	accepted, refused tally[string]
	ended             tally[Reason]
	resumed           tally[RecoveryResult]
	rooms             atomic.Int64

	packetsIn, bytesIn             atomic.Int64
	framesOut, writesOut, bytesOut atomic.Int64
}

// received counts a packet.
func (c *counted) received(bytes int) {
	c.packetsIn.Add(1)
	c.bytesIn.Add(int64(bytes))
}

// sent counts what went to connections.
func (c *counted) sent(s sent) {
	if s.writes == 0 {
		return
	}
	c.framesOut.Add(int64(s.frames))
	c.writesOut.Add(int64(s.writes))
	c.bytesOut.Add(int64(s.bytes))
}

// sent is what a shard has written in one flush.
type sent struct{ frames, writes, bytes int }

func (s *sent) add(frames, bytes int) {
	s.frames += frames
	s.writes++
	s.bytes += bytes
}

// together returns frames that are handed over at once, as one write; none are none.
func together(frames ...*protocol.Frame) (s sent) {
	for _, f := range frames {
		s.frames++
		s.bytes += f.Size()
	}
	s.writes = min(s.frames, 1)
	return s
}

// tally counts by a label. The zero value is empty; any goroutine may use it.
type tally[K comparable] struct {
	mu sync.Mutex
	of map[K]int64
}

func (t *tally[K]) add(label K) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.of == nil {
		t.of = map[K]int64{}
	}
	t.of[label]++
}

func (t *tally[K]) all() map[K]int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.of)
}

// CountRefusal counts a request that was no handshake, or was refused one. reason is one of few.
func (s *Server) CountRefusal(reason string) { s.counted.refused.add(reason) }

// Figures returns the figures of this moment. It looks at every connection.
func (s *Server) Figures() Figures {
	c := &s.counted
	f := Figures{
		Connections: map[string]int64{Polling: 0, WebSocket: 0}, Rooms: c.rooms.Load(),
		Accepted: c.accepted.all(), Refused: c.refused.all(), Ended: c.ended.all(), Resumed: c.resumed.all(),
		PacketsIn: c.packetsIn.Load(), BytesIn: c.bytesIn.Load(),
		FramesOut: c.framesOut.Load(), WritesOut: c.writesOut.Load(), BytesOut: c.bytesOut.Load(),
	}
	for _, session := range s.sessions.all() {
		f.Connections[session.TransportName()]++
		f.Waiting += int64(session.out.waiting())
	}
	for _, name := range s.Namespaces() {
		f.Sockets += int64(s.Sockets(name))
	}
	return f
}

// waiting returns how many bytes wait to be written to the connection.
func (o *outbox) waiting() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.state == outboxClosed {
		return 0
	}
	return o.bytes
}

// Refusals returns the reasons that CountRefusal is told, and "not admitted", which is a CONNECT that a middleware refused
// without a ConnectError.Reason.
func Refusals() []string {
	return []string{
		"unknown transport", "unknown sid", "bad method", "bad request", "forbidden", "unsupported version", "no room", "stopping", "not admitted",
	}
}

// Reasons returns every Reason.
func Reasons() []Reason {
	return []Reason{
		ReasonClientDisconnect, ReasonServerDisconnect, ReasonTransportClose, ReasonTransportError, ReasonPingTimeout, ReasonParseError,
		ReasonForcedClose, ReasonForcedServerClose, ReasonShutdown, ReasonConnectTimeout, ReasonSlowConsumer, ReasonTokenExpired,
		ReasonTokenRevoked, ReasonOverload, ReasonPanic,
	}
}

// RecoveryResults returns every RecoveryResult.
func RecoveryResults() []RecoveryResult {
	return []RecoveryResult{RecoveryDone, RecoveryRefused, RecoveryEnded, RecoveryUnknown, RecoveryFailed, RecoveryTooSlow}
}
