package realtime

import (
	"testing"
	"time"
)

// TestPongInPart: a pong of which the connection took only the beginning was forgotten, and the session's first frame over
// it came in the middle of the pong.
func TestPongInPart(t *testing.T) {
	s := setup(t, Options{UpgradeTimeout: time.Hour}, func(s *Server) { s.Of("/") })
	session, err := s.Open(t.Context(), Request{}, Polling)
	if err != nil {
		t.Fatal(err)
	}
	candidate := newLine()
	candidate.room = 1
	if !session.Probe(candidate) {
		t.Fatal("no probe")
	}
	session.SendPong(candidate, []byte("ping"))
	candidate.closes(t)
	if session.out.ended() {
		t.Error("polling does not go on")
	}
}
