package wiretest

import (
	"strings"
	"testing"
	"time"

	"kapoor.example/desk/actors/realtime"
)

// The timers of protocol suites: a ping 300 ms after the handshake, the end 500 ms after it.
const (
	beatInterval = 300 * time.Millisecond
	beatTimeout  = 200 * time.Millisecond
)

func setupHeartbeat(t testing.TB) *engineServer {
	t.Helper()
	return setupEngine(t, engineSetup{server: realtime.Options{PingInterval: beatInterval, PingTimeout: beatTimeout}})
}

// isPing checks an answer that has nothing but a ping.
func isPing(t testing.TB, r reply) {
	t.Helper()
	isText(t, r, "2")
}

func TestRow064Pings(t *testing.T) {
	t.Run("row 064 polling", func(t *testing.T) {
		t.Parallel()
		e := setupHeartbeat(t)
		begin := time.Now()
		p := e.open()
		for range 3 {
			isPing(t, p.get())
			within(t, "ping", time.Since(begin), beatInterval)
			begin = time.Now() // no later than the server has the pong
			isOK(t, p.post("3"))
		}
	})
	t.Run("row 064 websocket", func(t *testing.T) {
		t.Parallel()
		e := setupHeartbeat(t)
		begin := time.Now()
		w := e.begin()
		for range 3 {
			if got := w.next(); got != "2" {
				t.Fatalf("got %q", got)
			}
			within(t, "ping", time.Since(begin), beatInterval)
			begin = time.Now()
			w.say("3")
		}
	})
	t.Run("row 064 a poll that comes late", func(t *testing.T) {
		t.Parallel()
		e := setupHeartbeat(t)
		p := e.open()
		session := p.session()
		isPing(t, p.get())
		isOK(t, p.post("3"))
		due := time.After(beatInterval + beatTimeout/4) // the next ping is queued by then
		<-due
		isPing(t, p.get())
		isOK(t, p.post("3"))
		if e.server.Session(p.sid) != session {
			t.Error("the session did not go on")
		}
	})
}

func TestRow065PingTimeout(t *testing.T) {
	t.Run("row 065 a poll waits", func(t *testing.T) {
		t.Parallel()
		e := setupHeartbeat(t)
		begin := time.Now()
		p := e.open()
		isPing(t, p.get())
		isText(t, p.get(), "1")
		within(t, "closed", time.Since(begin), beatInterval+beatTimeout)
		p.gone(realtime.ReasonPingTimeout)
	})
	t.Run("row 065 no poll at all", func(t *testing.T) {
		t.Parallel()
		e := setupHeartbeat(t)
		begin := time.Now()
		p := e.open()
		p.gone(realtime.ReasonPingTimeout)
		within(t, "gone", time.Since(begin), beatInterval+beatTimeout)
	})
	t.Run("row 065 websocket", func(t *testing.T) {
		t.Parallel()
		e := setupHeartbeat(t)
		begin := time.Now()
		w := e.begin()
		if got := w.closed(); got != 1005 {
			t.Errorf("closed with %d", got)
		}
		within(t, "closed", time.Since(begin), beatInterval+beatTimeout)
		endedWith(t, e, w.sid, realtime.ReasonPingTimeout)
	})
	t.Run("row 065 after some pongs", func(t *testing.T) {
		t.Parallel()
		e := setupHeartbeat(t)
		w := e.begin()
		w.next()
		begin := time.Now()
		w.say("3")
		w.closed()
		within(t, "closed", time.Since(begin), beatInterval+beatTimeout)
		endedWith(t, e, w.sid, realtime.ReasonPingTimeout)
	})
}

// TestRow065InTime: a server whose pongs might take six times as long as it says passed every test of these rows.
func TestRow065InTime(t *testing.T) {
	e := setupHeartbeat(t)
	t.Run("row 065 websocket", func(t *testing.T) {
		prompt(t, "closed", 2*(beatInterval+beatTimeout), func() time.Duration {
			begin := time.Now()
			w := e.in(t).begin()
			w.closed()
			return time.Since(begin)
		})
	})
	t.Run("row 065 polling", func(t *testing.T) {
		prompt(t, "gone", 2*(beatInterval+beatTimeout), func() time.Duration {
			begin := time.Now()
			p := e.in(t).open()
			isPing(t, p.get())
			isText(t, p.get(), "1")
			return time.Since(begin)
		})
	})
}

