package main

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"kapoor.example/desk/persistence/redis/redistest"
)

// TestTogether plays the operations of a cluster of two, over one Redis.
func TestTogether(t *testing.T) {
	url := redistest.Start(t).URL()
	for _, streams := range []int{1, 4} {
		t.Run(fmt.Sprint(streams, " streams"), func(t *testing.T) {
			c := defaults()
			c.Redis, c.RedisStreams = url, streams
			together(t, c)
		})
	}
}

func together(t *testing.T, c Config) {
	a, b := setup(t, c).dial("/socket.io/"), setup(t, c).dial("/socket.io/")
	idA, idB := joined(t, a), joined(t, b)
	hears := func(w *websocket, want string) {
		t.Helper()
		for packet := w.next(); packet != want; packet = w.next() {
			if !strings.HasPrefix(packet, "431[") { // an answer from before both knew each other
				t.Fatalf("%q instead of %q", packet, want)
			}
		}
	}
	// Until both have heard of each other.
	for answer := ""; answer != `431["noted"]` && answer != `431[["noted"]]`; answer = a.next() {
		a.say(`421["cluster-server-emit",1]`)
	}
	b.say(`42["shout","mark"]`)
	for b.next() != `42["mark"]` { // behind the notes
	}
	hears(a, `42["mark"]`)

	a.say(`42["shout","hello",1]`)
	hears(a, `42["hello",1]`)
	hears(b, `42["hello",1]`)
	a.say(`42["cluster-join","`+idB+`","red"]`, `422["cluster-fetch","red"]`)
	hears(a, `432[["`+idB+`"]]`)
	a.say(`42["shout-room","red","to red"]`)
	hears(b, `42["to red"]`)
	a.say(`42["cluster-except","red","not red"]`)
	hears(a, `42["not red"]`)
	a.say(`423["cluster-ask","q"]`)
	hears(a, `420["q"]`)
	a.say(`430["same"]`)
	hears(b, `420["q"]`)
	b.say(`430["same"]`)
	hears(a, `433[["same","same"]]`)
	b.say(`42["cluster-leave","`+idB+`","red"]`, `422["cluster-fetch","red"]`)
	hears(b, `432[[]]`)
	b.say(`42["cluster-kick","` + idA + `"]`)
	hears(a, "41")
}

// TestRedisThatRefuses: a Redis that cannot be reached stops the start.
func TestRedisThatRefuses(t *testing.T) {
	for name, url := range map[string]string{"nobody there": "redis://127.0.0.1:1", "no URL": "127.0.0.1:6379"} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = l.Close() }() // nobody serves on it
			c := defaults()
			c.Redis = url
			if _, err := start(t.Context(), c, l); err == nil || !strings.Contains(err.Error(), "redis") {
				t.Errorf("%v", err)
			}
		})
	}
}
