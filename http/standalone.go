package http

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"kapoor.example/desk/protocol/engineio"
)

// Standalone answers HTTP with nothing but Engine.IO: a Socket.IO server that needs no application around it. Paths
// without an engine are 404.
type Standalone struct {
	app     *fiber.App
	options StandaloneOptions

	arrivals arrivals

	mu       sync.Mutex
	listener net.Listener // nil before Serve
	stopped  bool
	stray    map[net.Conn]struct{} // upgraded outside every engine
}

// StandaloneOptions of a Standalone. The zero value of a field means its default.
type StandaloneOptions struct {
	// DestroyUpgradeTimeout is how long a connection stays that wants an upgrade outside every engine, and that no route of
	// App has answered. Defaults to 1 s.
	DestroyUpgradeTimeout time.Duration
	// LeaveUpgrades leaves such connections alone until their clients close them. Defaults to false.
	LeaveUpgrades bool
}

// NewStandalone returns a server with each engine under its path prefix, such as "/socket.io/". Nothing runs before Serve.
func NewStandalone(engines map[string]*EngineIO, o StandaloneOptions) *Standalone {
	setDefault(&o.DestroyUpgradeTimeout, time.Second)
	s := &Standalone{options: o, stray: map[net.Conn]struct{}{}, app: fiber.New(fiber.Config{
		DisableStartupMessage: true, StreamRequestBody: true, DisablePreParseMultipartForm: true,
		ReadTimeout: standaloneRead, WriteTimeout: standaloneWrite, IdleTimeout: standaloneIdle, ReadBufferSize: standaloneHeader,
		ErrorHandler: answerFailure,
	})}
	s.app.Server().ConnState = s.arrivals.track
	lingerOverHeaders(s.app.Server())
	for prefix, engine := range engines {
		engine.Mount(s.app, prefix)
	}
	return s
}

// answerFailure answers what no engine could: what is no request is a bad one to them all (row 11), and nothing of it is
// repeated to its sender.
func answerFailure(c *fiber.Ctx, err error) error {
	var failure *fiber.Error
	switch {
	case errors.Is(err, errClientGone):
		c.Context().SetConnectionClose()
		return c.SendStatus(fiber.StatusBadRequest)
	case errors.As(err, &failure) && failure.Code != fiber.StatusBadRequest:
		return c.SendStatus(failure.Code)
	case failure == nil:
		return c.SendStatus(fiber.StatusInternalServerError)
	}
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	return c.Status(fiber.StatusBadRequest).Send(engineio.ErrBadRequest.JSON())
}

// How long a request may take to arrive, an answer to leave, and a connection may wait for its next request; how many
// bytes a request's line and headers may have.
const (
	standaloneRead   = 15 * time.Second
	standaloneWrite  = 30 * time.Second
	standaloneIdle   = 75 * time.Second
	standaloneHeader = 16 << 10
)

// App returns the Fiber application, for routes beside the engines. They are added before Serve.
func (s *Standalone) App() *fiber.App { return s.app }

// Serve answers on l until Shutdown, and returns nil then; at once when Shutdown came first. It owns l and is called once.
func (s *Standalone) Serve(l net.Listener) error {
	s.mu.Lock()
	s.listener = l
	stopped := s.stopped
	s.mu.Unlock()
	if stopped {
		return closeListener(l)
	}
	s.app.Use(s.strayUpgrade) // behind all other routes
	if err := s.app.Listener(l); err != nil {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

// Shutdown stops listening and waits for the requests under way until ctx ends. Close the realtime servers first:
// they end the polls that wait, and their WebSockets. It may be called without Serve.
func (s *Standalone) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.stopped = true
	listener := s.listener
	for conn := range s.stray {
		_ = conn.Close() // whoever waits for it notices
	}
	s.mu.Unlock()
	err := s.arrivals.giveUpDuring(func() error { return s.app.ShutdownWithContext(ctx) })
	if listener != nil {
		// Fiber knows only a listener that it waits on already: one that Serve has just been given would go on.
		err = errors.Join(err, closeListener(listener))
	}
	if err != nil {
		return fmt.Errorf("shut down: %w", err)
	}
	return nil
}

// strayUpgrade takes an upgrade that nobody answered: the connection is kept a while, silently, and closed (row 20).
func (s *Standalone) strayUpgrade(c *fiber.Ctx) error {
	if c.Get(fiber.HeaderUpgrade) == "" || !strings.Contains(strings.ToLower(c.Get(fiber.HeaderConnection)), "upgrade") {
		return c.Next()
	}
	c.Context().HijackSetNoResponse(true)
	c.Context().Hijack(func(hijacked net.Conn) {
		conn := hijacked
		if u, ok := hijacked.(interface{ UnsafeConn() net.Conn }); ok {
			conn = u.UnsafeConn()
		}
		s.wait(conn) // the connection ends when this returns
	})
	return nil
}

// wait reads a connection that is nobody's until its client or its time ends it.
func (s *Standalone) wait(conn net.Conn) {
	defer conn.Close() //nolint:errcheck // nothing is written to it
	s.mu.Lock()
	stopped := s.stopped
	s.stray[conn] = struct{}{}
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.stray, conn)
	}()
	var deadline time.Time
	if !s.options.LeaveUpgrades {
		deadline = time.Now().Add(s.options.DestroyUpgradeTimeout)
	}
	if err := conn.SetReadDeadline(deadline); err != nil || stopped {
		return
	}
	var ignored [512]byte
	for {
		if _, err := conn.Read(ignored[:]); err != nil {
			return
		}
	}
}
