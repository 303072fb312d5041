package http

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/gofiber/fiber/v2"
)

// Standalone answers HTTP with nothing but Engine.IO: a Socket.IO server that needs no application around it. Paths
// without an engine are 404.
type Standalone struct {
	app *fiber.App
}

// NewStandalone returns a server with each engine under its path prefix, such as "/socket.io/". Nothing runs before Serve.
func NewStandalone(engines map[string]*EngineIO) *Standalone {
	s := &Standalone{app: fiber.New(fiber.Config{
		DisableStartupMessage: true, StreamRequestBody: true, ReadTimeout: standaloneRead, IdleTimeout: standaloneIdle,
		ErrorHandler: standaloneError,
	})}
	for prefix, engine := range engines {
		engine.Mount(s.app, prefix)
	}
	return s
}

// standaloneError answers a request that came to nothing. A client that has gone while it waited may still read, having
// closed one direction only: it is at fault, not the server.
func standaloneError(c *fiber.Ctx, err error) error {
	if errors.Is(err, errClientGone) {
		c.Context().SetConnectionClose()
		return c.Status(fiber.StatusBadRequest).Send(nil)
	}
	return fiber.DefaultErrorHandler(c, err)
}

// How long a request may take to arrive, and a connection may wait for its next one.
const (
	standaloneRead = 15 * time.Second
	standaloneIdle = 75 * time.Second
)

// Serve answers on l until Shutdown, and returns nil then. It owns l.
func (s *Standalone) Serve(l net.Listener) error {
	if err := s.app.Listener(l); err != nil {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

// Shutdown stops listening and waits for the requests under way until ctx ends. Close the realtime servers first:
// they end the polls that wait, and their WebSockets.
func (s *Standalone) Shutdown(ctx context.Context) error {
	if err := s.app.ShutdownWithContext(ctx); err != nil {
		return fmt.Errorf("shut down: %w", err)
	}
	return nil
}
