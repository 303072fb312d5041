package hammer

import (
	"fmt"
	"sync"
	"time"

	"kapoor.example/desk/actors/realtime"
	"kapoor.example/desk/protocol/socketio"
)

// counting sets up the server's side of two that number what they send each other: it notes what comes and sends "m"
// events from the connection until the client's "stop", which it answers with what it has received and sent.
func counting(s *server) {
	s.watchRooms(s.io.Of("/"))
	s.io.Of("/").OnConnection(func(socket *realtime.Socket) {
		t := &tally{server: s, socket: socket, stop: make(chan struct{}), gone: make(chan struct{})}
		t.changed = sync.NewCond(&t.mu)
		socket.SetData(t)
		go t.send()
	}).OnDisconnect(func(socket *realtime.Socket, _ realtime.Reason) {
		t := socket.Data().(*tally)
		close(t.gone)
	}).On("n", func(socket *realtime.Socket, e *realtime.Event) {
		socket.Data().(*tally).receive(e)
	}).On("stop", func(socket *realtime.Socket, e *realtime.Event) {
		t := socket.Data().(*tally)
		t.last = e
		close(t.stop)
	})
}

// tally is the server's side of one connection.
type tally struct {
	server     *server
	socket     *realtime.Socket
	last       *realtime.Event // the client's stop
	stop, gone chan struct{}
	received   int // the session's actor only, until stop

	mu       sync.Mutex
	changed  *sync.Cond
	asked    int
	answered int
}

// receive checks a numbered event.
func (t *tally) receive(e *realtime.Event) {
	var n int
	if err := e.Args.Bind(0, &n); err != nil || n != t.received+1 {
		t.server.tb.Errorf("the server got %d after %d, %v", n, t.received, err)
	}
	t.received = n
	if kindOf(n) == binaryEvents {
		var data []byte
		if err := e.Args.Bind(1, &data); err != nil || string(data) != bytesOf(n) {
			t.server.tb.Errorf("the server got %q with %d, %v", data, n, err)
		}
	}
	if e.WantsAck() != (kindOf(n) == askedEvents) {
		t.server.tb.Errorf("the server got %d, wants an ack: %t", n, e.WantsAck())
	}
	_ = e.Ack(n)
}

// Each third number is sent in another way.
const (
	textEvents = iota
	binaryEvents
	askedEvents
)

func kindOf(n int) int { return n % 3 }

// bytesOf is the attachment of a number.
func bytesOf(n int) string { return fmt.Sprintf("\x00\xff%d", n) }

// send sends numbered events until the client says stop and has acknowledged everything.
func (t *tally) send() {
	tick := time.NewTicker(upgradePace)
	defer tick.Stop()
	for n := 1; ; n++ {
		t.emit(n)
		select {
		case <-tick.C:
		case <-t.gone:
			return
		case <-t.stop:
			t.mu.Lock()
			for t.answered < t.asked {
				t.changed.Wait()
			}
			t.mu.Unlock()
			_ = t.last.Ack(t.received, n)
			return
		}
	}
}

func (t *tally) emit(n int) {
	var err error
	switch kindOf(n) {
	case textEvents:
		err = t.socket.Emit("m", n)
	case binaryEvents:
		err = t.socket.Emit("m", n, []byte(bytesOf(n)))
	case askedEvents:
		t.mu.Lock()
		t.asked++
		t.mu.Unlock()
		err = t.socket.EmitWithAck(func(answer socketio.Args, err error) { t.answer(n, answer, err) }, "m", n)
	}
	if err != nil {
		t.server.tb.Errorf("emit: %v", err)
	}
}

// answer checks the ack of a number: once, and not another's.
func (t *tally) answer(n int, answer socketio.Args, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.answered++
	t.changed.Broadcast()
	var got int
	if err == nil {
		err = answer.Bind(0, &got)
	}
	if err != nil || got != n {
		t.server.tb.Errorf("%d was acknowledged with %d, %v", n, got, err)
	}
}
