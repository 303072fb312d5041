package main

import (
	"context"
	"errors"
	"net"
	"os"
	"time"

	"github.com/rs/zerolog"

	"kapoor.example/desk/actors"
	"kapoor.example/desk/actors/realtime"
	"kapoor.example/desk/http"
)

// server is the conformance server as one value.
type server struct {
	system *actors.System
	engine *realtime.Server // bare Engine.IO
	socket *realtime.Server
	http   *http.Standalone
	served chan struct{}
	failed chan error
}

// start serves on a listener, which it owns from now on.
func start(c Config, l net.Listener) (*server, error) {
	log := zerolog.New(os.Stderr).Level(zerolog.WarnLevel).With().Timestamp().Logger()
	system, err := actors.New(log, time.Now)
	if err != nil {
		return nil, err
	}
	options := realtime.Options{
		PingInterval: c.PingInterval, PingTimeout: c.PingTimeout, ConnectTimeout: c.ConnectTimeout,
		MaxPayload: c.MaxPayload, MaxQueue: c.MaxQueue, Logger: log,
	}
	if c.Recovery {
		options.Recovery = &realtime.Recovery{}
	}
	bare := options
	bare.Recovery = nil
	bare.OnMessage = func(s *realtime.Session, data []byte, binary bool) { s.Send(data, binary) }
	s := &server{
		system: system, engine: realtime.New(system, bare), socket: realtime.New(system, options),
		served: make(chan struct{}), failed: make(chan error, 1),
	}
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
	select {
	case <-s.served:
	case <-ctx.Done():
	}
	return err
}
