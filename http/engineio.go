package http

import (
	"cmp"
	"errors"
	nethttp "net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/utils"
	"github.com/rs/zerolog"

	"kapoor.example/desk/actors/realtime"
	"kapoor.example/desk/protocol/engineio"
)

// EngineIO serves the transports of a realtime.Server, polling and WebSocket, under a path prefix. It checks requests as
// section 1 of docs/protocol.md says and hands packets over; it knows nothing of what they mean.
type EngineIO struct {
	server    *realtime.Server
	options   EngineOptions
	log       zerolog.Logger
	ws        fiber.Handler
	uploads   uploads
	handovers handovers
	poller    poller
}

// EngineOptions of an EngineIO. The zero value of a field means its default. Functions are called on the goroutine of the
// request, and may wait.
type EngineOptions struct {
	// Logger gets refused connections at warn. The zero Logger writes nothing.
	Logger zerolog.Logger
	// Ready says whether new connections are taken. Nil means always.
	Ready func() bool
	// NoTrailingSlash serves the prefix also without the slash at its end. Defaults to false: that is somebody else's path.
	NoTrailingSlash bool
	// CORS lets pages of other origins connect. Nil: no header is sent, and a preflight is refused.
	CORS *CORS
	// CompressFrom is how many bytes an answer to a poll must have to be compressed. Defaults to 1024; negative means never.
	CompressFrom int
	// DeflateFrom is how many bytes a WebSocket message must have to be compressed, where the client supports it
	// (permessage-deflate). Zero means never.
	DeflateFrom int
	// Goroutines has every WebSocket wait in a goroutine of its own, as on systems without epoll: about 4 KiB more for
	// each. Defaults to false.
	Goroutines bool
	// Middleware runs in order before every request is looked at, upgrades included.
	Middleware []Middleware
	// AllowRequest decides about handshakes: an error refuses the connection, and its text is told to the client. It is
	// not asked about later requests of the session. Nil allows all.
	AllowRequest func(realtime.Request) error
	// InitialHeaders adds headers to the first answer of a session, a cookie for example. Nil adds none.
	InitialHeaders func(h nethttp.Header, r realtime.Request, sid string)
	// Headers adds headers to every answer of a session, the first and those to upgrades included. Nil adds none.
	Headers func(h nethttp.Header, r realtime.Request)
}

// Middleware looks at a request first. It may add headers to the answer, keep the request from going on (then it has
// answered itself), or refuse it with an error.
type Middleware func(c *Ctx) (next bool, err error)

// Ctx is a request and its answer: Fiber's, by a name for packages that know no Fiber. It is good only during the call.
type Ctx = fiber.Ctx

// idleWorker is how long a goroutine that has served requests waits for the next connection. After a storm of them there
// are many, with large stacks.
const idleWorker = time.Second

// defaultCompressFrom is that of EngineOptions.CompressFrom.
const defaultCompressFrom = 1024

// NewEngineIO makes the handler of a server's transports.
func NewEngineIO(server *realtime.Server, o EngineOptions) *EngineIO {
	setDefault(&o.CompressFrom, defaultCompressFrom)
	e := &EngineIO{server: server, options: o, log: o.Logger}
	e.ws = e.websocketHandler()
	return e
}

// Mount serves everything under prefix, which ends with a slash. It is called once for an app, before that serves.
func (e *EngineIO) Mount(app *fiber.App, prefix string) {
	if e.options.NoTrailingSlash {
		prefix = strings.TrimSuffix(prefix, "/")
	}
	app.Server().MaxIdleWorkerDuration = idleWorker
	e.uploads.watch(app.Server(), e.server, prefix)
	e.handovers.watch(app.Server())
	app.Use(prefix, func(c *fiber.Ctx) error {
		if !strings.HasPrefix(c.Path(), prefix) { // Fiber is generous with slashes and case
			return c.Next()
		}
		return e.serve(c)
	})
}

func (e *EngineIO) serve(c *fiber.Ctx) (err error) {
	var session *realtime.Session
	defer func() {
		if reason := recover(); reason != nil { // in a function of the options
			err = e.panicked(session, reason)
		}
	}()
	e.uploads.begun(&c.Context().Request.Header)
	upgrade := isUpgrade(c)
	if e.options.CORS != nil && e.options.CORS.apply(c) {
		return nil
	}
	for _, m := range e.options.Middleware {
		if next, err := m(c); err != nil {
			return e.refuse(c, upgrade, refuse(engineio.ErrBadRequest, "name", "MIDDLEWARE_FAILURE"))
		} else if !next {
			return nil
		}
	}
	var refused *refusal
	if session, refused = e.verify(c, upgrade); refused != nil {
		return e.refuse(c, upgrade, refused)
	}
	if upgrade {
		return e.upgrade(c, session)
	}
	switch {
	case session == nil:
		return e.open(c)
	case c.Method() == fiber.MethodGet:
		return e.poll(c, session)
	case c.Method() == fiber.MethodPost:
		return e.post(c, session)
	}
	return c.Status(fiber.StatusInternalServerError).Send(nil) // row 14
}

