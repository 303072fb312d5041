package wiretest

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"kapoor.example/desk/actors/realtime"
	"kapoor.example/desk/protocol/socketio"
)

// mirror sets up "/" and "/n": events come back as "back" with their name and arguments, acks as they are.
func mirror(s *realtime.Server) {
	for _, name := range []string{"/", "/n"} {
		s.Of(name).OnUnhandled(func(s *realtime.Socket, e *realtime.Event) {
			if e.WantsAck() {
				_ = e.Ack(e.Args.Spread()...)
				return
			}
			_ = s.Emit("back", append([]any{e.Name}, e.Args.Spread()...)...)
		})
	}
}

func TestRow095Layout(t *testing.T) {
	both(t, func(t *testing.T, join func(*rig) peer) {
		r := simple(t, mirror)
		p := join(r)
		connected(t, p, "")
		connected(t, p, "/n,")
		for _, row := range []struct{ in, out string }{
			{`42["e"]`, `42["back","e"]`},
			{`42/,["e"]`, `42["back","e"]`},
			{`42/n,["e",1]`, `42/n,["back","e",1]`},
			{`4212["e",1]`, `4312[1]`},
			{`42/n,12["e",1]`, `43/n,12[1]`},
			{`42[7]`, `42["back","7"]`},
			{`42[-1.5,"x"]`, `42["back","-1.5","x"]`},
			{`42["",""]`, `42["back","",""]`},
			{`421[ "e" , { "b" : [ 1 , 2 ] , "a" : 1.0 } ]`, `431[{"b":[1,2],"a":1.0}]`},
		} {
			p.say(row.in)
			got := p.next()
			if got != row.out {
				t.Errorf("%s came back as %s, want %s", row.in, got, row.out)
			}
		}
	})
}

// breaks sends packets (several are joined by the separator of a polling body) that close the connection, for the reason
// that rows 96 and 129 give, after the socket was told; nobody else notices.
func breaks(t *testing.T, rows ...string) {
	t.Helper()
	breaksWith(t, realtime.ReasonForcedClose, "", rows...)
}

// breaksWith is breaks, with the reason over polling, and says what the socket is told; "" is anything.
func breaksWith(t *testing.T, polled realtime.Reason, message string, rows ...string) {
	t.Helper()
	both(t, func(t *testing.T, join func(*rig) peer) {
		told := make(chan error, 100)
		reasons := make(chan realtime.Reason, 100)
		r := simple(t, func(s *realtime.Server) {
			mirror(s)
			s.Of("/").OnError(func(_ *realtime.Socket, err error) { told <- err }).
				OnDisconnect(func(_ *realtime.Socket, reason realtime.Reason) { reasons <- reason })
		})
		bystander := r.open(socketWS)
		connected(t, bystander, "")
		for _, row := range rows {
			p := join(r)
			connected(t, p, "")
			p.say(strings.Split(row, "\x1e")...)
			ended(t, p)
			want := realtime.ReasonForcedClose
			if _, ok := p.(*polling); ok {
				want = polled
			}
			if reason := take(t, reasons); reason != want {
				t.Errorf("%.60s: ended for %q, want %q", row, reason, want)
			}
			if len(told) != 1 {
				t.Errorf("%.60s: %d errors told to the socket", row, len(told))
			}
			for len(told) > 0 {
				if err := <-told; message != "" && err.Error() != message {
					t.Errorf("%.60s: the socket was told %q", row, err)
				}
			}
		}
		bystander.say(`421["still",1]`)
		bystander.receives(`431[1]`)
	})
}

func TestRow096ViolationsClose(t *testing.T) {
	breaks(t, `42{`, `4abc`)
	// A packet that is one, but not now, is what the server itself closes over. A WebSocket is faster with its reason.
	breaksWith(t, realtime.ReasonForcedServerClose, "", `40`, `42/n,["e"]`, `41/n,`, `43/n,1[]`, `44`, `451-/n,["e",{"_placeholder":true,"num":0}]`)
}

// TestRow096GoneAtOnce: who has read the close and asks again is told that there is no session. For a moment there used to
// be one, which said close again and took bodies.
func TestRow096GoneAtOnce(t *testing.T) {
	r := simple(t, mirror)
	for range 200 {
		p := r.poll(socketPolling)
		connected(t, p, "")
		p.say("42{}")
		ended(t, p)
	}
}

func TestRow097Payloads(t *testing.T) {
	breaks(t,
		`42{}`, `42{"0":"e"}`, `42"x"`, `421`, `42`, `42[]`, `42[true]`, `42[null]`, `42[{}]`, `42[[]]`, `42[{"toString":"foo"}]`,
		`42[`, `42["e"`, `42["e",]`, `42["e"]]`, `42['e']`, `42["e",NaN]`, `42["e",01]`, "42[\"e\x01\"]",
		`41{}`, `41[]`, `431{}`, `431"x"`, `431`, `43[]`, `431null`, `401[]`, `40[]`, `40"x"`,
		`42["e",`+strings.Repeat("[", 10_000)+strings.Repeat("]", 10_000)+`]`)
}

