package main

import (
	"bufio"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/gobwas/ws"
)

func TestUpgrade(t *testing.T) {
	s := setup(t, "")
	p := s.dial()
	p.raw(request)
	answer := p.answer()
	if got := answer.Header.Get("Sec-WebSocket-Accept"); answer.StatusCode != http.StatusSwitchingProtocols || got != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		t.Errorf("%s, accept %q", answer.Status, got)
	}
	if got := answer.Header.Get("Sec-WebSocket-Extensions"); got != "" {
		t.Errorf("extensions %q were agreed on", got)
	}
	packet := p.next()
	var open struct {
		SID          string   `json:"sid"`
		Upgrades     []string `json:"upgrades"`
		PingInterval int      `json:"pingInterval"`
		PingTimeout  int      `json:"pingTimeout"`
		MaxPayload   int      `json:"maxPayload"`
	}
	if err := json.Unmarshal([]byte(strings.TrimPrefix(packet, "0")), &open); err != nil || packet[0] != '0' {
		t.Fatalf("%q: %v", packet, err)
	}
	if len(open.SID) < 20 || open.Upgrades == nil || len(open.Upgrades) > 0 ||
		open.PingInterval != pingInterval*1000 || open.PingTimeout != pingTimeout*1000 || open.MaxPayload != maxPayload {
		t.Errorf("%+v", open)
	}
	if _, other := s.open(); other == packet {
		t.Errorf("two sessions are told %s", packet)
	}
}

func TestRequestsAreRefused(t *testing.T) {
	s := setup(t, "")
	witness := s.join()
	replaced := func(old, with string) string { return strings.Replace(request, old, with, 1) }
	tests := []struct {
		name, request string
		status        int // 0: the connection ends without a word
		body          string
	}{
		{"polling", replaced("websocket HTTP", "polling HTTP"), 400, `{"code":0,"message":"Transport unknown"}`},
		{"no transport", replaced("&transport=websocket", ""), 400, `{"code":0,"message":"Transport unknown"}`},
		{"another protocol", replaced("EIO=4", "EIO=3"), 400, `{"code":5,"message":"Unsupported protocol version"}`},
		{"another path", replaced("/socket.io/", "/"), 400, `{"code":3,"message":"Bad request"}`},
		{"a query that is none", replaced("EIO=4", "EIO=%zz"), 400, `{"code":3,"message":"Bad request"}`},
		{"an upgrade of a session", replaced("EIO=4", "EIO=4&sid=abc"), 400, `{"code":1,"message":"Session ID unknown"}`},
		{"no upgrade", replaced("Upgrade: websocket\r\n", ""), 400, ""},
		{"no key", replaced("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", ""), 400, ""},
		{"POST", replaced("GET", "POST"), 405, ""},
		{"no HTTP", "hello\r\n\r\n", 0, ""},
		{"a frame", string(frame(ws.OpText, "40")) + "\r\n\r\n", 0, ""},
		{"a head without end", strings.Repeat("x", maxHead+1), 0, ""},
	}
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := s.dial()
			p.raw(test.request)
			if test.status != 0 {
				answer := p.answer()
				if answer.StatusCode != test.status {
					t.Errorf("%s", answer.Status)
				}
				body := new(strings.Builder)
				if _, err := bufio.NewReader(answer.Body).WriteTo(body); err != nil || !strings.Contains(body.String(), test.body) {
					t.Errorf("%q, %v", body, err)
				}
			}
			p.ended()
			works(t, i, witness)
		})
	}
}

