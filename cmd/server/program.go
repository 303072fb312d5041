package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/rs/zerolog"

	"kapoor.example/desk/booking"
)

// Program is the server as one value: New, Run, Close. Tests drive it on port 0.
type Program struct {
	config Config
	log    zerolog.Logger
	now    func() time.Time
	parts  parts

	store    booking.Store
	desk     Desk
	listener net.Listener
	metrics  net.Listener // nil where /metrics has no address of its own
	serving  sync.WaitGroup
	failed   chan error
	closed   sync.Once
}

// newProgram returns a program that has not begun. The configuration has been validated.
func newProgram(c Config, log zerolog.Logger, now func() time.Time, p parts) *Program {
	return &Program{config: c, log: log, now: now, parts: p, failed: make(chan error, 1)}
}

// Run opens the store, prepares what the deployment asks for and begins to serve. It returns when the port is open.
// Whatever it returns, Close has to be called. ctx bounds the start only.
//
// The port opens last: an embedded store waits for the process before this one to let go of it, and until then nobody
// may believe that this one answers.
func (p *Program) Run(ctx context.Context) error {
	if err := os.MkdirAll(p.config.DataDir, 0o700); err != nil {
		return &SettingError{Name: "DATA_DIR", Value: p.config.DataDir, Allowed: "a folder that can be made and written to"}
	}
	if p.config.JWTSecret == "" {
		secret, err := keptSecret(p.config.DataDir)
		if err != nil {
			return fmt.Errorf("make JWT_SECRET: %w", err)
		}
		p.config.JWTSecret = secret
	}
	var err error
	opening := takeover{
		open:  func() (booking.Store, error) { return p.parts.openStore(ctx, p.config.Common, p.log, p.now) },
		limit: p.config.StoreWait, again: takeoverAgain, tell: takeoverTell, log: p.log, now: p.now,
	}
	if p.store, err = opening.run(ctx); err != nil {
		return fmt.Errorf("open store: %w", err)
	}
	if err := p.demo(ctx); err != nil {
		return err
	}
	if p.desk, err = p.parts.newDesk(ctx, p.config, p.store, p.log, p.now); err != nil {
		return fmt.Errorf("build desk: %w", err)
	}
	if p.listener, err = listen(ctx, p.config.Host, p.config.Port); err != nil {
		return err
	}
	if p.config.MetricsAddr != "" {
		if p.metrics, err = listenMetrics(ctx, p.config.MetricsAddr); err != nil {
			return err
		}
		p.serve(p.metrics, p.desk.ServeMetrics)
	}
	p.serve(p.listener, p.desk.Serve)
	p.announce()
	return nil
}

// serve has one listener served until the desk is closed.
func (p *Program) serve(l net.Listener, with func(net.Listener) error) {
	p.serving.Go(func() {
		if err := with(l); err != nil {
			select {
			case p.failed <- fmt.Errorf("serve: %w", err):
			default: // the first failure ends the program
			}
		}
	})
}

// demo makes the demo data where it is wanted, and deals with demo passwords that work: production does not start with
// them, development says who can reach them.
func (p *Program) demo(ctx context.Context) error {
	if p.config.SeedsDemo() {
		if err := seedDemo(ctx, p.store, p.parts.hash, p.now(), p.log); err != nil {
			return fmt.Errorf("seed demo: %w", err)
		}
	}
	if !p.config.Production() && loopback(p.config.Host) {
		return nil
	}
	email, err := workingDemo(ctx, p.store, p.parts.verify)
	switch {
	case err != nil:
		return fmt.Errorf("check demo passwords: %w", err)
	case email != "" && p.config.Production():
		return &SettingError{
			Name: "APP_ENV", Value: p.config.AppEnv,
			Allowed: development + " while the demo password of " + email + " works: change it or deactivate the account first",
		}
	case email != "":
		p.log.Warn().Msg("The demo accounts work and the whole network reaches them: HOST=localhost keeps them to this machine")
	}
	return nil
}

// announce writes the lines by which operators know that the server is up.
func (p *Program) announce() {
	if p.config.SocketAuth == authNone {
		p.log.Warn().Msg("SOCKET_AUTH is none: whoever reaches this server connects without a token and joins any user's room")
	}
	if p.config.EventAudience == audienceEveryone {
		p.log.Warn().Msg("EVENT_AUDIENCE is everyone: every connected socket is told of every booking")
	}
	if p.config.RedisURL != "" && p.config.MongodbURI == "" {
		p.log.Warn().Msg("REDIS_URL joins this node with others, but its bookings are its own: nodes share them with MONGODB_URI")
	}
	switch {
	case p.metrics != nil:
		p.log.Info().Str("address", p.metrics.Addr().String()).Msg("Metrics have an address of their own")
	case p.config.Production() && p.config.MetricsToken == "":
		p.log.Warn().Msg("Whoever reaches this server may read /metrics: METRICS_ADDR or METRICS_TOKEN keeps it to the operators")
	}
	p.log.Info().Msg("Server running on port " + strconv.Itoa(p.Port()))
	p.log.Info().Msg("Socket.IO enabled for real-time updates")
}

// Port returns the port the program listens on, also where the configuration left the choice. Only after Run.
func (p *Program) Port() int { return p.listener.Addr().(*net.TCPAddr).Port }

// Failed gets the error that ended serving, if one did.
func (p *Program) Failed() <-chan error { return p.failed }

// Close ends the desk within ctx, then closes the store, for which there are two seconds at least. Again, and before Run,
// it does nothing.
func (p *Program) Close(ctx context.Context) error {
	var err error
	p.closed.Do(func() { err = p.close(ctx) })
	return err
}

func (p *Program) close(ctx context.Context) error {
	var errs []error
	if p.desk != nil {
		if err := p.desk.Close(ctx); err != nil {
			errs = append(errs, fmt.Errorf("close desk: %w", err))
		}
	}
	for _, l := range []net.Listener{p.listener, p.metrics} {
		if l == nil {
			continue
		}
		if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, fmt.Errorf("close listener: %w", err))
		}
	}
	if err := p.closeStore(ctx); err != nil {
		errs = append(errs, fmt.Errorf("close store: %w", err))
	}
	return errors.Join(errs...)
}

// closeTime is how long the store may take to close when the time to stop is over already.
const closeTime = 2 * time.Second

// closeStore closes the store when nobody serves any more. It does not wait for ever: a disk that hangs, or a database that
// is gone, must not keep the process from ending. What is committed is safe without that.
func (p *Program) closeStore(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), max(left(ctx), closeTime))
	defer cancel()
	closed := make(chan error, 1)
	go func() {
		p.serving.Wait()
		if p.store == nil {
			closed <- nil
			return
		}
		closed <- p.store.Close()
	}()
	select {
	case err := <-closed:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// listen opens the port. Without a host it answers on all interfaces, IPv4 and IPv6.
func listen(ctx context.Context, host string, port int) (net.Listener, error) {
	config := net.ListenConfig{KeepAlive: -1} // heartbeats and idle timeouts notice a client that has gone
	l, err := config.Listen(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	var unknown *net.DNSError
	switch {
	case err == nil:
		return l, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("PORT is %d, but another program is listening there: stop it or choose another port", port)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("PORT is %d, but this user may not listen there: choose one from 1024 on", port)
	case errors.Is(err, syscall.EADDRNOTAVAIL), errors.As(err, &unknown):
		return nil, &SettingError{Name: "HOST", Value: host, Allowed: "an address of this machine"}
	}
	return nil, fmt.Errorf("listen: %w", err)
}

// loopback reports whether only this machine reaches a host.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
