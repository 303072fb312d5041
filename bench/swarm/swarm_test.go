//go:build linux

package swarm

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// patience is how long a test waits for what is bound to happen.
const patience = 10 * time.Second

// recorder notes what an Observer is told.
type recorder struct {
	mu        sync.Mutex
	connected []string
	packets   []string
	closed    []*CloseError
	onClosed  func(*Client)
}

func (r *recorder) Connected(_ *Client, _ int64, answer []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.connected = append(r.connected, string(answer))
}

func (r *recorder) Packet(_ *Client, _ int64, packet []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.packets = append(r.packets, string(packet))
}

func (r *recorder) Closed(c *Client, _ int64, why *CloseError) {
	r.mu.Lock()
	r.closed = append(r.closed, why)
	again := r.onClosed
	r.mu.Unlock()
	if again != nil {
		again(c)
	}
}

func (r *recorder) eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for {
		r.mu.Lock()
		ok := holds()
		r.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			r.mu.Lock()
			defer r.mu.Unlock()
			t.Fatalf("not within %s: %s\nconnected %q, packets %.300q, closed %v", patience, what, r.connected, r.packets, r.closed)
		}
	}
}

// line is the server's end of a connection.
type line struct {
	net.Conn
	reader *bufio.Reader
	t      testing.TB
}

func (l line) Read(p []byte) (int, error) { return l.reader.Read(p) }

// say writes packets as one write of text frames.
func (l line) say(packets ...string) {
	var out bytes.Buffer
	for _, p := range packets {
		out.Write(ws.MustCompileFrame(ws.NewTextFrame([]byte(p))))
	}
	l.raw(out.Bytes())
}

func (l line) raw(p []byte) {
	if _, err := l.Write(p); err != nil {
		l.t.Errorf("write: %v", err)
	}
}

// hear reads a packet; the client must have masked it.
func (l line) hear() string {
	h, payload, err := readFrame(l)
	if err != nil || !h.Masked {
		return fmt.Sprintf("%v %+v", err, h)
	}
	return string(payload)
}

func (l line) hears(want string) {
	l.t.Helper()
	if got := l.hear(); got != want {
		l.t.Errorf("the client sent %q, not %q", got, want)
	}
}

const switching = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"

// welcome goes all the way until the client is connected.
func (l line) welcome() {
	l.raw([]byte(switching))
	l.say(`0{"sid":"x"}`)
	l.hears("40")
	l.say(`40{"sid":"y"}`)
}

// serve starts a server that plays a script on each connection, with the HTTP request read. It returns its address.
func serve(t *testing.T, script func(l line, request *http.Request)) string {
	t.Helper()
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var playing sync.WaitGroup
	playing.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			playing.Go(func() {
				defer conn.Close()
				reader := bufio.NewReader(conn)
				if request, err := http.ReadRequest(reader); err == nil {
					script(line{conn, reader, t}, request)
				}
			})
		}
	})
	t.Cleanup(func() {
		listener.Close()
		playing.Wait()
	})
	return listener.Addr().String()
}

