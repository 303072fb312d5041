package wiretest

import (
	"context"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"kapoor.example/desk/actors/realtime"
	"kapoor.example/desk/http"
)

func TestRow128DisconnectingFirst(t *testing.T) {
	both(t, func(t *testing.T, join func(*rig) peer) {
		heard := make(chan string, 10)
		r := simple(t, func(s *realtime.Server) {
			s.Of("/").OnConnection(func(s *realtime.Socket) {
				_ = s.Join("red")
				s.OnDisconnecting(func(realtime.Reason) { heard <- "own disconnecting " + count(s) })
				s.OnDisconnect(func(realtime.Reason) { heard <- "own disconnect " + count(s) })
			}).
				OnDisconnecting(func(s *realtime.Socket, _ realtime.Reason) { heard <- "disconnecting " + count(s) }).
				OnDisconnect(func(s *realtime.Socket, _ realtime.Reason) { heard <- "disconnect " + count(s) })
		})
		p := join(r)
		connected(t, p, "")
		p.say("41")
		for _, want := range []string{"disconnecting two rooms", "own disconnecting two rooms", "disconnect no room", "own disconnect no room"} {
			if got := take(t, heard); got != want {
				t.Errorf("%q, want %q", got, want)
			}
		}
	})
}

func count(s *realtime.Socket) string {
	if s.Connected() {
		return "and connected"
	}
	switch len(s.Rooms()) {
	case 0:
		return "no room"
	case 2:
		return "two rooms"
	}
	return "?"
}

// TestRow129Reasons produces every reason there is, but those that only a token or a limit of the desk gives.
func TestRow129Reasons(t *testing.T) {
	reasons := make(chan realtime.Reason, 10)
	o := realtime.Options{PingInterval: 300 * time.Millisecond, PingTimeout: 200 * time.Millisecond, MaxPayload: 1000, MaxQueue: 10_000}
	r := setup(t, o, http.EngineOptions{}, func(s *realtime.Server) {
		s.Of("/").OnDisconnect(func(_ *realtime.Socket, reason realtime.Reason) { reasons <- reason }).
			On("bye", func(s *realtime.Socket, e *realtime.Event) {
				var all bool
				_ = e.Args.Bind(0, &all)
				s.Disconnect(all)
			}).
			On("here", func(_ *realtime.Socket, e *realtime.Event) { _ = e.Ack() }).
			On("panic", func(*realtime.Socket, *realtime.Event) { panic("test") })
	})
	ws := func(do func(w *websocket)) func() {
		return func() {
			w := r.open(socketWS)
			connected(t, w, "")
			do(w)
		}
	}
	polled := func(do func(p *polling)) func() {
		return func() {
			p := r.poll(socketPolling)
			connected(t, p, "")
			do(p)
		}
	}
	for _, row := range []struct {
		name string
		do   func()
		want realtime.Reason
	}{
		{"41", ws(func(w *websocket) { w.say("41") }), realtime.ReasonClientDisconnect},
		{"disconnect()", ws(func(w *websocket) { w.say(`42["bye"]`) }), realtime.ReasonServerDisconnect},
		{"disconnect(true)", polled(func(p *polling) { p.say(`42["bye",true]`) }), realtime.ReasonServerDisconnect},
		{"1 over a WebSocket", ws(func(w *websocket) { w.say("1") }), realtime.ReasonTransportClose},
		{"1 over polling", polled(func(p *polling) { p.say("1") }), realtime.ReasonTransportClose},
		{"cut", ws(func(w *websocket) { _ = w.conn.Close() }), realtime.ReasonTransportClose},
		{"reset", ws(func(w *websocket) { _ = w.conn.(*net.TCPConn).SetLinger(0); _ = w.conn.Close() }), realtime.ReasonTransportClose},
		{"too big", ws(func(w *websocket) { w.say("4" + strings.Repeat("x", 1001)) }), realtime.ReasonTransportError},
		{"2 over a WebSocket", ws(func(w *websocket) { w.say("2") }), realtime.ReasonTransportError},
		{"octet-stream", polled(func(p *polling) {
			r.do("POST", p.path, map[string]string{"Content-Type": "application/octet-stream"}, strings.NewReader("x"))
		}), realtime.ReasonTransportError},
		{"no pong", ws(func(w *websocket) {}), realtime.ReasonPingTimeout},
		{"no pong over polling", polled(func(*polling) {}), realtime.ReasonPingTimeout},
		{"no engine packet", ws(func(w *websocket) { w.say("x") }), realtime.ReasonParseError},
		{"no engine packet over polling", polled(func(p *polling) { p.say("x") }), realtime.ReasonParseError},
		{"violation", ws(func(w *websocket) { w.say("42{}") }), realtime.ReasonForcedClose},
		{"violation over polling", polled(func(p *polling) { p.say("42{}") }), realtime.ReasonForcedClose},
		{"second CONNECT", ws(func(w *websocket) { w.say("40") }), realtime.ReasonForcedClose},
		{"second CONNECT over polling", polled(func(p *polling) { p.say("40") }), realtime.ReasonForcedServerClose},
		{"namespace not joined over polling", polled(func(p *polling) { p.say(`42/n,["e"]`) }), realtime.ReasonForcedServerClose},
		{"slow consumer", func() {
			id := connected(t, r.poll(socketPolling), "")
			for range 20 {
				_ = r.server.Of("/").To(id).Emit("e", strings.Repeat("x", 1000)) // those who come next get none of the rest
			}
		}, realtime.ReasonSlowConsumer},
		{"panic", func() {
			w := r.open(socketWS)
			connected(t, w, "")
			w.say(`42["panic"]`)
		}, realtime.ReasonPanic},
	} {
		row.do()
		select {
		case got := <-reasons:
			if got != row.want {
				t.Errorf("%s: %q, want %q", row.name, got, row.want)
			}
		case <-time.After(patience):
			t.Fatalf("%s: no end", row.name)
		}
	}
	w := r.open(socketWS)
	connected(t, w, "")
	w.say(`421["here"]`) // handled only when the socket is connected on this side, too
	w.receives("431[]")
	r.panics = true
	r.stop()
	select {
	case got := <-reasons:
		if got != realtime.ReasonShutdown {
			t.Errorf("stop: %q", got)
		}
	case <-time.After(patience):
		t.Error("stop: no end")
	}
}

