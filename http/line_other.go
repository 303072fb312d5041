//go:build !linux

package http

import "net"

// poller has no connection on this system: each has a goroutine that waits.
type poller struct{}

func (*poller) take(net.Conn) *wsConn { return nil }
