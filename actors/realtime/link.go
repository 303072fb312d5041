package realtime

import (
	"context"
	"slices"
	"sync"
	"time"

	"kapoor.example/desk/protocol/cluster"
)

// link is a server's place in its cluster: the receiver of its bus, and what it has put on the bus and not got back yet.
// What comes over the bus goes through the adapter like everything else.
type link struct {
	server *Server
	bus    Bus
	ctx    context.Context // ends when the server closes
	stop   context.CancelFunc
	ran    chan struct{}  // closed when Run has ended
	asks   sync.WaitGroup // questions under way

	mu       sync.Mutex
	degraded bool
	sent     []underway    // not delivered yet, in order
	number   uint64        // of the last of them
	settled  chan struct{} // closed, and made anew, when some of it was
	closed   bool
	late     map[string]uint64 // by namespace, the last ticket of what was applied before it is delivered
}

// underway is something of this server on its way through the log.
type underway struct {
	namespace string
	ticket    uint64
	// apply does it to this server's own sockets, with its place where it has one, and whether all that was applied without
	// one stands before it. It does not wait.
	apply  func(at cluster.Position, whole bool)
	then   []func() // what waits for it
	number uint64   // rises with each
}

// answerTime is how long other servers may take where nothing else is said. It is Node's.
const answerTime = 5 * time.Second

func newLink(s *Server, bus Bus) *link {
	l := &link{server: s, bus: bus, late: map[string]uint64{}, ran: make(chan struct{}), settled: make(chan struct{})}
	l.ctx, l.stop = context.WithCancel(context.Background())
	go func() {
		defer close(l.ran)
		if err := bus.Run(l.ctx, l); err != nil {
			s.options.Logger.Error().Err(err).Msg("Bus between servers ended")
		}
	}()
	return l
}

// close ends the link. Questions end with it.
func (l *link) close() {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.stop()
	<-l.ran
	l.asks.Wait()
}

// enter and exit follow the namespaces; those of no cluster do nothing.
func (l *link) enter(namespace string) {
	if l != nil {
		l.server.stream.enter(namespace)
		l.bus.Enter(namespace)
	}
}

func (l *link) exit(namespace string) {
	if l != nil {
		l.server.stream.exit(namespace)
		l.behind(namespace, func() { // or what is under way would never be delivered
			l.bus.Exit(namespace)
			l.server.adapter.send(exited{namespace})
		})
	}
}

// publish sends something to all servers of a namespace. apply does it to this server's own sockets: when the log says that
// it is its turn, so that all servers have one order, or at once where the log is out of reach or does not take it.
func (l *link) publish(namespace string, body cluster.Body, apply func(cluster.Position, bool)) {
	l.mu.Lock()
	defer l.mu.Unlock() // what is delivered waits until it is noted here
	ticket, err := l.bus.Publish(namespace, body, nil)
	if err != nil {
		l.server.options.Logger.Warn().Err(err).Str("namespace", namespace).Msg("Other servers do not get this")
		l.server.stream.doubt()
	}
	if err != nil {
		l.applyLocked() // what waits came before this
	}
	if err != nil || l.degraded || l.closed {
		if err == nil {
			l.late[namespace] = ticket
		}
		apply(cluster.Position{}, false)
		return
	}
	l.number++
	l.sent = append(l.sent, underway{namespace: namespace, ticket: ticket, number: l.number, apply: apply})
}

// signal sends something to the other servers that may be lost.
func (l *link) signal(namespace string, body cluster.Body) {
	if err := l.bus.Signal(namespace, body); err != nil {
		l.server.options.Logger.Debug().Err(err).Str("namespace", namespace).Msg("Other servers do not get this")
	}
}