func TestRow066OnlyPongsCount(t *testing.T) {
	t.Run("row 066 websocket", func(t *testing.T) {
		t.Parallel()
		e := setupHeartbeat(t)
		begin := time.Now()
		w := e.begin()
		talk(t, w)
		packets := ""
		for {
			header, payload, err := w.tryFrame()
			if err != nil || header.OpCode == 8 {
				break
			}
			if string(payload) == "2" {
				within(t, "ping", time.Since(begin), beatInterval)
				packets += "2"
			}
		}
		within(t, "closed", time.Since(begin), beatInterval+beatTimeout)
		if packets != "2" {
			t.Errorf("%d pings", len(packets))
		}
		endedWith(t, e, w.sid, realtime.ReasonPingTimeout)
	})
	t.Run("row 066 polling", func(t *testing.T) {
		t.Parallel()
		e := setupHeartbeat(t)
		begin := time.Now()
		p := e.open()
		pings := 0
		for p.post("4x\x1e6").status == 200 { // until the session has ended
			r := p.get()
			if strings.Contains(r.body, "2") {
				within(t, "ping", time.Since(begin), beatInterval)
				pings++
			}
		}
		within(t, "gone", time.Since(begin), beatInterval+beatTimeout)
		if pings != 1 {
			t.Errorf("%d pings", pings)
		}
		p.gone(realtime.ReasonPingTimeout)
	})
	t.Run("row 066 a pong nobody asked for counts", func(t *testing.T) {
		t.Parallel()
		e := setupHeartbeat(t)
		w := e.begin()
		<-time.After(beatInterval / 2)
		begin := time.Now()
		w.say("3")
		if got := w.next(); got != "2" {
			t.Errorf("got %q", got)
		}
		within(t, "ping", time.Since(begin), beatInterval)
		w.say("3")
	})
}

// talk sends messages, WebSocket pings and pongs until the connection ends; none of them is a pong of Engine.IO.
func talk(t testing.TB, w *wire) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		frames := maskedFrames("4x", "6")
		for {
			for _, f := range frames {
				if _, err := w.Write(f); err != nil {
					return
				}
			}
			<-time.After(20 * time.Millisecond) // the pace of talking
		}
	}()
	t.Cleanup(func() {
		_ = w.Close()
		<-done
	})
}

// TestRow067FirstDeadline: the timeout does not run before the first ping.
func TestRow067FirstDeadline(t *testing.T) {
	const interval, timeout = 400 * time.Millisecond, 50 * time.Millisecond
	e := setupEngine(t, engineSetup{server: realtime.Options{PingInterval: interval, PingTimeout: timeout}})
	begin := time.Now()
	p, w := e.open(), e.begin()
	w.closed()
	within(t, "websocket closed", time.Since(begin), interval+timeout)
	p.gone(realtime.ReasonPingTimeout)
	within(t, "polling gone", time.Since(begin), interval+timeout)
	endedWith(t, e, w.sid, realtime.ReasonPingTimeout)
}

func TestRow068TimersSurviveAnUpgrade(t *testing.T) {
	t.Run("row 068 the ping of the first transport is due on the second", func(t *testing.T) {
		t.Parallel()
		e := setupHeartbeat(t)
		begin := time.Now()
		p := e.open()
		w := p.probe()
		w.say("5")
		if got := w.next(); got != "2" {
			t.Fatalf("got %q", got)
		}
		within(t, "ping", time.Since(begin), beatInterval)
		for range 2 {
			begin = time.Now()
			w.say("3")
			if got := w.next(); got != "2" {
				t.Fatalf("got %q", got)
			}
			within(t, "ping", time.Since(begin), beatInterval)
		}
		w.closed()
		within(t, "closed", time.Since(begin), beatTimeout)
		endedWith(t, e, p.sid, realtime.ReasonPingTimeout)
	})
	t.Run("row 068 pinged over polling, answered over the WebSocket", func(t *testing.T) {
		t.Parallel()
		e := setupHeartbeat(t)
		p := e.open()
		isPing(t, p.get())
		w := p.probe()
		w.say("5")
		begin := time.Now()
		w.say("3")
		if got := w.next(); got != "2" {
			t.Fatalf("got %q", got)
		}
		within(t, "ping", time.Since(begin), beatInterval)
		w.say("3")
		w.echoes("still here")
	})
	t.Run("row 068 a ping nobody fetched moves along", func(t *testing.T) {
		t.Parallel()
		e := setupHeartbeat(t)
		p := e.open()
		<-time.After(beatInterval + beatTimeout/4)
		w := p.probe()
		w.say("5")
		if got := w.next(); got != "2" {
			t.Fatalf("got %q", got)
		}
		w.say("3")
		w.echoes("still here")
	})
	// Nor does the upgrade begin it anew, however late it comes.
	t.Run("row 068 a deadline that runs goes on", func(t *testing.T) {
		t.Parallel()
		const interval, timeout = 50 * time.Millisecond, time.Second
		e := setupEngine(t, engineSetup{server: realtime.Options{PingInterval: interval, PingTimeout: timeout}})
		tries := 0
		prompt(t, "closed", interval+3*timeout/2, func() time.Duration {
			tries++
			begin := time.Now()
			p := e.open()
			isPing(t, p.get())
			<-time.After(timeout * 4 / 5)
			if e.server.Session(p.sid) == nil && tries < 5 {
				return patience // the machine was too busy for the rest
			}
			w := p.probe()
			w.say("5")
			w.closed()
			took := time.Since(begin)
			within(t, "closed", took, interval+timeout)
			endedWith(t, e, p.sid, realtime.ReasonPingTimeout)
			return took
		})
	})
}
