//go:build !linux

package main

import (
	"errors"
	"net"
)

// server is none here.
type server struct{}

func newServer(net.Listener, options) (*server, error) {
	return nil, errors.New("this program needs Linux (epoll)")
}

func (*server) stop() {}

func (*server) run() error { return nil }
