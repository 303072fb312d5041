package hammer

import (
	"net"
	"strings"
	"testing"
	"time"

	"kapoor.example/desk/actors/realtime"
)

// TestSlowConsumerHoldsUpNobody: a client that reads nothing is closed when its queue is over the budget, by the shard
// that finds it so. The close frame waited for the write that waited for the client: the shard stood still, and with it
// everybody on it, for as long as that client pleased. FuzzSession found it (b55b643c19cae314).
func TestSlowConsumerHoldsUpNobody(t *testing.T) {
	s := start(t, realtime.Options{Shards: 1, MaxQueue: 100_000, PingInterval: time.Hour, PingTimeout: time.Hour}, application)
	join := func() *line {
		l, err := s.dialWebSocket(websocket)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() }) // it may be closed already
		if err := l.say("40"); err != nil {
			t.Fatal(err)
		}
		for { // the shard answers
			_, data, err := l.next()
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(string(data), "40{") {
				return l
			}
		}
	}
	_ = join().Conn.(*net.TCPConn).SetReadBuffer(4 << 10) // a wider one takes longer to fill; it reads no more
	emit := func() bool {
		// A little at a time: the queue grows only because the client takes nothing, and then a write waits for it.
		if err := s.io.Of("/").Emit("big", strings.Repeat("x", 10_000)); err != nil {
			t.Fatal(err)
		}
		return s.io.Connections() == 0
	}
	eventually(t, "the end of the slow consumer", emit)
	join()
}
