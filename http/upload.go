package http

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"kapoor.example/desk/actors/realtime"
)

// uploads knows the sessions whose POST has begun to arrive and whose handler does not run yet: fasthttp calls that only
// when it has a part of the body, and never when the connection is cut before (row 34).
type uploads struct {
	pending sync.Map // *fasthttp.RequestHeader, which stays the same for a request → *realtime.Session
}

// watch looks at the requests of a server before their bodies are read.
func (u *uploads) watch(server *fasthttp.Server, engine *realtime.Server, prefix string) {
	headerReceived, failed := server.HeaderReceived, server.ErrorHandler
	server.HeaderReceived = func(h *fasthttp.RequestHeader) (config fasthttp.RequestConfig) {
		u.pending.Delete(h)
		if headerReceived != nil {
			config = headerReceived(h)
		}
		path, query, _ := bytes.Cut(h.RequestURI(), []byte("?"))
		if !h.IsPost() || !strings.HasPrefix(string(path), prefix) {
			return config
		}
		// The handler gets the rest as a stream; what is read here is read before it runs.
		config.MaxRequestBodySize = 1
		var args fasthttp.Args
		args.ParseBytes(query)
		if sids := args.PeekMulti("sid"); len(sids) > 0 {
			if session := engine.Session(string(sids[len(sids)-1])); session != nil {
				u.pending.Store(h, session)
			}
		}
		return config
	}
	server.ErrorHandler = func(ctx *fasthttp.RequestCtx, err error) {
		if session, ok := u.pending.LoadAndDelete(&ctx.Request.Header); ok {
			session.(*realtime.Session).Fail(realtime.ReasonTransportError)
		}
		if failed != nil {
			failed(ctx, err)
		}
	}
}

// begun says that a request's handler runs.
func (u *uploads) begun(h *fasthttp.RequestHeader) { u.pending.Delete(h) }

// lingering is how many bytes over the limit are read and dropped before an upload is cut off: a client that is still
// writing when the connection is closed may never read the answer.
const lingering = 4 << 20

// What is still coming of headers that are too large is read for this long after the last of it, and altogether.
const (
	headerSilence  = 50 * time.Millisecond
	headerPatience = time.Second
)

// lingerOverHeaders has a server read on before it refuses headers that are too large.
func lingerOverHeaders(server *fasthttp.Server) {
	failed := server.ErrorHandler
	server.ErrorHandler = func(ctx *fasthttp.RequestCtx, err error) {
		if small := (*fasthttp.ErrSmallBuffer)(nil); errors.As(err, &small) {
			dropHeaders(ctx.Conn())
		}
		failed(ctx, err)
	}
}

// dropHeaders reads the rest of headers that are too large, for the same reason. Where they end nobody knows.
func dropHeaders(conn net.Conn) {
	var dropped [4096]byte
	end := time.Now().Add(headerPatience)
	for n := 0; n < lingering && time.Now().Before(end); {
		if err := conn.SetReadDeadline(time.Now().Add(headerSilence)); err != nil {
			return
		}
		some, err := conn.Read(dropped[:])
		if err != nil {
			return
		}
		n += some
	}
}

// readBody returns a copy of the request's body, which may be limit bytes long. Errors: fiber.ErrRequestEntityTooLarge,
// or whatever cut the body short.
func readBody(c *fiber.Ctx, limit int) ([]byte, error) {
	stream := c.Context().RequestBodyStream()
	if stream == nil {
		stream = bytes.NewReader(c.Request().Body())
	}
	length := c.Request().Header.ContentLength() // negative when it is not known
	if length > limit {
		return nil, errors.Join(fiber.ErrRequestEntityTooLarge, discard(c, stream))
	}
	body, err := io.ReadAll(io.LimitReader(stream, int64(limit)+1))
	switch {
	case err != nil:
		return nil, err
	case len(body) > limit:
		return nil, errors.Join(fiber.ErrRequestEntityTooLarge, discard(c, stream))
	case len(body) < length, length < 0 && hungUp(c):
		return nil, io.ErrUnexpectedEOF
	}
	return body, nil
}

// hungUp reports whether the client has closed its side of the connection. To fasthttp a chunked body that is cut between
// two chunks is complete.
func hungUp(c *fiber.Ctx) bool {
	sc, ok := c.Context().Conn().(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := sc.SyscallConn()
	return err != nil || isClosed(raw)
}

// discard reads the rest of a body that is not wanted. The connection ends with the answer when there is too much.
func discard(c *fiber.Ctx, stream io.Reader) error {
	_, err := io.CopyN(io.Discard, stream, lingering)
	if errors.Is(err, io.EOF) {
		return nil
	}
	c.Context().SetConnectionClose()
	return err
}
