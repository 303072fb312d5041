package wiretest

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"weak"

	"github.com/gobwas/ws"

	"kapoor.example/desk/actors/realtime"
	"kapoor.example/desk/http"
	"kapoor.example/desk/protocol/socketio"
)

func TestRow107Arguments(t *testing.T) {
	both(t, func(t *testing.T, join func(*rig) peer) {
		r := simple(t, mirror)
		p := join(r)
		connected(t, p, "")
		long := strings.Repeat("x", 900_000)
		for _, args := range []string{
			`null`, `null,null`, `1,-2.5,1e10`, `true,false`, `""`, `"é漢字😀\u0000\ud83d"`, `[],{}`, `{"a":{"b":[{"c":null}]}}`, strings.Repeat("[", 200) + strings.Repeat("]", 200), `"` + long + `"`,
		} {
			p.say(`421["e",` + args + `]`)
			if got := p.next(); got != "431["+args+"]" {
				t.Errorf("%.60s came back as %.60s", args, got)
			}
		}
		big := "b" + base64.StdEncoding.EncodeToString(make([]byte, 600_000))
		p.say(`451-1["e",{"_placeholder":true,"num":0}]`, big)
		p.receives(`461-1[{"_placeholder":true,"num":0}]`, big)
		_ = r.server.Of("/").Emit("large", strings.Repeat(long, 3)) // no limit to the client
		if got := p.next(); got != `42["large","`+strings.Repeat(long, 3)+`"]` {
			t.Errorf("%d bytes came: %.50q", len(got), got)
		}
		data := bytes.Repeat([]byte("0123456789abcdef"), 200_000)
		_ = r.server.Of("/").Emit("large", data, map[string]any{"again": data})
		large := "b" + base64.StdEncoding.EncodeToString(data)
		for i, want := range []string{`452-["large",{"_placeholder":true,"num":0},{"again":{"_placeholder":true,"num":1}}]`, large, large} {
			if got := p.next(); got != want {
				t.Errorf("packet %d: %d bytes came: %.50q", i, len(got), got)
			}
		}
	})
}

// TestRow107MoreThanOneAtATime: two messages of six tenths of what a message may have were more than might wait for a
// client, and so were a large one and a small one, whose size is the server's choice.
func TestRow107MoreThanOneAtATime(t *testing.T) {
	t.Run("polling", func(t *testing.T) {
		r := simple(t, mirror)
		p := r.poll(socketPolling)
		connected(t, p, "")
		part := strings.Repeat("x", 600_000)
		want := make([]string, 8)
		for i := range want {
			p.say(`42["e","` + part + `"]`)
			want[i] = `42["back","e","` + part + `"]`
		}
		p.receives(want...)
		huge := strings.Repeat("y", 9_000_000)
		for _, text := range []string{"before", huge, "after"} {
			_ = r.server.Of("/").Emit("e", text)
		}
		roomsOf(t, r, "/") // they are in the queue
		p.receives(`42["e","before"]`, `42["e","`+huge+`"]`, `42["e","after"]`)
	})
	t.Run("websocket", func(t *testing.T) {
		r := simple(t, mirror)
		w := r.open(socketWS)
		connected(t, w, "")
		part, huge := strings.Repeat("x", 600_000), strings.Repeat("y", 9_000_000)
		var want []string
		for range 8 { // more than the kernel takes
			_ = r.server.Of("/").Emit("e", part)
			want = append(want, `42["e","`+part+`"]`)
		}
		roomsOf(t, r, "/")
		w.receives(want...)
		for _, text := range []string{huge, "after"} {
			_ = r.server.Of("/").Emit("e", text)
		}
		roomsOf(t, r, "/")
		w.receives(`42["e","`+huge+`"]`, `42["e","after"]`)
	})
}

func TestRow108Acks(t *testing.T) {
	both(t, func(t *testing.T, join func(*rig) peer) {
		r := simple(t, func(s *realtime.Server) {
			for _, name := range []string{"/", "/n"} {
				s.Of(name).On("e", func(_ *realtime.Socket, e *realtime.Event) {
					_ = e.Ack(e.Args.Spread()...)
					_ = e.Ack("again")
				})
			}
		})
		p := join(r)
		connected(t, p, "")
		connected(t, p, "/n")
		p.say(`427["e",1,"x"]`, `428["e"]`, `42/n,7["e",[]]`, `42["e","no ack"]`)
		p.receives(`437[1,"x"]`, `438[]`, `43/n,7[[]]`)
		p.say(`452-/n,9["e",{"_placeholder":true,"num":1},{"a":{"_placeholder":true,"num":0}}]`, "bAA==", "bAQ==")
		p.receives(`462-/n,9[{"_placeholder":true,"num":0},{"a":{"_placeholder":true,"num":1}}]`, "bAQ==", "bAA==")
	})
}

