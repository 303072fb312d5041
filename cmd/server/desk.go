package main

import (
	"context"
	"errors"
	"fmt"
	"net"
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

// openStore opens the store that the configuration names.
func openStore(ctx context.Context, c Common, _ zerolog.Logger, now func() time.Time) (booking.Store, error) {
	if c.MongodbURI != "" {
		return mongo.Open(ctx, mongo.Options{URI: c.MongodbURI, Location: c.TimeZone, Now: now})
	}
	return sqlite.Open(sqlite.Options{Path: filepath.Join(c.DataDir, "desk.db"), Location: c.TimeZone, Now: now})
}

// desk is everything behind the listener.
type desk struct {
	log      zerolog.Logger
	system   *actors.System
	realtime *realtime.Server
	bookings *bookings.Desk
	sockets  *bookings.Sockets
	http     *http.Server
	cluster  *membership // nil for one node
}

// newDesk builds the desk on an open store: the account service, the actors, the routes, and what joins them.
func newDesk(ctx context.Context, c Config, store booking.Store, log zerolog.Logger, now func() time.Time) (Desk, error) {
	local := func() time.Time { return now().In(c.TimeZone) }
	accounts, err := auth.New(ctx, auth.Options{
		Store: store, Secret: []byte(c.JWTSecret), Now: now, TTL: c.JWTTTL,
		LoginPerAddress: auth.Rate(c.LoginLimitAddress), LoginPerAccount: auth.Rate(c.LoginLimitAccount),
		RegisterPerAddress: auth.Rate(c.RegisterLimitAddress),
	})
	if err != nil {
		return nil, err
	}
	d := &desk{log: log}
	if d.system, err = actors.New(log, now); err != nil {
		return nil, err
	}
	options := realtime.Options{
		PingInterval: c.PingInterval, PingTimeout: c.PingTimeout, MaxPayload: c.MaxPayload, MaxQueue: c.MaxQueue,
		MaxConnections: c.MaxConnections, MaxPerUser: c.MaxConnectionsPerUser, MaxPerAddress: c.MaxConnectionsPerAddress,
		Grace: max(c.PresenceGrace, time.Nanosecond), // zero would be the default
		Now:   now, Logger: log,
	}
	engine := http.EngineOptions{Logger: log, Goroutines: c.WebSocketReaders == "goroutines"}
	if c.RedisURL != "" {
		if d.cluster, err = joinCluster(ctx, c, log, now); err != nil {
			return nil, err
		}
		options.Bus, options.NewSid = d.cluster.bus, d.cluster.newSid
		engine.Middleware = append(engine.Middleware, d.cluster.forwarding(c))
	}
	d.realtime = realtime.New(d.system, options)
	d.bookings, err = bookings.NewDesk(d.system, store, bookings.Options{
		Policy: booking.Policy{Everyone: c.EventAudience == audienceEveryone}, Now: now, Log: log,
	})
	if err != nil {
		return nil, err
	}
	d.sockets, err = bookings.NewSockets(d.system, d.realtime, d.bookings, store, bookings.SocketOptions{
		Authenticator: authenticator{accounts}, Directory: accounts, Anonymous: c.SocketAuth == authNone,
		Revoked: accounts.Invalidate, Limits: limits(c), Now: local, Log: log,
	})
	if err != nil {
		return nil, err
	}
	d.http, err = http.New(http.Options{
		Store: store, Auth: accounts, Desk: d.bookings, Log: log, Now: local, TimeZone: c.TimeZone, Version: version(),
		Origins: c.Origins(), TrustedProxies: c.TrustedProxies,
		Degraded:    d.cluster.degraded,
		ReadTimeout: c.HTTPReadTimeout, WriteTimeout: c.HTTPWriteTimeout, IdleTimeout: c.HTTPIdleTimeout,
	})
	if err != nil {
		return nil, err
	}
	http.NewEngineIO(d.realtime, engine).Mount(d.http.App(), socketPath)
	if err := d.sockets.Start(ctx); err != nil {
		return nil, err
	}
	return d, nil
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

// Close implements Desk: no new requests, commands in flight are finished and told to everybody, then the sockets close
// in a way that brings their clients back, and the actors end.
func (d *desk) Close(ctx context.Context) error {
	var errs []error
	step := func(what string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", what, err))
		}
	}
	d.http.Drain()
	step("finish commands", d.bookings.Close(ctx))
	step("publish what is stored", d.sockets.Flush(ctx))
	step("close sockets", d.realtime.Close(ctx, realtime.StatusServiceRestart))
	step("close the desk's actors", d.sockets.Close(ctx))
	step("shut down HTTP", d.http.Shutdown(ctx))
	step("close the actor system", d.system.Close(ctx))
	if d.cluster != nil {
		step("leave the cluster", d.cluster.close(ctx))
	}
	return errors.Join(errs...)
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
