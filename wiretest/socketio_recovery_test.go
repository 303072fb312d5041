package wiretest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kapoor.example/desk/actors/realtime"
	"kapoor.example/desk/http"
	"kapoor.example/desk/protocol/socketio"
)

// ids are what a CONNECT was answered with under recovery.
type ids struct{ Sid, Pid string }

// resumable joins the main namespace of a server with recovery.
func resumable(t testing.TB, p peer, auth string) (w ids) {
	t.Helper()
	p.say("40" + auth)
	return idsOf(t, p.next())
}

func idsOf(t testing.TB, packet string) (w ids) {
	t.Helper()
	var keys map[string]string
	if json.Unmarshal([]byte(strings.TrimPrefix(packet, "40")), &keys) != nil || len(keys) != 2 || len(keys["sid"]) != 20 || keys["pid"] == "" {
		t.Fatalf("CONNECT answered %q", packet)
	}
	return ids{keys["sid"], keys["pid"]}
}

// offsetOf returns an event packet without its offset, and the offset.
func offsetOf(t testing.TB, packet string) (event, offset string) {
	t.Helper()
	i := strings.LastIndex(packet, `,"`)
	if i < 0 || !strings.HasSuffix(packet, `"]`) {
		t.Fatalf("%q has no offset", packet)
	}
	return packet[:i] + "]", packet[i+2 : len(packet)-2]
}

// later reports whether an offset, two numbers, is above another one, "" for none.
func later(t testing.TB, offset, than string) bool {
	t.Helper()
	var a, b [2]uint64
	if n, err := fmt.Sscanf(offset, "%d-%d", &a[0], &a[1]); n != 2 || err != nil {
		t.Fatalf("offset %q: %v", offset, err)
	}
	if than == "" {
		return true
	}
	if n, err := fmt.Sscanf(than, "%d-%d", &b[0], &b[1]); n != 2 || err != nil {
		t.Fatalf("offset %q: %v", than, err)
	}
	return a[0] > b[0] || a[0] == b[0] && a[1] > b[1]
}

// recovering sets up a server with recovery whose clients may join a room, be told who they are, and leave.
func recovering(t *testing.T, o realtime.Options, more func(*realtime.Server)) *rig {
	o.Recovery = &realtime.Recovery{}
	return setup(t, o, http.EngineOptions{}, func(s *realtime.Server) {
		s.Of("/").
			On("join", func(s *realtime.Socket, e *realtime.Event) { _ = s.Join("red"); s.SetData("data"); _ = e.Ack() }).
			On("who", func(s *realtime.Socket, e *realtime.Event) { _ = e.Ack(s.Recovered(), s.Joined("red"), s.Data()) }).
			On("bye", func(s *realtime.Socket, _ *realtime.Event) { s.Disconnect(false) })
		if more != nil {
			more(s)
		}
	})
}

// cut ends a connection without a word, and waits until the server has noticed.
func (r *rig) cut(p peer) {
	r.t.Helper()
	sid := ""
	switch p := p.(type) {
	case *websocket:
		sid = p.sid
		_ = p.conn.Close()
	case *polling:
		sid = p.sid
		p.say("1")
	}
	eventually(r.t, "the end of the connection", func() bool { return r.server.Session(sid) == nil })
	roomsOf(r.t, r, "/") // after the shards have let go of it
}

func TestRow135Off(t *testing.T) {
	both(t, func(t *testing.T, join func(*rig) peer) {
		r := simple(t, nil)
		p := join(r)
		connected(t, p, `{"pid":"x","offset":"1-0"}`) // only the sid
		_ = r.server.Of("/").Emit("e", 1)
		p.receives(`42["e",1]`)
	})
}