// begin makes a swarm of one client that connects.
func begin(t *testing.T, address string, change func(*Options)) (*Swarm, *recorder) {
	t.Helper()
	r := &recorder{}
	o := Options{Address: address, Clients: 1, Observer: r, Clock: NewClock(), ConnectTimeout: patience}
	if change != nil {
		change(&o)
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := s.Connect(ctx); err != nil {
		t.Fatal(err)
	}
	return s, r
}

func TestHandshake(t *testing.T) {
	requests, ponged := make(chan *http.Request, 1), make(chan struct{})
	address := serve(t, func(l line, request *http.Request) {
		requests <- request
		l.raw([]byte(switching))
		l.say(`0{"sid":"x","pingInterval":25000}`)
		l.hears(`40{"token":"abc"}`)
		l.say(`40{"sid":"y"}`, `42["hello",1]`, "2", "6", `430[{"ok":true}]`)
		l.hears("3")
		l.raw(ws.MustCompileFrame(ws.NewPingFrame([]byte("are you there?"))))
		h, payload, err := readFrame(l)
		if err != nil || h.OpCode != ws.OpPong || string(payload) != "are you there?" {
			t.Errorf("answered a ping with %+v %q, %v", h, payload, err)
		}
		close(ponged)
		l.hear() // until the client is gone
	})
	s, r := begin(t, address, func(o *Options) { o.Auth = func(int) string { return `{"token":"abc"}` } })
	r.eventually(t, "two packets", func() bool { return len(r.packets) == 2 })
	<-ponged
	request := <-requests
	if request.URL.String() != "/socket.io/?EIO=4&transport=websocket" || request.Host != address || request.Header.Get("Sec-WebSocket-Version") != "13" {
		t.Errorf("asked for %s at %s with %v", request.URL, request.Host, request.Header)
	}
	if s.ConnectedCount() != 1 || r.connected[0] != `{"sid":"y"}` || r.packets[0] != `2["hello",1]` || r.packets[1] != `30[{"ok":true}]` {
		t.Errorf("%d connected, %q, %q", s.ConnectedCount(), r.connected, r.packets)
	}
}

// TestTornFrames gives the client everything byte by byte, the HTTP answer included.
func TestTornFrames(t *testing.T) {
	long := strings.Repeat("z", 300)
	address := serve(t, func(l line, _ *http.Request) {
		torn := func(p []byte) {
			for i := range p {
				l.raw(p[i : i+1])
			}
		}
		torn([]byte(switching))
		torn(ws.MustCompileFrame(ws.NewTextFrame([]byte(`0{"sid":"x"}`))))
		l.hears("40")
		torn(ws.MustCompileFrame(ws.NewTextFrame([]byte(`40{"sid":"y"}`))))
		torn(ws.MustCompileFrame(ws.NewTextFrame([]byte(`42["` + long + `"]`))))
		torn(ws.MustCompileFrame(ws.NewTextFrame([]byte(`42["short"]`))))
		l.hear()
	})
	_, r := begin(t, address, nil)
	r.eventually(t, "both packets", func() bool { return len(r.packets) == 2 })
	if r.packets[0] != `2["`+long+`"]` || r.packets[1] != `2["short"]` {
		t.Errorf("%q", r.packets)
	}
}

// TestLargeFrames are larger than a read.
func TestLargeFrames(t *testing.T) {
	const length = 3*readBuffer + 17
	address := serve(t, func(l line, _ *http.Request) {
		l.welcome()
		l.say("42"+strings.Repeat("a", length), "42b", "42"+strings.Repeat("c", length))
		l.hear()
	})
	_, r := begin(t, address, nil)
	r.eventually(t, "three packets", func() bool { return len(r.packets) == 3 })
	if len(r.packets[0]) != length+1 || r.packets[1] != "2b" || len(r.packets[2]) != length+1 {
		t.Errorf("lengths %d, %d, %d", len(r.packets[0]), len(r.packets[1]), len(r.packets[2]))
	}
}

func TestEnds(t *testing.T) {
	tests := []struct {
		name   string
		script func(line)
		want   CloseError
	}{
		{"no WebSocket", func(l line) { l.raw([]byte("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")) }, CloseError{Phase: Upgrading, Status: 503}},
		{"no HTTP", func(l line) { l.raw([]byte("SSH-2.0-OpenSSH\r\n\r\n")) }, CloseError{Phase: Upgrading, Err: ErrProtocol}},
		{"an endless answer", func(l line) { l.raw(bytes.Repeat([]byte("x"), 20_000)); l.hear() }, CloseError{Phase: Upgrading, Err: ErrProtocol}},
		{"closed before the answer", func(line) {}, CloseError{Phase: Upgrading}},
		{"refused", func(l line) {
			l.raw([]byte(switching))
			l.say(`0{"sid":"x"}`)
			l.hear()
			l.say(`44{"message":"no"}`)
			l.hear()
		}, CloseError{Phase: Joining, Packet: `4{"message":"no"}`}},
		{"closed after the open packet", func(l line) {
			l.raw([]byte(switching))
			l.say(`0{"sid":"x"}`)
			l.hear()
		}, CloseError{Phase: Joining}},
		{"DISCONNECT", func(l line) { l.welcome(); l.say("41"); l.hear() }, CloseError{Phase: Connected, Packet: "1"}},
		{"an Engine.IO close", func(l line) { l.welcome(); l.say("1"); l.hear() }, CloseError{Phase: Connected}},
		{"a close frame", func(l line) {
			l.welcome()
			l.raw(ws.MustCompileFrame(ws.NewCloseFrame(ws.NewCloseFrameBody(1012, "restart"))))
			l.hear()
		}, CloseError{Phase: Connected, Status: 1012}},
		{"a close frame without a status", func(l line) {
			l.welcome()
			l.raw(ws.MustCompileFrame(ws.NewCloseFrame(nil)))
			l.hear()
		}, CloseError{Phase: Connected}},
		{"an empty packet", func(l line) { l.welcome(); l.say(""); l.hear() }, CloseError{Phase: Connected, Err: ErrProtocol}},
		{"an empty message", func(l line) { l.welcome(); l.say("4"); l.hear() }, CloseError{Phase: Connected, Err: ErrProtocol}},
		{"a masked frame", func(l line) { l.welcome(); l.raw(Frame("2")); l.hear() }, CloseError{Phase: Connected, Err: ErrProtocol}},
		{"a fragment", func(l line) { l.welcome(); l.raw([]byte{1, 1, '2'}); l.hear() }, CloseError{Phase: Connected, Err: ErrProtocol}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			address := serve(t, func(l line, _ *http.Request) { test.script(l) })
			s, r := begin(t, address, nil)
			r.eventually(t, "an end", func() bool { return len(r.closed) == 1 })
			got := *r.closed[0]
			if got.Phase != test.want.Phase || got.Status != test.want.Status || got.Packet != test.want.Packet || !errors.Is(got.Err, test.want.Err) {
				t.Errorf("ended by %+v, want %+v", got, test.want)
			}
			if s.ConnectedCount() != 0 || !strings.Contains(got.Error(), got.Phase.String()) {
				t.Errorf("%d connected after %q", s.ConnectedCount(), got.Error())
			}
		})
	}
}

