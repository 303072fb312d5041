package wiretest

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"kapoor.example/desk/actors/realtime"
	"kapoor.example/desk/http"
)

// isText checks an answer of packets to the byte.
func isText(t testing.TB, r reply, body string) {
	t.Helper()
	if r.status != 200 || r.body != body || r.header.Get("Content-Type") != "text/plain; charset=UTF-8" ||
		r.header.Get("Cache-Control") != "no-store" || r.header.Get("Content-Length") != strconv.Itoa(len(body)) {
		t.Errorf("got %s, want %.200q", r, body)
	}
}

// isEmpty checks an answer that has nothing but a status.
func isEmpty(t testing.TB, r reply, status int) {
	t.Helper()
	if r.status != status || r.body != "" {
		t.Errorf("got %s, want %d and nothing", r, status)
	}
}

// isOK checks the answer to a POST.
func isOK(t testing.TB, r reply) {
	t.Helper()
	if r.status != 200 || r.body != "ok" || r.header.Get("Content-Type") != "text/html" ||
		r.header.Get("Content-Length") != "2" || r.header.Get("Cache-Control") != "no-store" {
		t.Errorf("got %s", r)
	}
}

func TestRow027PostAnswer(t *testing.T) {
	p := setupEngine(t, engineSetup{}).open()
	isOK(t, p.post("4hello"))
	isOK(t, p.post("4hello", "Content-Type", "text/plain;charset=UTF-8"))
}

func TestRow028Payloads(t *testing.T) {
	p := setupEngine(t, engineSetup{}).open()
	isOK(t, p.post("4one\x1e4\x1e4three"))
	isText(t, p.get(), "4one\x1e4\x1e4three")
	waiting := p.wait()
	select {
	case r := <-waiting:
		t.Fatalf("an empty queue was answered: %s", r)
	default:
	}
	isOK(t, p.post("4later"))
	isText(t, take(t, waiting), "4later")
}

func TestRow029Binary(t *testing.T) {
	got := make(chan string, 10)
	e := setupEngine(t, engineSetup{server: realtime.Options{OnMessage: func(s *realtime.Session, data []byte, binary bool) {
		got <- fmt.Sprintf("%t %q", binary, data)
		s.Send(data, binary)
	}}})
	p := e.open()
	bytes := string([]byte{0, 1, 2, 0xfe, 0xff})
	body := "4text\x1eb" + base64.StdEncoding.EncodeToString([]byte(bytes)) + "\x1eb\x1e4b64\x1ebAA=="
	isOK(t, p.post(body))
	for _, want := range []string{`false "text"`, fmt.Sprintf("true %q", bytes), `true ""`, `false "b64"`, `true "\x00"`} {
		if g := take(t, got); g != want {
			t.Errorf("got %s, want %s", g, want)
		}
	}
	isText(t, p.get(), body)
	for _, broken := range []string{"bAA", "bA_==", "b*"} {
		p := e.open()
		isOK(t, p.post(broken))
		p.gone(realtime.ReasonParseError)
	}
}

func TestRow030OneAnswer(t *testing.T) {
	p := setupEngine(t, engineSetup{server: realtime.Options{MaxPayload: 1000}}).open()
	var want []string
	for i := range 50 {
		packet := "4" + strconv.Itoa(i) + strings.Repeat("x", 900) // 45 times what a client may send at once
		isOK(t, p.post(packet))
		want = append(want, packet)
	}
	isText(t, p.get(), strings.Join(want, "\x1e"))
}

func TestRow031OverlappingPolls(t *testing.T) {
	p := setupEngine(t, engineSetup{}).open()
	first := p.wait()
	isEmpty(t, p.get(), 400)
	isText(t, take(t, first), "1")
	p.gone(realtime.ReasonTransportError)
}

// half sends the beginning of a POST and returns when the server knows of it.
func (p *poller) half(body string, length int) *rawConn {
	p.t.Helper()
	c := p.e.raw("POST " + p.target() + " HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: " + strconv.Itoa(length) + "\r\n\r\n" + body)
	return c
}

