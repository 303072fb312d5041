package realtime

import (
	"testing"

	"kapoor.example/desk/protocol/socketio"
)

// TestServerSide: without a cluster there is nobody to hear it, and every answer has been given. What another server
// emits reaches the handlers of its name, each of them once, and may be answered.
func TestServerSide(t *testing.T) {
	heard := make(chan string, 10)
	s := setup(t, Options{}, func(s *Server) {
		s.Of("/").
			OnServerSide("note", func(e *ServerEvent) { heard <- e.Name; _ = e.Ack("noted") }).
			OnServerSide("note", func(*ServerEvent) { panic("test") }).
			OnServerSide("note", func(*ServerEvent) { heard <- "again" })
	})
	n := s.Of("/")
	answers := make(chan int, 1)
	err := n.ServerSideEmitWithAck(patience, func(list []socketio.Args, err error) {
		if err != nil || list == nil {
			t.Errorf("answered %v, %v", list, err)
		}
		answers <- len(list)
	}, "note", 1)
	if err != nil {
		t.Fatal(err)
	}
	if got := <-answers; got != 0 {
		t.Errorf("%d servers answered", got)
	}
	for name, err := range map[string]error{
		"a reserved name":  n.ServerSideEmit("disconnect"),
		"no JSON":          n.ServerSideEmit("note", make(chan int)),
		"no JSON, and ack": n.ServerSideEmitWithAck(0, func([]socketio.Args, error) { t.Error("answered") }, "note", func() {}),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	var acked []any
	n.receiveServerSide(&ServerEvent{Name: "note", ack: func(args []any) error { acked = args; return nil }})
	n.receiveServerSide(&ServerEvent{Name: "nobody listens"})
	if first, second := <-heard, <-heard; first != "note" || second != "again" || len(acked) != 1 {
		t.Errorf("heard %q and %q, acked %v", first, second, acked)
	}
	if err := (&ServerEvent{}).Ack("nobody waits"); err != nil {
		t.Error(err)
	}
}

// TestServerSideWhileHandlersAreAdded: the bus runs before all handlers are there. A node that joined others at work raced
// with what they said, and could have died of it.
func TestServerSideWhileHandlersAreAdded(t *testing.T) {
	n := setup(t, Options{}, func(*Server) {}).Of("/")
	stop, heard := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(heard)
		for {
			select {
			case <-stop:
				return
			default:
				n.receiveServerSide(&ServerEvent{Name: "note"})
			}
		}
	}()
	for range 1000 {
		n.OnServerSide("note", func(*ServerEvent) {})
	}
	close(stop)
	<-heard
}
