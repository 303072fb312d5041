//go:build !linux

package swarm

import (
	"errors"
	"net/netip"
	"time"
)

// What there is on Linux only. Nothing here is reached: newPoller is the first to be called.

var errAgain = errors.New("again")

type (
	poller    struct{}
	readiness struct{}
)

func (readiness) woken() bool     { return false }
func (readiness) client() int     { return 0 }
func (readiness) attempt() uint32 { return 0 }
func (readiness) writable() bool  { return false }
func (readiness) readable() bool  { return false }
func (readiness) ended() bool     { return false }

func newPoller() (*poller, error) { return nil, ErrUnsupported }

func (*poller) add(int, int, uint32) error              { return ErrUnsupported }
func (*poller) wait(time.Duration) []readiness          { return nil }
func (*poller) wake()                                   {}
func (*poller) awake()                                  {}
func (*poller) close()                                  {}
func dial(netip.AddrPort, netip.Addr, int) (int, error) { return noFile, ErrUnsupported }
func read(int, []byte) (int, error)                     { return 0, ErrUnsupported }
func write(int, []byte) (int, error)                    { return 0, ErrUnsupported }
func closeFile(int, bool)                               {}
func allowFiles(int) error                              { return nil }