// TestRow129ReasonsOfThisServer produces the reasons that Node does not have; with those above the set is complete.
func TestRow129ReasonsOfThisServer(t *testing.T) {
	reasons := make(chan realtime.Reason, 10)
	o := realtime.Options{
		ConnectTimeout: 300 * time.Millisecond,
		OnClose:        func(_ *realtime.Session, reason realtime.Reason) { reasons <- reason },
	}
	r := setup(t, o, http.EngineOptions{}, func(s *realtime.Server) {
		s.Of("/").Use(func(_ context.Context, s *realtime.Socket) error {
			switch string(s.Auth()) {
			case `{"token":"short"}`:
				s.Identify(realtime.User{ID: "short", ExpiresAt: time.Now().Add(100 * time.Millisecond)})
			case `{"token":"revoked"}`:
				s.Identify(realtime.User{ID: "of " + s.ID(), TokenID: "1"})
			}
			return nil
		})
		s.Of("/broken").Use(func(context.Context, *realtime.Socket) error { return realtime.ErrClose })
		s.Of("/panic").Use(func(context.Context, *realtime.Socket) error { panic("test") })
	})
	for _, row := range []struct {
		name string
		do   func(p peer)
		want realtime.Reason
	}{
		{"no CONNECT", func(peer) {}, realtime.ReasonConnectTimeout},
		{"left everything", func(p peer) { connected(t, p, ""); p.say("41") }, realtime.ReasonConnectTimeout},
		{"token expires", func(p peer) { connected(t, p, `{"token":"short"}`) }, realtime.ReasonTokenExpired},
		{"token revoked", func(p peer) {
			id := connected(t, p, `{"token":"revoked"}`)
			r.server.Revoke(realtime.Revocation{User: "of " + id, TokenID: "1"})
		}, realtime.ReasonTokenRevoked},
		{"middleware in trouble", func(p peer) { connected(t, p, ""); p.say("40/broken") }, realtime.ReasonOverload},
		{"middleware panics", func(p peer) { connected(t, p, ""); p.say("40/panic") }, realtime.ReasonOverload},
	} {
		for transport, open := range map[string]func() peer{
			"polling": func() peer { return r.poll(socketPolling) }, "websocket": func() peer { return r.open(socketWS) },
		} {
			row.do(open())
			if got := take(t, reasons); got != row.want {
				t.Errorf("%s over %s: %q, want %q", row.name, transport, got, row.want)
			}
		}
	}
}

