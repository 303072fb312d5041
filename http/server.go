package http

import (
	"context"
	"errors"
	"fmt"
	"net"
	nethttp "net/http"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/rs/zerolog"
	"github.com/valyala/fasthttp"

	"kapoor.example/desk/auth"
	"kapoor.example/desk/booking"
)

// Desk carries out commands on bookings. actors/bookings implements it. Its errors are *booking.Error, *KeyUsedError or
// *CodeTakenError where Store.Append says so; anything else is told to nobody.
type Desk interface {
	Execute(ctx context.Context, c booking.Command) (booking.Outcome, error)
}

// Store is what REST reads. A booking.Store has it all.
type Store interface {
	Load(ctx context.Context, id string) (booking.Booking, error)
	Find(ctx context.Context, ref string) (booking.Booking, error)
	List(ctx context.Context, q booking.Query) (booking.Page, error)
	Keyed(ctx context.Context, userID, key string, now time.Time) (*booking.KeyUsedError, error)
	Notifications(ctx context.Context, q booking.NotificationQuery) (booking.NotificationPage, error)
	Overview(ctx context.Context, now time.Time) (booking.Overview, error)
	Daily(ctx context.Context, now time.Time) ([]booking.DayCount, error)
	Head(ctx context.Context) (booking.Position, error)
}

// Options are what a Server needs and what may be chosen.
type Options struct {
	Store Store         // Required.
	Auth  *auth.Service // Required.
	Desk  Desk          // Required.
	Log   zerolog.Logger
	// Now is the clock. Required.
	Now func() time.Time
	// TimeZone is that of the statistics, and of times that come without one. Defaults to UTC.
	TimeZone *time.Location
	// Version is what /version and the API's document say. Defaults to "development".
	Version string
	// Ready is asked by /readyz besides the store; nil means always.
	Ready func(context.Context) error
	// Degraded is asked by /readyz where all else is well: true is answered as such, still with 200, since a server that
	// is cut off from its cluster is better than none. Nil means never.
	Degraded func() bool
	// Metrics answers /metrics. Nil: there is no such address.
	Metrics nethttp.Handler

	// Origins are the web origins that may call the API, or "*" for all. None by default.
	Origins []string
	// TrustedProxies are those whose X-Forwarded-For tells a client's address. None by default.
	TrustedProxies []netip.Prefix

	// BodyLimit is how many bytes the body of a REST request may have. Defaults to 64 KiB.
	BodyLimit int
	// HeaderLimit is how many bytes a request's line and headers may have, and what is kept in memory for each connection
	// while it has a request. Defaults to 8 KiB.
	HeaderLimit int
	// RequestTimeout is how long a REST request may be worked on. Defaults to 15 s.
	RequestTimeout time.Duration
	// ReadTimeout is how long a request may take to arrive. Defaults to 15 s.
	ReadTimeout time.Duration
	// WriteTimeout is how long an answer may take to leave; of an export, each page of it. Waiting for something to answer
	// does not count. Defaults to 30 s.
	WriteTimeout time.Duration
	// IdleTimeout is how long a connection may wait for its next request. Defaults to 75 s.
	IdleTimeout time.Duration
}

