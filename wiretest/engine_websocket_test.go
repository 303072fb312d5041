package wiretest

import (
	"bytes"
	"compress/flate"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"kapoor.example/desk/actors/realtime"
	"kapoor.example/desk/http"
)

func TestRow053Frames(t *testing.T) {
	e := setupEngine(t, engineSetup{})
	t.Run("row 053 a text frame is a packet", func(t *testing.T) {
		w := e.in(t).begin()
		for _, text := range []string{"", "x", "né€😀", strings.Repeat("y", 125), strings.Repeat("y", 126), strings.Repeat("y", 65_535), strings.Repeat("y", 70_000)} {
			w.echoes(text)
		}
	})
	t.Run("row 053 a binary frame is a message", func(t *testing.T) {
		w := e.in(t).begin()
		for _, data := range [][]byte{{}, {0}, {4}, {0xff, 0, 0x1e}, bytes.Repeat([]byte{7}, 70_000)} {
			w.frame(ws.NewBinaryFrame(bytes.Clone(data)))
			if header, payload := w.nextFrame(); header.OpCode != ws.OpBinary || !bytes.Equal(payload, data) {
				t.Errorf("got %+v and %d bytes", header, len(payload))
			}
		}
	})
	t.Run("row 053 fragments, with a ping between them", func(t *testing.T) {
		w := e.in(t).begin()
		for _, f := range []ws.Frame{
			ws.NewFrame(ws.OpText, false, []byte("4n\xc3")), ws.NewPingFrame([]byte("there?")), ws.NewFrame(ws.OpContinuation, false, nil),
			ws.NewFrame(ws.OpContinuation, false, []byte("\xa9")), ws.NewPongFrame([]byte("unasked")), ws.NewFrame(ws.OpContinuation, true, []byte("!")),
		} {
			w.frame(f)
		}
		if header, payload := w.nextFrame(); header.OpCode != ws.OpPong || string(payload) != "there?" {
			t.Errorf("the ping was answered by %+v %q", header, payload)
		}
		if got := w.next(); got != "4né!" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("row 053 a byte at a time", func(t *testing.T) {
		w := e.in(t).begin()
		for _, size := range []int{5, 300, 70_000} {
			text := "4" + strings.Repeat("z", size)
			frame := ws.MustCompileFrame(ws.MaskFrame(ws.NewTextFrame([]byte(text))))
			for i := range 20 {
				if _, err := w.Write(frame[i : i+1]); size > 20 && err != nil {
					t.Fatal(err)
				}
				if i == len(frame)-1 {
					break
				}
			}
			if len(frame) > 20 {
				if _, err := w.Write(frame[20:]); err != nil {
					t.Fatal(err)
				}
			}
			if got := w.next(); got != text {
				t.Errorf("got %d bytes of %d", len(got), len(text))
			}
		}
	})
	t.Run("row 053 many frames in one write", func(t *testing.T) {
		w := e.in(t).begin()
		var all []byte
		for i := range 500 {
			all = append(all, ws.MustCompileFrame(ws.MaskFrame(ws.NewTextFrame(fmt.Appendf(nil, "4%d", i))))...)
		}
		go func() { _, _ = w.Write(all) }()
		for i := range 500 {
			if got := w.next(); got != fmt.Sprintf("4%d", i) {
				t.Fatalf("message %d is %q", i, got)
			}
		}
	})
	for name, row := range map[string]struct {
		frame  ws.Frame
		masked bool
		status int
	}{
		"unmasked":             {ws.NewTextFrame([]byte("4x")), false, 1002},
		"a reserved bit":       {ws.Frame{Header: ws.Header{Fin: true, Rsv: 4, OpCode: ws.OpText, Length: 2}, Payload: []byte("4x")}, true, 1002},
		"a reserved opcode":    {ws.NewFrame(3, true, []byte("4x")), true, 1002},
		"continuing nothing":   {ws.NewFrame(ws.OpContinuation, true, []byte("4x")), true, 1002},
		"a ping in pieces":     {ws.NewFrame(ws.OpPing, false, []byte("x")), true, 1002},
		"a ping of 126 bytes":  {ws.NewFrame(ws.OpPing, true, make([]byte, 126)), true, 1002},
		"text that is no text": {ws.NewTextFrame([]byte("4\xff")), true, 1007},
	} {
		t.Run("row 053 "+name, func(t *testing.T) {
			e := e.in(t)
			w := e.begin()
			f := row.frame
			if row.masked {
				f = ws.MaskFrame(f)
			}
			if err := ws.WriteFrame(w.Conn, f); err != nil {
				t.Fatal(err)
			}
			if got := w.closed(); got != row.status {
				t.Errorf("closed with %d, want %d", got, row.status)
			}
			endedWith(t, e, w.sid, realtime.ReasonTransportError)
		})
	}
	t.Run("row 053 the close handshake", func(t *testing.T) {
		e := e.in(t)
		w := e.begin()
		w.frame(ws.NewCloseFrame(ws.NewCloseFrameBody(1000, "bye")))
		w.closed()
		endedWith(t, e, w.sid, realtime.ReasonTransportClose)
	})
	// Every close frame was answered by an empty one: clients that end with a status of their own were told 1005, and whoever
	// broke RFC 6455 (5.5.1, 7.4) with the last frame heard nothing of it.
	for name, row := range map[string]struct {
		body   string
		want   string
		reason realtime.Reason
	}{
		"without a status":              {"", "", realtime.ReasonTransportClose},
		"1000":                          {"\x03\xe8", "\x03\xe8", realtime.ReasonTransportClose},
		"1000 with a reason":            {"\x03\xe8tschüs", "\x03\xe8tschüs", realtime.ReasonTransportClose},
		"1001":                          {"\x03\xe9", "\x03\xe9", realtime.ReasonTransportClose},
		"1014":                          {"\x03\xf6", "\x03\xf6", realtime.ReasonTransportClose},
		"3000":                          {"\x0b\xb8", "\x0b\xb8", realtime.ReasonTransportClose},
		"4999 with 123 bytes":           {"\x13\x87" + strings.Repeat("x", 123), "\x13\x87" + strings.Repeat("x", 123), realtime.ReasonTransportClose},
		"half a status":                 {"\x03", "\x03\xea", realtime.ReasonTransportError},
		"0":                             {"\x00\x00", "\x03\xea", realtime.ReasonTransportError},
		"999":                           {"\x03\xe7", "\x03\xea", realtime.ReasonTransportError},
		"1004, which means nothing":     {"\x03\xec", "\x03\xea", realtime.ReasonTransportError},
		"1005, which is never sent":     {"\x03\xed", "\x03\xea", realtime.ReasonTransportError},
		"1006, which is never sent":     {"\x03\xee", "\x03\xea", realtime.ReasonTransportError},
		"1015, which is never sent":     {"\x03\xf7", "\x03\xea", realtime.ReasonTransportError},
		"2999":                          {"\x0b\xb7", "\x03\xea", realtime.ReasonTransportError},
		"5000":                          {"\x13\x88", "\x03\xea", realtime.ReasonTransportError},
		"a reason that is no text":      {"\x03\xe8\xff", "\x03\xef", realtime.ReasonTransportError},
		"half a character for a reason": {"\x03\xe8\xc3", "\x03\xef", realtime.ReasonTransportError},
	} {
		t.Run("row 053 a close frame: "+name, func(t *testing.T) {
			e := e.in(t)
			w := e.begin()
			w.frame(ws.NewCloseFrame([]byte(row.body)))
			if header, payload := w.nextFrame(); header.OpCode != ws.OpClose || string(payload) != row.want {
				t.Errorf("answered by %+v %q, want %q", header, payload, row.want)
			}
			if _, _, err := w.tryFrame(); !errors.Is(err, io.EOF) {
				t.Errorf("then came %v, not the end", err)
			}
			endedWith(t, e, w.sid, row.reason)
		})
	}
	t.Run("row 053 a close frame behind messages that are being answered", func(t *testing.T) {
		e := e.in(t)
		var all []byte
		for range 100 {
			all = append(all, ws.MustCompileFrame(ws.MaskFrame(ws.NewTextFrame([]byte("4x"))))...)
		}
		all = append(all, ws.MustCompileFrame(ws.MaskFrame(ws.NewCloseFrame(ws.NewCloseFrameBody(1000, ""))))...)
		for range 50 {
			w := e.begin()
			if _, err := w.Write(all); err != nil {
				t.Fatal(err)
			}
			if got := w.closed(); got != 1000 {
				t.Errorf("closed with %d", got)
			}
			endedWith(t, e, w.sid, realtime.ReasonTransportClose)
		}
	})
	t.Run("row 053 a protocol is taken", func(t *testing.T) {
		e := e.in(t)
		w := e.begin("Sec-WebSocket-Protocol", "first, second")
		if got := w.header.Get("Sec-WebSocket-Protocol"); got != "first" {
			t.Errorf("protocol %q", got)
		}
	})
}

func TestRow054MessageOverLimit(t *testing.T) {
	const limit = 10_000
	e := setupEngine(t, engineSetup{server: realtime.Options{MaxPayload: limit}})
	w := e.begin()
	w.echoes(strings.Repeat("x", limit-1))
	w.frame(ws.NewBinaryFrame(make([]byte, limit)))
	if _, payload := w.nextFrame(); len(payload) != limit {
		t.Errorf("got %d bytes", len(payload))
	}
	t.Run("row 054 a ping beside a message at the limit", func(t *testing.T) {
		w := e.in(t).begin()
		w.frame(ws.NewFrame(ws.OpText, false, []byte("4"+strings.Repeat("x", limit-2))))
		w.frame(ws.NewPingFrame([]byte("a ping has a length of its own")))
		w.frame(ws.NewFrame(ws.OpContinuation, true, []byte("x")))
		if header, _ := w.nextFrame(); header.OpCode != ws.OpPong {
			t.Errorf("got %+v", header)
		}
		if got := w.next(); len(got) != limit {
			t.Errorf("got %d bytes", len(got))
		}
	})
	for name, frames := range map[string][]ws.Frame{
		"text":         {ws.NewTextFrame([]byte("4" + strings.Repeat("x", limit)))},
		"binary":       {ws.NewBinaryFrame(make([]byte, limit+1))},
		"bytes, not":   {ws.NewTextFrame([]byte("4" + strings.Repeat("é", limit/2)))},
		"in fragments": {ws.NewFrame(ws.OpText, false, []byte("4"+strings.Repeat("x", limit-1))), ws.NewFrame(ws.OpContinuation, true, []byte("x"))},
		"200 times":    {ws.NewTextFrame([]byte("4" + strings.Repeat("x", 200*limit)))},
	} {
		t.Run("row 054 "+name, func(t *testing.T) {
			e := e.in(t)
			w := e.begin()
			go func() {
				for _, f := range frames {
					_ = ws.WriteFrame(w.Conn, ws.MaskFrame(f)) // may be cut off
				}
			}()
			if got := w.closed(); got != 1009 {
				t.Errorf("closed with %d", got)
			}
			endedWith(t, e, w.sid, realtime.ReasonTransportError)
		})
	}
}

func TestRow055UnknownPacket(t *testing.T) {
	e := setupEngine(t, engineSetup{})
	for _, packet := range []string{"abc", "7", "", " 4", "b4AAAA", "\x00"} {
		t.Run(fmt.Sprintf("row 055 %q", packet), func(t *testing.T) {
			e := e.in(t)
			w := e.begin()
			w.say(packet)
			if got := w.closed(); got != 1005 {
				t.Errorf("closed with %d", got)
			}
			endedWith(t, e, w.sid, realtime.ReasonParseError)
		})
	}
}

func TestRow056PingFromClient(t *testing.T) {
	e := setupEngine(t, engineSetup{})
	for _, packet := range []string{"2", "2probe", "0", "5"} {
		w := e.begin()
		w.say(packet)
		if got := w.closed(); got != 1005 {
			t.Errorf("%q: closed with %d", packet, got)
		}
		endedWith(t, e, w.sid, realtime.ReasonTransportError)
	}
}

func TestRow057ClosePacket(t *testing.T) {
	e := setupEngine(t, engineSetup{})
	w := e.begin()
	w.say("1")
	if got := w.closed(); got != 1005 {
		t.Errorf("closed with %d", got)
	}
	endedWith(t, e, w.sid, realtime.ReasonTransportClose)
}

func TestRow058ServerCloses(t *testing.T) {
	e := setupEngine(t, engineSetup{})
	w := e.begin()
	e.server.Session(w.sid).Close()
	header, payload := w.nextFrame()
	if header.OpCode != ws.OpClose || len(payload) != 0 {
		t.Errorf("got %+v %q", header, payload)
	}
	if got, err := io.ReadAll(w); err != nil || len(got) != 0 {
		t.Errorf("and %q, %v", got, err)
	}
	endedWith(t, e, w.sid, realtime.ReasonForcedClose)
}

// deflated returns a message as a client that agreed on permessage-deflate sends it.
func deflated(t testing.TB, data []byte) []byte {
	t.Helper()
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.DefaultCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSuffix(packed.Bytes(), []byte("\x00\x00\xff\xff"))
}

// inflated undoes deflated; every message stands for itself.
func inflated(t testing.TB, data []byte) string {
	t.Helper()
	plain, err := io.ReadAll(flate.NewReader(io.MultiReader(bytes.NewReader(data), strings.NewReader("\x00\x00\xff\xff\x01\x00\x00\xff\xff"))))
	if err != nil {
		t.Fatal(err)
	}
	return string(plain)
}

func TestRow059PermessageDeflate(t *testing.T) {
	const offer = "permessage-deflate; client_max_window_bits"
	long := "4" + strings.Repeat("long ", 2000)
	t.Run("row 059 off by default", func(t *testing.T) {
		e := setupEngine(t, engineSetup{})
		w := e.begin("Sec-WebSocket-Extensions", offer)
		if got := w.header.Get("Sec-WebSocket-Extensions"); got != "" {
			t.Errorf("agreed on %q", got)
		}
		w.echoes(strings.Repeat("x", 5000)) // next takes no frame with reserved bits
		w.frame(ws.Frame{Header: ws.Header{Fin: true, Rsv: ws.Rsv(true, false, false), OpCode: ws.OpText, Length: 1}, Payload: []byte("x")})
		if got := w.closed(); got != 1002 {
			t.Errorf("closed with %d", got)
		}
	})
	e := setupEngine(t, engineSetup{engine: http.EngineOptions{DeflateFrom: 1024}, server: realtime.Options{MaxPayload: 100_000}})
	begin := func(t *testing.T) *wire {
		t.Helper()
		w := e.in(t).begin("Sec-WebSocket-Extensions", offer)
		if got := w.header.Get("Sec-WebSocket-Extensions"); got != "permessage-deflate; server_no_context_takeover; client_no_context_takeover" {
			t.Fatalf("agreed on %q", got)
		}
		return w
	}
	t.Run("row 059 on: both ways", func(t *testing.T) {
		w := begin(t)
		packed := ws.NewTextFrame(deflated(t, []byte(long)))
		packed.Header.Rsv = ws.Rsv(true, false, false)
		for range 3 {
			w.frame(ws.Frame{Header: packed.Header, Payload: bytes.Clone(packed.Payload)})
			header, payload := w.nextFrame()
			if header.Rsv != packed.Header.Rsv || len(payload) > 1000 || inflated(t, payload) != long {
				t.Errorf("got %+v, %d bytes", header, len(payload))
			}
		}
		w.echoes(strings.Repeat("x", 1022)) // below the threshold: next takes no frame with reserved bits
		random := make([]byte, 5000)
		for i := range random {
			random[i] = byte(rand.Uint32())
		}
		w.frame(ws.NewBinaryFrame(bytes.Clone(random)))
		if header, payload := w.nextFrame(); header.Rsv != 0 || !bytes.Equal(payload, random) {
			t.Errorf("what cannot be made smaller: %+v, %d bytes", header, len(payload))
		}
	})
	t.Run("row 059 on: a compressed message in fragments", func(t *testing.T) {
		w := begin(t)
		packed := deflated(t, []byte("4in pieces"))
		first := ws.NewFrame(ws.OpText, false, bytes.Clone(packed[:3]))
		first.Header.Rsv = ws.Rsv(true, false, false)
		w.frame(first)
		w.frame(ws.NewPingFrame(nil))
		w.frame(ws.NewFrame(ws.OpContinuation, true, bytes.Clone(packed[3:])))
		w.nextFrame()
		if got := w.next(); got != "4in pieces" {
			t.Errorf("got %q", got)
		}
		w.echoes("and a plain one")
	})
	t.Run("row 059 on: a client that does not offer it", func(t *testing.T) {
		w := e.in(t).begin()
		w.echoes(strings.Repeat("x", 5000))
	})
	t.Run("row 059 on: a window the server cannot make", func(t *testing.T) {
		w := e.in(t).begin("Sec-WebSocket-Extensions", "permessage-deflate; server_max_window_bits=10")
		if got := w.header.Get("Sec-WebSocket-Extensions"); got != "" {
			t.Errorf("agreed on %q", got)
		}
		w.echoes(strings.Repeat("x", 5000))
	})
	for name, row := range map[string]struct {
		payload []byte
		status  int
	}{
		"a bomb":        {deflated(t, make([]byte, 50<<20)), 1009},
		"not deflate":   {[]byte("\xff\xff\xff\xff"), 1002},
		"not UTF-8":     {deflated(t, []byte("4\xff")), 1007},
		"not a packet":  {deflated(t, []byte("x")), 1005},
		"nothing in it": {deflated(t, nil), 1005},
	} {
		t.Run("row 059 on: "+name, func(t *testing.T) {
			w := begin(t)
			f := ws.NewTextFrame(row.payload)
			f.Header.Rsv = ws.Rsv(true, false, false)
			w.frame(f)
			if got := w.closed(); got != row.status {
				t.Errorf("closed with %d, want %d", got, row.status)
			}
		})
	}
	t.Run("row 059 on: a broadcast reaches those with and those without", func(t *testing.T) {
		const event = `42["long","`
		r := setup(t, realtime.Options{}, http.EngineOptions{DeflateFrom: 1024}, func(s *realtime.Server) {
			s.Of("/").On("shout", func(s *realtime.Socket, _ *realtime.Event) {
				for range 20 {
					_ = s.Namespace().Emit("long", long)
				}
			})
		})
		e := &engineServer{t: t, addr: r.addr}
		join := func(header ...string) *wire {
			w, err := e.tryDialPath("/socket.io/", webSocketQuery, header...)
			if err != nil {
				t.Fatal(err)
			}
			w.next()
			w.say("40")
			w.next()
			return w
		}
		with, without := join("Sec-WebSocket-Extensions", offer), join()
		without.say(`42["shout"]`)
		for range 20 {
			header, payload := with.nextFrame()
			if header.Rsv != ws.Rsv(true, false, false) || inflated(t, payload) != event+long+`"]` {
				t.Errorf("got %+v, %d bytes", header, len(payload))
			}
			if got := without.next(); got != event+long+`"]` {
				t.Errorf("got %d bytes", len(got))
			}
		}
	})
}

func TestRow060SendsThenClose(t *testing.T) {
	const messages = 300
	big := strings.Repeat("x", 100_000) // 30 MB: more than the connection takes at once
	e := setupEngine(t, engineSetup{server: realtime.Options{MaxQueue: 64 << 20, OnMessage: func(s *realtime.Session, _ []byte, _ bool) {
		for i := range messages {
			s.Send(fmt.Appendf(nil, "%d%s", i, big), false)
		}
		s.Close()
	}}})
	w := e.begin()
	w.say("4go")
	for i := range messages {
		if got := w.next(); got != fmt.Sprintf("4%d%s", i, big) {
			t.Fatalf("message %d: %.20q", i, got)
		}
	}
	if got := w.closed(); got != 1005 {
		t.Errorf("closed with %d", got)
	}
	endedWith(t, e, w.sid, realtime.ReasonForcedClose)
}

func TestRow061PingsGoAhead(t *testing.T) {
	const messages = 300
	big := strings.Repeat("x", 100_000) // 30 MB: far more than the kernel holds
	e := setupEngine(t, engineSetup{server: realtime.Options{
		PingInterval: 100 * time.Millisecond, PingTimeout: patience, MaxQueue: 64 << 20,
		OnMessage: func(s *realtime.Session, _ []byte, _ bool) {
			for range messages {
				s.Send([]byte(big), false)
			}
		},
	}})
	w := e.begin()
	w.say("4go")
	before := 0
	for w.next() != "2" {
		before++
		<-time.After(10 * time.Millisecond) // the pace of a slow client
	}
	if before > messages*2/3 {
		t.Errorf("the ping came behind %d of %d messages", before, messages)
	}
	w.say("3")
	for got := before; got < messages; {
		switch packet := w.next(); {
		case packet == "2":
			w.say("3")
		case len(packet) == len(big)+1:
			got++
		default:
			t.Fatalf("a broken message: %.20q", packet)
		}
	}
}

// TestRow062NoTLS: TLS ends in front of the server. What speaks it here is told that it is no HTTP.
func TestRow062NoTLS(t *testing.T) {
	e := setupEngine(t, engineSetup{})
	conn, err := net.DialTimeout("tcp", e.addr, patience)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	err = tls.Client(conn, &tls.Config{ServerName: "desk.example"}).Handshake()
	var notTLS tls.RecordHeaderError
	if !errors.As(err, &notTLS) && !errors.Is(err, io.EOF) {
		t.Errorf("got %v", err)
	}
	e.open().alive()
}

func TestRow063StopWithSessions(t *testing.T) {
	for name, begin := range map[string]func(e *engineServer){
		"nothing":          func(*engineServer) {},
		"idle polling":     func(e *engineServer) { e.open() },
		"a poll waits":     func(e *engineServer) { e.open().wait() },
		"idle WebSocket":   func(e *engineServer) { e.begin() },
		"while upgrading":  func(e *engineServer) { e.open().probe() },
		"not yet probing":  func(e *engineServer) { e.dial(webSocketQuery + "&sid=" + e.open().sid) },
		"upgraded":         func(e *engineServer) { e.open().probe().say("5") },
		"half a handshake": func(e *engineServer) { e.raw("GET /engine.io/?EIO=4") },
	} {
		t.Run("row 063 "+name, func(t *testing.T) {
			e := setupEngine(t, engineSetup{})
			begin(e)
			stopped := time.Now()
			e.stop() // fails the test when a timer, an actor or a connection is left
			within(t, "stopped", time.Since(stopped), 0)
			listener, err := net.Listen("tcp", e.addr)
			if err != nil {
				t.Fatalf("the port is not free: %v", err)
			}
			_ = listener.Close()
		})
	}
}
