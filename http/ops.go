package http

import (
	"context"
	"fmt"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp/fasthttpadaptor"

	"kapoor.example/desk/booking"
)

// readyTimeout bounds how long /readyz may look: who asks, asks again soon.
const readyTimeout = 2 * time.Second

type healthAnswer struct {
	Status string `json:"status" example:"ok"`
}

func (s *Server) health(*call, nothing) (healthAnswer, error) { return healthAnswer{"ok"}, nil }

// ready says whether the server takes requests: it is not stopping, and its store answers.
func (s *Server) ready(c *call, _ nothing) (healthAnswer, error) {
	if s.draining.Load() {
		return healthAnswer{}, booking.Errorf(booking.CodeUnavailable, "The server is stopping.")
	}
	ctx, cancel := context.WithTimeout(c.ctx, readyTimeout)
	defer cancel()
	_, err := s.opts.Store.Head(ctx)
	if err == nil && s.opts.Ready != nil {
		err = s.opts.Ready(ctx)
	}
	if err != nil {
		s.opts.Log.Warn().Err(err).Str("request_id", c.id).Msg("Not ready")
		return healthAnswer{}, booking.Errorf(booking.CodeUnavailable, "The server is not ready.")
	}
	if s.opts.Degraded != nil && s.opts.Degraded() {
		return healthAnswer{"degraded"}, nil
	}
	return healthAnswer{"ok"}, nil
}

type versionAnswer struct {
	Version string `json:"version"`
}

func (s *Server) version(*call, nothing) (versionAnswer, error) {
	return versionAnswer{s.opts.Version}, nil
}

// sendMetrics answers with what Options.Metrics says. Where it refuses or fails, the answer is this server's: its own text is
// for nobody outside.
func (s *Server) sendMetrics(f *fiber.Ctx) error {
	fasthttpadaptor.NewFastHTTPHandler(s.opts.Metrics)(f.Context())
	f.Set(fiber.HeaderCacheControl, "no-store")
	status := f.Response().StatusCode()
	if status < fiber.StatusBadRequest {
		return nil
	}
	f.Response().Header.Del(fiber.HeaderContentEncoding)
	switch status {
	case fiber.StatusUnauthorized:
		return booking.Errorf(booking.CodeUnauthorized, "The figures are for those who have the token.")
	case fiber.StatusServiceUnavailable:
		return booking.Errorf(booking.CodeUnavailable, "Too many ask for the figures at once. Try again in a moment.")
	}
	return fmt.Errorf("metrics: status %d", status)
}