func TestRow109AckIDs(t *testing.T) {
	r := simple(t, func(s *realtime.Server) {
		mirror(s)
		for _, name := range []string{"/", "/n"} {
			s.Of(name).On("ask", func(s *realtime.Socket, _ *realtime.Event) {
				_ = s.EmitWithAck(func(socketio.Args, error) {}, "q")
			})
		}
	})
	w := r.open(socketWS)
	connected(t, w, "")
	connected(t, w, "/n")
	for _, id := range []string{"0", "1", "18446744073709551616", "340282366920938463463374607431768211456", strings.Repeat("9", 100)} {
		w.say(`42` + id + `["e",1]`)
		w.receives(`43` + id + `[1]`)
	}
	w.say(`42["ask"]`, `42["ask"]`, `42/n,["ask"]`, `42["ask"]`)
	w.receives(`420["q"]`, `421["q"]`, `42/n,0["q"]`, `422["q"]`)
}

func TestRow110UnknownAcks(t *testing.T) {
	both(t, func(t *testing.T, join func(*rig) peer) {
		r := simple(t, mirror)
		p := join(r)
		connected(t, p, "")
		p.say(`430[]`, `4399[1]`, `4318446744073709551616[1]`, `461-5[{"_placeholder":true,"num":0}]`, "bAA==", `421["e",1]`)
		p.receives(`431[1]`)
	})
}

// outcome is what came of waiting for an ack.
type outcome struct {
	args string
	err  error
}

func tell(outcomes chan<- outcome) func(socketio.Args, error) {
	return func(args socketio.Args, err error) {
		raw, _ := args.MarshalJSON()
		outcomes <- outcome{string(raw), err}
	}
}

func TestRow111AckTimeout(t *testing.T) {
	both(t, func(t *testing.T, join func(*rig) peer) {
		outcomes := make(chan outcome, 10)
		r := simple(t, func(s *realtime.Server) {
			mirror(s)
			s.Of("/").On("soon", func(s *realtime.Socket, _ *realtime.Event) {
				_ = s.Timeout(200*time.Millisecond).EmitWithAck(tell(outcomes), "q")
			}).On("ever", func(s *realtime.Socket, _ *realtime.Event) {
				_ = s.EmitWithAck(tell(outcomes), "q")
			})
		})
		p := join(r)
		connected(t, p, "")
		start := time.Now()
		p.say(`42["soon"]`)
		p.receives(`420["q"]`)
		o := take(t, outcomes)
		if took := time.Since(start); took < 200*time.Millisecond {
			t.Errorf("out of time after %v", took)
		}
		if !errors.Is(o.err, realtime.ErrAckTimeout) || o.err.Error() != "operation has timed out" {
			t.Errorf("%+v", o)
		}
		timers := r.system.Timers()
		p.say(`430["late"]`, `42["ever"]`)
		p.receives(`421["q"]`)
		if now := r.system.Timers(); now != timers {
			t.Errorf("%d timers were started for what waits for ever", now-timers)
		}
		p.say(`431["in time",{"a":1}]`, `431["twice"]`, `421["e",1]`)
		p.receives(`431[1]`)
		if o := take(t, outcomes); o != (outcome{args: `["in time",{"a":1}]`}) {
			t.Errorf("%+v", o)
		}
		if len(outcomes) != 0 {
			t.Errorf("then came %+v", <-outcomes)
		}
		p.say(`42["ever"]`)
		p.receives(`422["q"]`)
		p.say("1") // gone without an answer
		if o := take(t, outcomes); !errors.Is(o.err, realtime.ErrNotConnected) {
			t.Errorf("%+v", o)
		}
	})
}

// gathered is what a broadcast with ack came to.
type gathered struct {
	answers []string
	err     error
}

