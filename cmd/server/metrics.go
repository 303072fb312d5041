package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	nethttp "net/http"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"kapoor.example/desk/metrics"
)

// newMetrics makes the figures of a desk and the page that shows them.
func newMetrics(c Config, log zerolog.Logger) (*metrics.Metrics, nethttp.Handler, error) {
	m, err := metrics.New(prometheus.NewRegistry(), version())
	if err != nil {
		return nil, nil, err
	}
	return m, m.Page(c.MetricsToken, log), nil
}

// How long a reader of the metrics' own address may take to ask, to be answered, and to ask again.
const (
	metricsRead  = 5 * time.Second
	metricsWrite = 30 * time.Second
	metricsIdle  = 2 * time.Minute
)

// newMetricsServer serves the page, and nothing else, on an address of its own.
func newMetricsServer(page nethttp.Handler) *nethttp.Server {
	mux := nethttp.NewServeMux()
	mux.Handle("GET /metrics", page)
	return &nethttp.Server{
		Handler: mux, ReadTimeout: metricsRead, WriteTimeout: metricsWrite, IdleTimeout: metricsIdle, MaxHeaderBytes: 8 << 10,
	}
}

// listenMetrics opens METRICS_ADDR.
func listenMetrics(ctx context.Context, address string) (net.Listener, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", address)
	var unknown *net.DNSError
	switch {
	case err == nil:
		return l, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("METRICS_ADDR is %s, but another program is listening there: stop it or choose another port", address)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("METRICS_ADDR is %s, but this user may not listen there: choose a port from 1024 on", address)
	case errors.Is(err, syscall.EADDRNOTAVAIL), errors.As(err, &unknown):
		return nil, &SettingError{Name: "METRICS_ADDR", Value: address, Allowed: "an address of this machine"}
	}
	return nil, fmt.Errorf("listen for metrics: %w", err)
}
