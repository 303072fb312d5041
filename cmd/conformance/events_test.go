package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func TestAsk(t *testing.T) {
	both(t, defaults(), func(t *testing.T, open func() peer) {
		p := open()
		joined(t, p)
		p.say(`42["ask",{"what":1}]`)
		receives(t, p, `420["question",{"what":1}]`)
		p.say(`430["because",2]`)
		receives(t, p, `42["answer","because"]`)
		p.say(`42["ask"]`)
		receives(t, p, `421["question",null]`)
		p.say(`431[]`)
		receives(t, p, `42["answer",null]`)
		p.say(`451-["ask",{"_placeholder":true,"num":0}]`, "bAQI=")
		receives(t, p, `451-2["question",{"_placeholder":true,"num":0}]`, "bAQI=")
		p.say(`461-2[{"a":{"_placeholder":true,"num":0}}]`, "bAw==")
		receives(t, p, `451-["answer",{"a":{"_placeholder":true,"num":0}}]`, "bAw==")
	})
}

func TestAskWithoutAnswer(t *testing.T) {
	t.Parallel()
	s := setup(t, defaults())
	w := s.dial("/socket.io/")
	joined(t, w)
	w.say(`42["ask",1]`)
	receives(t, w, `420["question",1]`, `42["answer","timeout"]`)
	w.say(`430["late"]`, `421["echo"]`)
	receives(t, w, `431[]`)
}

func TestShout(t *testing.T) {
	both(t, defaults(), func(t *testing.T, open func() peer) {
		a, b, outside := open(), open(), open()
		joined(t, a)
		joined(t, b)
		outside.say("40/custom")
		outside.next()
		outside.next()
		a.say(`42["shout","hey",1,{"b":2,"a":[]}]`)
		for _, p := range []peer{a, b} {
			receives(t, p, `42["hey",1,{"b":2,"a":[]}]`)
		}
		b.say(`451-["shout","bytes",{"_placeholder":true,"num":0}]`, "bAQID")
		for _, p := range []peer{a, b} {
			receives(t, p, `451-["bytes",{"_placeholder":true,"num":0}]`, "bAQID")
		}
		a.say(`42["shout"]`, `42["shout",7]`, `42["shout","disconnect"]`, `421["echo","still"]`)
		receives(t, a, `431["still"]`)
		outside.say(`42/custom,1["echo"]`)
		receives(t, outside, `43/custom,1[]`)
	})
}

func TestRooms(t *testing.T) {
	both(t, defaults(), func(t *testing.T, open func() peer) {
		a, b := open(), open()
		joined(t, a)
		idB := joined(t, b)
		a.say(`421["join","red"]`)
		receives(t, a, `431[]`)
		b.say(`42["shout-room","red","hi",1]`, `42["shout-room","`+idB+`","own"]`, `42["shout-room","nobody","x"]`)
		receives(t, a, `42["hi",1]`)
		receives(t, b, `42["own"]`)
		a.say(`422["leave","red"]`, `423["leave","never there"]`)
		receives(t, a, `432[]`, `433[]`)
		b.say(`42["shout-room","red","lost"]`, `42["shout","end"]`)
		receives(t, a, `42["end"]`)
		receives(t, b, `42["end"]`)
	})
}

func TestBye(t *testing.T) {
	both(t, defaults(), func(t *testing.T, open func() peer) {
		p := open()
		joined(t, p)
		p.say(`42["bye"]`)
		receives(t, p, "41")
		joined(t, p)
		p.say(`42["bye",false]`)
		receives(t, p, "41")
		joined(t, p)
		p.say("40/custom")
		p.next()
		p.next()
		p.say(`42["bye",true]`)
		left := []string{p.next(), p.next()}
		slices.Sort(left)
		if !slices.Equal(left, []string{"41", "41/custom,"}) {
			t.Errorf("told %q", left)
		}
		p.ended()
	})
}