func gather(into chan<- gathered) func([]socketio.Args, error) {
	return func(all []socketio.Args, err error) {
		g := gathered{err: err, answers: []string{}}
		for _, args := range all {
			raw, _ := args.MarshalJSON()
			g.answers = append(g.answers, string(raw))
		}
		slices.Sort(g.answers)
		into <- g
	}
}

func TestRow112BroadcastWithAck(t *testing.T) {
	var parent *realtime.Namespace
	r := simple(t, func(s *realtime.Server) {
		mirror(s)
		s.Of("/").On("join", func(s *realtime.Socket, e *realtime.Event) { _ = s.Join("red"); _ = e.Ack() })
		parent = s.OfPattern(regexp.MustCompile("^/none"))
	})
	n := r.server.Of("/")
	into := make(chan gathered, 1)
	for what, of := range map[string]realtime.Broadcast{
		"nobody there": n.All(), "nobody in the room": n.To("nobody").Timeout(time.Hour), "none of a parent": parent.All(),
	} {
		_ = of.EmitWithAck(gather(into), "q")
		if g := take(t, into); g.err != nil || len(g.answers) != 0 {
			t.Errorf("%s: %+v", what, g)
		}
	}
	if timers := r.system.Timers(); timers != 0 {
		t.Errorf("%d timers wait for nobody", timers)
	}
	peers := []peer{r.poll(socketPolling), r.open(socketWS), r.open(socketWS)}
	for i, p := range peers {
		connected(t, p, "")
		if i < 2 {
			p.say(`429["join"]`)
			p.receives("439[]")
		}
	}
	_ = n.To("red").EmitWithAck(gather(into), "q", 1)
	for i, p := range peers[:2] {
		p.receives(`422["q",1]`)
		p.say(fmt.Sprintf(`432["answer",%d]`, i))
	}
	if g := take(t, into); g.err != nil || !slices.Equal(g.answers, []string{`["answer",0]`, `["answer",1]`}) {
		t.Errorf("all answered: %+v", g)
	}
	start := time.Now()
	kept := ask(n.Timeout(300*time.Millisecond), gather(into), "q", []byte{1})
	for i, p := range peers {
		p.receives(`451-3["q",{"_placeholder":true,"num":0}]`, "bAQ==")
		if i != 1 {
			p.say(`433["in time"]`)
		}
	}
	if g := take(t, into); !errors.Is(g.err, realtime.ErrAckTimeout) || len(g.answers) != 2 {
		t.Errorf("one did not answer: %+v", g)
	}
	if took := time.Since(start); took < 300*time.Millisecond {
		t.Errorf("out of time after %v", took)
	}
	for range 2 * 1024 { // the adapter's inbox keeps what passed until something else takes its place
		_ = n.To("nobody").Emit("e")
	}
	eventually(t, "that nobody remembers the question", func() bool { runtime.GC(); return kept.Value() == nil })
	peers[1].say(`433["late"]`, `427["e",7]`)
	peers[1].receives("437[7]")
	_ = n.EmitWithAck(gather(into), "q")
	for i, p := range peers {
		p.receives(`424["q"]`)
		if i == 0 {
			p.say("1")
			continue
		}
		p.say(`434[]`)
	}
	if g := take(t, into); !errors.Is(g.err, realtime.ErrNotConnected) || len(g.answers) != 2 {
		t.Errorf("one went away: %+v", g)
	}
	_ = n.To("nobody").EmitWithAck(gather(into), "q")
	if g := take(t, into); g.err != nil || len(g.answers) != 0 {
		t.Errorf("empty room: %+v", g)
	}
}

// witness is kept in memory by an answer, for as long as somebody could call that.
type witness struct{ _ [64]byte }

// ask emits with an ack, and returns what tells whether the answer is waited for still.
func ask(of realtime.Broadcast, answer func([]socketio.Args, error), name string, args ...any) (kept weak.Pointer[witness]) {
	w := &witness{}
	_ = of.EmitWithAck(func(all []socketio.Args, err error) {
		answer(all, err)
		runtime.KeepAlive(w)
	}, name, args...)
	return weak.Make(w)
}

