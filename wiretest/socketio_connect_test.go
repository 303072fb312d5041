package wiretest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kapoor.example/desk/actors/realtime"
	"kapoor.example/desk/http"
)

// echoing sets up "/" and "/custom", each greeting with what it was told and acking "echo".
func echoing(s *realtime.Server) {
	for _, name := range []string{"/", "/custom"} {
		s.Of(name).OnConnection(func(s *realtime.Socket) {
			auth := s.Auth()
			if auth == nil {
				auth = json.RawMessage("{}")
			}
			_ = s.Emit("auth", auth)
		}).On("echo", func(_ *realtime.Socket, e *realtime.Event) { _ = e.Ack(e.Args.Spread()...) })
	}
}

func TestRow079Connect(t *testing.T) {
	both(t, func(t *testing.T, join func(*rig) peer) {
		r := simple(t, echoing)
		for rest, auth := range map[string]string{
			"": "{}", "{}": "{}", "/": "{}", "/,": "{}", `{"auth":1}`: `{"auth":1}`, `/,{"auth":1}`: `{"auth":1}`,
		} {
			p := join(r)
			sid := connected(t, p, rest)
			engine := ""
			switch p := p.(type) {
			case *polling:
				engine = p.sid
			case *websocket:
				engine = p.sid
			}
			if sid == engine {
				t.Errorf("CONNECT %q: the socket has the id of its connection", rest)
			}
			p.receives(`42["auth",` + auth + `]`)
		}
		for _, rest := range []string{"[]", `"x"`, "null", "true", "{", `{"a":}`} {
			p := join(r)
			p.say("40" + rest)
			ended(t, p)
		}
	})
}

// ended checks how a connection ends that broke the protocol: a WebSocket is closed; a poll gets noop and close, and the
// very next request finds no session any more (for a moment there used to be one that said close again).
func ended(t testing.TB, p peer) {
	t.Helper()
	if p, ok := p.(*polling); ok {
		p.get().is(t, 200, "6\x1e1")
		p.get().is(t, 400, gone)
		p.post("3").is(t, 400, gone)
		return
	}
	p.gone()
}

// last polls a session that the server ends by itself: the close was held for this poll, or the poll came first and waited
// (row 40).
func (p *polling) last() {
	p.r.t.Helper()
	if a := p.get(); a.status != 200 || a.body != "6\x1e1" && a.body != "1" {
		p.r.t.Errorf("the last poll was answered %d %q", a.status, a.body)
	}
}

func TestRow080Namespaces(t *testing.T) {
	both(t, func(t *testing.T, join func(*rig) peer) {
		r := simple(t, echoing)
		for rest, auth := range map[string]string{
			"/custom": "{}", "/custom,": "{}", `/custom,{"token":"a&b=c?d/e"}`: `{"token":"a&b=c?d/e"}`,
		} {
			p := join(r)
			connected(t, p, rest)
			p.receives(`42/custom,["auth",` + auth + `]`)
			connected(t, p, `{"own":true}`)
			p.receives(`42["auth",{"own":true}]`)
		}
	})
}

func TestRow081AnswerFirst(t *testing.T) {
	both(t, func(t *testing.T, join func(*rig) peer) {
		r := simple(t, func(s *realtime.Server) {
			s.Of("/").OnConnection(func(s *realtime.Socket) {
				_ = s.Emit("first")
				_ = s.Namespace().To(s.ID()).Emit("second")
			})
		})
		for range 20 {
			p := join(r)
			connected(t, p, "")
			p.receives(`42["first"]`, `42["second"]`)
		}
	})
}

func TestRow082UnknownNamespace(t *testing.T) {
	both(t, func(t *testing.T, join func(*rig) peer) {
		r := simple(t, echoing)
		p := join(r)
		p.say("40/random", "40/random,", `40/random,{"auth":1}`, "40/__proto__", "40/constructor")
		p.receives(
			`44/random,{"message":"Invalid namespace"}`, `44/random,{"message":"Invalid namespace"}`,
			`44/random,{"message":"Invalid namespace"}`, `44/__proto__,{"message":"Invalid namespace"}`,
			`44/constructor,{"message":"Invalid namespace"}`)
		connected(t, p, "")
		p.receives(`42["auth",{}]`)
	})
}