func TestRow136On(t *testing.T) {
	both(t, func(t *testing.T, join func(*rig) peer) {
		r := recovering(t, realtime.Options{}, func(s *realtime.Server) {
			s.Of("/n")
			s.Of("/").
				On("direct", func(s *realtime.Socket, e *realtime.Event) {
					_ = s.Emit("direct", 1)
					_ = s.EmitWithAck(func(socketio.Args, error) {}, "question")
					_ = e.Ack("answer")
				}).
				On("volatile", func(s *realtime.Socket, _ *realtime.Event) { _ = s.Volatile().Emit("volatile") })
		})
		p := join(r)
		w := resumable(t, p, "")
		n := r.server.Of("/")
		last := ""
		for _, row := range []struct {
			emit func()
			want string
		}{
			{func() { _ = n.Emit("all") }, `42["all"]`},
			{func() { _ = n.To(w.Sid).Emit("room", 1, "x") }, `42["room",1,"x"]`},
			{func() { p.say(`427["direct"]`) }, `42["direct",1]`},
			{func() { _ = n.Emit("binary", []byte{1}) }, `451-["binary",{"_placeholder":true,"num":0}]`},
		} {
			row.emit()
			event, offset := offsetOf(t, p.next())
			if event != row.want || !later(t, offset, last) {
				t.Errorf("got %s with offset %s after %s", event, offset, last)
			}
			last = offset
			if event == `42["direct",1]` {
				p.receives(`420["question"]`, `437["answer"]`)
			}
		}
		p.receives("bAQ==")
		p.say("40/n")
		if packet := p.next(); !strings.HasPrefix(packet, `40/n,{"sid":"`) || !strings.Contains(packet, `","pid":"`) {
			t.Errorf("CONNECT answered %s", packet)
		}
		_ = r.server.Of("/n").Emit("in another", 1)
		if event, offset := offsetOf(t, p.next()); event != `42/n,["in another",1]` || !later(t, offset, last) {
			t.Errorf("got %s with offset %s after %s", event, offset, last)
		}
		if w, ok := p.(*websocket); ok { // which takes it at once
			w.say(`42["volatile"]`)
			w.receives(`42["volatile"]`)
		}
		polls := make(chan string, 1)
		go func() { polls <- p.next() }()
		eventually(t, "a volatile event", func() bool {
			_ = n.Volatile().Emit("volatile")
			select {
			case got := <-polls:
				if got != `42["volatile"]` {
					t.Errorf("volatile came as %s", got)
				}
				return true
			default:
				return false
			}
		})
		_ = n.EmitWithAck(gather(make(chan gathered, 1)), "ack")
		for {
			if got := p.next(); got == `421["ack"]` {
				break
			} else if got != `42["volatile"]` {
				t.Fatalf("with ack came %s", got)
			}
		}
	})
}

func TestRow137AfterWhichEnd(t *testing.T) {
	o := realtime.Options{PingInterval: 300 * time.Millisecond, PingTimeout: 200 * time.Millisecond}
	for name, row := range map[string]struct {
		end  func(r *rig, w *websocket)
		kept bool
	}{
		"cut":                         {func(_ *rig, w *websocket) { _ = w.conn.Close() }, true},
		"transport error":             {func(_ *rig, w *websocket) { w.say("2") }, true},
		"violation":                   {func(_ *rig, w *websocket) { w.say("42{}") }, true},
		"no pong":                     {func(*rig, *websocket) {}, true},
		"client namespace disconnect": {func(_ *rig, w *websocket) { w.say("41") }, false},
		"too big":                     {func(_ *rig, w *websocket) { w.say("4" + strings.Repeat("x", 1_000_001)) }, true},
		"no engine packet":            {func(_ *rig, w *websocket) { w.say("x") }, true},
		"server namespace disconnect": {func(_ *rig, w *websocket) { w.say(`42["bye"]`) }, false},
		"disconnect(true)":            {func(r *rig, _ *websocket) { r.server.Of("/").DisconnectSockets(true) }, false},
		"41 and then cut":             {func(_ *rig, w *websocket) { w.say("41"); _ = w.conn.Close() }, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := recovering(t, o, nil)
			w := r.open(socketWS)
			was := resumable(t, w, "")
			row.end(r, w)
			eventually(t, "the end", func() bool { return r.server.Session(w.sid) == nil || r.server.Sockets("/") == 0 })
			roomsOf(t, r, "/")
			again := resumable(t, r.open(socketWS), fmt.Sprintf(`{"pid":%q}`, was.Pid))
			if (again == was) != row.kept || (again.Sid == was.Sid) != row.kept || (again.Pid == was.Pid) != row.kept {
				t.Errorf("was %v, came back as %v", was, again)
			}
		})
	}
	for _, reason := range []realtime.Reason{
		realtime.ReasonTransportClose, realtime.ReasonTransportError, realtime.ReasonPingTimeout, realtime.ReasonParseError,
		realtime.ReasonForcedClose, realtime.ReasonForcedServerClose, realtime.ReasonShutdown, realtime.ReasonSlowConsumer,
		realtime.ReasonOverload, realtime.ReasonPanic,
	} {
		if !reason.Recoverable() { // a server that shuts down forgets; a log that outlives it does not
			t.Errorf("not recoverable: %s", reason)
		}
	}
}

