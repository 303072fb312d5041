package realtime

import (
	"strings"
	"testing"
)

// TestShardGivesBackItsRoom: what one burst took a shard held for ever, and a member the frames it was sent last. Two
// halves of a storm of sessions did not end with the same heap.
func TestShardGivesBackItsRoom(t *testing.T) {
	s := setup(t, Options{Shards: 1}, func(s *Server) { s.Of("/") })
	c := connect(t, s, "")
	done := make(chan struct{})
	entries := make([]Entry, 2*keptEmits)
	for i := range entries {
		entries[i] = Entry{Name: "e", Payload: []byte(`"` + strings.Repeat("x", 100) + `"`)}
	}
	s.Publish(entries, func() { close(done) })
	<-done
	entries[len(entries)-1].Name = "last"
	s.Publish(entries[len(entries)-2:], nil)
	c.receives(t, `42["last"`)
	second := connect(t, s, "") // the shard has come this far, and waits
	second.cut()
	eventually(t, "the end of the second", func() bool { return s.Connections() == 1 })
	ask := make(chan struct{})
	s.system.Send(s.shards[0].pid, emits{done: func() { close(ask) }})
	<-ask
	for _, f := range s.shards[0].batch[:cap(s.shards[0].batch)] {
		if f != nil {
			t.Fatal("the shard keeps a frame")
		}
	}
	if shard := s.shards[0]; cap(shard.joint.plain) > keptJoined || cap(shard.pending) > keptEmits || cap(shard.touched) > keptEmits {
		t.Errorf("the shard keeps %d bytes, %d emits, %d members", cap(shard.joint.plain), cap(shard.pending), cap(shard.touched))
	}
}

// TestShardKeepsNoFrameOfAMember: where one flush wrote a member many frames and the next member few, what the few did not
// cover of the many stayed, for as long as no later flush was as large.
func TestShardKeepsNoFrameOfAMember(t *testing.T) {
	joined := make(chan struct{}, 2)
	s := setup(t, Options{Shards: 1}, func(s *Server) {
		for _, room := range []string{"many", "few"} {
			s.Of("/").On(room, func(socket *Socket, _ *Event) {
				socket.Join(room)
				joined <- struct{}{}
			})
		}
	})
	for _, room := range []string{"many", "few"} {
		connect(t, s, "").say(`42["` + room + `"]`)
		<-joined
	}
	var entries []Entry
	for range 20 {
		entries = append(entries, Entry{Name: "e", Rooms: []string{"many"}, Payload: []byte("1")})
	}
	for range 2 {
		entries = append(entries, Entry{Name: "e", Rooms: []string{"few"}, Payload: []byte("1")})
	}
	done := make(chan struct{})
	s.Publish(entries, func() { close(done) })
	<-done
	wait := make(chan struct{})
	s.system.Send(s.shards[0].pid, emits{done: func() { close(wait) }}) // the flush before it has ended
	<-wait
	batch := s.shards[0].batch
	for i, f := range batch[:cap(batch)] {
		if f != nil {
			t.Fatalf("the shard keeps a frame in place %d of %d", i, cap(batch))
		}
	}
}