func TestRow083QueryIsPartOfTheName(t *testing.T) {
	r := simple(t, func(s *realtime.Server) {
		echoing(s)
		s.Of("/custom?a=b")
	})
	w := r.open(socketWS)
	w.say("40/custom?token=x,")
	w.receives(`44/custom?token=x,{"message":"Invalid namespace"}`)
	connected(t, w, "/custom?a=b,")
}

func TestRow084NamesWithoutSlash(t *testing.T) {
	r := simple(t, func(s *realtime.Server) {
		s.Of("").OnConnection(func(s *realtime.Socket) { _ = s.Emit("main", s.Namespace().Name()) })
		s.Of("abc").OnConnection(func(s *realtime.Socket) { _ = s.Emit("abc", s.Namespace().Name()) })
	})
	if r.server.Of("") != r.server.Of("/") || r.server.Of("abc") != r.server.Of("/abc") {
		t.Error("not the same namespaces")
	}
	w := r.open(socketWS)
	connected(t, w, "")
	w.receives(`42["main","/"]`)
	connected(t, w, "/abc")
	w.receives(`42/abc,["abc","/abc"]`)
}

func TestRow085Middleware(t *testing.T) {
	both(t, func(t *testing.T, join func(*rig) peer) {
		var mu sync.Mutex
		var ran []string
		note := func(what string) {
			mu.Lock()
			defer mu.Unlock()
			ran = append(ran, what)
		}
		sockets := make(chan *realtime.Socket, 10)
		r := simple(t, func(s *realtime.Server) {
			n := s.Of("/guarded")
			n.OnConnection(func(*realtime.Socket) { note("connection") })
			n.OnRoom(func(e realtime.RoomEvent) {
				if e.Room == "early" {
					note(string(e.Type))
				}
			})
			n.Use(func(_ context.Context, s *realtime.Socket) error {
				note("first")
				if string(s.Auth()) == `{"first":"refuses"}` {
					return errors.New("first")
				}
				sockets <- s
				return s.Join("early")
			})
			n.Use(func(_ context.Context, s *realtime.Socket) error {
				note("second")
				switch string(s.Auth()) {
				case `{"with":"data"}`:
					return &realtime.ConnectError{Message: "no", Data: map[string]any{"code": 401, "list": []int{1}}}
				case `{"with":"message"}`:
					return errors.New("just no")
				}
				return nil
			})
		})
		p := join(r)
		p.say(`40/guarded,{"with":"data"}`)
		p.receives(`44/guarded,{"message":"no","data":{"code":401,"list":[1]}}`)
		p.say(`40/guarded,{"with":"message"}`)
		p.receives(`44/guarded,{"message":"just no"}`)
		p.say(`40/guarded,{"first":"refuses"}`)
		p.receives(`44/guarded,{"message":"first"}`)
		for range 2 {
			if s := take(t, sockets); len(s.Rooms()) != 0 || s.Joined("early") || s.Join("late") == nil || s.Connected() {
				t.Errorf("in rooms %v, connected %t after the refusal", s.Rooms(), s.Connected())
			}
		}
		if got := roomsOf(t, r, "/guarded"); len(got) != 0 {
			t.Errorf("in rooms after the refusal: %v", got)
		}
		id := connected(t, p, "/guarded,{}")
		eventually(t, "the connection hook", func() bool { mu.Lock(); defer mu.Unlock(); return slices.Contains(ran, "connection") })
		mu.Lock()
		if got := strings.Join(ran, " "); got != "first second first second first first second create-room join-room connection" {
			t.Errorf("ran %s", got)
		}
		mu.Unlock()
		want := []string{id, "early"}
		slices.Sort(want)
		if got := roomsOf(t, r, "/guarded"); !slices.Equal(got, want) {
			t.Errorf("in rooms %v", got)
		}
	})
}