func TestRow098ReservedNames(t *testing.T) {
	breaks(t,
		`42["connect"]`, `42["connect_error"]`, `42["disconnect","123"]`, `42["disconnecting"]`, `42["newListener"]`,
		`42["removeListener"]`, `42["\u0064isconnect"]`, `451-["disconnect",{"_placeholder":true,"num":0}]`+"\x1ebAA==")
	sockets := make(chan *realtime.Socket, 1)
	r := simple(t, func(s *realtime.Server) {
		s.Of("/").OnConnection(func(s *realtime.Socket) { sockets <- s })
	})
	w := r.open(socketWS)
	connected(t, w, "")
	socket, n := take(t, sockets), r.server.Of("/")
	nobody, none := func([]socketio.Args, error) { t.Error("an answer") }, func(socketio.Args, error) { t.Error("an answer") }
	for _, name := range []string{"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"} {
		for what, err := range map[string]error{
			"namespace": n.Emit(name, 1), "room": n.To(socket.ID()).Emit(name), "volatile": n.Volatile().Emit(name),
			"with ack": n.EmitWithAck(nobody, name), "socket": socket.Emit(name), "socket, volatile": socket.Volatile().Emit(name),
			"socket with ack": socket.EmitWithAck(none, name), "others": socket.Broadcast().Emit(name), "servers": n.ServerSideEmit(name),
		} {
			if !errors.Is(err, socketio.ErrReserved) {
				t.Errorf("%s: emitted %q: %v", what, name, err)
			}
		}
	}
	_ = n.Emit("Connect")
	w.receives(`42["Connect"]`)
}

func TestRow099Types(t *testing.T) {
	breaks(t, `47`, `48[]`, `49["e"]`, `4a`, `4`, `4[]`, `4-`, `4 2["e"]`, `42abc["e"]`, `421a["e"]`, `42-1["e"]`, `421.5["e"]`)
}

func TestRow100Attachments(t *testing.T) {
	breaksWith(t, realtime.ReasonForcedClose, "Illegal attachments",
		`45["e"]`, `450-["e"]`, `451.5-["e"]`, `45-1-["e"]`, `45a-["e"]`, `451["e"]`, `45-["e"]`, `45`, `451`, `46[]`, `460-1[]`)
	breaksWith(t, realtime.ReasonForcedClose, "too many attachments",
		`4511-["e"]`, `45999999-["e"]`, `45`+strings.Repeat("9", 1000)+`-["e"]`, `4611-1[]`)
	both(t, func(t *testing.T, join func(*rig) peer) {
		r := simple(t, mirror)
		p := join(r)
		connected(t, p, "")
		var placeholders, binaries []string
		for i := range 10 {
			placeholders = append(placeholders, fmt.Sprintf(`{"_placeholder":true,"num":%d}`, i))
			binaries = append(binaries, "b"+base64.StdEncoding.EncodeToString([]byte{byte(i)}))
		}
		list := strings.Join(placeholders, ",")
		p.say(append([]string{`4510-5["e",` + list + `]`}, binaries...)...)
		p.receives(append([]string{`4610-5[` + list + `]`}, binaries...)...)
	})
}

func TestRow101Placeholders(t *testing.T) {
	binary := "\x1ebAA=="
	breaks(t,
		`451-["e",{"_placeholder":true,"num":"0"}]`+binary, `451-["e",{"_placeholder":true,"num":"splice"}]`+binary,
		`451-["e",{"_placeholder":true}]`+binary, `451-["e",{"_placeholder":true,"num":-1}]`+binary,
		`451-["e",{"_placeholder":true,"num":1}]`+binary, `451-["e",{"_placeholder":true,"num":0.5}]`+binary,
		`451-["e",{"_placeholder":true,"num":1e99}]`+binary, `451-["e",{"_placeholder":true,"num":null}]`+binary,
		`461-1[{"_placeholder":true,"num":7}]`+binary)
}

func TestRow102BinaryInTheWrongPlace(t *testing.T) {
	breaks(t,
		"bAAAA", "b", `451-["e",{"_placeholder":true,"num":0}]`+"\x1e"+`42["e"]`,
		`452-["e",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`+"\x1ebAA==\x1e41")
}

func TestRow103NamesOfObjects(t *testing.T) {
	both(t, func(t *testing.T, join func(*rig) peer) {
		r := simple(t, mirror)
		p := join(r)
		connected(t, p, `{"__proto__":{"admin":true},"constructor":1}`)
		for _, name := range []string{"__proto__", "constructor", "hasOwnProperty", "toString"} {
			p.say(`421["` + name + `",{"` + name + `":{"x":1}}]`)
			p.receives(`431[{"` + name + `":{"x":1}}]`)
		}
	})
}