// TestRow112SingleTarget: who asks one of the sockets that were fetched gets one value and not a list.
func TestRow112SingleTarget(t *testing.T) {
	r := simple(t, mirror)
	w := r.open(socketWS)
	connected(t, w, "")
	connected(t, r.open(socketWS), "/n")
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	found, err := r.server.Of("/").FetchSockets(ctx)
	if err != nil || len(found) != 1 {
		t.Fatalf("found %v, %v", found, err)
	}
	outcomes := make(chan outcome, 1)
	if err := found[0].EmitWithAck(tell(outcomes), "q", 1); err != nil {
		t.Fatal(err)
	}
	w.receives(`420["q",1]`)
	w.say(`430["a",{"b":1}]`)
	if o := take(t, outcomes); o != (outcome{args: `["a",{"b":1}]`}) {
		t.Errorf("%+v", o)
	}
	if err := found[0].Timeout(100*time.Millisecond).EmitWithAck(tell(outcomes), "q"); err != nil {
		t.Fatal(err)
	}
	w.receives(`421["q"]`)
	if o := take(t, outcomes); !errors.Is(o.err, realtime.ErrAckTimeout) {
		t.Errorf("%+v", o)
	}
	w.say("41")
	eventually(t, "the end", func() bool { return r.server.Sockets("/") == 0 })
	if err := found[0].EmitWithAck(tell(outcomes), "q"); err != nil {
		t.Fatal(err)
	}
	if o := take(t, outcomes); !errors.Is(o.err, realtime.ErrNotConnected) {
		t.Errorf("%+v", o)
	}
}

func TestRow113HandlersInOrder(t *testing.T) {
	both(t, func(t *testing.T, join func(*rig) peer) {
		var mu sync.Mutex
		var ran []string
		r := simple(t, func(s *realtime.Server) {
			s.Of("/").OnConnection(func(*realtime.Socket) { mu.Lock(); ran = append(ran, "connection"); mu.Unlock() }).
				On("n", func(_ *realtime.Socket, e *realtime.Event) {
					mu.Lock()
					defer mu.Unlock()
					ran = append(ran, string(e.Args.Raw[0]))
				}).
				On("end", func(_ *realtime.Socket, e *realtime.Event) { _ = e.Ack() })
		})
		p := join(r)
		connected(t, p, "")
		want := []string{"connection"}
		packets := []string{`42["nobody handles this"]`}
		for i := range 100 {
			packets = append(packets, fmt.Sprintf(`42["n",%d]`, i))
			want = append(want, fmt.Sprint(i))
		}
		p.say(append(packets, `421["end"]`)...)
		p.receives("431[]")
		mu.Lock()
		defer mu.Unlock()
		if !slices.Equal(ran, want) {
			t.Errorf("ran %v", ran)
		}
	})
}

// TestRow113NothingIsLostBehindAConnect: the news that a socket is connected reaches its session later than the answer
// reaches the client; what that sends at once waits, and is handled behind the connection handler.
func TestRow113NothingIsLostBehindAConnect(t *testing.T) {
	both(t, func(t *testing.T, join func(*rig) peer) {
		r := simple(t, func(s *realtime.Server) {
			s.Of("/").OnConnection(func(s *realtime.Socket) { _ = s.Emit("connection") }).
				On("e", func(_ *realtime.Socket, e *realtime.Event) { _ = e.Ack() })
		})
		for range 20 {
			p := join(r)
			p.say("40", `421["e"]`, `422["e"]`)
			connectAnswer(t, p.next(), "")
			p.receives(`42["connection"]`, "431[]", "432[]")
		}
	})
}

