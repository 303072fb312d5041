package wiretest

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kapoor.example/desk/actors/realtime"
	"kapoor.example/desk/http"
)

// lobby sets up "/" and "/n" with events to enter and leave rooms: ["join", rooms…] and ["leave", rooms…].
func lobby(s *realtime.Server) {
	names := func(e *realtime.Event) (rooms []string) {
		for i := range e.Args.Len() {
			var room string
			if e.Args.Bind(i, &room) == nil {
				rooms = append(rooms, room)
			}
		}
		return rooms
	}
	for _, name := range []string{"/", "/n"} {
		s.Of(name).
			On("join", func(s *realtime.Socket, e *realtime.Event) { _ = s.Join(names(e)...); _ = e.Ack(s.Rooms()) }).
			On("leave", func(s *realtime.Socket, e *realtime.Event) { s.Leave(names(e)...); _ = e.Ack(s.Rooms()) }).
			On("others", func(s *realtime.Socket, e *realtime.Event) { _ = s.Broadcast().Emit("from another"); _ = e.Ack() }).
			On("to", func(s *realtime.Socket, e *realtime.Event) { _ = s.To(names(e)...).Emit("from another"); _ = e.Ack() })
	}
}

// enter joins rooms and waits for it.
func enter(p peer, rooms ...string) {
	p.say(`429["join","` + strings.Join(rooms, `","`) + `"]`)
	p.next()
}

func TestRow120Rooms(t *testing.T) {
	both(t, func(t *testing.T, join func(*rig) peer) {
		r := simple(t, lobby)
		p := join(r)
		id := connected(t, p, "")
		list := func(rooms ...string) string {
			rooms = append(rooms, id)
			slices.Sort(rooms)
			return `["` + strings.Join(rooms, `","`) + `"]`
		}
		p.say(`421["join"]`, `422["join","a"]`, `423["join","b","c","b"]`, `424["join","a"]`, `425["leave","a","unknown"]`, `426["leave","nowhere"]`)
		p.receives(`431[`+list()+`]`, `432[`+list("a")+`]`, `433[`+list("a", "b", "c")+`]`, `434[`+list("a", "b", "c")+`]`, `435[`+list("b", "c")+`]`, `436[`+list("b", "c")+`]`)
		n := r.server.Of("/")
		_ = n.To("a").Emit("left")
		_ = n.To(id).Emit("own")
		_ = n.To("b").Emit("b")
		_ = n.To("c").Emit("c")
		p.receives(`42["own"]`, `42["b"]`, `42["c"]`)
		p.say(`427["leave","b","c"]`)
		p.receives(`437[` + list() + `]`)
		_ = n.To("b", "c").Emit("left")
		_ = n.To(id).Emit("own")
		p.receives(`42["own"]`)
		if got := roomsOf(t, r, "/"); !slices.Equal(got, []string{id}) {
			t.Errorf("rooms %v", got)
		}
	})
}

func TestRow121Broadcast(t *testing.T) {
	both(t, func(t *testing.T, join func(*rig) peer) {
		r := simple(t, lobby)
		a, b, c, other := join(r), join(r), join(r), join(r)
		idA := connected(t, a, "")
		connected(t, b, "")
		idC := connected(t, c, "")
		connected(t, other, "/n")
		enter(a, "x", "y")
		enter(b, "y")
		other.say(`42/n,9["join","x","y"]`)
		other.next()
		n := r.server.Of("/")
		_ = n.To("x", "y").Emit("once")
		_ = n.In("x").In("y").To(idA).Emit("once more")
		_ = n.To("x").Except("y").Emit("nobody")
		_ = n.Except("x").Emit("all but x")
		_ = n.Except(idA).Except(idC).Emit("all but two ids")
		_ = n.Emit("end")
		a.receives(`42["once"]`, `42["once more"]`, `42["end"]`)
		b.receives(`42["once"]`, `42["once more"]`, `42["all but x"]`, `42["all but two ids"]`, `42["end"]`)
		c.receives(`42["all but x"]`, `42["end"]`)
		a.say(`421["others"]`, `422["to","y"]`)
		a.receives("431[]", "432[]")
		b.receives(`42["from another"]`, `42["from another"]`)
		c.receives(`42["from another"]`)
		_ = r.server.Of("/n").Emit("n")
		other.receives(`42/n,["n"]`)
		_ = n.Emit("end")
		a.receives(`42["end"]`)
		c.receives(`42["end"]`)
	})
}

