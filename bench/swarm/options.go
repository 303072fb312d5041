package swarm

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"
)

// Options of a Swarm. The zero value of a field means its default.
type Options struct {
	// Address is host and port of the server. Required.
	Address string
	// Path is where the server's Socket.IO is. Defaults to "/socket.io/".
	Path string
	// Clients is how many there are. Required.
	Clients int
	// Loops is how many threads work for them. Client i belongs to loop i modulo Loops. Defaults to 1.
	Loops int
	// Observer is told what happens. Required.
	Observer Observer
	// Auth returns what a client's CONNECT carries, as JSON, such as {"token":"…"}. It is called on the client's loop at
	// every connect. Nil, or an empty string: nothing.
	Auth func(index int) string
	// Polling says which clients go by long-polling instead of a WebSocket. Nil: none.
	Polling func(index int) bool
	// InFlight is how many clients of a loop may be connecting at once; the others wait for their turn. Zero means all.
	InFlight int
	// ConnectTimeout is how long a connect may take, from the TCP connect to the answer to CONNECT. Defaults to 20 s.
	ConnectTimeout time.Duration
	// ReceiveBuffer returns the size of a client's receive buffer in the kernel (SO_RCVBUF), in bytes. It is called on the
	// client's loop at every connect. Zero, and where it is nil: what the system gives.
	ReceiveBuffer func(index int) int
	// Clock tells the time. Required; NewClock makes one.
	Clock Clock
}

// Clock returns nanoseconds that only ever rise, from a beginning of its own.
type Clock func() int64

// NewClock returns a clock that begins now.
func NewClock() Clock {
	began := time.Now()
	return func() int64 { return int64(time.Since(began)) }
}

// ErrUnsupported says that this system has no epoll.
var ErrUnsupported = errors.New("the load generator needs Linux (epoll); run it there and point it at this machine")

const (
	defaultPath           = "/socket.io/"
	defaultConnectTimeout = 20 * time.Second
)

func (o Options) withDefaults() Options {
	if o.Path == "" {
		o.Path = defaultPath
	}
	if o.Loops == 0 {
		o.Loops = 1
	}
	if o.ConnectTimeout == 0 {
		o.ConnectTimeout = defaultConnectTimeout
	}
	return o
}

func (o Options) validate() error {
	switch {
	case o.Clients < 1:
		return fmt.Errorf("swarm: %d clients, need at least one", o.Clients)
	case o.Loops < 1 || o.Loops > 64:
		return fmt.Errorf("swarm: %d loops, may be 1 to 64", o.Loops)
	case o.InFlight < 0 || o.ConnectTimeout < 0:
		return errors.New("swarm: InFlight and ConnectTimeout must not be negative")
	case o.Observer == nil:
		return errors.New("swarm: Observer is required")
	case o.Clock == nil:
		return errors.New("swarm: Clock is required")
	case o.Path[0] != '/':
		return fmt.Errorf("swarm: path %q must begin with a slash", o.Path)
	}
	return nil
}

// resolve finds the one address that all clients connect to.
func resolve(address string) (netip.AddrPort, error) {
	found, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("swarm: resolve %s: %w", address, err)
	}
	target := found.AddrPort()
	if target.Port() == 0 || !target.Addr().IsValid() {
		return netip.AddrPort{}, fmt.Errorf("swarm: %q is no address to connect to", address)
	}
	return netip.AddrPortFrom(target.Addr().Unmap(), target.Port()), nil
}

// perSource is how many clients share a source address: an address has about 28,000 ports for one target, those of
// connections that just ended included, and servers limit the connections of an address, to 10,000 for example.
const perSource = 5_000

// source returns the address that a client connects from. Only in 127.0.0.0/8 there are more than one; elsewhere the
// system chooses, and the address is not valid.
func source(target netip.Addr, index int) netip.Addr {
	if !target.Is4() || !target.IsLoopback() {
		return netip.Addr{}
	}
	block := index/perSource + 1
	return netip.AddrFrom4([4]byte{127, 0, byte(block / 250), byte(block%250 + 1)})
}
