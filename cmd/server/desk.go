package main

import (
	"context"
	"errors"
	"net"
	nethttp "net/http"
	"path/filepath"
	"time"

	"github.com/rs/zerolog"

	"kapoor.example/desk/actors"
	"kapoor.example/desk/actors/bookings"
	"kapoor.example/desk/actors/realtime"
	"kapoor.example/desk/auth"
	"kapoor.example/desk/booking"
	"kapoor.example/desk/http"
	"kapoor.example/desk/persistence/mongo"
	"kapoor.example/desk/persistence/sqlite"
)

// socketPath is where Socket.IO clients connect.
const socketPath = "/socket.io/"

// openStore opens the store that the configuration names. With an error there is no store, not even a nil one of the
// adapter's type: that would be taken for one that has to be closed.
func openStore(ctx context.Context, c Common, _ zerolog.Logger, now func() time.Time) (booking.Store, error) {
	var store booking.Store
	var err error
	if c.MongodbURI != "" {
		store, err = mongo.Open(ctx, mongo.Options{URI: c.MongodbURI, Location: c.TimeZone, Now: now})
	} else {
		store, err = sqlite.Open(sqlite.Options{Path: filepath.Join(c.DataDir, "desk.db"), Location: c.TimeZone, Now: now})
	}
	if err != nil {
		return nil, err
	}
	return store, nil
}

// desk is everything behind the listener.
type desk struct {
	log      zerolog.Logger
	window   time.Duration // over which sockets are closed
	system   *actors.System
	realtime *realtime.Server
	bookings *bookings.Desk
	sockets  *bookings.Sockets
	http     *http.Server
	cluster  *membership     // nil for one node
	metrics  *nethttp.Server // where they have an address of their own
}

// newDesk builds the desk on an open store: the account service, the actors, the routes, and what joins them.
func newDesk(ctx context.Context, c Config, store booking.Store, log zerolog.Logger, now func() time.Time) (Desk, error) {
	local := func() time.Time { return now().In(c.TimeZone) }
	d := &desk{log: log, window: c.DrainWindow}
	var err error
	var counts auth.Shared
	if c.RedisURL != "" { // first: it is the most likely to refuse
		if d.cluster, err = joinCluster(ctx, c, log, now); err != nil {
			return nil, err
		}
		counts = counting{d.cluster.client.Limits()}
	}
	accounts, err := auth.New(ctx, auth.Options{
		Shared: counts, Store: store, Secret: []byte(c.JWTSecret), Now: now, TTL: c.JWTTTL,
		LoginPerAddress: auth.Rate(c.LoginLimitAddress), LoginPerAccount: auth.Rate(c.LoginLimitAccount),
		RegisterPerAddress: auth.Rate(c.RegisterLimitAddress),
	})
	if err != nil {
		return nil, err
	}
	figures, page, err := newMetrics(c, log)
	if err != nil {
		return nil, err
	}
	if store, err = figures.Store(store); err != nil {
		return nil, err
	}
	doings, err := figures.Desk()
	if err != nil {
		return nil, err
	}
	d.metrics = newMetricsServer(page)
	if d.system, err = actors.New(log, now); err != nil {
		return nil, err
	}
	options := realtime.Options{
		PingInterval: c.PingInterval, PingTimeout: c.PingTimeout, MaxPayload: c.MaxPayload, MaxPacket: c.MaxPayload, MaxQueue: c.MaxQueue,
		MaxConnections: c.MaxConnections, MaxPerUser: c.MaxConnectionsPerUser, MaxPerAddress: c.MaxConnectionsPerAddress,
		Grace:  max(c.PresenceGrace, time.Nanosecond), // zero would be the default
		Replay: replay(c, store), Now: now, Logger: log,
	}
	engine := http.EngineOptions{
		Logger: log, Goroutines: c.WebSocketReaders == "goroutines", Ready: func() bool { return !d.http.Draining() },
	}
	if d.cluster != nil {
		options.Bus, options.NewSid = d.cluster.bus, d.cluster.newSid
		passing := d.cluster.forward(c, func(sid string) *realtime.Session { return d.realtime.Session(sid) })
		engine.Middleware = append(engine.Middleware, passing.Middleware)
	}
	d.realtime = realtime.New(d.system, options)
	d.bookings, err = bookings.NewDesk(d.system, store, bookings.Options{
		Policy: booking.Policy{Everyone: c.EventAudience == audienceEveryone}, Directory: accounts, Now: now, Log: log, Observe: doings.Command,
		Shared: c.MongodbURI != "", // other nodes, and the process before this one, write to it too
	})
	if err != nil {
		return nil, err
	}
	var cutOff func() bool
	var turn func(context.Context) (bool, error)
	if d.cluster != nil {
		cutOff, turn = d.cluster.degraded, d.cluster.turn
	}
	d.sockets, err = bookings.NewSockets(d.system, d.realtime, d.bookings, store, bookings.SocketOptions{
		Authenticator: authenticator{accounts}, Directory: accounts, Anonymous: c.SocketAuth == authNone,
		Revoked: accounts.Invalidate, Limits: limits(c), Trimming: bookings.Trimming{Keep: c.LogRetention}, Published: doings.Published, CutOff: cutOff, Turn: turn, Now: local, Log: log,
	})
	if err != nil {
		return nil, err
	}
	if c.MetricsAddr != "" {
		page = nil // the port that is for everybody does not have it
	}
	d.http, err = http.New(http.Options{
		Store: store, Auth: accounts, Desk: d.bookings, Log: log, Now: local, TimeZone: c.TimeZone, Version: version(),
		Origins: c.Origins(), TrustedProxies: c.TrustedProxies, Metrics: page, Degraded: d.cluster.degraded,
		ReadTimeout: c.HTTPReadTimeout, WriteTimeout: c.HTTPWriteTimeout, IdleTimeout: c.HTTPIdleTimeout,
	})
	if err != nil {
		return nil, err
	}
	http.NewEngineIO(d.realtime, engine).Mount(d.http.App(), socketPath)
	if err := errors.Join(figures.Actors(d.system), figures.Sockets(d.realtime, bookings.TokenCodes()...), figures.Cluster(d.cluster.figures)); err != nil {
		return nil, err
	}
	if err := d.sockets.Start(ctx); err != nil {
		return nil, err
	}
	return d, nil
}

