package realtime

import (
	"time"

	"kapoor.example/desk/protocol"
	"kapoor.example/desk/protocol/engineio"
)

// releaseInterval is how often a poll that comes while a WebSocket is probed is answered (row 69).
const releaseInterval = 100 * time.Millisecond

// probe makes t the candidate for an upgrade.
func (a *sessionActor) probe(t Transport) bool {
	if a.ended || a.transport != nil || a.candidate != nil || !a.s.server.options.upgradable() {
		return false
	}
	a.candidate = t
	if upgrading := a.s.server.options.OnUpgrading; upgrading != nil {
		upgrading(a.s)
	}
	a.upgrade = a.s.server.system.After(a.s.server.options.UpgradeTimeout, a.s.pid, upgradeDue{t})
	return true
}

// candidatePacket handles a packet of a WebSocket that is not the transport (yet): first a probe, then the upgrade.
func (a *sessionActor) candidatePacket(m inbound) {
	if m.transport == nil || m.transport != a.candidate {
		return
	}
	switch {
	case m.packet.Type == engineio.Ping && string(m.packet.Data) == "probe":
		if n, err := a.candidate.TryWrite(protocol.Probe().WebSocket()); err != nil || n < protocol.Probe().Size() {
			a.abandon(m.transport)
			return
		}
		a.releasePolls(m.transport)
	case m.packet.Type == engineio.Upgrade:
		a.transport = a.candidate
		a.stopProbing()
		a.s.websocket.Store(true)
		a.s.out.upgrade(a.transport)
		if upgraded := a.s.server.options.OnUpgrade; upgraded != nil && !a.ended {
			upgraded(a.s)
		}
	default:
		a.abandon(m.transport)
	}
}

// candidatePong answers a ping of the candidate. A pong may get lost, for the client pings again; a part of one may not.
func (a *sessionActor) candidatePong(m candidatePong) {
	if m.transport == a.candidate {
		if n, _ := m.transport.TryWrite(m.frame.WebSocket()); n > 0 && n < m.frame.Size() {
			a.abandon(m.transport)
		}
	}
	a.s.inbound.give(m.size)
}

// releasePolls answers the poll that waits, so that the client stops polling, and those that were under way.
func (a *sessionActor) releasePolls(probing Transport) {
	if probing == nil || probing != a.candidate {
		return
	}
	a.s.out.release(engineio.Noop)
	if a.release == nil {
		a.release = a.s.server.system.After(releaseInterval, a.s.pid, releaseDue{probing})
	} else {
		a.release.Reset(releaseInterval)
	}
}

// stopProbing stops the timers of an upgrade.
func (a *sessionActor) stopProbing() {
	a.upgrade.Stop()
	a.release.Stop()
	a.candidate, a.upgrade, a.release = nil, nil, nil
}

// abandon closes a WebSocket that did not become the transport; polling goes on.
func (a *sessionActor) abandon(t Transport) {
	if t == nil || t != a.candidate {
		return
	}
	a.stopProbing()
	t.Close(StatusNone)
}
