package wiretest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"kapoor.example/desk/actors/realtime"
)

// upgraded is a session that has gone from polling to a WebSocket.
func (e *engineServer) upgraded() (*poller, *wire) {
	e.t.Helper()
	p := e.open()
	w := p.probe()
	w.say("5")
	w.echoes("upgraded")
	return p, w
}

func TestRow069Upgrade(t *testing.T) {
	e := setupEngine(t, engineSetup{})
	t.Run("row 069 a poll that waits gets a noop", func(t *testing.T) {
		p := e.in(t).open()
		waiting := p.wait()
		w := p.probe()
		isText(t, take(t, waiting), "6")
		w.say("5")
		w.echoes("over the WebSocket")
		if got := e.server.Session(p.sid).TransportName(); got != "websocket" {
			t.Errorf("the transport is %s", got)
		}
	})
	t.Run("row 069 so does one that comes while probing", func(t *testing.T) {
		p := e.in(t).open()
		w := p.probe()
		for range 3 {
			begin := time.Now()
			isText(t, p.get(), "6")
			within(t, "answered", time.Since(begin), 0)
		}
		w.say("5")
		w.echoes("over the WebSocket")
	})
	t.Run("row 069 polling goes on until the 5", func(t *testing.T) {
		p := e.in(t).open()
		w := p.probe()
		p.alive()
		w.say("5")
		w.echoes("over the WebSocket")
	})
}

// talker is a client that upgrades as stock ones do, while both sides send numbered messages all the time.
type talker struct {
	e       *engineServer
	p       *poller
	mu      sync.Mutex
	got     []string // messages, in their order
	said    int
	pausing chan struct{}
}

func (c *talker) take(packets string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for packet := range strings.SplitSeq(packets, "\x1e") {
		if strings.HasPrefix(packet, "4") {
			c.got = append(c.got, packet[1:])
		}
	}
}

// poll polls until it is paused, or until the server stops answering right.
func (c *talker) poll() error {
	for {
		r, err := c.e.try(context.Background(), "GET", c.p.target(), nil)
		if err != nil || r.status != 200 {
			return fmt.Errorf("poll: %s, %w", r, err)
		}
		c.take(r.body)
		select {
		case <-c.pausing:
			return nil
		default:
		}
	}
}

// talk posts one message after the other until it is paused.
func (c *talker) talk() error {
	for {
		r, err := c.e.try(context.Background(), "POST", c.p.target(), strings.NewReader("4"+strconv.Itoa(c.said)))
		if err != nil || r.body != "ok" {
			return fmt.Errorf("post: %s, %w", r, err)
		}
		c.said++
		select {
		case <-c.pausing:
			return nil
		default:
		}
	}
}

