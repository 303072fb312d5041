package wiretest

import (
	"context"
	"strings"
	"testing"

	"github.com/gobwas/ws"

	"kapoor.example/desk/actors/realtime"
	"kapoor.example/desk/http"
)

// TestOverload: a server that takes no more connections says 503 on both transports, which clients come back from; a
// place that is free again is taken.
func TestOverload(t *testing.T) {
	r := setup(t, realtime.Options{MaxConnections: 1}, http.EngineOptions{}, nil)
	p := r.poll(socketPolling)
	if a := r.get(socketPolling); a.status != 503 || a.header.Get("Retry-After") == "" {
		t.Errorf("polling: %+v", a)
	}
	_, _, _, err := ws.Dialer{Timeout: patience}.Dial(context.Background(), "ws://"+r.addr+socketWS)
	if err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("WebSocket: %v", err)
	}
	p.say("1")
	p.gone()
	eventually(t, "a free place", func() bool { return r.server.Connections() == 0 })
	r.open(socketWS)
}
