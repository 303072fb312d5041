package realtime

import (
	"time"

	"kapoor.example/desk/protocol"
)

// beat sends a ping, or ends the session whose pong did not come.
func (a *sessionActor) beat() {
	o := a.s.server.options
	if wait := a.due.Sub(o.Now()); wait > time.Millisecond {
		return // the timer was reset while this message was on its way
	}
	if a.ended {
		return
	}
	if a.awaiting {
		a.end(ReasonPingTimeout, StatusNone)
		return
	}
	a.awaiting = true
	a.s.out.ping(protocol.Ping())
	a.schedule(o.PingTimeout)
}

// started begins the first interval of a session over a WebSocket, which had none until now: its open packet is sent now.
func (a *sessionActor) started(m started) {
	a.transport = m.transport
	if !a.ended {
		a.awaiting = false
		a.schedule(a.s.server.options.PingInterval)
	}
}

// pong begins the next interval; so does one that nobody asked for.
func (a *sessionActor) pong() {
	a.awaiting = false
	a.schedule(a.s.server.options.PingInterval)
}

func (a *sessionActor) schedule(d time.Duration) {
	a.due = a.s.server.options.Now().Add(d)
	a.heartbeat.Reset(d)
}