func TestRow032OverlappingPosts(t *testing.T) {
	for name, row := range map[string]struct {
		begun  string
		length int
	}{"a few bytes of it are there": {"4ab", 10}, "many are": {"4" + strings.Repeat("x", 20_000), 30_000}} {
		t.Run(name, func(t *testing.T) {
			e := setupEngine(t, engineSetup{})
			p := e.open()
			first := p.half(row.begun, row.length)
			// Whether the server has seen the first one shows only in how it takes another.
			eventually(t, "the second POST is refused", func() bool {
				r := p.post("4second")
				if r.status == 400 && (r.body == "" || r.body == gone) {
					return true // or it was the second that met the first, and that was refused
				}
				if r.body != "ok" {
					t.Fatalf("got %s", r)
				}
				return false
			})
			p.gone(realtime.ReasonTransportError)
			first.Close()
		})
	}
}

func TestRow033CutPoll(t *testing.T) {
	for name, cut := range map[string]func(testing.TB, *rawConn){
		"closed": func(t testing.TB, c *rawConn) { _ = c.Close() },
		"reset":  func(t testing.TB, c *rawConn) { reset(t, c.Conn) },
	} {
		t.Run(name, func(t *testing.T) {
			p := setupEngine(t, engineSetup{}).open()
			session := p.session()
			c := p.e.raw("GET " + p.target() + " HTTP/1.1\r\nHost: x\r\n\r\n")
			eventually(t, "a poll that waits", session.Writable)
			cut(t, c)
			p.gone(realtime.ReasonTransportError)
		})
	}
}

func TestRow034CutPost(t *testing.T) {
	big := "4" + strings.Repeat("x", 50_000)
	for name, row := range map[string]struct {
		header, body string
	}{
		"before the body":        {"Content-Length: 10", ""},
		"behind the first byte":  {"Content-Length: 10", "4"},
		"a small body":           {"Content-Length: 10", "4abc"},
		"one byte is missing":    {"Content-Length: 5", "4abc"},
		"a big body":             {"Content-Length: 60000", big},
		"chunked, within one":    {"Transfer-Encoding: chunked", "a\r\n4abc"},
		"chunked, between two":   {"Transfer-Encoding: chunked", "4\r\n4abc\r\n"},
		"chunked, before any":    {"Transfer-Encoding: chunked", ""},
		"chunked, before no end": {"Transfer-Encoding: chunked", "4\r\n4abc\r\n0\r\n"},
	} {
		t.Run("row 034 "+name, func(t *testing.T) {
			messages := make(chan string, 10)
			e := setupEngine(t, engineSetup{server: realtime.Options{OnMessage: func(_ *realtime.Session, data []byte, _ bool) { messages <- string(data) }}})
			p := e.open()
			c := e.raw("POST " + p.target() + " HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n" + row.header + "\r\n\r\n" + row.body)
			// A half-closed connection is one that is cut: nothing more can come of the body.
			if err := c.Conn.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
				t.Fatal(err)
			}
			p.gone(realtime.ReasonTransportError)
			if len(messages) != 0 {
				t.Errorf("half a body was taken: %.50q", take(t, messages))
			}
		})
	}
}

func TestRow035OctetStream(t *testing.T) {
	p := setupEngine(t, engineSetup{}).open()
	isEmpty(t, p.post("\x01\x02", "Content-Type", "application/octet-stream"), 400)
	p.gone(realtime.ReasonTransportError)
}