// panicked ends the session whose request panicked, if it is one's: its answer may be lost.
func (e *EngineIO) panicked(s *realtime.Session, reason any) error {
	e.log.Error().Interface("panic", reason).Bytes("stack", debug.Stack()).Msg("Request panicked")
	if s != nil {
		s.Fail(realtime.ReasonPanic)
	}
	return fiber.ErrInternalServerError
}

// isUpgrade reports whether a request wants to become a WebSocket. The Upgrade header alone does not say so (RFC 9110, 7.8):
// it belongs to the connection it came over, and what is left of it behind a proxy is not ours to follow.
func isUpgrade(c *fiber.Ctx) bool {
	if !strings.EqualFold(c.Get(fiber.HeaderUpgrade), "websocket") {
		return false
	}
	for _, line := range c.Request().Header.PeekAll(fiber.HeaderConnection) {
		for option := range strings.SplitSeq(utils.UnsafeString(line), ",") {
			if strings.EqualFold(strings.TrimSpace(option), "upgrade") {
				return true
			}
		}
	}
	return false
}

// The version of the protocol as a request names it, as a number, and what Node takes every other one for.
const (
	version        = "4"
	presentVersion = 4
	otherVersion   = 3
)

// verify checks a request in the order of row 13 and returns the session it belongs to, nil for a handshake.
func (e *EngineIO) verify(c *fiber.Ctx, upgrade bool) (*realtime.Session, *refusal) {
	transport := lastQuery(c, "transport")
	if !e.server.Options().Allows(transport) {
		return nil, refuse(engineio.ErrTransportUnknown, "transport", utils.CopyString(transport))
	}
	if origin := c.Get(fiber.HeaderOrigin); !plainHeader(origin) {
		return nil, refuse(engineio.ErrBadRequest, "name", "INVALID_ORIGIN", "origin", utils.CopyString(origin))
	}
	if sid := lastQuery(c, "sid"); sid != "" {
		session := e.server.Session(sid)
		if session == nil {
			return nil, refuse(engineio.ErrUnknownSid, "sid", utils.CopyString(sid))
		}
		if present := session.TransportName(); !upgrade && present != transport {
			return nil, mismatch(transport, present)
		}
		if lastQuery(c, "EIO") != version {
			return nil, refuse(engineio.ErrBadRequest, "name", "PROTOCOL_MISMATCH", "protocol", otherVersion, "previousProtocol", presentVersion)
		}
		return session, withoutBody(c, upgrade)
	}
	switch {
	case c.Method() != fiber.MethodGet:
		return nil, refuse(engineio.ErrBadMethod, "method", utils.CopyString(c.Method()))
	case transport == realtime.WebSocket && !upgrade:
		return nil, refuse(engineio.ErrBadRequest, "name", "TRANSPORT_HANDSHAKE_ERROR")
	}
	if allow := e.options.AllowRequest; allow != nil {
		if err := allow(request(c)); err != nil {
			return nil, refuse(engineio.ErrForbidden, "message", cmp.Or(err.Error(), engineio.ErrForbidden.Message))
		}
	}
	if lastQuery(c, "EIO") != version {
		return nil, refuse(engineio.ErrUnsupportedVersion, "protocol", otherVersion)
	}
	return nil, withoutBody(c, upgrade)
}

// withoutBody refuses an upgrade with a body: it would be taken for frames (row 19).
func withoutBody(c *fiber.Ctx, upgrade bool) *refusal {
	if length := c.Get(fiber.HeaderContentLength); upgrade && (length != "" && length != "0" || c.Get(fiber.HeaderTransferEncoding) != "") {
		return refuse(engineio.ErrBadRequest, "name", "TRANSPORT_HANDSHAKE_ERROR")
	}
	return nil
}

// begin opens a session, or answers why not: 503 lets the client come back. The session is nil then.
func (e *EngineIO) begin(c *fiber.Ctx, transport string) (*realtime.Session, error) {
	if e.options.Ready != nil && !e.options.Ready() {
		return nil, e.unavailable(c, realtime.ErrStopping)
	}
	session, err := e.server.Open(c.Context(), request(c), transport)
	switch {
	case errors.Is(err, realtime.ErrSid):
		return nil, e.refuse(c, transport == realtime.WebSocket,
			refuse(engineio.ErrBadRequest, "name", "ID_GENERATION_ERROR", "error", err.Error()))
	case err != nil:
		return nil, e.unavailable(c, err)
	}
	return session, nil
}

// request copies what the realtime server may keep: Fiber reuses its strings.
func request(c *fiber.Ctx) realtime.Request {
	r := realtime.Request{Address: utils.CopyString(c.IP()), URL: utils.CopyString(c.OriginalURL()), Secure: c.Secure()}
	return r.WithHeader(func(yield func(name, value string) bool) {
		for name, value := range c.Request().Header.All() {
			if !yield(string(name), string(value)) {
				return
			}
		}
	})
}

// lastQuery returns a query parameter, the last one of a repeated key (row 22). It is good only during the request.
func lastQuery(c *fiber.Ctx, key string) string {
	values := c.Context().QueryArgs().PeekMulti(key)
	if len(values) == 0 {
		return ""
	}
	return utils.UnsafeString(values[len(values)-1])
}

// plainHeader reports whether a header has only characters that a header may have (row 11).
func plainHeader(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < 0x20 && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}
