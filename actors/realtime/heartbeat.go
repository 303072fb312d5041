package realtime

import (
	"slices"

	"kapoor.example/desk/protocol"
)

// beat sends a ping, or ends the session whose pong did not come.
func (a *sessionActor) beat() {
	if a.ended || a.heartbeat.Waits() { // it began anew while this message was on its way
		return
	}
	if a.awaiting {
		a.end(ReasonPingTimeout, StatusNone)
		return
	}
	a.awaiting = true
	a.s.server.counted.sent(sent{1, 1, protocol.Ping().Size()})
	a.s.out.ping(protocol.Ping())
	a.s.server.pongs.Begin(&a.heartbeat, a.s.pid)
	a.watchExpiry()
}

// started begins the first interval of a session over a WebSocket, which had none until now: its open packet is sent now.
func (a *sessionActor) started(m started) {
	a.transport = m.transport
	if !a.ended {
		a.pong()
	}
}

// pong begins the next interval; so does one that nobody asked for.
func (a *sessionActor) pong() {
	a.awaiting = false
	a.s.server.pings.Begin(&a.heartbeat, a.s.pid)
}

// watchExpiry sees to it that the session ends when the right of its user does. A timer begins only where that is before
// the next ping: most connections end long before, and never have one.
func (a *sessionActor) watchExpiry() {
	o := a.s.server.options
	now := o.Now()
	soon := now.Add(o.PingInterval + 2*o.PingTimeout)
	for _, socket := range a.sockets {
		if socket.state != socketConnected {
			continue // whose it is a middleware may be saying just now
		}
		if at := socket.user.ExpiresAt; !at.IsZero() && at.Before(soon) {
			soon = at
			a.expiry.Stop()
			a.expiry = a.s.server.system.After(at.Sub(now), a.s.pid, expired{socket})
		}
	}
}

// expired ends the session when the right of a socket's user is over, unless the socket has left: others go on.
func (a *sessionActor) expired(m expired) {
	switch {
	case slices.Contains(a.sockets, m.socket):
		a.end(ReasonTokenExpired, StatusNone)
	case !a.ended:
		a.watchExpiry()
	}
}