func TestRow122OperatorsAreImmutable(t *testing.T) {
	r := simple(t, lobby)
	w := r.open(socketWS)
	connected(t, w, "")
	enter(w, "a")
	n := r.server.Of("/")
	toA := n.To("a")
	_ = toA.To("b")
	except := toA.Except("a")
	_ = toA.Volatile()
	_ = toA.Compress(false)
	_ = toA.Local()
	_ = toA.Timeout(time.Nanosecond)
	many := n.To("1").To("2").To("3")
	first, second := many.To("a"), many.To("nobody") // must not share an array
	without := n.Except("1").Except("2").Except("3")
	third, fourth := without.Except("nobody"), without.Except("a")
	_ = except.Emit("nobody")
	_ = second.Emit("nobody")
	_ = toA.Emit("a")
	_ = first.Emit("first")
	_ = third.Emit("third")
	_ = fourth.Emit("nobody")
	into := make(chan gathered, 1)
	_ = toA.EmitWithAck(gather(into), "ask")
	w.receives(`42["a"]`, `42["first"]`, `42["third"]`, `420["ask"]`)
	w.say("430[1]")
	if g := take(t, into); g.err != nil || len(g.answers) != 1 {
		t.Errorf("the timeout of another copy came: %+v", g)
	}
	// Where no poll waits a volatile event is lost, and a plain one is not compressed.
	p := r.poll(socketPolling)
	connected(t, p, "")
	enter(p, "b")
	toB := n.To("b")
	_, _ = toB.Volatile(), toB.Compress(false)
	_ = toB.Emit("kept", strings.Repeat("x", 2000))
	roomsOf(t, r, "/")
	if a := r.do("GET", p.path, map[string]string{"Accept-Encoding": "gzip"}, nil); a.header.Get("Content-Encoding") != "gzip" {
		t.Errorf("answered %d %v", a.status, a.header)
	}
}

// TestRow120EmptyRoomsVanish: rooms that everybody has left take no memory, whoever made them leave.
func TestRow120EmptyRoomsVanish(t *testing.T) {
	sockets := make(chan *realtime.Socket, 1)
	r := simple(t, func(s *realtime.Server) { s.Of("/").OnConnection(func(s *realtime.Socket) { sockets <- s }) })
	w := r.open(socketWS)
	id := connected(t, w, "")
	socket, n := take(t, sockets), r.server.Of("/")
	cycle := func(from, to int) {
		for i := from; i < to; i++ {
			room := fmt.Sprintf("%s%0200d", "a room with a long name, ", i)
			if i%2 == 0 {
				if err := socket.Join(room); err != nil {
					t.Fatal(err)
				}
				socket.Leave(room)
			} else {
				n.In(id).SocketsJoin(room)
				n.In(id).SocketsLeave(room)
			}
			if i%100 == 0 {
				roomsOf(t, r, "/") // so that not all wait in an inbox
			}
		}
		if got := roomsOf(t, r, "/"); !slices.Equal(got, []string{id}) {
			t.Errorf("left in %.300q", got)
		}
	}
	cycle(0, 2_000)
	before := heap()
	cycle(2_000, 22_000)
	if grown := heap() - before; grown > 2<<20 {
		t.Errorf("%d bytes more than before", grown)
	}
}