func TestConnectEndsInTime(t *testing.T) {
	quiet := serve(t, func(l line, _ *http.Request) { l.hear() })
	_, r := begin(t, quiet, func(o *Options) { o.ConnectTimeout = 20 * time.Millisecond })
	if len(r.closed) != 1 || !errors.Is(r.closed[0], ErrTimeout) || r.closed[0].Phase != Upgrading {
		t.Errorf("%v", r.closed)
	}
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	_, r = begin(t, listener.Addr().String(), nil)
	if len(r.closed) != 1 || r.closed[0].Err == nil || r.closed[0].Phase != Connecting {
		t.Errorf("nobody listens, and: %v", r.closed)
	}
}

// echo connects every client and answers each event with the same one.
func echo(t *testing.T) string {
	return serve(t, func(l line, _ *http.Request) {
		l.raw([]byte(switching))
		l.say(`0{"sid":"x"}`)
		l.hear()
		l.say(`40{"sid":"y"}`)
		for {
			data, _, err := wsutil.ReadClientData(l)
			if err != nil {
				return
			}
			if err := wsutil.WriteServerText(l, data); err != nil {
				return
			}
		}
	})
}

// TestManyClientsOnTwoLoops connects, sends, cuts and connects again.
func TestManyClientsOnTwoLoops(t *testing.T) {
	const clients = 200
	s, r := begin(t, echo(t), func(o *Options) { o.Clients, o.Loops, o.InFlight = clients, 2, 7 })
	for round := 1; round <= 3; round++ {
		r.eventually(t, "all connected", func() bool { return len(r.connected) == round*clients })
		if err := s.Each(t.Context(), func(c *Client) { c.Send(Frame(fmt.Sprintf(`42["n",%d]`, c.Index()))) }); err != nil {
			t.Fatal(err)
		}
		r.eventually(t, "all answered", func() bool { return len(r.packets) == round*clients })
		if err := s.Each(t.Context(), func(c *Client) { c.Cut(round%2 == 0) }); err != nil {
			t.Fatal(err)
		}
		if n := s.ConnectedCount(); n != 0 {
			t.Fatalf("%d connected after the cut", n)
		}
		if err := s.Connect(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]int{}
	for _, p := range r.packets {
		seen[p]++
	}
	if len(seen) != clients || len(r.closed) != 0 {
		t.Errorf("%d different packets, closed %v", len(seen), r.closed)
	}
}

func TestClientsComeBackLater(t *testing.T) {
	turn := 0
	var mu sync.Mutex
	address := serve(t, func(l line, _ *http.Request) {
		mu.Lock()
		turn++
		third := turn == 3
		mu.Unlock()
		if third {
			l.welcome()
			l.hear()
		}
	})
	r := &recorder{onClosed: func(c *Client) { c.ConnectAfter(time.Millisecond) }}
	_, _ = begin(t, address, func(o *Options) { o.Observer = r })
	r.eventually(t, "connected at the third time", func() bool { return len(r.closed) == 2 && len(r.connected) == 1 })
}

// TestPause holds what a server sends, and its end, until the client reads on.
func TestPause(t *testing.T) {
	goOn, sent := make(chan struct{}), make(chan struct{})
	address := serve(t, func(l line, _ *http.Request) {
		l.welcome()
		<-goOn
		l.say(`42["one"]`, `42["two"]`)
		close(sent)
	})
	s, r := begin(t, address, nil)
	if err := s.Each(t.Context(), func(c *Client) { c.Pause() }); err != nil {
		t.Fatal(err)
	}
	close(goOn)
	<-sent
	if err := s.Each(t.Context(), func(*Client) {}); err != nil { // the loop has been round
		t.Fatal(err)
	}
	r.eventually(t, "nothing", func() bool { return len(r.packets) == 0 && len(r.closed) == 0 })
	if err := s.Each(t.Context(), func(c *Client) { c.Resume() }); err != nil {
		t.Fatal(err)
	}
	r.eventually(t, "both and the end", func() bool { return len(r.packets) == 2 && len(r.closed) == 1 })
}

// TestSendsMoreThanTheKernelTakes sends while the server does not read.
func TestSendsMoreThanTheKernelTakes(t *testing.T) {
	const length, times = 1 << 20, 12
	read := make(chan struct{})
	address := serve(t, func(l line, _ *http.Request) {
		l.welcome()
		<-read
		for i := range times {
			if got := l.hear(); len(got) != length || got[0] != byte('a'+i) {
				t.Errorf("packet %d has %d bytes", i, len(got))
				return
			}
		}
		l.say(`42["all"]`)
		l.hear()
	})
	s, r := begin(t, address, nil)
	err := s.Each(t.Context(), func(c *Client) {
		for i := range times {
			c.Send(Frame(strings.Repeat(string(rune('a'+i)), length)))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	close(read)
	r.eventually(t, "all has come", func() bool { return len(r.packets) == 1 })
}

func TestCloseEndsEverything(t *testing.T) {
	s, r := begin(t, echo(t), func(o *Options) { o.Clients = 10 })
	s.Close()
	s.Close()
	if n := s.ConnectedCount(); n != 0 || len(r.closed) != 0 {
		t.Errorf("%d connected, %v", n, r.closed)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := s.Each(ctx, func(*Client) { t.Error("run after Close") }); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Each after Close: %v", err)
	}
}

// TestReceivingAllocatesNothing is what makes the generator cheap.
func TestReceivingAllocatesNothing(t *testing.T) {
	s := &Swarm{options: Options{Observer: silent{}}}
	c := &Client{phase: Connected, fd: noFile, loop: &loop{swarm: s}}
	var burst []byte
	for range 10 {
		burst = append(burst, ws.MustCompileFrame(ws.NewTextFrame([]byte(`42["x",{"n":"0000000001"}]`)))...)
	}
	torn := burst[:len(burst)-5]
	c.consume(torn, 1) // what is kept of a torn frame is allocated once
	c.consume(burst[len(burst)-5:], 1)
	if n := testing.AllocsPerRun(1000, func() { c.consume(burst, 1); c.consume(torn, 1); c.consume(burst[len(burst)-5:], 1) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestTooManyFiles(t *testing.T) {
	_, err := New(Options{Address: "127.0.0.1:9", Clients: 1 << 30, Observer: silent{}, Clock: NewClock()})
	if err == nil || !strings.Contains(err.Error(), "open files") {
		t.Errorf("err = %v", err)
	}
}
