package realtime

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
)

// Namespace is a part of the server that clients connect to by name. Middleware, handlers and hooks are set before the
// server takes connections (those of a child in OnNewNamespace); after that they do not change.
type Namespace struct {
	behaviour
	name   string
	server *Server
	nextID atomic.Uint64 // of an ack that a client is asked for
	ledger *ledger       // of the rooms, nil where nobody wants to know
	size   atomic.Int64  // connected sockets

	// Held while serverSide is read or added to: other servers say something as soon as there is a bus.
	serverSideMu sync.RWMutex

	// Of a parent of dynamic namespaces, and of its children.
	match    func(name string, auth json.RawMessage) bool
	children map[string]*Namespace // guarded by Server.namespacesMu, as is users
	parent   *Namespace
	users    int // sockets of a child, those that are being admitted included
}

// behaviour is what was set for the sockets of a namespace.
type behaviour struct {
	middleware      []func(context.Context, *Socket) error
	packets         []func(*Socket, *Event) error
	onConnection    []func(*Socket)
	onDisconnecting []func(*Socket, Reason)
	onDisconnect    []func(*Socket, Reason)
	onError         []func(*Socket, error)
	onAny           []func(*Socket, *Event)
	onRoom          []func(RoomEvent)
	handlers        map[string][]func(*Socket, *Event)
	serverSide      map[string][]func(*ServerEvent)
	unhandled       func(*Socket, *Event)
}

// inherit returns a copy that can be added to without changing b.
func (b behaviour) inherit() behaviour {
	b.middleware = slices.Clip(b.middleware)
	b.packets = slices.Clip(b.packets)
	b.onConnection = slices.Clip(b.onConnection)
	b.onDisconnecting = slices.Clip(b.onDisconnecting)
	b.onDisconnect = slices.Clip(b.onDisconnect)
	b.onError = slices.Clip(b.onError)
	b.onAny = slices.Clip(b.onAny)
	b.onRoom = slices.Clip(b.onRoom)
	b.handlers = inheritLists(b.handlers)
	b.serverSide = inheritLists(b.serverSide)
	return b
}

func inheritLists[F any](lists map[string][]F) map[string][]F {
	own := maps.Clone(lists)
	for name, list := range own {
		own[name] = slices.Clip(list)
	}
	return own
}

func newNamespace(s *Server, name string, b behaviour) *Namespace {
	n := &Namespace{behaviour: b, name: name, server: s}
	if n.handlers == nil {
		n.handlers = map[string][]func(*Socket, *Event){}
	}
	if n.serverSide == nil {
		n.serverSide = map[string][]func(*ServerEvent){}
	}
	if len(n.onRoom) > 0 {
		n.ledger = newLedger(n)
	}
	if name != "" {
		s.link.enter(name)
	}
	return n
}

// Name returns the namespace's name, "/" for the main one; "" for a parent of dynamic namespaces.
func (n *Namespace) Name() string { return n.name }

// Size returns the number of connected sockets.
func (n *Namespace) Size() int { return int(n.size.Load()) }

// Use adds a middleware: it runs before a socket is connected, after those added before, on a goroutine of its own, and
// may wait for as long as its context allows, which ends after Options.ConnectTimeout, with the connection, or when the
// server closes. Its error refuses the CONNECT (see ConnectError and ErrClose).
func (n *Namespace) Use(f func(context.Context, *Socket) error) *Namespace {
	n.middleware = append(n.middleware, f)
	return n
}

// UsePacket adds a middleware for the events of every socket, before those of Socket.Use. It may change the event; its
// error goes to OnError, and the event is dropped. Like handlers it is called on the session's actor.
func (n *Namespace) UsePacket(f func(*Socket, *Event) error) *Namespace {
	n.packets = append(n.packets, f)
	return n
}

// OnConnection adds a hook that is called when a socket is connected, before any of its events. Hooks and handlers are
// called on the session's actor: they must not block.
func (n *Namespace) OnConnection(f func(*Socket)) *Namespace {
	n.onConnection = append(n.onConnection, f)
	return n
}

// OnDisconnecting adds a hook that is called once for every socket that was connected, when it no longer is and before
// OnDisconnect. Its rooms are still there to read.
func (n *Namespace) OnDisconnecting(f func(*Socket, Reason)) *Namespace {
	n.onDisconnecting = append(n.onDisconnecting, f)
	return n
}

// OnDisconnect adds a hook that is called once for every socket that was connected, when it has left everything.
func (n *Namespace) OnDisconnect(f func(*Socket, Reason)) *Namespace {
	n.onDisconnect = append(n.onDisconnect, f)
	return n
}

// On adds a handler of an event, for every socket. Handlers are called after those added before, and before the
// socket's own (Socket.On).
func (n *Namespace) On(name string, f func(*Socket, *Event)) *Namespace {
	n.handlers[name] = append(n.handlers[name], f)
	return n
}

// OnAny adds a listener for every event, called before its handlers.
func (n *Namespace) OnAny(f func(*Socket, *Event)) *Namespace {
	n.onAny = append(n.onAny, f)
	return n
}

// OnUnhandled sets the handler of every event that has none of its own.
func (n *Namespace) OnUnhandled(f func(*Socket, *Event)) *Namespace {
	n.unhandled = f
	return n
}

// OnError adds a hook that is told what a packet middleware refused, and what a client sent that is no packet.
func (n *Namespace) OnError(f func(*Socket, error)) *Namespace {
	n.onError = append(n.onError, f)
	return n
}

// run runs the middleware. A panic in it closes the connection.
func (n *Namespace) run(ctx context.Context, s *Socket) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("%w: middleware panicked: %v", ErrClose, reason)
		}
	}()
	for _, f := range n.middleware {
		if err := f(ctx, s); err != nil {
			return err
		}
	}
	return nil
}