func TestRow123BinaryBroadcast(t *testing.T) {
	r := simple(t, lobby)
	upgraded := upgrade(t, r, socketPolling)
	peers := []peer{r.poll(socketPolling), r.open(socketWS), upgraded}
	for _, p := range peers {
		connected(t, p, "")
	}
	data := make([]byte, 70_000)
	for i := range data {
		data[i] = byte(i * 7)
	}
	_ = r.server.Of("/").Emit("binary", data, map[string]any{"small": []byte{0, 255}})
	for _, p := range peers {
		p.receives(`452-["binary",{"_placeholder":true,"num":0},{"small":{"_placeholder":true,"num":1}}]`,
			"b"+base64.StdEncoding.EncodeToString(data), "bAP8=")
	}
}

// upgrade opens a polling session and upgrades it to a WebSocket.
func upgrade(t *testing.T, r *rig, path string) *websocket {
	t.Helper()
	p := r.poll(path)
	w := r.dial(strings.Replace(p.path, "transport=polling", "transport=websocket", 1))
	w.say("2probe")
	w.receives("3probe")
	w.say("5")
	w.sid = p.sid
	return w
}

func TestRow124Operations(t *testing.T) {
	both(t, func(t *testing.T, join func(*rig) peer) {
		r := simple(t, lobby)
		a, b, c := join(r), join(r), join(r)
		idA, idB, idC := connected(t, a, ""), connected(t, b, ""), connected(t, c, "")
		enter(a, "red")
		enter(b, "red", "blue")
		n := r.server.Of("/")
		ids := func(of realtime.Broadcast) (list []string) {
			t.Helper()
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			sockets, err := of.FetchSockets(ctx)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range sockets {
				list = append(list, s.ID)
				if !slices.Contains(s.Rooms, s.ID) || s.Request.Query()["EIO"] != "4" {
					t.Errorf("fetched %+v", s)
				}
			}
			slices.Sort(list)
			return list
		}
		same := func(what string, got []string, want ...string) {
			t.Helper()
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%s: %v, want %v", what, got, want)
			}
		}
		same("all", ids(n.All()), idA, idB, idC)
		same("red", ids(n.In("red")), idA, idB)
		same("red or own room", ids(n.To("red", idA, idC)), idA, idB, idC)
		same("red but not blue", ids(n.In("red").Except("blue")), idA)
		same("nobody", ids(n.In("nobody")))

		n.In("red").Except(idB).SocketsJoin("green", "yellow")
		_ = n.To("green", "yellow").Emit("green")
		a.receives(`42["green"]`)
		n.SocketsLeave("red", "unknown")
		_ = n.To("red").Emit("nobody")
		n.In(idC).SocketsJoin("red")
		_ = n.To("red").Emit("red")
		c.receives(`42["red"]`)
		roomsOf(t, r, "/") // the others' shards have done it too
		a.say(`421["join"]`)
		want := []string{idA, "green", "yellow"}
		slices.Sort(want)
		a.receives(`431[["` + strings.Join(want, `","`) + `"]]`)

		n.In(idA).DisconnectSockets(false)
		a.receives("41")
		connected(t, a, "")
		_ = n.To(idB).Emit("last")
		n.In(idB).DisconnectSockets(true)
		b.receives(`42["last"]`, "41")
		if p, ok := b.(*polling); ok {
			p.last()
		}
		b.gone()
		n.Except(idC).DisconnectSockets(false)
		a.receives("41")
		eventually(t, "the ends", func() bool { return r.server.Sockets("/") == 1 })
		same("who is left", ids(n.All()), idC)
	})
}

func TestRow125JoinAfterTheEnd(t *testing.T) {
	sockets := make(chan *realtime.Socket, 1)
	r := simple(t, func(s *realtime.Server) {
		s.Of("/").OnConnection(func(s *realtime.Socket) { sockets <- s })
	})
	w := r.open(socketWS)
	connected(t, w, "")
	socket := take(t, sockets)
	w.say("41")
	eventually(t, "the end", func() bool { return r.server.Sockets("/") == 0 })
	if err := socket.Join("red"); err == nil {
		t.Error("joined")
	}
	r.server.Of("/").SocketsJoin("red")
	roomsOf(t, r, "/")
	if got := socket.Rooms(); len(got) != 0 {
		t.Errorf("in %v", got)
	}
	if got := roomsOf(t, r, "/"); len(got) != 0 {
		t.Errorf("rooms %v", got)
	}
}

