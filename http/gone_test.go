package http

import (
	"bufio"
	"context"
	"fmt"
	"net"
	nethttp "net/http"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"kapoor.example/desk/actors"
	"kapoor.example/desk/actors/realtime"
)

// TestClientThatHalfCloses: one that closes its direction while it polls, or within a body, has gone as far as its
// session is concerned, but it still reads. A Standalone told it that the server was at fault (500). A storm of sessions
// found it.
func TestClientThatHalfCloses(t *testing.T) {
	system, err := actors.New(zerolog.Nop(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	server := realtime.New(system, realtime.Options{})
	standalone := NewStandalone(map[string]*EngineIO{"/socket.io/": NewEngineIO(server, EngineOptions{})}, StandaloneOptions{})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- standalone.Serve(listener) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		for _, end := range []func(context.Context) error{
			func(ctx context.Context) error { return server.Close(ctx, realtime.StatusNone) }, standalone.Shutdown, system.Close,
		} {
			if err := end(ctx); err != nil {
				t.Error(err)
			}
		}
		<-served
	})
	for name, request := range map[string]string{
		"while it polls": "GET /socket.io/?%s HTTP/1.1\r\nHost: x\r\n\r\n",
		"within a body":  "POST /socket.io/?%s HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n40",
	} {
		t.Run(name, func(t *testing.T) {
			e := &engine{t: t, server: server, addr: listener.Addr().String(), client: &nethttp.Client{Timeout: patience}}
			defer e.client.CloseIdleConnections()
			q := e.open()
			conn, err := net.Dial("tcp", e.addr)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
				t.Fatal(err)
			}
			if _, err := fmt.Fprintf(conn, request, q); err != nil {
				t.Fatal(err)
			}
			if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
				t.Fatal(err)
			}
			response, err := nethttp.ReadResponse(bufio.NewReader(conn), nil)
			if err == nil && (response.StatusCode != nethttp.StatusBadRequest || !response.Close) {
				t.Errorf("answered %s", response.Status) // no answer is fine
			}
			e.gone(q)
		})
	}
}
