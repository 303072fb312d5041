package realtime_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"kapoor.example/desk/actors"
	"kapoor.example/desk/actors/realtime"
)

// serve starts a server for an example; stop ends it. In a program, http.NewEngineIO puts it behind a port.
func serve(o realtime.Options) (server *realtime.Server, stop func()) {
	system, err := actors.New(zerolog.Nop(), time.Now)
	if err != nil {
		panic(err)
	}
	server = realtime.New(system, o)
	return server, func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := server.Close(ctx, realtime.StatusNone); err != nil {
			panic(err)
		}
		if err := system.Close(ctx); err != nil {
			panic(err)
		}
	}
}

// client is what an example needs of one: it says packets, and waits for packets. It is the far end of a Transport.
type client struct {
	session *realtime.Session
	packets chan string
	gone    chan struct{}
	answer  string // to its CONNECT
	rest    []byte
}

// connect opens a connection and joins the main namespace, or the one that auth begins with, as in `/chat,{"name":"Ann"}`.
func connect(server *realtime.Server, auth string) *client {
	session, err := server.Open(context.Background(), realtime.Request{Address: "192.0.2.1"}, realtime.WebSocket)
	if err != nil {
		panic(err)
	}
	c := &client{session: session, packets: make(chan string, 100), gone: make(chan struct{})}
	session.Start(c)
	<-c.packets // the handshake
	c.say("40" + auth)
	c.answer = c.next()
	return c
}

func (c *client) say(packet string) { c.session.Receive(c, []byte(packet), false) }

// next waits for a packet.
func (c *client) next() string { return <-c.packets }

// until waits for a packet that begins so.
func (c *client) until(prefix string) string {
	for {
		if p := c.next(); strings.HasPrefix(p, prefix) {
			return p
		}
	}
}

// leave cuts the connection.
func (c *client) leave() { c.session.Lost(c, realtime.ReasonTransportClose) }

// TryWrite implements realtime.Transport.
func (c *client) TryWrite(p []byte) (int, error) {
	c.rest = append(c.rest, p...)
	for len(c.rest) >= 2 {
		start, length := 2, int(c.rest[1])
		if length == 126 {
			start, length = 4, int(binary.BigEndian.Uint16(c.rest[2:]))
		}
		if len(c.rest) < start+length {
			break
		}
		c.packets <- string(c.rest[start : start+length])
		c.rest = c.rest[start+length:]
	}
	return len(p), nil
}

// Write implements realtime.Transport.
func (c *client) Write(p net.Buffers) error {
	for _, b := range p {
		if _, err := c.TryWrite(b); err != nil {
			return fmt.Errorf("write: %w", err)
		}
	}
	return nil
}

// Close implements realtime.Transport.
func (c *client) Close(int) {
	select {
	case <-c.gone:
	default:
		close(c.gone)
	}
}
