package realtime

import "testing"

// TestJoinOfASocketThatIsGone: a socket that joined and ended before its shard came to the join made the shard panic, in
// the list of joins under way that goes with the socket. A storm of sessions found it.
func TestJoinOfASocketThatIsGone(t *testing.T) {
	busy, release, gone := make(chan struct{}), make(chan struct{}), make(chan struct{})
	s := setup(t, Options{Shards: 1}, func(s *Server) {
		n := s.Of("/")
		n.OnRoom(func(e RoomEvent) {
			if e.Type == CreateRoom && e.Room == "busy" {
				close(busy)
				<-release
			}
		})
		n.On("busy", func(socket *Socket, _ *Event) { _ = socket.Join("busy") })
		n.On("join and go", func(socket *Socket, _ *Event) {
			_ = socket.Join("room")
			socket.Close(ReasonForcedClose)
		})
		n.OnDisconnect(func(_ *Socket, r Reason) {
			if r == ReasonForcedClose {
				close(gone)
			}
		})
	})
	first, second := connect(t, s, ""), connect(t, s, "")
	first.say(`42["busy"]`)
	<-busy
	second.say(`42["join and go"]`)
	<-gone
	close(release)
	second.closes(t)
	third := connect(t, s, "") // the shard has come this far
	third.cut()
	if n := s.system.Counts()["shard"].Panics; n != 0 {
		t.Errorf("the shard panicked %d times", n)
	}
}
