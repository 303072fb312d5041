package realtime

import (
	"fmt"
	"time"

	"kapoor.example/desk/protocol/socketio"
)

// ServerEvent is something another server of the cluster emitted to this one.
type ServerEvent struct {
	Name string
	Args socketio.Args

	ack func(args []any) error
}

// Ack answers the event, once; an event that wants no answer changes nothing.
func (e *ServerEvent) Ack(args ...any) error {
	if e.ack == nil {
		return nil
	}
	return e.ack(args)
}

// OnServerSide adds a handler of an event that the other servers of the cluster emit to each other.
func (n *Namespace) OnServerSide(name string, f func(*ServerEvent)) *Namespace {
	n.serverSide[name] = append(n.serverSide[name], f)
	return n
}

// ServerSideEmit sends an event to the other servers of the cluster, not to this one and to no client. A server without a
// cluster has none. It fails when an argument cannot be encoded or the name is reserved.
func (n *Namespace) ServerSideEmit(name string, args ...any) error {
	if _, _, err := socketio.EncodeEvent(name, args...); err != nil {
		return fmt.Errorf("emit %q to servers: %w", name, err)
	}
	return nil
}

// ServerSideEmitWithAck is ServerSideEmit, and calls answer once with what the other servers answer, one element each: at
// once and with nothing where there are none, with ErrAckTimeout and the answers so far after the timeout. answer is
// called on a goroutine of its own.
func (n *Namespace) ServerSideEmitWithAck(_ time.Duration, answer func([]socketio.Args, error), name string, args ...any) error {
	if err := n.ServerSideEmit(name, args...); err != nil {
		return err
	}
	go n.server.system.Safely(adapterKind, "server-side", func() { answer([]socketio.Args{}, nil) })
	return nil
}

// receiveServerSide hands an event of another server to its handlers.
func (n *Namespace) receiveServerSide(e *ServerEvent) {
	for _, f := range n.serverSide[e.Name] {
		n.server.system.Safely(adapterKind, "server-side", func() { f(e) })
	}
}