func (o Options) withDefaults() Options {
	setDefault(&o.TimeZone, time.UTC)
	setDefault(&o.Version, "development")
	setDefault(&o.BodyLimit, 64<<10)
	setDefault(&o.HeaderLimit, 8<<10)
	setDefault(&o.RequestTimeout, 15*time.Second)
	setDefault(&o.ReadTimeout, 15*time.Second)
	setDefault(&o.WriteTimeout, 30*time.Second)
	setDefault(&o.IdleTimeout, 75*time.Second)
	return o
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// validate says what is wrong with options that have their defaults.
func (o Options) validate() error {
	switch {
	case o.Store == nil:
		return errors.New("http: Store is required")
	case o.Auth == nil:
		return errors.New("http: Auth is required")
	case o.Desk == nil:
		return errors.New("http: Desk is required")
	case o.Now == nil:
		return errors.New("http: Now is required")
	case o.BodyLimit < 0 || o.HeaderLimit < 0:
		return errors.New("http: BodyLimit and HeaderLimit must be positive")
	case o.RequestTimeout < 0 || o.ReadTimeout < 0 || o.WriteTimeout < 0 || o.IdleTimeout < 0:
		return errors.New("http: timeouts must be positive")
	}
	return nil
}

// Server answers HTTP. It is made by New, served once by Serve and ended by Shutdown.
type Server struct {
	opts   Options
	app    *fiber.App
	routes []route
	quiet  map[string]bool // paths of routes whose requests are logged for debugging only

	ctx      context.Context // of everything that is done for a request
	cancel   context.CancelFunc
	draining atomic.Bool
	arrivals arrivals

	mu       sync.Mutex
	listener net.Listener // nil before Serve
	stopped  bool

	document func() ([]byte, error) // /openapi.json, made when it is asked for first
	page     docsPage
	web      *webApp
}

// New returns a server with the routes of the REST API. It fails when the options make no sense. Nothing runs before Serve.
func New(opts Options) (*Server, error) {
	opts = opts.withDefaults()
	if err := opts.validate(); err != nil {
		return nil, err
	}
	s := &Server{opts: opts, quiet: map[string]bool{}}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.app = fiber.New(fiber.Config{
		AppName:               "Kapoor & Sons desk",
		DisableStartupMessage: true,
		Immutable:             true, // strings of a request may outlive it
		StreamRequestBody:     true, // each route limits its own bodies
		BodyLimit:             opts.BodyLimit,
		ReadBufferSize:        opts.HeaderLimit,
		ReadTimeout:           opts.ReadTimeout,
		WriteTimeout:          opts.WriteTimeout,
		IdleTimeout:           opts.IdleTimeout,
		// With no proxy in Fiber's own list, no header can claim that a request came by TLS; addresses are this package's.
		EnableTrustedProxyCheck:      true,
		DisablePreParseMultipartForm: true,
		ErrorHandler:                 s.answerUnrouted,
	})
	s.app.Server().ConnState = s.arrivals.track
	lingerOverHeaders(s.app.Server())
	s.refuseUnknownMethods()
	s.app.Use(s.observe)
	s.routes = s.table()
	s.document = sync.OnceValues(s.openAPI)
	var err error
	if s.page, err = s.renderDocs(); err != nil {
		return nil, fmt.Errorf("http: render documentation: %w", err)
	}
	for _, r := range s.routes {
		s.register(r)
	}
	if s.web, err = newWebApp(); err != nil {
		return nil, fmt.Errorf("http: load web app: %w", err)
	}
	return s, nil
}

// App returns the Fiber application, for routes of other packages' making: what is added before Serve is served, and what
// no route takes is answered 404 or 405 in the API's form.
func (s *Server) App() *fiber.App { return s.app }

// Serve answers on l until Shutdown, and returns nil then; at once when Shutdown came first. It owns l.
func (s *Server) Serve(l net.Listener) error {
	s.mu.Lock()
	s.listener = l
	stopped := s.stopped
	s.mu.Unlock()
	if stopped {
		return closeListener(l)
	}
	if err := s.app.Listener(l); err != nil {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

// Drain makes /readyz say 503, so that no new clients are sent here, and has each connection end with its next answer.
// Everything else goes on.
func (s *Server) Drain() { s.draining.Store(true) }

// Draining reports whether Drain was called.
func (s *Server) Draining() bool { return s.draining.Load() }

// Shutdown stops listening, closes idle connections, gives up requests that have not arrived in full, and waits for those
// that are being answered until ctx ends, then ends what is still done for them. Connections that were taken over by
// WebSockets are not its own.
func (s *Server) Shutdown(ctx context.Context) error {
	s.Drain()
	defer s.cancel()
	s.mu.Lock()
	s.stopped = true
	listener := s.listener
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

func closeListener(l net.Listener) error {
	if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("close listener: %w", err)
	}
	return nil
}

// refuseUnknownMethods answers methods nobody knows in the API's form: Fiber answers them itself, before any route.
func (s *Server) refuseUnknownMethods() {
	next := s.app.Server().Handler
	s.app.Server().Handler = func(fctx *fasthttp.RequestCtx) {
		if slices.Contains(fiber.DefaultMethods, string(fctx.Method())) {
			next(fctx)
			return
		}
		c := s.app.AcquireCtx(fctx)
		defer s.app.ReleaseCtx(c)
		_ = s.answerUnrouted(c, fiber.ErrNotImplemented) // never fails
	}
}