func TestRow036PostOverLimit(t *testing.T) {
	const limit = 20_000
	messages := make(chan int, 100)
	e := setupEngine(t, engineSetup{server: realtime.Options{MaxPayload: limit, OnMessage: func(s *realtime.Session, data []byte, binary bool) {
		messages <- len(data)
		s.Send(data, binary)
	}}})
	p := e.open()
	ascii := func(n int) string { return "4" + strings.Repeat("x", n-1) }
	accents := func(n int) string { return "4" + strings.Repeat("é", (n-1)/2) + strings.Repeat("x", (n-1)%2) }
	for name, row := range map[string]struct {
		body   string
		status int
	}{
		"exactly the limit":                     {ascii(limit), 200},
		"one byte more":                         {ascii(limit + 1), 413},
		"exactly the limit in accents":          {accents(limit), 200},
		"one byte more, half as many letters":   {accents(limit + 1), 413},
		"ten times the limit":                   {ascii(10 * limit), 413},
		"two packets that are over it together": {ascii(limit/2) + "\x1e" + ascii(limit/2), 413},
	} {
		for _, chunked := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, chunked %t", name, chunked), func(t *testing.T) {
				var body io.Reader = strings.NewReader(row.body)
				if chunked {
					body = io.MultiReader(body) // a reader without a length
				}
				r := e.in(t).request("POST", p.target(), body)
				if row.status == 413 {
					isEmpty(t, r, 413)
					return
				}
				isOK(t, r)
				if n := take(t, messages); n != limit-1 {
					t.Errorf("%d bytes came", n)
				}
				if got := p.get(); got.body != row.body {
					t.Errorf("got %d bytes", len(got.body))
				}
			})
		}
	}
	t.Run("a gigabyte is only announced", func(t *testing.T) {
		c := e.in(t).raw("POST " + p.target() + " HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n")
		go func() { _, _ = io.Copy(c.Conn, zeroes{}) }() // until it is cut off
		isEmpty(t, c.reply(), 413)
	})
	if len(messages) != 0 {
		t.Errorf("%d messages too many", len(messages))
	}
	p.alive()
	take(t, messages)
}

// zeroes is a reader without an end.
type zeroes struct{}