func TestRow130Disconnect(t *testing.T) {
	both(t, func(t *testing.T, join func(*rig) peer) {
		r := simple(t, func(s *realtime.Server) {
			mirror(s)
			s.Of("/n").On("bye", func(s *realtime.Socket, e *realtime.Event) {
				var all bool
				_ = e.Args.Bind(0, &all)
				s.Disconnect(all)
			})
		})
		p := join(r)
		connected(t, p, "")
		connected(t, p, "/n")
		p.say(`42/n,["bye"]`)
		p.receives("41/n,")
		p.say(`421["still here"]`)
		p.receives("431[]")
		connected(t, p, "/n")
		p.say(`42/n,["bye",true]`)
		got := []string{p.next(), p.next()}
		slices.Sort(got)
		if !slices.Equal(got, []string{"41", "41/n,"}) {
			t.Errorf("got %q", got)
		}
		if p, ok := p.(*polling); ok {
			p.last()
		}
		p.gone()
	})
}

// TestRow130NotThoseThatJoin: a namespace whose middleware still ran was told of its end before it had answered the
// CONNECT. A DISCONNECT is for those that are connected.
func TestRow130NotThoseThatJoin(t *testing.T) {
	both(t, func(t *testing.T, join func(*rig) peer) {
		entered := make(chan struct{})
		sockets := make(chan *realtime.Socket, 1)
		r := simple(t, func(s *realtime.Server) {
			s.Of("/").OnConnection(func(s *realtime.Socket) { sockets <- s })
			s.Of("/slow").Use(func(ctx context.Context, _ *realtime.Socket) error {
				close(entered)
				<-ctx.Done()
				return nil
			}).OnConnection(func(*realtime.Socket) { t.Error("connected") })
		})
		p := join(r)
		connected(t, p, "")
		p.say("40/slow")
		take(t, entered)
		take(t, sockets).Disconnect(true)
		p.receives("41")
		if p, ok := p.(*polling); ok {
			if len(p.rest) > 0 {
				t.Errorf("then came %q", p.rest)
			}
			p.last()
		}
		p.gone()
	})
}

func TestRow131JoinAgain(t *testing.T) {
	both(t, func(t *testing.T, join func(*rig) peer) {
		r := simple(t, mirror)
		p := join(r)
		first := connected(t, p, "")
		for range 20 {
			p.say("41")
			second := connected(t, p, "")
			if first == second {
				t.Error("the same id again")
			}
			first = second
			p.say(`421["e"]`)
			p.receives("431[]")
		}
		eventually(t, "one socket", func() bool { return r.server.Sockets("/") == 1 })
	})
}

// TestRow133Restart: a server that comes back on its port knows none of the old sessions, says so at once, and takes what
// clients kept for it. interop/node/restart.mjs plays it with a stock client.
func TestRow133Restart(t *testing.T) {
	both(t, func(t *testing.T, join func(*rig) peer) {
		old := simple(t, mirror)
		p := join(old)
		first := connected(t, p, "")
		old.stop()
		r := setupAt(t, old.addr, realtime.Options{}, http.EngineOptions{}, mirror)
		switch p := p.(type) {
		case *polling:
			p.get().is(t, 400, gone)
			p.post(`42["lost"]`).is(t, 400, gone)
		case *websocket:
			p.gone()
			r.get("/socket.io/?EIO=4&transport=polling&sid="+p.sid).is(t, 400, gone)
		}
		again := join(r)
		if connected(t, again, "") == first {
			t.Error("the same id as before")
		}
		again.say(`421["kept",1]`, `42["kept",2]`, `451-3["kept",{"_placeholder":true,"num":0}]`, "bAw==")
		again.receives(`431[1]`, `42["back","kept",2]`, `461-3[{"_placeholder":true,"num":0}]`, "bAw==")
	})
}

func TestRow134EveryNamespace(t *testing.T) {
	both(t, func(t *testing.T, join func(*rig) peer) {
		gone := make(chan string, 10)
		r := simple(t, func(s *realtime.Server) {
			for _, name := range []string{"/", "/a", "/b"} {
				s.Of(name).OnDisconnect(func(_ *realtime.Socket, reason realtime.Reason) { gone <- name + " " + string(reason) })
			}
		})
		p := join(r)
		connected(t, p, "")
		connected(t, p, "/a")
		connected(t, p, "/b")
		p.say("1")
		got := []string{take(t, gone), take(t, gone), take(t, gone)}
		slices.Sort(got)
		if !slices.Equal(got, []string{"/ transport close", "/a transport close", "/b transport close"}) {
			t.Errorf("got %q", got)
		}
	})
}