// roomsOf returns the rooms of all sockets of a namespace, sorted.
func roomsOf(t testing.TB, r *rig, namespace string) (rooms []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	sockets, err := r.server.Of(namespace).FetchSockets(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sockets {
		rooms = append(rooms, s.Rooms...)
	}
	slices.Sort(rooms)
	return slices.Compact(rooms)
}

func TestRow086MiddlewareOfOneNamespace(t *testing.T) {
	r := simple(t, func(s *realtime.Server) {
		s.Of("/").Use(func(context.Context, *realtime.Socket) error { return errors.New("main refuses") })
		s.Of("/chat")
	})
	w := r.open(socketWS)
	connected(t, w, "/chat")
	w.say("40")
	w.receives(`44{"message":"main refuses"}`)
}

func TestRow087GoneWhileMiddlewareWaits(t *testing.T) {
	both(t, func(t *testing.T, join func(*rig) peer) {
		// After a violation a polling session is held until its client has read the close: it is gone, and still there.
		for name, end := range map[string]string{"the client closes": "1", "the server closes": "42{}"} {
			t.Run(name, func(t *testing.T) {
				entered, release := make(chan struct{}, 1), make(chan struct{})
				connections := make(chan struct{}, 1)
				// One middleware at a time: the second client's runs when the first one's is through.
				r := setup(t, realtime.Options{Admissions: 1}, http.EngineOptions{}, func(s *realtime.Server) {
					s.Of("/").OnConnection(func(*realtime.Socket) { connections <- struct{}{} }).
						Use(func(context.Context, *realtime.Socket) error {
							entered <- struct{}{}
							<-release
							return nil
						})
					s.Of("/free").Use(func(context.Context, *realtime.Socket) error { return nil })
				})
				p := join(r)
				p.say("40")
				take(t, entered)
				p.say(end)
				_, held := p.(*polling)
				if held = held && end != "1"; !held {
					p.gone()
				}
				close(release)
				for range 5 {
					w := r.open(socketWS)
					connected(t, w, "/free")
				}
				if held {
					ended(t, p)
				}
				if len(connections) != 0 {
					t.Error("a client that is gone was connected")
				}
				if n := r.server.Sockets("/"); n != 0 {
					t.Errorf("%d sockets of it are left", n)
				}
			})
		}
	})
}

// TestRow087SlotOfAMiddleware: a middleware that waited for its context went on waiting when its client had left, for as
// long as ConnectTimeout, and held the place of one that was to run for somebody else.
func TestRow087SlotOfAMiddleware(t *testing.T) {
	waiting := func(t *testing.T) (r *rig, entered chan struct{}, left chan error) {
		entered, left = make(chan struct{}, 1), make(chan error, 1)
		r = setup(t, realtime.Options{Admissions: 1, ConnectTimeout: time.Hour}, http.EngineOptions{}, func(s *realtime.Server) {
			s.Of("/").Use(func(ctx context.Context, _ *realtime.Socket) error {
				entered <- struct{}{}
				<-ctx.Done()
				left <- ctx.Err()
				return ctx.Err()
			})
			s.Of("/free").Use(func(context.Context, *realtime.Socket) error { return nil })
		})
		return r, entered, left
	}
	cancelled := func(t *testing.T, left chan error) {
		t.Helper()
		if err := take(t, left); !errors.Is(err, context.Canceled) {
			t.Errorf("the middleware's context ended with %v", err)
		}
	}
	both(t, func(t *testing.T, join func(*rig) peer) {
		for name, packet := range map[string]string{"row 087 the client closes": "1", "row 087 the server closes": "42{}"} {
			t.Run(name, func(t *testing.T) {
				r, entered, left := waiting(t)
				p := join(r)
				p.say("40")
				take(t, entered)
				other := r.open(socketWS)
				other.say("40/free") // it waits for its turn
				p.say(packet)
				cancelled(t, left)
				connectAnswer(t, other.next(), "/free")
			})
		}
	})
	t.Run("row 087 the client is cut", func(t *testing.T) {
		r, entered, left := waiting(t)
		w := r.open(socketWS)
		w.say("40")
		take(t, entered)
		_ = w.conn.Close()
		cancelled(t, left)
		connected(t, r.open(socketWS), "/free")
	})
	t.Run("row 087 it leaves while it waits for its turn", func(t *testing.T) {
		r, entered, left := waiting(t)
		first, second := r.open(socketWS), r.open(socketWS)
		first.say("40")
		take(t, entered)
		second.say("40")
		second.say("1")
		second.gone()
		first.say("1")
		cancelled(t, left)
		connected(t, r.open(socketWS), "/free")
		if len(entered) != 0 {
			t.Error("the middleware ran for a client that had left")
		}
	})
	t.Run("row 087 the server stops", func(t *testing.T) {
		r, entered, left := waiting(t)
		r.open(socketWS).say("40")
		take(t, entered)
		r.stop()
		cancelled(t, left)
	})
}

func TestRow088NotThereBeforeMiddlewareIsThrough(t *testing.T) {
	entered, release := make(chan *realtime.Socket, 1), make(chan struct{})
	r := simple(t, func(s *realtime.Server) {
		s.Of("/").Use(func(_ context.Context, s *realtime.Socket) error {
			entered <- s
			<-release
			return nil
		})
	})
	w := r.open(socketWS)
	w.say("40")
	socket := take(t, entered)
	if socket.Connected() || r.server.Sockets("/") != 0 {
		t.Error("connected or counted already")
	}
	if got := roomsOf(t, r, "/"); len(got) != 0 {
		t.Errorf("reachable in %v", got)
	}
	_ = r.server.Of("/").Emit("to everybody")
	_ = r.server.Of("/").To(socket.ID()).Emit("to its room")
	roomsOf(t, r, "/") // after the emits
	close(release)
	connectAnswer(t, w.next(), "")
	_ = r.server.Of("/").Emit("now")
	w.receives(`42["now"]`)
	eventually(t, "connected", socket.Connected)
}

func TestRow089ConnectTimeout(t *testing.T) {
	both(t, func(t *testing.T, join func(*rig) peer) {
		r := setup(t, realtime.Options{ConnectTimeout: 300 * time.Millisecond}, http.EngineOptions{}, func(s *realtime.Server) {
			s.Of("/")
			s.Of("/never").Use(func(context.Context, *realtime.Socket) error { return errors.New("no") })
		})
		joined := join(r) // first: what would end it would end it before the others
		connected(t, joined, "")
		start := time.Now()
		silent, refused := join(r), join(r)
		refused.say("40/never", "40/unknown")
		answers := []string{refused.next(), refused.next()} // a middleware takes its time
		slices.Sort(answers)
		if !slices.Equal(answers, []string{`44/never,{"message":"no"}`, `44/unknown,{"message":"Invalid namespace"}`}) {
			t.Errorf("answered %q", answers)
		}
		for _, p := range []peer{silent, refused} {
			if p, ok := p.(*polling); ok {
				p.last()
			}
			p.gone()
		}
		if took := time.Since(start); took < 300*time.Millisecond {
			t.Errorf("closed after %v", took)
		}
		_ = r.server.Of("/").Emit("still here")
		joined.receives(`42["still here"]`)
	})
}

func TestRow090WrongState(t *testing.T) {
	both(t, func(t *testing.T, join func(*rig) peer) {
		r := simple(t, echoing)
		for name, packets := range map[string][]string{
			"second CONNECT":                {`40{"a":1}`, "40"},
			"EVENT before CONNECT":          {`42["echo"]`},
			"ACK before CONNECT":            {`431[]`},
			"DISCONNECT before CONNECT":     {`41`},
			"EVENT for another namespace":   {"40", `42/custom,["echo"]`},
			"CONNECT_ERROR from the client": {"40", `44{"message":"x"}`},
			"CONNECT_ERROR, first":          {`44{"message":"x"}`},
		} {
			t.Run(name, func(t *testing.T) {
				p := join(r)
				for i, packet := range packets {
					if i > 0 { // row 91 is about two in one go
						connectAnswer(t, p.next(), "")
						p.next() // auth
					}
					p.say(packet)
				}
				ended(t, p)
			})
		}
		r.serves()
	})
}

func TestRow091TwoConnectsInOneGo(t *testing.T) {
	for name, slow := range map[string]bool{"at once": false, "while the middleware waits": true} {
		t.Run(name, func(t *testing.T) {
			release := make(chan struct{})
			connections := make(chan string, 10)
			r := simple(t, func(s *realtime.Server) {
				n := s.Of("/").OnConnection(func(s *realtime.Socket) { connections <- s.ID() })
				if slow {
					n.Use(func(ctx context.Context, _ *realtime.Socket) error {
						select {
						case <-release:
						case <-ctx.Done():
						}
						return nil
					})
				}
			})
			p := r.poll(socketPolling)
			p.say("40", "40")
			a := p.get()
			if !strings.HasSuffix(a.body, "6\x1e1") {
				// What was queued already goes first, in an answer of its own.
				if slow || strings.Count(a.body, "40{") != 1 {
					t.Errorf("answered %q", a.body)
				}
				p.last()
			}
			p.gone()
			close(release)
			if len(connections) > 1 {
				t.Errorf("%d sockets on one connection", len(connections))
			}
		})
	}
	t.Run("in frames of one write", func(t *testing.T) {
		connections := make(chan string, 10)
		r := simple(t, func(s *realtime.Server) {
			s.Of("/").OnConnection(func(s *realtime.Socket) { connections <- s.ID() })
		})
		w := r.open(socketWS)
		w.say("40", `40{"a":1}`)
		messages, _ := w.closed()
		if len(messages) > 1 || len(connections) > 1 {
			t.Errorf("%d sockets on one connection, which was told %q", len(connections), messages)
		}
		eventually(t, "the end", func() bool { return r.server.Connections() == 0 })
	})
}

func TestRow092DynamicNamespaces(t *testing.T) {
	both(t, func(t *testing.T, join func(*rig) peer) {
		made := make(chan string, 100)
		var parent *realtime.Namespace
		r := simple(t, func(s *realtime.Server) {
			s.OnNewNamespace(func(n *realtime.Namespace) { made <- n.Name() })
			parent = s.OfPattern(regexp.MustCompile(`^/room-\d+$`))
			parent.Use(func(_ context.Context, s *realtime.Socket) error {
				if strings.HasSuffix(s.Namespace().Name(), "13") {
					return errors.New("unlucky")
				}
				return nil
			}).On("echo", func(_ *realtime.Socket, e *realtime.Event) { _ = e.Ack(e.Args.Spread()...) }).
				OnConnection(func(s *realtime.Socket) { _ = s.Emit("in", s.Namespace().Name()) })
			s.OfFunc(func(name string, auth json.RawMessage) bool {
				return name == "/by-auth" && string(auth) == `{"may":true}`
			})
		})
		p := join(r)
		connected(t, p, "/room-1")
		p.receives(`42/room-1,["in","/room-1"]`)
		connected(t, p, "/room-2")
		p.receives(`42/room-2,["in","/room-2"]`)
		p.say("40/room-x", "40/by-auth,", "40/room-13,")
		p.receives(`44/room-x,{"message":"Invalid namespace"}`, `44/by-auth,{"message":"Invalid namespace"}`, `44/room-13,{"message":"unlucky"}`)
		connected(t, p, `/by-auth,{"may":true}`)
		p.say(`42/room-1,5["echo",1]`)
		p.receives(`43/room-1,5[1]`)
		_ = parent.Emit("all")
		got := []string{p.next(), p.next()}
		slices.Sort(got)
		if !slices.Equal(got, []string{`42/room-1,["all"]`, `42/room-2,["all"]`}) {
			t.Errorf("the parent's broadcast came as %q", got)
		}

		peers := make([]peer, 20)
		for i := range peers {
			peers[i] = join(r)
		}
		var together sync.WaitGroup
		for _, other := range peers {
			together.Go(func() { other.say("40/room-99") })
		}
		together.Wait()
		for _, other := range peers {
			connectAnswer(t, other.next(), "/room-99")
		}
		_ = r.server.Of("/room-99").Emit("one")
		for _, other := range peers {
			got := []string{other.next(), other.next()} // its hook may run after the broadcast
			slices.Sort(got)
			if !slices.Equal(got, []string{`42/room-99,["in","/room-99"]`, `42/room-99,["one"]`}) {
				t.Errorf("got %q", got)
			}
		}
		close(made)
		count := map[string]int{}
		for name := range made {
			count[name]++
		}
		if count["/room-99"] != 1 || count["/room-x"] != 0 {
			t.Errorf("made %v", count)
		}
	})
}

// TestRow092FirstConnectsAtOnce has every client ask for the same name before any of them is told that it may have it: the
// namespace is made once.
func TestRow092FirstConnectsAtOnce(t *testing.T) {
	const clients = 10
	made := make(chan string, clients)
	var asked sync.WaitGroup
	asked.Add(clients)
	r := simple(t, func(s *realtime.Server) {
		s.OnNewNamespace(func(n *realtime.Namespace) { made <- n.Name() })
		s.OfFunc(func(name string, _ json.RawMessage) bool {
			asked.Done()
			asked.Wait() // no handler may block so, but a slow function looks just like it
			return name == "/new"
		})
	})
	peers := make([]*websocket, clients)
	for i := range peers {
		peers[i] = r.open(socketWS)
	}
	for _, w := range peers {
		w.say("40/new")
	}
	for _, w := range peers {
		connectAnswer(t, w.next(), "/new")
	}
	_ = r.server.Of("/new").Emit("one")
	for _, w := range peers {
		w.receives(`42/new,["one"]`)
	}
	if len(made) != 1 || r.server.Sockets("/new") != clients {
		t.Errorf("made %d times, with %d sockets", len(made), r.server.Sockets("/new"))
	}
}

func TestRow093EmptyNamespaces(t *testing.T) {
	for name, cleanup := range map[string]bool{"kept": false, "removed": true} {
		t.Run(name, func(t *testing.T) {
			r := setup(t, realtime.Options{CleanupEmptyNamespaces: cleanup}, http.EngineOptions{}, func(s *realtime.Server) {
				s.Of("/static")
				s.OfPattern(regexp.MustCompile(`^/d\d$`)).Use(func(_ context.Context, s *realtime.Socket) error {
					if string(s.Auth()) == `{"refuse":true}` {
						return errors.New("no")
					}
					return nil
				}).On("echo", func(_ *realtime.Socket, e *realtime.Event) { _ = e.Ack(e.Args.Spread()...) })
			})
			has := func(name string) bool { return slices.Contains(r.server.Namespaces(), name) }
			w := r.open(socketWS)
			connected(t, w, "/d1")
			connected(t, w, "/static")
			other := r.open(socketWS)
			connected(t, other, "/d1")
			w.say("41/d1,")
			w.say(`40/d2,{"refuse":true}`)
			w.receives(`44/d2,{"message":"no"}`)
			w.say("41/static,")
			if !has("/d1") {
				t.Error("removed while another socket is in it")
			}
			other.say("41/d1,", "40/static")
			connectAnswer(t, other.next(), "/static")
			if has("/d1") == cleanup || has("/d2") == cleanup || !has("/static") {
				t.Errorf("namespaces %v", r.server.Namespaces())
			}
			w.say(`40/d2,{"refuse":true}`)
			w.receives(`44/d2,{"message":"no"}`)
			connected(t, w, "/d2")
			connected(t, w, "/d1")
			w.say(`42/d1,1["echo",1]`)
			w.receives(`43/d1,1[1]`)
			_ = w.conn.Close()
			eventually(t, "the end", func() bool { return r.server.Sockets("/d1") == 0 })
			eventually(t, "the namespace", func() bool { return has("/d1") != cleanup })
		})
	}
}

// TestRow093RoomForNewOnes: a client that joined as many dynamic namespaces as there may be, and left them again, had
// every further name refused for everybody, for ever. An empty one makes room now; one that is in use does not.
func TestRow093RoomForNewOnes(t *testing.T) {
	r := setup(t, realtime.Options{MaxDynamic: 5}, http.EngineOptions{}, func(s *realtime.Server) {
		s.OfPattern(regexp.MustCompile(`^/d\d+$`)).
			On("echo", func(_ *realtime.Socket, e *realtime.Event) { _ = e.Ack(e.Args.Spread()...) })
	})
	hoarder, other := r.open(socketWS), r.open(socketWS)
	connected(t, hoarder, "/d0")
	for i := 1; i < 20; i++ {
		name := fmt.Sprintf("/d%d", i)
		connected(t, hoarder, name)
		hoarder.say("41" + name + ",")
	}
	hoarder.say(`42/d0,0["echo"]`)
	hoarder.receives(`43/d0,0[]`) // it has left them
	for i := 20; i < 24; i++ {
		connected(t, other, fmt.Sprintf("/d%d", i))
	}
	other.say("40/d24")
	other.receives(`44/d24,{"message":"Invalid namespace"}`)
	hoarder.say(`42/d0,1["echo",1]`) // it was in use all the time
	hoarder.receives(`43/d0,1[1]`)
	other.say("41/d20,")
	connected(t, other, "/d1") // which had to go
	other.say(`42/d1,1["echo",1]`)
	other.receives(`43/d1,1[1]`)
	other.say("40/d20") // nor is one that went in the way of others
	other.receives(`44/d20,{"message":"Invalid namespace"}`)
}

// TestRow094OneNamespaceTooMany: the connection was closed over it, and a stock client with one namespace too many came back
// and asked for it again, for ever. It is refused, and the others go on.
func TestRow094OneNamespaceTooMany(t *testing.T) {
	both(t, func(t *testing.T, join func(*rig) peer) {
		r := simple(t, func(s *realtime.Server) {
			s.OfPattern(regexp.MustCompile(`^/d\d+$`)).
				On("echo", func(_ *realtime.Socket, e *realtime.Event) { _ = e.Ack(e.Args.Spread()...) })
		})
		p := join(r)
		for i := range 16 { // the default
			connected(t, p, fmt.Sprintf("/d%d", i))
		}
		p.say("40/d16")
		p.receives(`44/d16,{"message":"Too many namespaces"}`)
		p.say(`42/d0,1["echo",1]`)
		p.receives(`43/d0,1[1]`)
		if slices.Contains(r.server.Namespaces(), "/d16") {
			t.Error("it was made all the same")
		}
		p.say("41/d3,")
		connected(t, p, "/d16")
	})
}

func TestRow094SeveralNamespaces(t *testing.T) {
	both(t, func(t *testing.T, join func(*rig) peer) {
		r := simple(t, echoing)
		p, other := join(r), join(r)
		first := connected(t, p, "")
		p.receives(`42["auth",{}]`)
		second := connected(t, p, "/custom")
		p.receives(`42/custom,["auth",{}]`)
		if first == second || connected(t, other, "/custom") == second {
			t.Error("the same id twice")
		}
		p.say(`421["echo","main"]`, `42/custom,1["echo","custom"]`)
		p.receives(`431["main"]`, `43/custom,1["custom"]`)
	})
}