func TestRow137ForHowLong(t *testing.T) {
	for name, row := range map[string]struct {
		window, away time.Duration
		kept         bool
	}{
		"just within the default": {0, 2*time.Minute - time.Millisecond, true},
		"at its end":              {0, 2 * time.Minute, false},
		"within another":          {10 * time.Minute, 9 * time.Minute, true},
		"beyond another":          {time.Second, 2 * time.Second, false},
	} {
		t.Run(name, func(t *testing.T) {
			var now atomic.Int64
			now.Store(time.Now().UnixNano())
			r := setup(t, realtime.Options{
				Now: func() time.Time { return time.Unix(0, now.Load()) }, Recovery: &realtime.Recovery{Window: row.window},
			}, http.EngineOptions{}, nil)
			w := r.open(socketWS)
			was := resumable(t, w, "")
			r.cut(w)
			now.Add(int64(row.away))
			if again := resumable(t, r.open(socketWS), fmt.Sprintf(`{"pid":%q}`, was.Pid)); (again == was) != row.kept {
				t.Errorf("was %v, came back as %v", was, again)
			}
		})
	}
}

func TestRow138Resume(t *testing.T) {
	both(t, func(t *testing.T, join func(*rig) peer) {
		r := recovering(t, realtime.Options{}, nil)
		n := r.server.Of("/")
		p := join(r)
		was := resumable(t, p, "")
		p.say(`420["join"]`)
		p.receives("430[]")
		_ = n.Emit("seen")
		_, offset := offsetOf(t, p.next())
		for round := range 3 { // more than once
			r.cut(p)
			_ = n.Emit("missed", round)
			_ = n.To("red").Emit("missed in red")
			roomsOf(t, r, "/")
			p = join(r)
			if again := resumable(t, p, fmt.Sprintf(`{"token":"x","pid":%q,"offset":%q}`, was.Pid, offset)); again != was {
				t.Fatalf("round %d: was %v, came back as %v", round, was, again)
			}
			// Better than Node: the answer to CONNECT comes first.
			for i, want := range []string{fmt.Sprintf(`42["missed",%d]`, round), `42["missed in red"]`} {
				if event, _ := offsetOf(t, p.next()); event != want {
					t.Errorf("round %d, event %d: %s, want %s", round, i, event, want)
				}
			}
			p.say(`421["who"]`)
			p.receives(`431[true,true,"data"]`)
			_ = n.To("red").Emit("live in red", round)
			event, last := offsetOf(t, p.next())
			if event != fmt.Sprintf(`42["live in red",%d]`, round) {
				t.Errorf("round %d: then came %s", round, event)
			}
			offset = last
			want := []string{was.Sid, "red"}
			slices.Sort(want)
			if got := roomsOf(t, r, "/"); !slices.Equal(got, want) {
				t.Errorf("round %d: in rooms %v, want %v", round, got, want)
			}
		}
	})
}

func TestRow139WhatWasMissed(t *testing.T) {
	both(t, func(t *testing.T, join func(*rig) peer) {
		r := recovering(t, realtime.Options{}, func(s *realtime.Server) { s.Of("/other") })
		n := r.server.Of("/")
		p := join(r)
		was := resumable(t, p, "")
		p.say(`420["join"]`)
		p.receives("430[]")
		r.cut(p)
		_ = n.Emit("all")
		_ = n.To("blue").Emit("not its room")
		_ = n.To("red", was.Sid).Emit("once")
		_ = n.Except("red").Emit("excluded")
		_ = n.To("red").Except(was.Sid).Emit("excluded")
		_ = n.Volatile().Emit("volatile")
		_ = n.EmitWithAck(gather(make(chan gathered, 1)), "with ack")
		_ = r.server.Of("/other").Emit("other namespace")
		_ = n.To(was.Sid).Emit("binary", []byte{1, 2})
		roomsOf(t, r, "/")
		p = join(r)
		if again := resumable(t, p, fmt.Sprintf(`{"pid":%q}`, was.Pid)); again != was {
			t.Fatalf("was %v, came back as %v", was, again)
		}
		for _, want := range []string{`42["all"]`, `42["once"]`, `451-["binary",{"_placeholder":true,"num":0}]`} {
			if event, _ := offsetOf(t, p.next()); event != want {
				t.Errorf("%s, want %s", event, want)
			}
		}
		p.receives("bAQI=")
		_ = n.Emit("live")
		if event, _ := offsetOf(t, p.next()); event != `42["live"]` {
			t.Errorf("then came %s", event)
		}
	})
}

