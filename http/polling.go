package http

import (
	"context"
	"errors"
	"net"
	"syscall"
	"time"

	"github.com/gofiber/fiber/v2"

	"kapoor.example/desk/actors/realtime"
	"kapoor.example/desk/protocol/engineio"
)

const textPlain = "text/plain; charset=UTF-8"

// open answers a polling handshake.
func (e *EngineIO) open(c *fiber.Ctx) error {
	session, err := e.begin(c, realtime.Polling)
	if session == nil {
		return err
	}
	e.addHeaders(c, session.Sid())
	return e.sendPackets(c, realtime.PollAnswer{Payload: session.OpenPacket(), Compress: true})
}

// poll answers a GET with what is queued, or waits for something. A client that has gone meanwhile ends its session
// (row 33): only the socket knows.
func (e *EngineIO) poll(c *fiber.Ctx, session *realtime.Session) error {
	answer, err := session.Poll()
	switch {
	case errors.Is(err, realtime.ErrUpgraded): // while this request was on its way
		return e.refuse(c, false, mismatch(realtime.Polling, realtime.WebSocket))
	case err != nil:
		return c.Status(fiber.StatusBadRequest).Send(nil)
	}
	select {
	case a := <-answer:
		e.addHeaders(c, "")
		return e.sendPackets(c, a)
	default:
	}
	watch := watchConn(c.Context().Conn())
	defer watch.stop()
	select {
	case a := <-answer:
		e.addHeaders(c, "")
		return e.sendPackets(c, a)
	case <-watch.gone:
		session.Fail(realtime.ReasonTransportError)
		<-answer // its session closes it
		return errClientGone
	}
}

// errClientGone ends a request whose client no longer waits for the answer.
var errClientGone = errors.New("client is gone")

// postTimeout is how long the packets of a body may take to be handled.
const postTimeout = 30 * time.Second

// post hands a body to its session.
func (e *EngineIO) post(c *fiber.Ctx, session *realtime.Session) error {
	if contentType := c.Get(fiber.HeaderContentType); contentType == fiber.MIMEOctetStream {
		session.Fail(realtime.ReasonTransportError) // row 35
		return c.Status(fiber.StatusBadRequest).Send(nil)
	}
	if !session.BeginPost() {
		return c.Status(fiber.StatusBadRequest).Send(nil)
	}
	defer session.EndPost()
	body, err := readBody(c, e.server.Options().MaxPayload)
	switch {
	case errors.Is(err, fiber.ErrRequestEntityTooLarge):
		return c.Status(fiber.StatusRequestEntityTooLarge).Send(nil)
	case err != nil:
		session.Fail(realtime.ReasonTransportError) // row 34
		return errClientGone
	}
	ctx, cancel := context.WithTimeout(context.Background(), postTimeout)
	defer cancel()
	switch err := session.Post(ctx, body); {
	case errors.Is(err, realtime.ErrGone):
		return e.refuse(c, false, refuse(engineio.ErrUnknownSid, "sid", session.Sid()))
	case err != nil:
		return c.Status(fiber.StatusServiceUnavailable).Send(nil)
	}
	e.addHeaders(c, "")
	c.Set(fiber.HeaderContentType, "text/html")
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.SendString("ok")
}

// connWatch watches a connection whose request is being answered for the client's going away.
type connWatch struct {
	conn net.Conn
	gone chan struct{} // closed when the client has gone
	done chan struct{} // closed when the watch is over; nil when the connection cannot be watched
}

// watchConn looks at a connection without reading from it.
func watchConn(conn net.Conn) *connWatch {
	w := &connWatch{conn: conn, gone: make(chan struct{})}
	sc, ok := conn.(syscall.Conn)
	if !ok {
		return w
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return w
	}
	_ = conn.SetReadDeadline(time.Time{}) // that of the request is armed still, and would end the watch
	w.done = make(chan struct{})
	go func() {
		defer close(w.done)
		if peekClosed(raw) {
			close(w.gone)
		}
	}()
	return w
}

// stop ends the watch and leaves the connection as it was.
func (w *connWatch) stop() {
	if w.done == nil {
		return
	}
	_ = w.conn.SetReadDeadline(time.Unix(1, 0)) // ends the wait; fails only on a connection that is closed anyway
	<-w.done
	_ = w.conn.SetReadDeadline(time.Time{})
}