func TestRow070NothingIsLostWhileUpgrading(t *testing.T) {
	const rounds, messages = 40, 60
	var mu sync.Mutex
	received := map[string][]string{} // by sid
	var pushers sync.WaitGroup
	e := setupEngine(t, engineSetup{server: realtime.Options{
		OnOpen: func(s *realtime.Session) {
			pushers.Go(func() {
				pace := time.NewTicker(500 * time.Microsecond)
				defer pace.Stop()
				for i := range messages {
					s.Send([]byte(strconv.Itoa(i)), false)
					<-pace.C
				}
			})
		},
		OnMessage: func(s *realtime.Session, data []byte, _ bool) {
			if string(data) == "done" {
				s.Send(data, false)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			received[s.Sid()] = append(received[s.Sid()], string(data))
		},
	}})
	defer pushers.Wait()
	for round := range rounds {
		t.Run(fmt.Sprintf("row 070 round %d", round), func(t *testing.T) {
			e := e.in(t)
			c := &talker{e: e, p: e.open(), pausing: make(chan struct{})}
			polled, talked := make(chan error, 1), make(chan error, 1)
			go func() { polled <- c.poll() }()
			go func() { talked <- c.talk() }()
			<-time.After(time.Duration(round) * 500 * time.Microsecond) // somewhere in the middle of it
			w := c.p.probe()
			close(c.pausing)
			if err := errors.Join(<-talked, <-polled); err != nil {
				t.Fatal(err)
			}
			w.say("5")
			for ; c.said < messages; c.said++ {
				w.say("4" + strconv.Itoa(c.said))
			}
			said := c.said
			w.say("4done")
			for done := false; !done || len(c.got) < messages; {
				if packet := w.next(); packet == "4done" {
					done = true // the server has taken everything before it
				} else {
					c.take(packet)
				}
			}
			ordered(t, "the client", c.got, messages)
			mu.Lock()
			defer mu.Unlock()
			ordered(t, "the server", received[c.p.sid], said)
			_ = w.Close()
		})
	}
}

// ordered checks that the numbers from 0 came, once each and in order.
func ordered(t testing.TB, who string, got []string, count int) {
	t.Helper()
	if len(got) != count {
		t.Errorf("%s got %d of %d messages", who, len(got), count)
	}
	for i, text := range got {
		if text != strconv.Itoa(i) {
			t.Fatalf("%s got %s as message %d", who, text, i)
		}
	}
}

func TestRow070QueueMovesAlong(t *testing.T) {
	e := setupEngine(t, engineSetup{})
	p := e.open()
	w := p.probe()
	var want []string
	for i := range 50 {
		packet := "4" + strconv.Itoa(i)
		isOK(t, p.post(packet+"\x1ebAQID"))
		want = append(want, packet)
	}
	w.say("5")
	w.say("4last")
	for _, packet := range want {
		if got := w.next(); got != packet {
			t.Fatalf("got %q, want %q", got, packet)
		}
		if header, payload := w.nextFrame(); header.OpCode != ws.OpBinary || string(payload) != "\x01\x02\x03" {
			t.Fatalf("got %+v %q", header, payload)
		}
	}
	if got := w.next(); got != "4last" {
		t.Errorf("got %q", got)
	}
}

func TestRow071PollingAfterUpgrade(t *testing.T) {
	e := setupEngine(t, engineSetup{})
	p, w := e.upgraded()
	isRefusal(t, p.get(), badRequest)
	isRefusal(t, p.post("4x"), badRequest)
	w.echoes("still here")
}

// TestRow071PollThatCrossesAnUpgrade: polls that were on their way when the transport changed are answered, whenever.
func TestRow071PollThatCrossesAnUpgrade(t *testing.T) {
	e := setupEngine(t, engineSetup{})
	for range 50 {
		p := e.open()
		w := p.probe()
		answers := make(chan reply, 1)
		go func() {
			for {
				r, err := e.try(context.Background(), "GET", p.target(), nil)
				if err != nil {
					r.body = err.Error()
				}
				if r.status != 200 || r.body != "6" {
					answers <- r
					return
				}
			}
		}()
		w.say("5")
		isRefusal(t, take(t, answers), badRequest)
		w.echoes("still here")
	}
}

func TestRow072SecondUpgrade(t *testing.T) {
	e := setupEngine(t, engineSetup{})
	again := func(t *testing.T, p *poller) {
		t.Helper()
		for _, first := range []string{"", "2probe", "5", "4x"} {
			second := e.in(t).dial(webSocketQuery + "&sid=" + p.sid)
			if first != "" {
				_, _ = second.Write(maskedFrames(first)[0]) // it may be closed already
			}
			if got := second.closed(); got != 1005 {
				t.Errorf("closed with %d", got)
			}
		}
	}
	t.Run("row 072 during the first", func(t *testing.T) {
		p := e.in(t).open()
		w := p.probe()
		again(t, p)
		w.say("5")
		w.echoes("the first lives")
		if got := e.server.Session(p.sid).TransportName(); got != "websocket" {
			t.Errorf("the transport is %s", got)
		}
	})
	t.Run("row 072 after the first", func(t *testing.T) {
		p, w := e.in(t).upgraded()
		again(t, p)
		w.echoes("the first lives")
	})
	t.Run("row 072 many at once: one wins", func(t *testing.T) {
		e := e.in(t)
		p := e.open()
		var won sync.Map
		var all sync.WaitGroup
		for i := range 20 {
			w := e.dial(webSocketQuery + "&sid=" + p.sid)
			all.Go(func() {
				_, _ = w.Write(maskedFrames("2probe")[0])
				if _, payload, err := w.tryFrame(); err == nil && string(payload) == "3probe" {
					won.Store(i, w)
				}
			})
		}
		all.Wait()
		winners := 0
		won.Range(func(_, w any) bool {
			winners++
			w.(*wire).say("5")
			w.(*wire).echoes("it lives")
			return true
		})
		if winners != 1 {
			t.Errorf("%d of them were probed", winners)
		}
	})
}

func TestRow073WrongFirstPacket(t *testing.T) {
	e := setupEngine(t, engineSetup{})
	for _, first := range []string{"4x", "2", "2prob", "3", "1", "0", "6", "x", ""} {
		t.Run(fmt.Sprintf("row 073 %q", first), func(t *testing.T) {
			p := e.in(t).open()
			w := p.e.dial(webSocketQuery + "&sid=" + p.sid)
			w.say(first)
			if got := w.closed(); got != 1005 {
				t.Errorf("closed with %d", got)
			}
			p.alive()
			p.probe().say("5") // a later one may come
		})
	}
	t.Run("row 073 bytes", func(t *testing.T) {
		p := e.in(t).open()
		w := p.e.dial(webSocketQuery + "&sid=" + p.sid)
		w.frame(ws.NewBinaryFrame([]byte("2probe")))
		w.closed()
		p.alive()
	})
	t.Run("row 073 a message behind the probe", func(t *testing.T) {
		p := e.in(t).open()
		w := p.probe()
		w.say("4too early")
		w.closed()
		p.alive()
	})
	t.Run("row 073 a frame that is too big", func(t *testing.T) {
		e := setupEngine(t, engineSetup{server: realtime.Options{MaxPayload: 1000}})
		p := e.open()
		w := p.probe()
		w.frame(ws.NewTextFrame([]byte("4" + strings.Repeat("x", 5000))))
		if got := w.closed(); got != 1009 {
			t.Errorf("closed with %d", got)
		}
		p.alive()
	})
}

func TestRow074UpgradeTimeout(t *testing.T) {
	const timeout = 200 * time.Millisecond
	e := setupEngine(t, engineSetup{server: realtime.Options{UpgradeTimeout: timeout}})
	for name, probe := range map[string]bool{"not even a probe": false, "no 5 behind the probe": true} {
		t.Run("row 074 "+name, func(t *testing.T) {
			p := e.in(t).open()
			begin := time.Now()
			w := p.e.dial(webSocketQuery + "&sid=" + p.sid)
			if probe {
				w.say("2probe")
				w.next()
			}
			if got := w.closed(); got != 1005 {
				t.Errorf("closed with %d", got)
			}
			within(t, "closed", time.Since(begin), timeout)
			p.alive()
			again := p.probe()
			again.say("5")
			again.echoes("a later one may come")
		})
	}
}

func TestRow075ProbeLost(t *testing.T) {
	e := setupEngine(t, engineSetup{})
	for name, lose := range map[string]func(testing.TB, *wire){
		"closed": func(_ testing.TB, w *wire) { _ = w.Close() },
		"reset":  func(t testing.TB, w *wire) { reset(t, w.Conn) },
		"a close frame": func(_ testing.TB, w *wire) {
			w.frame(ws.NewCloseFrame(nil))
			w.closed()
		},
	} {
		t.Run("row 075 "+name, func(t *testing.T) {
			p := e.in(t).open()
			lose(t, p.probe())
			p.alive()
			var again *wire
			eventually(t, "a later upgrade", func() bool { // the loss must have been noticed
				again = p.e.dial(webSocketQuery + "&sid=" + p.sid)
				_, _ = again.Write(maskedFrames("2probe")[0])
				_, payload, err := again.tryFrame()
				return err == nil && string(payload) == "3probe"
			})
			again.say("5")
			again.echoes("over the second")
		})
	}
}

func TestRow076CloseWhileUpgrading(t *testing.T) {
	closes := func(t *testing.T, w *wire) {
		t.Helper()
		if got := w.closed(); got != 1005 {
			t.Errorf("the upgrading WebSocket was closed with %d", got)
		}
	}
	t.Run("row 076 the client closes over polling", func(t *testing.T) {
		p := setupEngine(t, engineSetup{}).open()
		w := p.probe()
		isOK(t, p.post("1"))
		closes(t, w)
		p.gone(realtime.ReasonTransportClose)
	})
	t.Run("row 076 no pong", func(t *testing.T) {
		p := setupEngine(t, engineSetup{server: realtime.Options{PingInterval: 50 * time.Millisecond, PingTimeout: 50 * time.Millisecond}}).open()
		w := p.e.dial(webSocketQuery + "&sid=" + p.sid)
		closes(t, w)
		p.gone(realtime.ReasonPingTimeout)
	})
	t.Run("row 076 the server closes: done after the 5", func(t *testing.T) {
		e := setupEngine(t, engineSetup{})
		p := e.open()
		w := p.probe()
		isOK(t, p.post("4queued"))
		p.session().Close()
		w.say("5")
		if got := w.next(); got != "4queued" {
			t.Errorf("got %q", got)
		}
		closes(t, w)
		endedWith(t, e, p.sid, realtime.ReasonForcedClose)
	})
	t.Run("row 076 the server closes: a poll takes it", func(t *testing.T) {
		p := setupEngine(t, engineSetup{}).open()
		w := p.probe()
		p.session().Close()
		isText(t, p.get(), "6\x1e1")
		closes(t, w)
		p.gone(realtime.ReasonForcedClose)
	})
	t.Run("row 076 the server closes: neither comes", func(t *testing.T) {
		p := setupEngine(t, engineSetup{server: realtime.Options{UpgradeTimeout: 100 * time.Millisecond, CloseTimeout: 300 * time.Millisecond}}).open()
		w := p.probe()
		p.session().Close()
		closes(t, w)
		p.gone(realtime.ReasonForcedClose)
	})
	t.Run("row 076 the server stops", func(t *testing.T) {
		e := setupEngine(t, engineSetup{})
		p := e.open()
		w := p.probe()
		e.close()
		closes(t, w)
		endedWith(t, e, p.sid, realtime.ReasonShutdown)
	})
}

func TestRow077UpgradeHooks(t *testing.T) {
	told := make(chan string, 10)
	note := func(what string) func(*realtime.Session) {
		return func(s *realtime.Session) {
			told <- what + " " + s.TransportName() + " " + s.Request().Query()["transport"]
		}
	}
	e := setupEngine(t, engineSetup{server: realtime.Options{OnOpen: note("open"), OnUpgrading: note("upgrading"), OnUpgrade: note("upgrade")}})
	p, _ := e.upgraded()
	for _, want := range []string{"open polling polling", "upgrading polling polling", "upgrade websocket polling"} {
		if got := take(t, told); got != want {
			t.Errorf("told %q, want %q", got, want)
		}
	}
	if got := e.server.Session(p.sid).Request().Query()["transport"]; got != "polling" {
		t.Errorf("the session's query says %s", got)
	}
	e.begin()
	if got := take(t, told); got != "open websocket websocket" || len(told) != 0 {
		t.Errorf("told %q and %d more", got, len(told))
	}
}

func TestRow078UpgradeOfAWebSocketSession(t *testing.T) {
	e := setupEngine(t, engineSetup{})
	w := e.begin()
	for _, first := range []string{"2probe", "5", "4x"} {
		second := e.dial(webSocketQuery + "&sid=" + w.sid)
		_, _ = second.Write(maskedFrames(first)[0]) // it may be closed already
		if got := second.closed(); got != 1005 {
			t.Errorf("closed with %d", got)
		}
		w.echoes("the first lives")
	}
}