// TestRow113OrderAcrossNamespaces: a client may speak as soon as its CONNECT is answered, a moment before the session's actor
// knows. What it says then was put aside for the one namespace while the next packets, for another, were handled.
func TestRow113OrderAcrossNamespaces(t *testing.T) {
	handled, release := make(chan string, 10), make(chan struct{})
	r := simple(t, func(s *realtime.Server) {
		for _, name := range []string{"/", "/n"} {
			s.Of(name).OnConnection(func(*realtime.Socket) { handled <- "connection " + name }).
				OnAny(func(_ *realtime.Socket, e *realtime.Event) { handled <- e.Name }).
				OnDisconnect(func(*realtime.Socket, realtime.Reason) { handled <- "disconnect " + name })
		}
		var once sync.Once
		// Called between the answer to CONNECT and the news of it.
		s.Of("/n").OnRoom(func(realtime.RoomEvent) { once.Do(func() { <-release }) })
	})
	w := r.open(socketWS)
	connected(t, w, "")
	w.say("40/n")
	connectAnswer(t, w.next(), "/n")
	w.say(`42["1"]`, `42/n,["2"]`, `42["3"]`, `42/n,["4"]`, "41", `42/n,["5"]`, "42{}", `42/n,["never"]`)
	// The answer to a WebSocket ping says that what was before it waits for the session's actor.
	_ = ws.WriteFrame(w.conn, ws.MaskFrameInPlace(ws.NewPingFrame([]byte("x"))))
	if op, payload, err := w.frame(); op != ws.OpPong || string(payload) != "x" || err != nil {
		t.Fatalf("got %v %q, %v", op, payload, err)
	}
	close(release)
	w.gone()
	for _, want := range []string{"connection /", "1", "connection /n", "2", "3", "4", "disconnect /", "5", "disconnect /n"} {
		select {
		case got := <-handled:
			if got != want {
				t.Errorf("handled %q, want %q", got, want)
			}
		case <-time.After(patience):
			t.Fatalf("%q was not handled", want)
		}
	}
	if len(handled) > 0 {
		t.Errorf("then %q was handled", <-handled)
	}
}

func TestRow114EventMiddleware(t *testing.T) {
	both(t, func(t *testing.T, join func(*rig) peer) {
		r := simple(t, func(s *realtime.Server) {
			n := s.Of("/")
			n.OnConnection(func(s *realtime.Socket) {
				s.Use(func(e *realtime.Event) error {
					if e.Name == "forbidden" {
						return errors.New("not allowed")
					}
					return nil
				})
				off := s.Use(func(e *realtime.Event) error {
					e.Name = strings.TrimPrefix(e.Name, "old-")
					e.Args.Raw = append(e.Args.Raw, []byte(`"added"`))
					return nil
				})
				s.OnError(func(err error) { _ = s.Emit("refused", err.Error()) })
				s.On("off", func(*realtime.Event) { off() })
			})
			mirror(s)
		})
		p := join(r)
		connected(t, p, "")
		p.say(`42["forbidden"]`, `421["forbidden"]`, `422["old-e",1]`, `42["off"]`, `423["old-e",1]`, `42["old-e"]`)
		p.receives(`42["refused","not allowed"]`, `42["refused","not allowed"]`, `432[1,"added"]`, `433[1]`, `42["back","old-e"]`)
	})
}

func TestRow115CatchAll(t *testing.T) {
	both(t, func(t *testing.T, join func(*rig) peer) {
		var mu sync.Mutex
		var heard []string
		note := func(what string) {
			mu.Lock()
			defer mu.Unlock()
			heard = append(heard, what)
		}
		offs := make(chan []func(), 1)
		r := simple(t, func(s *realtime.Server) {
			s.Of("/").OnConnection(func(s *realtime.Socket) {
				removed := s.OnAny(func(*realtime.Event) { note("removed") })
				removed()
				offs <- []func(){
					s.OnAny(func(e *realtime.Event) { note("in-2 " + e.Name) }),
					s.PrependAny(func(e *realtime.Event) { note("in-1 " + e.Name) }),
					s.OnAnyOutgoing(func(name string, args socketio.Args) { note(fmt.Sprint("out-2 ", name, args.Len())) }),
					s.PrependAnyOutgoing(func(name string, args socketio.Args) { note(fmt.Sprint("out-1 ", name, args.Len())) }),
				}
			}).On("e", func(s *realtime.Socket, _ *realtime.Event) {
				note("handler")
				_ = s.Emit("own", 1)
			}).On("end", func(_ *realtime.Socket, e *realtime.Event) { _ = e.Ack() })
		})
		p := join(r)
		connected(t, p, "")
		p.say(`42["e"]`)
		p.receives(`42["own",1]`)
		_ = r.server.Of("/").Emit("all", 1, 2)
		_ = r.server.Of("/").To("elsewhere").Emit("not for it")
		p.receives(`42["all",1,2]`)
		p.say(`421["end"]`)
		p.receives("431[]")
		want := []string{"in-1 e", "in-2 e", "handler", "out-1 own1", "out-2 own1", "out-1 all2", "out-2 all2", "in-1 end", "in-2 end"}
		mu.Lock()
		if !slices.Equal(heard, want) {
			t.Errorf("heard %q, want %q", heard, want)
		}
		heard = nil
		mu.Unlock()
		for _, off := range take(t, offs) {
			off()
		}
		p.say(`42["e"]`, `422["end"]`)
		p.receives(`42["own",1]`, "432[]")
		mu.Lock()
		defer mu.Unlock()
		if !slices.Equal(heard, []string{"handler"}) {
			t.Errorf("after they were taken off: %q", heard)
		}
	})
}