func TestInfo(t *testing.T) {
	s := setup(t, defaults())
	for transport, p := range map[string]peer{"polling": s.poll("/socket.io/"), "websocket": s.dial("/socket.io/")} {
		id := joined(t, p)
		p.say(`421["join","red"]`, `422["info"]`)
		receives(t, p, `431[]`)
		rooms := []string{id, "red"}
		slices.Sort(rooms)
		list, err := json.Marshal(rooms)
		if err != nil {
			t.Fatal(err)
		}
		receives(t, p, `432[{"id":"`+id+`","transport":"`+transport+`","recovered":false,"eio":4,"rooms":`+string(list)+`}]`)
	}
}

func TestFan(t *testing.T) {
	both(t, defaults(), func(t *testing.T, open func() peer) {
		a, b := open(), open()
		joined(t, a)
		joined(t, b)
		payload := `{"id":7,"text":"` + strings.Repeat("x", 250) + `"}`
		a.say(`42["fan",` + payload + `]`)
		for _, p := range []peer{a, b} {
			receives(t, p, `42["bookingUpdated",`+payload+`]`)
		}
		a.say(`42["fan"]`, `421["echo"]`)
		receives(t, a, `431[]`)
	})
}

// TestCluster plays the operations of a cluster of one.
func TestCluster(t *testing.T) {
	both(t, defaults(), func(t *testing.T, open func() peer) {
		a, b := open(), open()
		idA, idB := joined(t, a), joined(t, b)
		a.say(`421["cluster-fetch","red"]`)
		receives(t, a, `431[[]]`)
		a.say(`42["cluster-join","`+idB+`","red"]`, `422["cluster-fetch","red"]`)
		receives(t, a, `432[["`+idB+`"]]`)

		a.say(`423["cluster-ask","q"]`)
		receives(t, a, `420["q"]`)
		receives(t, b, `420["q"]`)
		a.say(`430["a"]`)
		b.say(`430["b"]`)
		answers := a.next()
		if answers != `433[["a","b"]]` && answers != `433[["b","a"]]` {
			t.Errorf("cluster-ask: %s", answers)
		}

		// There is no other server to answer, or to note.
		a.say(`424["cluster-server-emit",1]`, `42["cluster-server-emit-noack",1]`)
		receives(t, a, `434[[]]`)

		a.say(`42["cluster-except","red","not-red",1]`)
		receives(t, a, `42["not-red",1]`)
		a.say(`42["cluster-leave","`+idB+`","red"]`, `42["cluster-except","red","everybody"]`)
		receives(t, a, `42["everybody"]`)
		receives(t, b, `42["everybody"]`)

		a.say(`42["cluster-kick","` + idB + `"]`)
		receives(t, b, "41")
		idB = joined(t, b)
		a.say(`42["cluster-kick","` + idB + `",true]`)
		receives(t, b, "41")
		b.ended()
		a.say(`425["cluster-fetch","` + idA + `"]`)
		receives(t, a, `435[["`+idA+`"]]`)
	})
}

// TestBadEvents: what an event cannot be done with is left alone.
func TestBadEvents(t *testing.T) {
	both(t, defaults(), func(t *testing.T, open func() peer) {
		p := open()
		joined(t, p)
		fans := 0
		for _, name := range []string{
			"shout", "join", "leave", "shout-room", "fan", "cluster-fetch", "cluster-ask", "cluster-server-emit-noack",
			"cluster-except", "cluster-join", "cluster-leave", "cluster-kick", "nobody knows it",
		} {
			for _, args := range []string{``, `,null`, `,{}`, `,[1],[2]`, `,7,8,9`, `,"",""`} {
				p.say(`42["` + name + `"` + args + `]`)
				if name == "fan" && args != "" {
					fans++ // that one takes anything
				}
			}
		}
		p.say(`421["echo","well"]`)
		for {
			got := p.next()
			if got == `431["well"]` {
				break
			}
			fans--
			if !strings.HasPrefix(got, `42["bookingUpdated",`) {
				t.Errorf("then came %s", got)
			}
		}
		if fans != 0 {
			t.Errorf("%d payloads did not come", fans)
		}
	})
}