func TestRow104Encoder(t *testing.T) {
	both(t, func(t *testing.T, join func(*rig) peer) {
		r := simple(t, func(s *realtime.Server) {
			s.Of("/").On("ask", func(_ *realtime.Socket, e *realtime.Event) {
				if e.Args.Len() > 0 {
					_ = e.Ack()
					return
				}
				_ = e.Ack([]any{[]byte{0}}, []byte{1})
			})
		})
		p := join(r)
		connected(t, p, "")
		type inner struct {
			A string
			B []byte
		}
		p.say(`421["ask"]`, `422["ask",1]`)
		p.receives(`462-1[[{"_placeholder":true,"num":0}],{"_placeholder":true,"num":1}]`, "bAA==", "bAQ==", "432[]")
		n := r.server.Of("/")
		_ = n.Emit("e", []byte{1}, map[string]any{"x": []any{[]byte{2}, "text", inner{"a", []byte{3}}}}, []byte{})
		p.receives(
			`454-["e",{"_placeholder":true,"num":0},{"x":[{"_placeholder":true,"num":1},"text",{"A":"a","B":{"_placeholder":true,"num":2}}]},{"_placeholder":true,"num":3}]`,
			"bAQ==", "bAg==", "bAw==", "b")
		_ = n.Emit("plain", map[string]any{"a": []int{1, 2}, "html": "<&>"}, nil)
		p.receives(`42["plain",{"a":[1,2],"html":"<&>"},null]`)
	})
}

func TestRow105HalfABinaryEvent(t *testing.T) {
	both(t, func(t *testing.T, join func(*rig) peer) {
		r := simple(t, mirror)
		p := join(r)
		connected(t, p, "")
		p.say(`453-["e",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1},{"_placeholder":true,"num":2}]`, "bAA==", "b"+base64.StdEncoding.EncodeToString(make([]byte, 100_000)), "1")
		p.gone()
		eventually(t, "the end", func() bool { return r.server.Connections() == 0 })
		other := join(r)
		connected(t, other, "")
		other.say(`421["e",1]`)
		other.receives(`431[1]`)
	})
	t.Run("a close that is held", func(t *testing.T) {
		r := simple(t, func(s *realtime.Server) { s.Of("/") })
		polls := make([]*polling, 20)
		head := `452-["e",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`
		half := "b" + base64.StdEncoding.EncodeToString(make([]byte, 700_000))
		before := settledHeap(t)
		for i := range polls {
			polls[i] = r.poll(socketPolling)
			connected(t, polls[i], "")
			polls[i].say(head, half)
		}
		if grown := heap() - before; grown < 8<<20 {
			t.Fatalf("only %d bytes were kept while the connections lived", grown)
		}
		r.server.Of("/").DisconnectSockets(true)
		eventually(t, "the ends", func() bool { return r.server.Sockets("/") == 0 })
		roomsOf(t, r, "/")
		if n := r.server.Connections(); n != len(polls) {
			t.Errorf("%d connections wait to be told", n)
		}
		var grown int64
		eventually(t, fmt.Sprintf("the attachments' memory (%d bytes more)", grown), func() bool { grown = heap() - before; return grown < 5<<20 })
		for _, p := range polls {
			p.receives("41")
			p.last()
		}
	})
}

func TestRow106WhatCannotBeSent(t *testing.T) {
	sockets := make(chan *realtime.Socket, 1)
	r := simple(t, func(s *realtime.Server) {
		mirror(s)
		s.Of("/").OnConnection(func(s *realtime.Socket) { sockets <- s }).
			On("bad ack", func(_ *realtime.Socket, e *realtime.Event) {
				if err := e.Ack(math.NaN()); err != nil {
					_ = e.Ack("was refused") // the client waits still
				}
			})
	})
	w := r.open(socketWS)
	connected(t, w, "")
	type node struct{ Next *node }
	circle := &node{}
	circle.Next = circle
	n, socket := r.server.Of("/"), take(t, sockets)
	list := []any{nil}
	list[0] = list
	for name, value := range map[string]any{
		"NaN": math.NaN(), "infinity": math.Inf(1), "negative infinity": []any{math.Inf(-1)}, "circle": circle, "list in itself": list,
		"function": func() {}, "channel": make(chan int), "raw JSON that is none": json.RawMessage("{"),
	} {
		for what, err := range map[string]error{
			"everybody": n.Emit("e", value), "next to binary": n.Emit("e", []byte{1}, value), "a room": n.To(socket.ID()).Emit("e", value),
			"all, with ack": n.EmitWithAck(func([]socketio.Args, error) { t.Error("an answer") }, "e", value),
			"one":           socket.Emit("e", value),
			"one, with ack": socket.EmitWithAck(func(socketio.Args, error) { t.Error("an answer") }, "e", value),
		} {
			if err == nil {
				t.Errorf("%s was sent to %s", name, what)
			}
		}
	}
	w.say(`425["bad ack"]`)
	w.receives(`435["was refused"]`)
	w.say(`421["e",1e999]`, `422["e",123456789012345678901234567890]`)
	w.receives(`431[1e999]`, `432[123456789012345678901234567890]`)
}