func TestConnect(t *testing.T) {
	s := setup(t, "")
	tests := []struct {
		name, packet, begins string
	}{
		{"plain", "40", `40{"sid":"`},
		{"with a payload", `40{"token":"x"}`, `40{"sid":"`},
		{"another namespace", "40/admin,{}", `44/admin,{"message":"Invalid namespace"}`},
		{"another namespace, bare", "40/admin", `44/admin,{"message":"Invalid namespace"}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, _ := s.open()
			p.say(test.packet)
			if got := p.next(); !strings.HasPrefix(got, test.begins) {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestFanReachesAll(t *testing.T) {
	s := setup(t, "")
	var all []*peer
	for range 50 {
		all = append(all, s.join())
	}
	outside, _ := s.open()
	// The three forms of a frame's length, a payload of several arguments, and text beyond ASCII.
	for _, payload := range []string{`1`, `{"text":"` + strings.Repeat("x", 250) + `"}`, `"` + strings.Repeat("y", 70_000) + `"`, `1,{"b":[]}`, `"é漢😀"`} {
		all[7].say(`42["fan",` + payload + `]`)
		for _, p := range all {
			p.receives(`42["bookingUpdated",` + payload + `]`)
		}
	}
	outside.say("40")
	if got := outside.next(); !strings.HasPrefix(got, "40") {
		t.Errorf("who had not connected got %.100q", got)
	}
	works(t, 1, outside, all...)
}

// TestTogether: what comes in one write is answered one by one, in order.
func TestTogether(t *testing.T) {
	s := setup(t, "")
	p, other := s.join(), s.join()
	var packets, want []string
	for i := range 100 {
		sent, comes := fan(i)
		packets, want = append(packets, sent), append(want, comes)
	}
	p.say(packets...)
	p.receives(want...)
	other.receives(want...)
}

// TestTorn: what comes byte by byte is as if it came at once.
func TestTorn(t *testing.T) {
	s := setup(t, "")
	p := s.dial()
	tear := func(text string) {
		for _, b := range []byte(text) {
			p.raw(string([]byte{b}))
		}
	}
	tear(request)
	if answer := p.answer(); answer.StatusCode != http.StatusSwitchingProtocols {
		t.Fatal(answer.Status)
	}
	p.next()
	sent, comes := fan(1)
	tear(string(frame(ws.OpText, "40")) + string(frame(ws.OpText, sent)))
	p.next()
	p.receives(comes)
}

func TestControlFrames(t *testing.T) {
	s := setup(t, "")
	p := s.join()
	p.raw(string(frame(ws.OpPong, "unasked")) + string(frame(ws.OpPing, "are you there?")))
	if h, payload, err := p.frame(); err != nil || h.OpCode != ws.OpPong || payload != "are you there?" {
		t.Errorf("%+v, %q, %v", h, payload, err)
	}
	p.raw(string(frame(ws.OpClose, "\x03\xe8bye")))
	if h, payload, err := p.frame(); err != nil || h.OpCode != ws.OpClose || payload != "\x03\xe8bye" {
		t.Errorf("%+v, %q, %v", h, payload, err)
	}
	p.ended()
}

// TestBadInput: it ends the connection it comes on, and nobody else notices.
func TestBadInput(t *testing.T) {
	s := setup(t, "")
	witness := s.join()
	text := func(packet string) string { return string(frame(ws.OpText, packet)) }
	tests := []struct{ name, bytes string }{
		{"no frame", "hello, is anybody there?"},
		{"not masked", "\x81\x0242"},
		{"binary", string(frame(ws.OpBinary, "42"))},
		{"a fragment", "\x01\x82\x00\x00\x00\x0042"},
		{"reserved bits", "\xf1\x82\x00\x00\x00\x0042"},
		{"a frame too long", "\x81\xff\x00\x00\x00\x00\x7f\xff\xff\xff\x00\x00\x00\x00"},
		{"a length that is negative", "\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00"},
		{"a length just above", "\x81\xff\x00\x00\x00\x00\x00\x0f\x42\x41\x00\x00\x00\x00"},
		{"an empty packet", text("")},
		{"an unknown packet", text("7")},
		{"an empty message", text("4")},
		{"an unknown message", text("49")},
		{"attachments", text(`451-["fan",{"_placeholder":true,"num":0}]`)},
		{"a second CONNECT", text("40")},
		{"no JSON", text(`42["fan",{"n":]`)},
		{"JSON and more", text(`42["fan",1]]`)},
		{"a payload that is none", text(`42["fan",]`)},
		{"not UTF-8", text("42[\"fan\",\"\xff\"]")},
		{"disconnect", text("41")},
		{"close", text("1")},
	}
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := s.join()
			p.raw(test.bytes)
			p.ended()
			works(t, i, witness)
		})
	}
	t.Run("an event before CONNECT", func(t *testing.T) {
		p, _ := s.open()
		p.say(`42["fan",1]`)
		p.ended()
		works(t, 99, witness)
	})
}

// TestLeftAside: what stock clients may say, and a server without listeners does not answer.
func TestLeftAside(t *testing.T) {
	s := setup(t, "")
	p, other := s.join(), s.join()
	p.say(`42["typing",{}]`, `421["fan",1]`, `42["fan"]`, `42/admin,["fan",1]`, `431[]`, "3")
	works(t, 1, p, other)
}

func TestPings(t *testing.T) {
	s := setup(t, "")
	answers, silent := s.join(), s.join()
	for range 3 {
		s.clock.forward(pingInterval + 1)
		answers.receives("2")
		answers.say("3")
		works(t, 1, answers) // the pong was read
	}
	silent.receives("2")
	silent.ended()
	works(t, 2, answers)
}

func TestLateConnects(t *testing.T) {
	s := setup(t, "")
	mute, upgraded := s.dial(), s.dial()
	upgraded.raw(request)
	upgraded.answer()
	upgraded.next()
	joined := s.join()
	s.clock.forward(joinTimeout + 1)
	mute.ended()
	upgraded.ended()
	works(t, 1, joined)
}

// TestSlowReaders: one that reads late gets everything in order; one that never reads is cut off, and the server holds
// nothing for it. The others wait for neither.
func TestSlowReaders(t *testing.T) {
	s := setup(t, "")
	sender, late, never := s.join(), s.join(), s.join()
	payload := `"` + strings.Repeat("z", 100_000) + `"`
	comes := `42["bookingUpdated",` + payload + `]`
	const most = 300 // far more than the kernel and maxOut hold
	sent := 0
	cast := func() {
		sender.say(`42["fan",` + payload + `]`)
		sender.receives(comes)
		sent++
	}
	for range 25 {
		cast()
	}
	for range sent {
		late.receives(comes)
	}
	for sent < most {
		cast()
		late.receives(comes)
	}
	got := 0
	for {
		_, payload, err := never.frame()
		if err != nil {
			break
		}
		if payload != comes {
			t.Fatalf("a frame of %d bytes", len(payload))
		}
		got++
	}
	if got >= most {
		t.Errorf("who never reads was not cut off: %d of %d frames came", got, sent)
	}
	works(t, 1, sender, late)
}

// TestLeaving: connections that end in whatever way give their place to others.
func TestLeaving(t *testing.T) {
	s := setup(t, "")
	witness := s.join()
	for i := range 200 {
		p := s.join()
		if i%2 == 0 {
			if err := p.conn.(*net.TCPConn).SetLinger(0); err != nil {
				t.Fatal(err)
			}
		}
		if err := p.conn.Close(); err != nil {
			t.Fatal(err)
		}
	}
	works(t, 1, witness, s.join())
}

// TestFull: a server that may not open more files serves whom it has, and goes on accepting when somebody leaves.
func TestFull(t *testing.T) {
	program := exec.Command("sh", "-c", `ulimit -n 24; exec "$0" -addr 127.0.0.1:0`, os.Args[0])
	program.Env = append(os.Environ(), asProgram+"=1")
	output, err := program.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = program.Process.Kill()
		_ = program.Wait()
	}()
	line, err := bufio.NewReader(output).ReadString('\n')
	_, addr, found := strings.Cut(strings.TrimSpace(line), "http://")
	if err != nil || !found {
		t.Fatalf("the server said %q, %v", line, err)
	}
	s := &site{t: t, addr: addr}
	var served, waiting []*peer
	for range 28 { // the kernel connects them all, the server accepts what it can
		p := s.dial()
		p.raw(request)
		waiting = append(waiting, p)
	}
	for len(waiting) > 0 {
		p := waiting[0]
		waiting = waiting[1:]
		p.answer()
		p.next()
		p.say("40")
		p.next()
		if served = append(served, p); len(served) > 5 {
			for _, left := range served[1:] {
				if err := left.conn.Close(); err != nil {
					t.Fatal(err)
				}
			}
			served = served[:1]
		}
	}
	works(t, 1, served[0], served[1:]...)
}
