package wiretest

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"kapoor.example/desk/actors"
	"kapoor.example/desk/actors/realtime"
	"kapoor.example/desk/http"
)

func TestRow132ServerClose(t *testing.T) {
	t.Run("row 132 websockets are closed, polls answered, without a 41", func(t *testing.T) {
		r := simple(t, nil)
		w := r.open("/socket.io/?" + webSocketQuery)
		connected(t, w, "")
		p := r.poll(socketPolling)
		connected(t, p, "")
		session, polled := r.server.Session(p.sid), make(chan answer, 1)
		go func() { polled <- p.get() }()
		eventually(t, "a poll that waits", session.Writable)
		r.stop()
		if messages, status := w.closed(); len(messages) != 0 || status != 1005 {
			t.Errorf("the WebSocket got %q and %d", messages, status)
		}
		(<-polled).is(t, 200, "1")
		listener, err := net.Listen("tcp", r.addr)
		if err != nil {
			t.Fatalf("the port is not free: %v", err)
		}
		_ = listener.Close()
	})
	t.Run("row 132 a close status", func(t *testing.T) {
		e := setupEngine(t, engineSetup{})
		w := e.begin()
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		e.closeWith(ctx, realtime.StatusServiceRestart)
		if got := w.closed(); got != 1012 {
			t.Errorf("closed with %d", got)
		}
	})
	t.Run("row 132 what comes later is refused", func(t *testing.T) {
		e := setupEngine(t, engineSetup{})
		e.close()
		if r := e.do("GET", handshakeQuery); r.status != 503 {
			t.Errorf("got %s", r)
		}
		if got := e.refusal(0); got.Code != -1 {
			t.Errorf("told %+v", got)
		}
		if r := e.raw(upgradeRequest(enginePath+"?"+webSocketQuery, webSocketKey)).reply(); r.status != 503 {
			t.Errorf("got %s", r)
		}
	})
	t.Run("row 132 a server that never ran", func(t *testing.T) {
		system, err := actors.New(zerolog.Nop(), time.Now)
		if err != nil {
			t.Fatal(err)
		}
		server := realtime.New(system, realtime.Options{})
		standalone := http.NewStandalone(map[string]*http.EngineIO{"/socket.io/": http.NewEngineIO(server, http.EngineOptions{})}, http.StandaloneOptions{})
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		for what, err := range map[string]error{"close": server.Close(ctx, realtime.StatusNone), "shut down": standalone.Shutdown(ctx)} {
			if err != nil {
				t.Errorf("%s: %v", what, err)
			}
		}
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if err := standalone.Serve(listener); err != nil {
			t.Errorf("serve afterwards: %v", err)
		}
		if _, err := listener.Accept(); err == nil {
			t.Error("the listener is still open")
		}
		if err := system.Close(ctx); err != nil {
			t.Error(err)
		}
	})
}