func (zeroes) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestRow037BodiesInPieces(t *testing.T) {
	e := setupEngine(t, engineSetup{})
	text := "4" + strings.Repeat("né€😀", 2000)
	t.Run("chunks that cut letters", func(t *testing.T) {
		p := e.in(t).open()
		c := e.in(t).raw("POST " + p.target() + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
		for rest := text; rest != ""; {
			n := min(7, len(rest))
			c.send(fmt.Sprintf("%x\r\n%s\r\n", n, rest[:n]))
			rest = rest[n:]
		}
		c.send("0\r\n\r\n")
		isOK(t, c.reply())
		isText(t, p.get(), text)
	})
	t.Run("a content-length, a byte at a time", func(t *testing.T) {
		p := e.in(t).open()
		short := strings.ToValidUTF8(text[:200], "")
		c := p.half("", len(short))
		for i := range len(short) {
			c.send(short[i : i+1])
		}
		isOK(t, c.reply())
		isText(t, p.get(), short)
	})
	t.Run("Expect: 100-continue", func(t *testing.T) {
		p := e.in(t).open()
		c := e.in(t).raw("POST " + p.target() + " HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
		if r := c.reply(); r.status != 100 {
			t.Fatalf("got %s", r)
		}
		c.send("4x")
		isOK(t, c.reply())
		isText(t, p.get(), "4x")
	})
}

func TestRow038BadPayload(t *testing.T) {
	e := setupEngine(t, engineSetup{})
	for name, body := range map[string]string{
		"an unknown packet": "abc", "type 7": "7", "an empty body": "", "an empty packet": "4a\x1e\x1e4b", "a separator at the end": "4a\x1e",
		"a million separators": strings.Repeat("\x1e", 999_999), "100,000 packets": strings.Repeat("4\x1e", 100_000) + "4",
	} {
		t.Run("row 038 "+name, func(t *testing.T) {
			p := e.in(t).open()
			isOK(t, p.post(body))
			p.gone(realtime.ReasonParseError)
		})
	}
}

func TestRow039ClosePacket(t *testing.T) {
	messages := make(chan string, 10)
	e := setupEngine(t, engineSetup{server: realtime.Options{OnMessage: func(_ *realtime.Session, data []byte, _ bool) { messages <- string(data) }}})
	t.Run("a poll waits", func(t *testing.T) {
		p := e.in(t).open()
		waiting := p.wait()
		isOK(t, p.post("1"))
		isText(t, take(t, waiting), "6")
		p.gone(realtime.ReasonTransportClose)
	})
	t.Run("packets behind it are dropped", func(t *testing.T) {
		p := e.in(t).open()
		isOK(t, p.post("4before\x1e1\x1e4behind\x1e4it"))
		p.gone(realtime.ReasonTransportClose)
		if got := take(t, messages); got != "before" || len(messages) != 0 {
			t.Errorf("got %q and %d more", got, len(messages))
		}
	})
}

func TestRow040ServerClosesPolling(t *testing.T) {
	t.Run("a poll waits", func(t *testing.T) {
		p := setupEngine(t, engineSetup{}).open()
		waiting := p.wait()
		p.session().Close()
		isText(t, take(t, waiting), "1")
		p.gone(realtime.ReasonForcedClose)
	})
	t.Run("no poll waits: held for the next", func(t *testing.T) {
		e := setupEngine(t, engineSetup{})
		p := e.open()
		p.session().Close()
		isText(t, p.get(), "6\x1e1")
		p.gone(realtime.ReasonForcedClose)
	})
	t.Run("queued data has an answer of its own", func(t *testing.T) {
		p := setupEngine(t, engineSetup{}).open()
		isOK(t, p.post("4a\x1e4b"))
		p.session().Close()
		isText(t, p.get(), "4a\x1e4b")
		isText(t, p.get(), "6\x1e1")
		p.gone(realtime.ReasonForcedClose)
	})
	t.Run("what comes meanwhile is dropped", func(t *testing.T) {
		messages := make(chan string, 10)
		p := setupEngine(t, engineSetup{server: realtime.Options{OnMessage: func(s *realtime.Session, data []byte, _ bool) {
			messages <- string(data)
			s.Close()
		}}}).open()
		isOK(t, p.post("4first\x1e4dropped"))
		isOK(t, p.post("4dropped"))
		isText(t, p.get(), "6\x1e1")
		p.gone(realtime.ReasonForcedClose)
		if got := take(t, messages); got != "first" || len(messages) != 0 {
			t.Errorf("got %q and %d more", got, len(messages))
		}
	})
	t.Run("not for ever", func(t *testing.T) {
		p := setupEngine(t, engineSetup{server: realtime.Options{CloseTimeout: 200 * time.Millisecond}}).open()
		begin := time.Now()
		p.session().Close()
		p.gone(realtime.ReasonForcedClose)
		within(t, "gone", time.Since(begin), 200*time.Millisecond)
	})
}

func TestRow041GracefulClose(t *testing.T) {
	closing := engineSetup{server: realtime.Options{OnMessage: func(s *realtime.Session, data []byte, binary bool) {
		for i := range 3 {
			s.Send(fmt.Append(nil, i), binary)
		}
		s.Close()
		s.Send([]byte("too late"), binary)
	}}}
	t.Run("row 041 polling: what is queued goes first", func(t *testing.T) {
		p := setupEngine(t, closing).open()
		isOK(t, p.post("4x"))
		isText(t, p.get(), "40\x1e41\x1e42")
		isText(t, p.get(), "6\x1e1")
		p.gone(realtime.ReasonForcedClose)
	})
	t.Run("row 041 websocket: what is queued goes first", func(t *testing.T) {
		e := setupEngine(t, closing)
		w := e.begin()
		w.say("4x")
		for i := range 3 {
			if got := w.next(); got != "4"+strconv.Itoa(i) {
				t.Errorf("got %s", got)
			}
		}
		if got := w.closed(); got != 1005 {
			t.Errorf("closed with %d", got)
		}
		endedWith(t, e, w.sid, realtime.ReasonForcedClose)
	})
	t.Run("row 041 a server that stops discards", func(t *testing.T) {
		e := setupEngine(t, engineSetup{})
		queued, waits := e.open(), e.open()
		isOK(t, queued.post("4queued"))
		waiting := waits.wait()
		closed := make(chan struct{})
		go func() {
			defer close(closed)
			e.close()
		}()
		isText(t, take(t, waiting), "1")
		eventually(t, "the end of the other", func() bool { return e.reason(queued.sid) != "" })
		if r := queued.get(); r.body != "1" && r.status != 400 {
			t.Errorf("a poll got %s", r)
		}
		<-closed
		isRefusal(t, queued.get(), sidUnknown)
		endedWith(t, e, queued.sid, realtime.ReasonShutdown)
	})
}

// unpack undoes a content encoding.
func unpack(t testing.TB, r reply) string {
	t.Helper()
	var source io.Reader = strings.NewReader(r.body)
	var err error
	switch r.header.Get("Content-Encoding") {
	case "gzip":
		source, err = gzip.NewReader(source)
	case "deflate":
		source, err = zlib.NewReader(source)
	}
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(source)
	if err != nil {
		t.Fatal(err)
	}
	return string(plain)
}

func TestRow042Compression(t *testing.T) {
	const threshold = 1024
	long := strings.Repeat("x", threshold-1)
	for name, row := range map[string]struct {
		from         int
		size         int // of the answer
		accept, want string
	}{
		"at the threshold":       {0, threshold, "gzip, deflate, br", "gzip"},
		"below the threshold":    {0, threshold - 1, "gzip, deflate", ""},
		"deflate alone":          {0, threshold, "deflate", "deflate"},
		"gzip is preferred":      {0, threshold, "deflate, gzip", "gzip"},
		"unless weights differ":  {0, threshold, "gzip;q=0.1, deflate;q=0.9", "deflate"},
		"gzip is ruled out":      {0, threshold, "gzip;q=0, deflate", "deflate"},
		"everything":             {0, threshold, "*", "gzip"},
		"neither":                {0, threshold, "br, identity", ""},
		"nothing said":           {0, threshold, "", ""},
		"ruled out altogether":   {0, threshold, "gzip;q=0, *;q=0", ""},
		"a lower threshold":      {100, 200, "gzip", "gzip"},
		"a higher one":           {100_000, 99_999, "gzip", ""},
		"switched off":           {-1, 50_000, "gzip", ""},
		"binary":                 {0, threshold, "gzip", "gzip"},
		"a broken weight":        {0, threshold, "gzip;q=x", ""},
		"upper case and spaces":  {0, threshold, " GZIP ; Q=1 ", "gzip"},
		"a weight for something": {0, threshold, "br;q=1.0, gzip;q=0.8, *;q=0.1", "gzip"},
	} {
		t.Run("row 042 "+name, func(t *testing.T) {
			p := setupEngine(t, engineSetup{engine: http.EngineOptions{CompressFrom: row.from}}).open()
			packet := "4" + strings.Repeat("x", row.size-1)
			if name == "binary" {
				packet = "b" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{1}, row.size))
			}
			isOK(t, p.post(packet))
			var header []string
			if row.accept != "" {
				header = []string{"Accept-Encoding", row.accept}
			}
			r := p.get(header...)
			if r.status != 200 || r.header.Get("Content-Encoding") != row.want || r.header.Get("Content-Length") != strconv.Itoa(len(r.body)) {
				t.Errorf("got %s", r)
			}
			if got := unpack(t, r); got != packet {
				t.Errorf("unpacked %d bytes", len(got))
			}
			if row.want != "" && len(r.body) >= len(packet) {
				t.Errorf("%d bytes of %d", len(r.body), len(packet))
			}
		})
	}
	t.Run("row 042 also an answer that a poll waited for", func(t *testing.T) {
		p := setupEngine(t, engineSetup{}).open()
		session, answer := p.session(), make(chan reply, 1)
		go func() {
			r, _ := p.e.try(context.Background(), "GET", p.target(), nil, "Accept-Encoding", "gzip")
			answer <- r
		}()
		eventually(t, "a poll that waits", session.Writable)
		isOK(t, p.post("4"+long))
		if r := take(t, answer); r.header.Get("Content-Encoding") != "gzip" || unpack(t, r) != "4"+long {
			t.Errorf("got %s", r)
		}
	})
	t.Run("row 042 a message that is not to be compressed", func(t *testing.T) {
		rig := simple(t, func(s *realtime.Server) {
			s.Of("/").On("plain", func(s *realtime.Socket, _ *realtime.Event) { _ = s.Compress(false).Emit("x", long) }).
				On("packed", func(s *realtime.Socket, _ *realtime.Event) { _ = s.Emit("x", long) })
		})
		for events, want := range map[string]string{"42[\"plain\"]": "", "42[\"packed\"]": "gzip", "42[\"plain\"]\x1e42[\"packed\"]": "gzip"} {
			p := rig.poll(socketPolling)
			p.say("40")
			p.next()
			p.say(strings.Split(events, "\x1e")...)
			a := rig.do("GET", p.path, map[string]string{"Accept-Encoding": "gzip"}, nil)
			if got := a.header.Get("Content-Encoding"); got != want {
				t.Errorf("%q: %q, want %q", events, got, want)
			}
		}
	})
}