// TestRow125RoomsOfARefusedSocket: what the middleware joined before it refused is left, and nothing was ever in it.
func TestRow125RoomsOfARefusedSocket(t *testing.T) {
	sockets := make(chan *realtime.Socket, 1)
	r := simple(t, func(s *realtime.Server) {
		s.Of("/").Use(func(_ context.Context, s *realtime.Socket) error {
			sockets <- s
			return errors.Join(s.Join("red", "blue"), errors.New("no"))
		}).OnRoom(func(e realtime.RoomEvent) { t.Errorf("heard %+v", e) })
	})
	w := r.open(socketWS)
	w.say("40")
	w.receives(`44{"message":"no"}`)
	socket := take(t, sockets)
	if got := socket.Rooms(); len(got) != 0 || socket.Joined("red") {
		t.Errorf("in %v", got)
	}
	if err := socket.Join("green"); !errors.Is(err, realtime.ErrNotConnected) {
		t.Errorf("joined afterwards: %v", err)
	}
	_ = r.server.Of("/").To("red").Emit("nobody")
	if got := roomsOf(t, r, "/"); len(got) != 0 {
		t.Errorf("rooms %v", got)
	}
	w.say("40/unknown")
	w.receives(`44/unknown,{"message":"Invalid namespace"}`)
}

func TestRow126RoomEvents(t *testing.T) {
	var mu sync.Mutex
	var heard []string
	r := simple(t, func(s *realtime.Server) {
		lobby(s)
		s.Of("/").OnRoom(func(e realtime.RoomEvent) {
			mu.Lock()
			defer mu.Unlock()
			heard = append(heard, fmt.Sprintf("%s %s %s", e.Type, e.Room, e.ID))
		})
	})
	take := func() []string {
		roomsOf(t, r, "/") // after what was asked for before
		mu.Lock()
		defer mu.Unlock()
		list := heard
		heard = nil
		return list
	}
	same := func(what string, want ...string) {
		t.Helper()
		if got := take(); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	a, b := r.open(socketWS), r.open(socketWS)
	idA := connected(t, a, "")
	same("connected", "create-room "+idA+" ", "join-room "+idA+" "+idA)
	enter(a, "red")
	enter(a, "red")
	same("joined twice", "create-room red ", "join-room red "+idA)
	r.server.Of("/").SocketsJoin("red", "red")
	r.server.Of("/").SocketsLeave("unknown")
	same("made to join what it is in")
	idB := connected(t, b, "")
	enter(b, "red")
	same("another joined", "create-room "+idB+" ", "join-room "+idB+" "+idB, "join-room red "+idB)
	a.say(`421["leave","red","unknown"]`)
	a.next()
	same("one left", "leave-room red "+idA)
	r.server.Of("/").In(idB).SocketsLeave("red", "red")
	same("the last one left", "leave-room red "+idB, "delete-room red ")
	b.say("1")
	b.gone()
	eventually(t, "the end", func() bool { return r.server.Sockets("/") == 1 })
	same("gone", "leave-room "+idB+" "+idB, "delete-room "+idB+" ")
}

func TestRow127EncodedOnce(t *testing.T) {
	r := setup(t, realtime.Options{}, http.EngineOptions{}, lobby)
	var calls countingValue
	peers := make([]*websocket, 20)
	for i := range peers {
		peers[i] = r.open(socketWS)
		connected(t, peers[i], "")
	}
	polled := r.poll(socketPolling)
	connected(t, polled, "")
	if err := r.server.Of("/").Emit("e", &calls); err != nil {
		t.Fatal(err)
	}
	for _, w := range peers {
		w.receives(`42["e","once"]`)
	}
	polled.receives(`42["e","once"]`)
	if calls != 1 {
		t.Errorf("encoded %d times", calls)
	}
}

// countingValue counts how often it is encoded.
type countingValue int

func (v *countingValue) MarshalJSON() ([]byte, error) {
	*v++
	return []byte(`"once"`), nil
}
