package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestConnect(t *testing.T) {
	both(t, defaults(), func(t *testing.T, open func() peer) {
		for _, row := range []struct{ say, prefix, then string }{
			{`40`, `40`, `42["auth",{}]`},
			{`40{}`, `40`, `42["auth",{}]`},
			{`40{"token":"123"}`, `40`, `42["auth",{"token":"123"}]`},
			{`40{ "b" : [1, 2.50] , "a":"&=é" }`, `40`, `42["auth",{"b":[1,2.50],"a":"&=é"}]`},
			{`40/custom`, `40/custom,`, `42/custom,["auth",{}]`},
			{`40/custom,`, `40/custom,`, `42/custom,["auth",{}]`},
			{`40/custom,{"token":"abc"}`, `40/custom,`, `42/custom,["auth",{"token":"abc"}]`},
		} {
			p := open()
			p.say(row.say)
			sidIn(t, p.next(), row.prefix)
			receives(t, p, row.then)
		}
	})
}

func TestConnectRefused(t *testing.T) {
	both(t, defaults(), func(t *testing.T, open func() peer) {
		p := open()
		for say, want := range map[string]string{
			`40/random`:                            `44/random,{"message":"Invalid namespace"}`,
			`40/random,{"token":"good"}`:           `44/random,{"message":"Invalid namespace"}`,
			`40/custom/deeper,`:                    `44/custom/deeper,{"message":"Invalid namespace"}`,
			`40/secure`:                            `44/secure,{"message":"not authorized","data":{"code":401}}`,
			`40/secure,{}`:                         `44/secure,{"message":"not authorized","data":{"code":401}}`,
			`40/secure,{"token":"bad"}`:            `44/secure,{"message":"not authorized","data":{"code":401}}`,
			`40/secure,{"token":"good","x":1}`:     `44/secure,{"message":"not authorized","data":{"code":401}}`,
			`40/secure,{"token":["good"]}`:         `44/secure,{"message":"not authorized","data":{"code":401}}`,
			`40/secure,{"token":"bad","token":""}`: `44/secure,{"message":"not authorized","data":{"code":401}}`,
		} {
			p.say(say)
			if got := p.next(); got != want {
				t.Errorf("%s: %s, want %s", say, got, want)
			}
		}
		p.say(`40/secure,{"token" : "good"}`)
		sidIn(t, p.next(), "40/secure,")
		joined(t, p)
	})
}

func TestMessages(t *testing.T) {
	both(t, defaults(), func(t *testing.T, open func() peer) {
		p := open()
		joined(t, p)
		for _, row := range []struct{ say, want []string }{
			{[]string{`42["message",1,"2",{"3":[true]}]`}, []string{`42["message-back",1,"2",{"3":[true]}]`}},
			{[]string{`42["message"]`}, []string{`42["message-back"]`}},
			{[]string{`42["message",{"z":1,"a":{"y":null,"b":[]}}]`}, []string{`42["message-back",{"z":1,"a":{"y":null,"b":[]}}]`}},
			{[]string{`42[ "message", { "z" : 1 } ]`}, []string{`42["message-back",{"z":1}]`}},
			{
				[]string{`452-["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`, "bAQID", "bBAUG"},
				[]string{`452-["message-back",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`, "bAQID", "bBAUG"},
			},
			{[]string{`42456["message-with-ack",1,"2",{"3":[false]}]`}, []string{`43456[1,"2",{"3":[false]}]`}},
			{[]string{`42456["message-with-ack"]`}, []string{`43456[]`}},
			{
				[]string{`452-789["message-with-ack",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`, "bAQID", "bBAUG"},
				[]string{`462-789[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`, "bAQID", "bBAUG"},
			},
			{[]string{`420["echo",null,{"a":1}]`}, []string{`430[null,{"a":1}]`}},
			{[]string{`451-7["echo",[{"deep":{"_placeholder":true,"num":0}}]]`, "b"}, []string{`461-7[[{"deep":{"_placeholder":true,"num":0}}]]`, "b"}},
		} {
			p.say(row.say...)
			receives(t, p, row.want...)
		}
		p.say("40/custom")
		p.next()
		receives(t, p, `42/custom,["auth",{}]`)
		p.say(`42/custom,12["echo","custom"]`, `42/custom,["message","nobody listens"]`, `4213["echo","main"]`)
		receives(t, p, `43/custom,12["custom"]`, `4313["main"]`)
	})
}

