package http

import (
	"bytes"
	"context"
	"errors"
	"io"
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
	if err != nil {
		return e.unavailable(c, err)
	}
	return packets(c, session.OpenPacket())
}

func packets(c *fiber.Ctx, payload []byte) error {
	c.Set(fiber.HeaderContentType, textPlain)
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.Send(payload)
}

// poll answers a GET with what is queued, or waits for something. A client that has gone meanwhile ends its session
// (row 33): only the socket knows.
func (e *EngineIO) poll(c *fiber.Ctx, session *realtime.Session) error {
	answer, ok := session.Poll()
	if !ok {
		return c.Status(fiber.StatusBadRequest).Send(nil)
	}
	select {
	case payload := <-answer:
		return packets(c, payload)
	default:
	}
	watch := watchConn(c.Context().Conn())
	defer watch.stop()
	select {
	case payload := <-answer:
		return packets(c, payload)
	case <-watch.gone:
		session.Fail(realtime.ReasonTransportError)
		<-answer // its session closes it
		return errClientGone
	}
}

// errClientGone ends a request whose client no longer waits for the answer.
var errClientGone = errors.New("client is gone")

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
		c.Context().SetConnectionClose() // the rest of the body is not read
		return c.Status(fiber.StatusRequestEntityTooLarge).Send(nil)
	case err != nil:
		session.Fail(realtime.ReasonTransportError) // row 34
		return errClientGone
	}
	ctx, cancel := context.WithTimeout(context.Background(), e.server.Options().PingTimeout)
	defer cancel()
	switch err := session.Post(ctx, body); {
	case errors.Is(err, realtime.ErrGone):
		return e.refuse(c, false, engineio.ErrUnknownSid)
	case err != nil:
		return c.Status(fiber.StatusServiceUnavailable).Send(nil)
	}
	c.Set(fiber.HeaderContentType, "text/html")
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.SendString("ok")
}

// lingering is how many bytes over the limit are read and dropped before an upload is cut off.
const lingering = 4 << 20

// readBody returns a copy of the request's body, which may be limit bytes long.
func readBody(c *fiber.Ctx, limit int) ([]byte, error) {
	if c.Request().Header.ContentLength() > limit {
		return nil, fiber.ErrRequestEntityTooLarge
	}
	stream := c.Context().RequestBodyStream()
	if stream == nil {
		stream = bytes.NewReader(c.Request().Body())
	}
	body, err := io.ReadAll(io.LimitReader(stream, int64(limit)+1))
	if err == nil && len(body) > limit {
		// A client that is still writing when the connection is closed may never read the answer.
		_, _ = io.CopyN(io.Discard, stream, lingering)
		err = fiber.ErrRequestEntityTooLarge
	}
	return body, err
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