func TestRow043NoXSSHeader(t *testing.T) {
	e := setupEngine(t, engineSetup{})
	for _, agent := range []string{"Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.0)", "Mozilla/5.0 (Windows NT 6.3; Trident/7.0; rv:11.0) like Gecko"} {
		r := e.do("GET", handshakeQuery, "User-Agent", agent)
		p := &poller{e: e, t: t, sid: sidOf(t, r)}
		for _, r := range []reply{r, p.post("4x", "User-Agent", agent), p.get("User-Agent", agent)} {
			if got, set := r.header["X-Xss-Protection"]; set {
				t.Errorf("X-XSS-Protection: %s", got)
			}
		}
	}
}

func TestRow044ConnectionClose(t *testing.T) {
	e := setupEngine(t, engineSetup{})
	request := func(method, target, body string) reply {
		c := e.raw(method + " " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body)
		r := c.reply()
		if rest := c.rest(); rest != "" {
			t.Errorf("and %q", rest)
		}
		return r
	}
	p := &poller{e: e, t: t, sid: sidOf(t, request("GET", enginePath+"?"+handshakeQuery, ""))}
	for range 3 {
		isOK(t, request("POST", p.target(), "4x"))
		if r := request("GET", p.target(), ""); r.body != "4x" {
			t.Errorf("got %s", r)
		}
	}
	p.alive()
}

