package http

import (
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/rs/zerolog"

	"kapoor.example/desk/booking"
)

// The names under which a request's own values are kept while it is handled.
const (
	localRequestID = "request.id"
	localUserID    = "request.user"
	localQuiet     = "request.quiet"
	localUnread    = "request.unread"
)

const headerRequestID = fiber.HeaderXRequestID

// observe surrounds every request: it gives it an id, the headers all answers have and its client's address, answers
// what fails or panics, and writes the request's log line.
func (s *Server) observe(c *fiber.Ctx) error {
	start := s.opts.Now()
	s.prepare(c)
	if !s.answerPreflight(c) {
		if err := s.guarded(c); errors.Is(err, errClientGone) {
			c.Context().SetConnectionClose()
			c.Status(fiber.StatusBadRequest)
		} else if err != nil {
			s.fail(c, err)
		}
	}
	s.logRequest(c, start)
	return nil
}

// guarded runs the rest of the handlers and turns a panic into an error.
func (s *Server) guarded(c *fiber.Ctx) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			s.opts.Log.Error().Str("request_id", requestID(c)).Str("route", pattern(c)).Str("panic", fmt.Sprint(reason)).
				Bytes("stack", debug.Stack()).Msg("Request panicked")
			err = booking.Errorf(booking.CodeInternal, "panic")
		}
	}()
	err = c.Next()
	if file, found := s.web.find(c, err); found {
		return s.web.send(c, file)
	}
	return err
}

// answerUnrouted is Fiber's error handler. What reaches it was refused before any handler ran: observe leaves no error.
func (s *Server) answerUnrouted(c *fiber.Ctx, err error) error {
	start := s.opts.Now()
	s.prepare(c)
	c.Locals(localUnread, true)
	s.fail(c, err)
	s.logRequest(c, start)
	return nil
}

// prepare sets what every answer has.
func (s *Server) prepare(c *fiber.Ctx) {
	id := c.Get(headerRequestID)
	if !saneRequestID(id) {
		id = booking.NewID(s.opts.Now())
	}
	c.Locals(localRequestID, id)
	c.Set(headerRequestID, id)
	if s.draining.Load() && c.Get(fiber.HeaderUpgrade) == "" {
		c.Context().SetConnectionClose()
	}
	s.resolveAddress(c)
	secure(c)
	s.allowOrigin(c)
}

// saneRequestID reports whether an id from outside may be taken over, into logs too.
func saneRequestID(id string) bool {
	plain := func(r rune) bool {
		return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '-' || r == '_' || r == '.'
	}
	return id != "" && len(id) <= 64 && strings.TrimFunc(id, plain) == ""
}

func requestID(c *fiber.Ctx) string {
	id, _ := c.Locals(localRequestID).(string)
	return id
}

// pattern returns the pattern of the route that took a request, "" when none did. Paths themselves are not logged: they
// come from outside and name bookings.
func pattern(c *fiber.Ctx) string {
	// Before any route was looked for, Fiber gives one made of the request's path. It has no handlers.
	if route := c.Route(); route.Path != "/" && len(route.Handlers) > 0 {
		return route.Path
	}
	return ""
}

// logRequest writes the one line of a request.
func (s *Server) logRequest(c *fiber.Ctx, start time.Time) {
	status, route := c.Response().StatusCode(), pattern(c)
	level := zerolog.InfoLevel
	switch {
	case status >= fiber.StatusInternalServerError && status != fiber.StatusServiceUnavailable && status != fiber.StatusNotImplemented:
		level = zerolog.ErrorLevel
	case s.quiet[route] || c.Locals(localQuiet) != nil || strings.HasPrefix(route, "/socket.io"):
		level = zerolog.DebugLevel
	}
	method := c.Method()
	switch {
	case len(c.Request().Header.RawHeaders()) == 0 && c.Locals(localUnread) != nil:
		method = "unknown" // fasthttp takes what it has not read for a GET
	case !slices.Contains(fiber.DefaultMethods, method):
		method = "other"
	}
	line := s.opts.Log.WithLevel(level).Str("method", method).Str("route", route).Int("status", status).
		Int64("took_ms", s.opts.Now().Sub(start).Milliseconds()).Str("request_id", requestID(c))
	if user, ok := c.Locals(localUserID).(string); ok {
		line = line.Str("user_id", user)
	}
	if !c.Response().IsBodyStream() {
		line = line.Int("bytes", len(c.Response().Body()))
	}
	line.Msg("HTTP request")
}