// replay returns how clients get what they missed, or nil where they do not. Where sockets need no token nobody could say
// whose they are.
func replay(c Config, store booking.Store) *realtime.Replay {
	if c.RecoveryWindow == 0 || c.SocketAuth == authNone {
		return nil
	}
	return &realtime.Replay{Log: bookings.NewLog(store), Key: []byte(c.JWTSecret), Window: c.RecoveryWindow}
}

// limits returns the limits of single socket events.
func limits(c Config) map[string]bookings.Limit {
	limit := func(r Rate) bookings.Limit {
		return bookings.Limit{PerSecond: float64(r.Events) / r.Per.Seconds(), Burst: r.Events}
	}
	return map[string]bookings.Limit{
		"join": limit(c.JoinRate), "leave": limit(c.JoinRate), "typing": limit(c.TypingRate),
		"messageRead": limit(c.MessageReadRate), "sendMessage": limit(c.SendMessageRate), "presence": limit(c.PresenceRate),
	}
}

// Serve implements Desk.
func (d *desk) Serve(l net.Listener) error {
	if err := d.cluster.serving(l.Addr()); err != nil {
		return err
	}
	return d.http.Serve(l)
}

// ServeMetrics implements Desk.
func (d *desk) ServeMetrics(l net.Listener) error {
	if err := d.metrics.Serve(l); !errors.Is(err, nethttp.ErrServerClosed) {
		return err
	}
	return nil
}

// authenticator lets sockets in by the same tokens as requests.
type authenticator struct{ accounts *auth.Service }

// Authenticate implements bookings.Authenticator.
func (a authenticator) Authenticate(ctx context.Context, token string) (bookings.Session, error) {
	session, err := a.accounts.Authenticate(ctx, token)
	var refused *auth.Error
	if errors.As(err, &refused) {
		return bookings.Session{}, refusal{refused}
	}
	if err != nil {
		return bookings.Session{}, err
	}
	return bookings.Session{
		Principal: session.Principal, TokenID: session.TokenID, Rights: session.Rights, ExpiresAt: session.ExpiresAt.Time,
	}, nil
}

// refusal is a refused token as bookings knows one.
type refusal struct{ refused *auth.Error }

func (r refusal) Error() string { return r.refused.Error() }
func (r refusal) Code() string  { return string(r.refused.Code) }
