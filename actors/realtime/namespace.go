package realtime

import (
	"context"
	"fmt"
)

// Namespace is a part of the server that clients connect to by name. Middleware, handlers and hooks are set before the
// server takes connections; after that a Namespace does not change.
type Namespace struct {
	name         string
	server       *Server
	middleware   []func(context.Context, *Socket) error
	onConnection []func(*Socket)
	onDisconnect []func(*Socket, Reason)
	handlers     map[string]func(*Socket, *Event)
	fallback     func(*Socket, *Event)
}

// Name returns the namespace's name, "/" for the main one.
func (n *Namespace) Name() string { return n.name }

// Use adds a middleware: it runs before a socket is connected, after those added before, on a goroutine of its own, and
// may wait for as long as its context allows. Its error refuses the CONNECT (see ConnectError and ErrClose).
func (n *Namespace) Use(f func(context.Context, *Socket) error) *Namespace {
	n.middleware = append(n.middleware, f)
	return n
}

// OnConnection adds a hook that is called when a socket is connected, before any of its events. Hooks and handlers are
// called on the session's actor: they must not block.
func (n *Namespace) OnConnection(f func(*Socket)) *Namespace {
	n.onConnection = append(n.onConnection, f)
	return n
}

// OnDisconnect adds a hook that is called once for every socket that was connected, when it no longer is. Its rooms are
// still there to read.
func (n *Namespace) OnDisconnect(f func(*Socket, Reason)) *Namespace {
	n.onDisconnect = append(n.onDisconnect, f)
	return n
}

// On sets the handler of an event.
func (n *Namespace) On(name string, f func(*Socket, *Event)) *Namespace {
	n.handlers[name] = f
	return n
}

// OnAny sets the handler of every event that has none of its own.
func (n *Namespace) OnAny(f func(*Socket, *Event)) *Namespace {
	n.fallback = f
	return n
}

// To addresses rooms of the namespace; In is the same.
func (n *Namespace) To(rooms ...string) Broadcast { return Broadcast{namespace: n}.To(rooms...) }

// Except addresses everybody but rooms.
func (n *Namespace) Except(rooms ...string) Broadcast {
	return Broadcast{namespace: n}.Except(rooms...)
}

// Emit sends an event to every socket of the namespace.
func (n *Namespace) Emit(name string, args ...any) error {
	return Broadcast{namespace: n}.Emit(name, args...)
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