func TestRow116AfterTheDisconnect(t *testing.T) {
	both(t, func(t *testing.T, join func(*rig) peer) {
		handled := make(chan string, 10)
		r := simple(t, func(s *realtime.Server) {
			s.Of("/n").On("leave", func(s *realtime.Socket, _ *realtime.Event) { s.Disconnect(false) }).
				On("e", func(_ *realtime.Socket, e *realtime.Event) { handled <- e.Name })
			mirror(s)
			s.Of("/n").OnUnhandled(nil)
		})
		p := join(r)
		connected(t, p, "")
		connected(t, p, "/n")
		p.say(`42/n,["leave"]`, `42/n,["e"]`, `42/n,1["e"]`, `43/n,0[]`, `41/n,`, `421["e",1]`)
		got := []string{p.next(), p.next()}
		slices.Sort(got)
		if !slices.Equal(got, []string{"41/n,", "431[1]"}) {
			t.Errorf("got %q", got)
		}
		connected(t, p, "/n,")
		p.say(`41/n,`, `42/n,["e"]`, `422["e",2]`)
		p.receives(`432[2]`)
		if len(handled) != 0 {
			t.Errorf("handled %q", <-handled)
		}
	})
}

func TestRow117Volatile(t *testing.T) {
	t.Run("polling", func(t *testing.T) {
		r := simple(t, mirror)
		p := r.poll(socketPolling)
		connected(t, p, "")
		n := r.server.Of("/")
		_ = n.Volatile().Emit("lost", 1) // no poll is there to take it
		_ = n.Emit("kept")
		_ = n.Volatile().Emit("lost", 2) // something is queued
		roomsOf(t, r, "/")               // after the emits
		p.receives(`42["kept"]`)
		polled := make(chan answer, 1)
		go func() { polled <- p.get() }()
		eventually(t, "the poll", r.server.Session(p.sid).Writable)
		_ = n.Volatile().Emit("taken")
		take(t, polled).is(t, 200, `42["taken"]`)
		_ = n.Emit("after")
		p.receives(`42["after"]`)
	})
	// Two in a row, of which a poll takes one; on all the ways an event can take.
	for name, emit := range map[string]func(s *realtime.Socket, args ...any){
		"to all":     func(s *realtime.Socket, args ...any) { _ = s.Namespace().Volatile().Emit("e", args...) },
		"to a room":  func(s *realtime.Socket, args ...any) { _ = s.Namespace().To(s.ID()).Volatile().Emit("e", args...) },
		"to the one": func(s *realtime.Socket, args ...any) { _ = s.Volatile().Emit("e", args...) },
	} {
		t.Run("second in a row, "+name, func(t *testing.T) {
			sockets := make(chan *realtime.Socket, 1)
			r := simple(t, func(s *realtime.Server) { s.Of("/").OnConnection(func(s *realtime.Socket) { sockets <- s }) })
			p := r.poll(socketPolling)
			connected(t, p, "")
			socket := take(t, sockets)
			polled := make(chan answer, 1)
			polls := func() {
				t.Helper()
				go func() { polled <- p.get() }()
				eventually(t, "the poll", r.server.Session(p.sid).Writable)
			}
			emit(socket, "lost")
			roomsOf(t, r, "/")
			polls()
			emit(socket, "taken")
			emit(socket, "lost")
			roomsOf(t, r, "/")
			take(t, polled).is(t, 200, `42["e","taken"]`)
			polls()
			emit(socket, []byte{1}, "whole")
			emit(socket, []byte{2}, "lost")
			roomsOf(t, r, "/")
			take(t, polled).is(t, 200, `451-["e",{"_placeholder":true,"num":0},"whole"]`+"\x1ebAQ==")
			_ = socket.Emit("after")
			p.receives(`42["after"]`)
		})
	}
	t.Run("during binary", func(t *testing.T) {
		r := setup(t, realtime.Options{MaxQueue: 1 << 30}, http.EngineOptions{}, mirror)
		w := r.open(socketWS)
		connected(t, w, "")
		n := r.server.Of("/")
		data := bytes.Repeat([]byte("0123456789abcdef"), 1<<20)
		_ = n.Volatile().Emit("begun", data) // the kernel takes a part: what has begun is finished
		_ = n.Volatile().Emit("lost", []byte{1})
		_ = n.Volatile().Emit("lost")
		roomsOf(t, r, "/")
		_ = n.Emit("after", []byte{2})
		w.receives(`451-["begun",{"_placeholder":true,"num":0}]`)
		if got := w.next(); got != "b"+base64.StdEncoding.EncodeToString(data) {
			t.Errorf("%d bytes, not those that were sent", len(got))
		}
		w.receives(`451-["after",{"_placeholder":true,"num":0}]`, "bAg==")
	})
	t.Run("websocket", func(t *testing.T) {
		r := setup(t, realtime.Options{MaxQueue: 1 << 30}, http.EngineOptions{}, mirror)
		w := r.open(socketWS)
		connected(t, w, "")
		n := r.server.Of("/")
		_ = n.Volatile().Emit("taken", []byte{1})
		w.receives(`451-["taken",{"_placeholder":true,"num":0}]`, "bAQ==")
		_ = n.Emit("huge", strings.Repeat("x", 16<<20)) // the kernel takes only a part
		_ = n.Volatile().Emit("lost")
		roomsOf(t, r, "/")
		_ = n.Emit("after")
		if got := w.next(); len(got) < 16<<20 {
			t.Errorf("%d bytes", len(got))
		}
		w.receives(`42["after"]`)
	})
}

