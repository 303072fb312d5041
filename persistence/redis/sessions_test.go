package redis

import (
	"context"
	"fmt"
	"testing"
	"time"

	"kapoor.example/desk/persistence/redis/redistest"
	"kapoor.example/desk/protocol/cluster"
	"kapoor.example/desk/protocol/cluster/wire"
	"kapoor.example/desk/protocol/socketio"
)

func openSessions(t *testing.T, url string) *Sessions {
	t.Helper()
	s := connect(t, url).OpenSessions(wire.Names{}, func(err error) { t.Logf("in the background: %v", err) })
	t.Cleanup(func() { _ = s.Close(context.Background()) }) // it never fails
	return s
}

func lost(pid string) cluster.Session {
	return cluster.Session{
		ID: "sid of " + pid, PID: pid, Rooms: []string{"sid of " + pid, "red"}, Data: socketio.Arg{Raw: []byte(`{"a":1}`)}, Left: time.Minute,
		Trace: &cluster.Trace{
			Namespace: "/chat", User: "anna", UserRooms: []string{"staff"}, Epoch: "e", Connected: cluster.Position{Ms: 1},
			Sent: cluster.Position{Ms: 2, Seq: 1}, Detached: cluster.Position{Ms: 3}, Stale: "0-1",
		},
	}
}

func take(t *testing.T, s *Sessions, pid string) *cluster.Session {
	t.Helper()
	one, err := s.Take(t.Context(), pid)
	if err != nil {
		t.Fatal(err)
	}
	return one
}

// TestSessions: what one server leaves another takes, once and whole.
func TestSessions(t *testing.T) {
	server := redistest.Start(t)
	a, b := openSessions(t, server.URL()), openSessions(t, server.URL())
	const n = 1000 // more than are left at once
	for i := range n {
		a.Leave(lost(fmt.Sprint(i)))
	}
	if take(t, a, fmt.Sprint(n-1)) == nil {
		t.Error("what was left just before is not there")
	}
	got := take(t, b, "0")
	if got == nil || got.Left <= 0 || got.Left > time.Minute {
		t.Fatalf("%+v", got)
	}
	got.Left = time.Minute
	if want := lost("0"); fmt.Sprintf("%+v %+v", *got.Trace, got.Rooms) != fmt.Sprintf("%+v %+v", *want.Trace, want.Rooms) || string(got.Data.Raw) != `{"a":1}` {
		t.Errorf("%+v %+v", got, got.Trace)
	}
	for _, pid := range []string{"0", "never", ""} {
		if again := take(t, a, pid); again != nil {
			t.Errorf("%q: %+v", pid, again)
		}
	}
	a.Leave(cluster.Session{ID: "i", PID: "brief", Left: time.Millisecond})
	for deadline := time.Now().Add(patience); ; {
		a.Leave(cluster.Session{ID: "i", PID: "brief", Left: time.Millisecond})
		if take(t, b, "brief") == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("it stays for ever")
		}
	}
}

// TestSessionsOutage: what is lost while Redis is out of reach is left when it is back; who asks meanwhile is told no.
func TestSessionsOutage(t *testing.T) {
	server := redistest.Start(t)
	way := server.Path(t)
	s := openSessions(t, way.URL())
	if take(t, s, "nobody") != nil {
		t.Error("somebody")
	}
	way.Cut()
	s.Leave(lost("1"))
	if one, err := s.Take(t.Context(), "2"); err == nil {
		t.Errorf("%+v", one)
	}
	way.Heal()
	direct := openSessions(t, server.URL())
	for deadline := time.Now().Add(patience); take(t, direct, "1") == nil; {
		if time.Now().After(deadline) {
			t.Fatal("it was not left")
		}
	}
}

// TestSessionsClose: what waits is left before the end; nothing is taken after it.
func TestSessionsClose(t *testing.T) {
	server := redistest.Start(t)
	s := openSessions(t, server.URL())
	for i := range 1000 {
		s.Leave(lost(fmt.Sprint(i)))
	}
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if take(t, openSessions(t, server.URL()), "999") == nil {
		t.Error("the last one was not left")
	}
	if _, err := s.Take(t.Context(), "1"); err == nil {
		t.Error("taken after the end")
	}
}

// TestSessionsOfNode: they are under Node's keys and in its form, and what Node leaves is read. What nobody has written is no
// session.
func TestSessionsOfNode(t *testing.T) {
	server := redistest.Start(t)
	s := openSessions(t, server.URL())
	c := connect(t, server.URL())
	s.Leave(lost("1"))
	if take(t, s, "0") != nil { // behind it
		t.Error("somebody")
	}
	if left, _ := do(t, c, "PTTL", "sio:session:1").(int64); left <= 0 || left > 60_000 {
		t.Errorf("it is left for %d ms", left)
	}
	do(t, c, "SET", "sio:session:n", "hKNzaWSic2mjcGlkoW6lcm9vbXOSonNpo3JlZKRkYXRhgA==") // {sid:"si",pid:"n",rooms:["si","red"],data:{}}
	if one := take(t, s, "n"); one == nil || one.ID != "si" || len(one.Rooms) != 2 || one.Trace != nil {
		t.Errorf("%+v", one)
	}
	for pid, value := range map[string]string{"odd": "????", "empty": "", "number": "AQ=="} {
		do(t, c, "SET", "sio:session:"+pid, value)
		if one := take(t, s, pid); one != nil {
			t.Errorf("%s: %+v", pid, one)
		}
	}
	do(t, c, "LPUSH", "sio:session:list", "x")
	if one, err := s.Take(t.Context(), "list"); one != nil || err == nil {
		t.Errorf("%+v %v", one, err)
	}
}
