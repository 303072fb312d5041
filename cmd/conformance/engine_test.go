package main

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestEngineEcho(t *testing.T) {
	s := setup(t, defaults())
	for name, p := range map[string]peer{"polling": s.poll("/engine.io/"), "websocket": s.dial("/engine.io/")} {
		t.Run(name, func(t *testing.T) {
			var list []string
			for i := range 100 {
				list = append(list, "4text "+strconv.Itoa(i), "bAAEC")
			}
			list = append(list, "4", "b", "4é漢😀", "440", "42[\"not looked at\"]")
			p.say(list...)
			receives(t, p, list...)
		})
	}
}

// TestEngineEchoAnswersAtOnce: what is sent in one body has been echoed when its POST is answered, and comes in one poll.
func TestEngineEchoAnswersAtOnce(t *testing.T) {
	s := setup(t, defaults())
	for range 20 {
		p := s.poll("/engine.io/")
		p.say("4test1", "bAQIDBA==", "4test3")
		if _, _, body := s.do("GET", p.path, ""); body != "4test1\x1ebAQIDBA==\x1e4test3" {
			t.Fatalf("one poll got %q", body)
		}
	}
}

// TestEngineEchoOfBursts: a client that sends far more than it reads for now is not cut off, as it is not by Node.
func TestEngineEchoOfBursts(t *testing.T) {
	s := setup(t, defaults())
	p := s.poll("/engine.io/")
	w := s.dial("/engine.io/")
	big := "4" + strings.Repeat("x", 900_000)
	const times = 8
	for range times {
		p.say(big)
		w.say(big)
	}
	if _, _, body := s.do("GET", p.path, ""); len(body) != times*len(big)+times-1 {
		t.Errorf("one poll got %d bytes", len(body))
	}
	for range times {
		if got := w.next(); got != big {
			t.Fatalf("%d bytes came", len(got))
		}
	}
}

func TestEngineUpgrade(t *testing.T) {
	s := setup(t, defaults())
	p := s.poll("/engine.io/")
	p.say("4before")
	receives(t, p, "4before")
	_, sid, _ := strings.Cut(p.path, "&sid=")
	w := s.probe("/engine.io/", sid)
	w.say("2probe")
	receives(t, w, "3probe")
	w.say("5", "4after")
	receives(t, w, "4after")
	if status, _, body := s.do("GET", p.path, ""); status != 400 || body != `{"code":3,"message":"Bad request"}` {
		t.Errorf("a poll after the upgrade: %d %q", status, body)
	}
}

// TestTimers keeps to the times that suites use: a ping 300 ms after the handshake, the end 200 ms after the ping.
func TestTimers(t *testing.T) {
	c := defaults()
	c.PingInterval, c.PingTimeout = 300*time.Millisecond, 200*time.Millisecond
	// Never early. How late depends on how busy the machine is: that the end does not always come late is looked at below.
	within := func(t *testing.T, what string, since time.Time, want time.Duration) {
		t.Helper()
		if took := time.Since(since); took < want-5*time.Millisecond || took > want+patience/2 {
			t.Errorf("%s after %v, want %v", what, took, want)
		}
	}
	t.Run("polling", func(t *testing.T) {
		s := setup(t, c)
		began := time.Now()
		p := s.poll("/engine.io/")
		if _, _, body := s.do("GET", p.path, ""); body != "2" {
			t.Fatalf("polled %q", body)
		}
		within(t, "the ping", began, c.PingInterval)
		if _, _, body := s.do("GET", p.path, ""); body != "1" {
			t.Errorf("then polled %q", body)
		}
		within(t, "the end", began, c.PingInterval+c.PingTimeout)
	})
	t.Run("websocket", func(t *testing.T) {
		s := setup(t, c)
		began := time.Now()
		w := s.dial("/engine.io/")
		if _, payload, err := w.frame(); err != nil || string(payload) != "2" {
			t.Fatalf("read %q, %v", payload, err)
		}
		within(t, "the ping", began, c.PingInterval)
		w.ended()
		within(t, "the end", began, c.PingInterval+c.PingTimeout)
	})
}

// TestTimersAreNotLate: the end is at 500 ms after the handshake. The machine may be busy once, not five times.
func TestTimersAreNotLate(t *testing.T) {
	c := defaults()
	c.PingInterval, c.PingTimeout = 300*time.Millisecond, 200*time.Millisecond
	s := setup(t, c)
	var all []time.Duration
	for range 5 {
		began := time.Now()
		s.dial("/engine.io/").ended()
		took := time.Since(began)
		if took < 2*(c.PingInterval+c.PingTimeout) {
			return
		}
		all = append(all, took)
	}
	t.Errorf("the end after %v, want %v", all, c.PingInterval+c.PingTimeout)
}

func TestCORS(t *testing.T) {
	s := setup(t, defaults())
	for _, path := range []string{"/engine.io/", "/socket.io/"} {
		for _, method := range []string{"GET", "OPTIONS"} {
			_, header, _ := s.do(method, path+"?EIO=4&transport=polling", "")
			if header.Get("Access-Control-Allow-Origin") != "http://elsewhere.example" || header.Get("Access-Control-Allow-Credentials") != "true" {
				t.Errorf("%s %s: %v", method, path, header)
			}
		}
	}
}
