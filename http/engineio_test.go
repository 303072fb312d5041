package http

import (
	"context"
	"encoding/json"
	"io"
	"net"
	nethttp "net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"kapoor.example/desk/actors"
	"kapoor.example/desk/actors/realtime"
)

// TestFunctionThatPanics: a panic in a function of the options ended the process, where no other handler was around it. It
// costs its request, and the session whose answer may be lost with it.
func TestFunctionThatPanics(t *testing.T) {
	system, err := actors.New(zerolog.Nop(), time.Now)
	must(t, err)
	closed := make(chan realtime.Reason, 1)
	server := realtime.New(system, realtime.Options{OnClose: func(_ *realtime.Session, r realtime.Reason) { closed <- r }})
	server.Of("/")
	var forbidding, heading atomic.Bool
	engine := NewEngineIO(server, EngineOptions{
		AllowRequest: func(realtime.Request) error {
			if forbidding.Load() {
				panic("in AllowRequest")
			}
			return nil
		},
		Headers: func(nethttp.Header, realtime.Request) {
			if heading.Load() {
				panic("in Headers")
			}
		},
	})
	standalone := NewStandalone(map[string]*EngineIO{"/socket.io/": engine}, StandaloneOptions{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	served := make(chan error, 1)
	go func() { served <- standalone.Serve(l) }()
	client := &nethttp.Client{Transport: &nethttp.Transport{}}
	defer func() {
		client.CloseIdleConnections()
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		must(t, server.Close(ctx, realtime.StatusNone))
		must(t, standalone.Shutdown(ctx))
		must(t, <-served)
		must(t, system.Close(ctx))
	}()
	get := func(query string) (status int, body []byte) {
		t.Helper()
		answer, err := client.Get("http://" + l.Addr().String() + "/socket.io/?EIO=4&transport=polling" + query)
		must(t, err)
		defer func() { _ = answer.Body.Close() }()
		body, err = io.ReadAll(answer.Body)
		must(t, err)
		return answer.StatusCode, body
	}
	forbidding.Store(true)
	if status, _ := get(""); status != nethttp.StatusInternalServerError {
		t.Errorf("status %d", status)
	}
	forbidding.Store(false)
	_, open := get("")
	var handshake struct{ Sid string }
	must(t, json.Unmarshal(open[1:], &handshake))
	heading.Store(true)
	server.Session(handshake.Sid).Send([]byte("lost"), false)
	if status, _ := get("&sid=" + handshake.Sid); status != nethttp.StatusInternalServerError {
		t.Errorf("status %d", status)
	}
	select {
	case r := <-closed:
		if r != realtime.ReasonPanic {
			t.Errorf("closed for %q", r)
		}
	case <-time.After(20 * time.Second):
		t.Error("the session goes on")
	}
}