func TestRow118Compress(t *testing.T) {
	sockets := make(chan *realtime.Socket, 1)
	r := simple(t, func(s *realtime.Server) { s.Of("/").OnConnection(func(s *realtime.Socket) { sockets <- s }) })
	p := r.poll(socketPolling)
	id := connected(t, p, "")
	n, socket := r.server.Of("/"), take(t, sockets)
	text := strings.Repeat("x", 2000)
	encoding := func(emit func() error) string {
		if err := emit(); err != nil {
			t.Fatal(err)
		}
		roomsOf(t, r, "/")
		a := r.do("GET", p.path, map[string]string{"Accept-Encoding": "gzip"}, nil)
		if a.status != 200 {
			t.Fatalf("poll: %+v", a)
		}
		return a.header.Get("Content-Encoding")
	}
	for name, row := range map[string]struct {
		emit func() error
		want string
	}{
		"by default":             {func() error { return n.Emit("e", text) }, "gzip"},
		"on":                     {func() error { return n.Compress(true).Emit("e", text) }, "gzip"},
		"off":                    {func() error { return n.Compress(false).Emit("e", text) }, ""},
		"off for a room":         {func() error { return n.To(id).Compress(false).Emit("e", text) }, ""},
		"a room by default":      {func() error { return n.To(id).Emit("e", text) }, "gzip"},
		"one by default":         {func() error { return socket.Emit("e", text) }, "gzip"},
		"on for one":             {func() error { return socket.Compress(true).Emit("e", text) }, "gzip"},
		"off for one":            {func() error { return socket.Compress(false).Emit("e", text) }, ""},
		"off and on in one poll": {func() error { return errors.Join(n.Compress(false).Emit("e", text), n.Emit("e", text)) }, "gzip"},
	} {
		if got := encoding(row.emit); got != row.want {
			t.Errorf("%s: encoding %q, want %q", name, got, row.want)
		}
	}
}

func TestRow119Send(t *testing.T) {
	both(t, func(t *testing.T, join func(*rig) peer) {
		r := simple(t, func(s *realtime.Server) {
			s.Of("/").OnConnection(func(s *realtime.Socket) {
				_ = s.Send("a", 1)
				_ = s.Write("b")
				_ = s.Namespace().Send("c")
				_ = s.Namespace().Write("d")
				_ = s.Namespace().To(s.ID()).Send("e")
				_ = s.Namespace().To(s.ID()).Write("f")
			})
		})
		p := join(r)
		connected(t, p, "")
		p.receives(`42["message","a",1]`, `42["message","b"]`, `42["message","c"]`, `42["message","d"]`, `42["message","e"]`, `42["message","f"]`)
	})
}