// settle waits until everything that was published before was applied, so that what is asked then sees it.
func (l *link) settle(ctx context.Context) error {
	l.mu.Lock()
	until := l.number
	l.mu.Unlock()
	for {
		l.mu.Lock()
		changed := l.settled
		done := len(l.sent) == 0 || l.sent[0].number > until
		l.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// own applies what this server has published. What is not noted was applied already.
func (l *link) own(e cluster.Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if last, some := l.late[e.Namespace]; some && last <= e.Ticket {
		delete(l.late, e.Namespace)
	}
	at := slices.IndexFunc(l.sent, func(s underway) bool { return s.namespace == e.Namespace && s.ticket == e.Ticket })
	if at < 0 {
		return
	}
	one := l.sent[at]
	l.removeLocked(at)
	one.apply(e.Position, l.wholeLocked(e.Namespace))
	one.goOn()
	l.wakeLocked()
}

// removeLocked takes something out of what was sent. Nearly always it is the first: with several streams another may come
// before it. There may be very many behind it, and publish waits.
func (l *link) removeLocked(at int) {
	if at > 0 {
		l.sent = slices.Delete(l.sent, at, at+1)
		return
	}
	l.sent[0] = underway{}
	if l.sent = l.sent[1:]; len(l.sent) == 0 {
		l.sent = nil
	}
}

// wholeLocked reports whether everything that was applied to a namespace was delivered.
func (l *link) wholeLocked(namespace string) bool { return l.late[namespace] == 0 }

func (l *link) whole(namespace string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.wholeLocked(namespace)
}

// behind does something after what was published to a namespace before was applied: at once where all of it was.
func (l *link) behind(namespace string, do func()) {
	l.mu.Lock()
	for i := len(l.sent) - 1; i >= 0; i-- {
		if l.sent[i].namespace == namespace {
			l.sent[i].then = append(l.sent[i].then, do)
			l.mu.Unlock()
			return
		}
	}
	l.mu.Unlock()
	do()
}

// goOn does what has waited for something.
func (u underway) goOn() {
	for _, do := range u.then {
		do()
	}
}

// applyLocked does to this server's sockets what will be delivered late or never.
func (l *link) applyLocked() {
	for _, s := range l.sent {
		l.late[s.namespace] = s.ticket
		s.apply(cluster.Position{}, false)
		s.goOn()
	}
	l.sent = nil
	l.wakeLocked()
}

func (l *link) wakeLocked() {
	close(l.settled)
	l.settled = make(chan struct{})
}

// Changed implements cluster.Receiver. While the log is out of reach this server serves its own sockets.
func (l *link) Changed(state cluster.State) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.degraded = state.Degraded
	if state.Degraded {
		l.applyLocked()
		l.server.options.Logger.Warn().Str("reason", state.Reason).Msg("Cut off from the other servers")
		return
	}
	l.server.options.Logger.Info().Msg("Together with the other servers again")
}

// Missed implements cluster.Receiver. Whoever is connected may have missed something: they come back, and are told so.
func (l *link) Missed(namespaces []string) {
	l.mu.Lock()
	l.applyLocked()
	l.mu.Unlock()
	if o := l.server.overheard; o != nil {
		o.lost()
	}
	l.server.stream.lose(namespaces)
	l.server.options.Logger.Warn().Strs("namespaces", namespaces).Msg("Events of other servers were lost; clients connect again")
	for _, name := range namespaces {
		n := l.server.known(name)
		if n == nil {
			continue
		}
		n.All().visit(func(_ *namespaceIndex, m *member) {
			l.server.system.Send(m.socket.session.pid, closing{reason: ReasonOverload})
		}, nil)
	}
}

// known returns the namespace of a name, nil where there is none.
func (s *Server) known(name string) *Namespace {
	s.namespacesMu.RLock()
	defer s.namespacesMu.RUnlock()
	return s.namespaces[name]
}

// target returns whom a broadcast is for, as servers say it.
func (b Broadcast) target() cluster.Target { return cluster.Target{Rooms: b.rooms, Except: b.except} }

// addressed returns the broadcast to a target on this server only.
func (n *Namespace) addressed(t cluster.Target) Broadcast {
	return Broadcast{namespace: n, rooms: t.Rooms, except: t.Except, local: true}
}

// emit sends a broadcast to the sockets it is for, here and on the other servers.
func (s *Server) emit(b broadcast) {
	if s.link == nil || b.local {
		s.adapter.send(b)
		return
	}
	body := cluster.Broadcast{To: b.target(), Data: b.data, Attachments: b.attachments, Volatile: b.volatile, Plain: b.plain}
	if b.volatile {
		s.link.signal(b.namespace.name, body)
		s.adapter.send(b)
		return
	}
	s.link.publish(b.namespace.name, body, func(at cluster.Position, whole bool) { s.link.emit(b, at, whole) })
}

// emit sends what has come over the log to this server's own sockets.
func (l *link) emit(b broadcast, at cluster.Position, whole bool) {
	b.place, b.whole = Position(at), whole
	if o := l.server.overheard; o != nil && !b.volatile && b.namespace.name == "/" {
		b.heard = o.note(b.rooms, at)
	}
	l.server.adapter.send(b)
}

// everywhere does something to the addressed sockets, here and on the other servers. here must not wait.
func (b Broadcast) everywhere(body cluster.Body, here func(Broadcast)) {
	l := b.namespace.server.link
	if l == nil || b.local {
		here(b)
		return
	}
	for _, n := range b.namespace.targets() {
		to := b
		to.namespace = n
		l.publish(n.name, body, func(cluster.Position, bool) { here(to) })
	}
}