func TestRow045PingTimeoutWithoutPoll(t *testing.T) {
	const interval, timeout = 150 * time.Millisecond, 100 * time.Millisecond
	e := setupEngine(t, engineSetup{server: realtime.Options{PingInterval: interval, PingTimeout: timeout}})
	begin := time.Now()
	p := e.open()
	p.gone(realtime.ReasonPingTimeout)
	within(t, "gone", time.Since(begin), interval+timeout)
}

func TestRow046NoJSONP(t *testing.T) {
	e := setupEngine(t, engineSetup{})
	r := e.do("GET", handshakeQuery+"&j=0")
	if !strings.HasPrefix(r.body, `0{"sid":"`) || r.header.Get("Content-Type") != "text/plain; charset=UTF-8" {
		t.Errorf("got %s", r)
	}
	p := &poller{e: e, t: t, sid: sidOf(t, r)}
	isOK(t, e.request("POST", p.target()+"&j=1", strings.NewReader("4x"), "Content-Type", "application/x-www-form-urlencoded"))
	isText(t, e.do("GET", p.query()+"&j=2"), "4x")
	isOK(t, e.request("POST", p.target()+"&j=3", strings.NewReader("d=4x"), "Content-Type", "application/x-www-form-urlencoded"))
	p.gone(realtime.ReasonParseError) // d=… is no payload
}
