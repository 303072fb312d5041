package realtime

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"kapoor.example/desk/protocol/socketio"
)

// TestOneSenderOneOrder: what one goroutine sends a socket arrives in its order, whichever way it goes: to everybody, to
// rooms, to the socket alone, as an ack, and a DISCONNECT at the end. Direct emits used to overtake broadcasts.
func TestOneSenderOneOrder(t *testing.T) {
	const rounds = 200
	s := setup(t, Options{}, func(s *Server) {
		n := s.Of("/")
		n.On("go", func(socket *Socket, e *Event) {
			for i := range rounds {
				_ = n.Emit("e", 6*i)
				_ = socket.Emit("e", 6*i+1)
				_ = n.To(socket.ID()).Emit("e", 6*i+2)
				_ = socket.EmitWithAck(func(socketio.Args, error) {}, "e", 6*i+3)
				_ = n.Timeout(patience).EmitWithAck(func([]socketio.Args, error) {}, "e", 6*i+4)
				_ = socket.Emit("e", 6*i+5)
			}
			_ = n.Emit("e", 6*rounds)
			_ = e.Ack("done")
			_ = n.Emit("last")
			socket.Disconnect(false)
		})
	})
	noise := connect(t, s, "")
	c := connect(t, s, "")
	c.say(`427["go"]`)
	noise.say(`427["go"]`)
	messages := c.until(t, "41", func(messages []string, _ bool) bool { return slices.Contains(messages, "41") })
	var got []string
	for _, m := range messages {
		// Both sockets emit to everybody; the order that counts is that of what only one can have sent.
		if _, rest, ok := strings.Cut(m, `["e",`); ok {
			got = append(got, strings.TrimSuffix(rest, "]"))
		} else if strings.HasPrefix(m, "437") {
			got = append(got, "ack")
		}
	}
	own := 0
	for _, g := range got {
		if g == fmt.Sprint(6*own+1) { // 6i+1 goes to the one socket alone
			own++
		}
	}
	if own != rounds {
		t.Errorf("%d of the socket's own events in order, want %d", own, rounds)
	}
	if i, j := slices.Index(messages, `437["done"]`), slices.Index(messages, "41"); i < 0 || j < i {
		t.Errorf("ack at %d, DISCONNECT at %d", i, j)
	}
}

// TestOrderAlone is the same for one socket, where nothing may be out of place at all.
func TestOrderAlone(t *testing.T) {
	const rounds = 100
	s := setup(t, Options{}, func(s *Server) {
		n := s.Of("/")
		n.On("go", func(socket *Socket, e *Event) {
			for i := range rounds {
				_ = n.Emit("e", 3*i)
				_ = socket.Emit("e", 3*i+1)
				_ = n.To(socket.ID()).Emit("e", 3*i+2)
			}
			_ = e.Ack()
			socket.Disconnect(true)
		})
	})
	c := connect(t, s, "")
	c.say(`427["go"]`)
	c.closes(t)
	messages := c.until(t, "everything", func([]string, bool) bool { return true })
	var want []string
	for i := range 3 * rounds {
		want = append(want, fmt.Sprintf(`42["e",%d]`, i))
	}
	want = append(want, "437[]", "41")
	if got := messages[len(messages)-min(len(want), len(messages)):]; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}
