package hammer

import (
	"fmt"
	"slices"
	"strings"

	"kapoor.example/desk/actors/realtime"
)

// quiet is the namespace of a crowd.
const quiet = "/quiet"

// crowd are clients that do nothing but stay, so that a server under test has a heap to compare with, and lists of
// members on every shard.
type crowd []*client

func (s *server) crowd(n int) crowd {
	s.tb.Helper()
	var all crowd
	for range n {
		c, err := s.connect(websocket, func(packet) {})
		if err != nil {
			s.tb.Fatal(err)
		}
		c.say(text("40" + quiet + ","))
		all = append(all, c)
	}
	eventually(s.tb, "the crowd", func() bool { return s.io.Sockets(quiet) == n })
	return all
}

// wave tells the crowd more at once than a shard keeps room for: what the shards hold of earlier bursts goes with it.
func (s *server) wave() {
	done := make(chan struct{})
	drop := realtime.Entry{Namespace: quiet, Name: "wave", Payload: []byte(`"` + strings.Repeat("x", 50) + `"`)}
	s.io.Publish(slices.Repeat([]realtime.Entry{drop}, 2_000), func() { close(done) })
	<-done
}

// leave ends the crowd, and says who was gone before.
func (c crowd) leave() error {
	var err error
	for i, one := range c {
		if gone := one.failure(); gone != nil && err == nil {
			err = fmt.Errorf("of the crowd, %d is gone: %w", i, gone)
		}
	}
	for _, one := range c {
		one.leave()
	}
	return err
}
