package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/rs/zerolog"

	"kapoor.example/desk/actors"
	"kapoor.example/desk/actors/realtime"
	"kapoor.example/desk/http"
	"kapoor.example/desk/persistence/redis"
	"kapoor.example/desk/protocol/cluster/wire"
)

// server is the conformance server as one value.
type server struct {
	system *actors.System
	client *redis.Client // nil without a cluster, as is the bus
	bus    *redis.Bus
	lost   *redis.Sessions  // nil without a cluster, or without recovery
	engine *realtime.Server // bare Engine.IO
	socket *realtime.Server
	http   *http.Standalone
	served chan struct{}
	failed chan error
}

// start serves on a listener, which it owns from now on.
func start(ctx context.Context, c Config, l net.Listener) (_ *server, err error) {
	s := &server{served: make(chan struct{}), failed: make(chan error, 1)}
	log := zerolog.New(os.Stderr).Level(zerolog.WarnLevel).With().Timestamp().Logger()
	trouble := func(err error) { log.Warn().Err(err).Msg("Trouble with Redis") }
	names := wire.DefaultNames()
	names.Streams = c.RedisStreams
	if c.Redis != "" { // first: it may refuse
		if s.client, err = redis.Connect(ctx, redis.Options{URL: c.Redis}); err != nil {
			return nil, fmt.Errorf("redis: %w", err)
		}
		if s.bus, err = redis.OpenBus(ctx, s.client, redis.BusOptions{Names: names, OnError: trouble}); err != nil {
			return nil, errors.Join(fmt.Errorf("redis: %w", err), s.client.Close())
		}
	}
	if s.system, err = actors.New(log, time.Now); err != nil {
		return nil, err
	}
	options := realtime.Options{
		PingInterval: c.PingInterval, PingTimeout: c.PingTimeout, ConnectTimeout: c.ConnectTimeout,
		MaxPayload: c.MaxPayload, MaxQueue: c.MaxQueue, Logger: log,
	}
	if c.Recovery {
		options.Recovery = &realtime.Recovery{}
		if s.client != nil {
			s.lost = s.client.OpenSessions(names, trouble)
			options.Recovery.Sessions = s.lost
		}
	}
	bare := options
	bare.Recovery = nil
	bare.OnMessage = func(s *realtime.Session, data []byte, binary bool) { s.Send(data, binary) }
	if s.bus != nil {
		options.Bus = s.bus
	}
	s.engine, s.socket = realtime.New(s.system, bare), realtime.New(s.system, options)
	namespaces(s.socket)
	transports := http.EngineOptions{Logger: log, Goroutines: c.Goroutines, CORS: &http.CORS{Origin: http.EchoOrigin(), Credentials: true}}
	s.http = http.NewStandalone(map[string]*http.EngineIO{
		"/engine.io/": http.NewEngineIO(s.engine, transports),
		"/socket.io/": http.NewEngineIO(s.socket, transports),
	}, http.StandaloneOptions{})
	go func() {
		defer close(s.served)
		if err := s.http.Serve(l); err != nil {
			s.failed <- err
		}
	}()
	return s, nil
}

// close ends every connection and the server.
func (s *server) close(ctx context.Context) error {
	err := errors.Join(
		s.engine.Close(ctx, realtime.StatusNone), s.socket.Close(ctx, realtime.StatusNone), s.http.Shutdown(ctx), s.system.Close(ctx))
	if s.lost != nil { // once every connection has ended
		err = errors.Join(err, s.lost.Close(ctx))
	}
	if s.bus != nil {
		err = errors.Join(err, s.bus.Close(ctx), s.client.Close())
	}
	select {
	case <-s.served:
	case <-ctx.Done():
	}
	return err
}