func TestRow140NoRecovery(t *testing.T) {
	var now atomic.Int64
	now.Store(time.Now().UnixNano())
	r := recovering(t, realtime.Options{Now: func() time.Time { return time.Unix(0, now.Load()) }}, nil)
	n := r.server.Of("/")
	for name, auth := range map[string]func(was ids, offset string) string{
		"unknown pid":     func(_ ids, o string) string { return `{"pid":"unknown","offset":"` + o + `"}` },
		"unknown offset":  func(was ids, _ string) string { return `{"pid":"` + was.Pid + `","offset":"1-0"}` },
		"pid an object":   func(_ ids, o string) string { return `{"pid":{"toString":"x"},"offset":"` + o + `"}` },
		"offset a number": func(was ids, _ string) string { return `{"pid":"` + was.Pid + `","offset":1}` },
		"names of JS":     func(ids, string) string { return `{"pid":"__proto__","offset":"constructor"}` },
		"window over": func(was ids, o string) string {
			now.Add(int64(121 * time.Second))
			return `{"pid":"` + was.Pid + `","offset":"` + o + `"}`
		},
	} {
		w := r.open(socketWS)
		was := resumable(t, w, "")
		_ = n.Emit("seen")
		_, offset := offsetOf(t, w.next())
		r.cut(w)
		_ = n.Emit("missed")
		roomsOf(t, r, "/")
		w = r.open(socketWS)
		again := resumable(t, w, auth(was, offset))
		if again.Sid == was.Sid || again.Pid == was.Pid {
			t.Errorf("%s: came back as %v", name, again)
		}
		w.say(`421["who"]`)
		w.receives(`431[false,false,null]`)
		r.cut(w)
	}
}

func TestRow141Middleware(t *testing.T) {
	for name, runs := range map[string]bool{"skipped": false, "run": true} {
		t.Run(name, func(t *testing.T) {
			var ran, hooks atomic.Int32
			r := setup(t, realtime.Options{Recovery: &realtime.Recovery{RunMiddleware: runs}}, http.EngineOptions{}, func(s *realtime.Server) {
				s.Of("/").Use(func(_ context.Context, s *realtime.Socket) error {
					ran.Add(1)
					if strings.Contains(string(s.Auth()), "banned") {
						return errors.New("banned")
					}
					return nil
				}).OnConnection(func(s *realtime.Socket) { hooks.Add(1); _ = s.Volatile().Emit("connected", s.Recovered()) })
			})
			w := r.open(socketWS)
			was := resumable(t, w, "")
			w.receives(`42["connected",false]`)
			r.cut(w)
			w = r.open(socketWS)
			w.say(fmt.Sprintf(`40{"pid":%q,"banned":true}`, was.Pid))
			if runs {
				w.receives(`44{"message":"banned"}`)
				if again := resumable(t, w, fmt.Sprintf(`{"pid":%q}`, was.Pid)); again != was {
					t.Errorf("after the refusal: was %v, came back as %v", was, again)
				}
			} else if again := idsOf(t, w.next()); again != was {
				t.Errorf("was %v, came back as %v", was, again)
			}
			w.receives(`42["connected",true]`)
			want := int32(1)
			if runs {
				want = 3
			}
			if ran.Load() != want || hooks.Load() != 2 {
				t.Errorf("middleware ran %d times, hook %d times", ran.Load(), hooks.Load())
			}
		})
	}
}

// TestRow142WithoutOffset: better than Node, a client that was sent nothing yet resumes as well.
func TestRow142WithoutOffset(t *testing.T) {
	both(t, func(t *testing.T, join func(*rig) peer) {
		r := recovering(t, realtime.Options{}, nil)
		p := join(r)
		was := resumable(t, p, "")
		r.cut(p)
		_ = r.server.Of("/").Emit("first")
		roomsOf(t, r, "/")
		p = join(r)
		if again := resumable(t, p, fmt.Sprintf(`{"pid":%q}`, was.Pid)); again != was {
			t.Fatalf("was %v, came back as %v", was, again)
		}
		if event, _ := offsetOf(t, p.next()); event != `42["first"]` {
			t.Errorf("replayed %s", event)
		}
	})
}
