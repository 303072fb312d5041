package http

import (
	"errors"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/utils"
	"github.com/rs/zerolog"

	"kapoor.example/desk/actors/realtime"
	"kapoor.example/desk/protocol/engineio"
)

// EngineIO serves the transports of a realtime.Server, polling and WebSocket, under a path prefix. It checks requests as
// section 1 of docs/protocol.md says and hands packets over; it knows nothing of what they mean.
type EngineIO struct {
	server  *realtime.Server
	options EngineOptions
	log     zerolog.Logger
	ws      fiber.Handler
}

// EngineOptions of an EngineIO. The zero value of a field means its default.
type EngineOptions struct {
	// Logger gets refused connections at warn. The zero Logger writes nothing.
	Logger zerolog.Logger
	// Ready says whether new connections are taken. Nil means always.
	Ready func() bool
}

// NewEngineIO makes the handler of a server's transports.
func NewEngineIO(server *realtime.Server, o EngineOptions) *EngineIO {
	e := &EngineIO{server: server, options: o, log: o.Logger}
	e.ws = e.websocketHandler()
	return e
}

// Mount serves everything under prefix, which ends with a slash. The app's server must keep hijacked connections
// (KeepHijackedConns): a WebSocket is detached from its request.
func (e *EngineIO) Mount(app *fiber.App, prefix string) {
	app.Server().KeepHijackedConns = true
	app.Use(prefix, e.serve)
}

func (e *EngineIO) serve(c *fiber.Ctx) error {
	upgrade := isUpgrade(c)
	session, refused := e.verify(c, upgrade)
	if refused != nil {
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

// isUpgrade reports whether a request wants to become a WebSocket.
func isUpgrade(c *fiber.Ctx) bool {
	return c.Method() == fiber.MethodGet && strings.EqualFold(c.Get(fiber.HeaderUpgrade), "websocket")
}

// verify checks a request in the order of row 13 and returns the session it belongs to, nil for a handshake.
func (e *EngineIO) verify(c *fiber.Ctx, upgrade bool) (*realtime.Session, error) {
	if length := c.Get(fiber.HeaderContentLength); upgrade && (length != "" && length != "0" || c.Get(fiber.HeaderTransferEncoding) != "") {
		return nil, engineio.ErrBadRequest // row 19: a body would be taken for frames
	}
	transport := lastQuery(c, "transport")
	if transport != realtime.Polling && transport != realtime.WebSocket {
		return nil, engineio.ErrTransportUnknown
	}
	if !plainHeader(c.Get(fiber.HeaderOrigin)) {
		return nil, engineio.ErrBadRequest
	}
	if sid := lastQuery(c, "sid"); sid != "" || c.Context().QueryArgs().Has("sid") {
		session := e.server.Session(sid)
		switch {
		case session == nil:
			return nil, engineio.ErrUnknownSid
		case !upgrade && session.TransportName() != transport:
			return nil, engineio.ErrBadRequest
		}
		return session, nil
	}
	switch {
	case c.Method() != fiber.MethodGet:
		return nil, engineio.ErrBadMethod
	case transport == realtime.WebSocket && !upgrade:
		return nil, engineio.ErrBadRequest
	case lastQuery(c, "EIO") != "4":
		return nil, engineio.ErrUnsupportedVersion
	}
	return nil, nil
}

// refuse answers a request that is not right: JSON over HTTP, plain text where a WebSocket was wanted (row 17).
func (e *EngineIO) refuse(c *fiber.Ctx, upgrade bool, refused error) error {
	if upgrade {
		c.Set(fiber.HeaderConnection, "close")
		c.Set(fiber.HeaderContentType, "text/html")
		return c.Status(fiber.StatusBadRequest).SendString(refused.Error())
	}
	var request engineio.RequestError
	if !errors.As(refused, &request) {
		return refused
	}
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	return c.Status(request.Status()).Send(request.JSON())
}

// begin opens a session, or says why not: 503 lets the client come back.
func (e *EngineIO) begin(c *fiber.Ctx, transport string) (*realtime.Session, error) {
	if e.options.Ready != nil && !e.options.Ready() {
		return nil, realtime.ErrStopping
	}
	return e.server.Open(c.Context(), request(c), transport)
}

func (e *EngineIO) unavailable(c *fiber.Ctx, err error) error {
	e.log.Warn().Err(err).Str("address", utils.CopyString(c.IP())).Msg("Connection refused")
	c.Set(fiber.HeaderRetryAfter, "1")
	c.Set(fiber.HeaderContentType, fiber.MIMETextPlain)
	return c.Status(fiber.StatusServiceUnavailable).SendString("Service Unavailable")
}

// request copies what the realtime server may keep: Fiber reuses its strings.
func request(c *fiber.Ctx) realtime.Request {
	r := realtime.Request{
		Address: utils.CopyString(c.IP()), URL: utils.CopyString(c.OriginalURL()), Secure: c.Secure(),
		Query: map[string]string{}, Header: map[string][]string{},
	}
	for key, value := range c.Context().QueryArgs().All() {
		r.Query[string(key)] = string(value)
	}
	for key, value := range c.Request().Header.All() {
		r.Header[string(key)] = append(r.Header[string(key)], string(value))
	}
	return r
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