func TestDisconnectIsSilent(t *testing.T) {
	both(t, defaults(), func(t *testing.T, open func() peer) {
		p := open()
		joined(t, p)
		p.say("40/custom")
		p.next()
		p.next()
		p.say("41")
		p.say(`42/custom,1["echo"]`)
		receives(t, p, `43/custom,1[]`)
		joined(t, p)
		p.say("41/custom,")
		p.say(`421["echo"]`)
		receives(t, p, `431[]`)
	})
}

func TestViolations(t *testing.T) {
	both(t, defaults(), func(t *testing.T, open func() peer) {
		for _, packet := range []string{`4abc`, `42{}`, `42abc["message-with-ack",1]`, `42`, `43`, `44{"message":"x"}`, `40`} {
			p := open()
			joined(t, p)
			p.say(packet)
			p.ended()
		}
		for _, packet := range []string{`4abc`, `42["message"]`, `41`, `40[]`} {
			p := open()
			p.say(packet)
			p.ended()
		}
	})
}

func TestConnectTimeout(t *testing.T) {
	c := defaults()
	c.ConnectTimeout = 200 * time.Millisecond
	s := setup(t, c)
	w := s.dial("/socket.io/")
	bare := s.dial("/engine.io/")
	w.ended()
	bare.say("4still here")
	receives(t, bare, "4still here")
}

func TestPayloadLimit(t *testing.T) {
	c := defaults()
	c.MaxPayload = 1000
	s := setup(t, c)
	p := s.poll("/socket.io/")
	joined(t, p)
	if status, _, body := s.do("POST", p.path, strings.Repeat("x", 1001)); status != 413 || body != "" {
		t.Errorf("POST over the limit: %d %q", status, body)
	}
	exact := `421["echo","` + strings.Repeat("x", 1000-len(`421["echo",""]`)) + `"]`
	p.say(exact)
	receives(t, p, strings.Replace(exact, `421["echo",`, `431[`, 1))
	w := s.dial("/socket.io/")
	joined(t, w)
	w.say("4" + strings.Repeat("x", 1000))
	w.ended()
}

// TestRecovery: without the option nobody is told a pid, and no event has an offset.
func TestRecovery(t *testing.T) {
	c := defaults()
	c.Recovery = true
	both(t, c, func(t *testing.T, open func() peer) {
		p := open()
		p.say("40")
		var welcome struct{ Sid, Pid string }
		if packet := p.next(); json.Unmarshal([]byte(strings.TrimPrefix(packet, "40")), &welcome) != nil || welcome.Pid == "" || welcome.Sid == "" {
			t.Fatalf("CONNECT was answered %q", packet)
		}
		var greeting []any
		packet := p.next()
		if err := json.Unmarshal([]byte(strings.TrimPrefix(packet, "42")), &greeting); err != nil || len(greeting) != 3 {
			t.Fatalf("the greeting is %q", packet)
		}
		offset, _ := greeting[2].(string)
		p.say("1")
		again := open()
		again.say(`40{"pid":"` + welcome.Pid + `","offset":"` + offset + `"}`)
		receives(t, again, `40{"sid":"`+welcome.Sid+`","pid":"`+welcome.Pid+`"}`)
		greetingAgain := again.next()
		if !strings.HasPrefix(greetingAgain, `42["auth",{"pid":`) {
			t.Errorf("greeted %q", greetingAgain)
		}
		again.say(`421["info"]`)
		if got := again.next(); !strings.Contains(got, `"recovered":true`) {
			t.Errorf("info: %s", got)
		}
	})
}
