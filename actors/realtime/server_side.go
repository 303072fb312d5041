package realtime

import (
	"fmt"
	"time"

	"kapoor.example/desk/protocol/cluster"
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
	n.serverSideMu.Lock()
	defer n.serverSideMu.Unlock()
	n.serverSide[name] = append(n.serverSide[name], f)
	return n
}

// ServerSideEmit sends an event to the other servers of the cluster, not to this one and to no client. A server without a
// cluster has none. It fails when an argument cannot be encoded or the name is reserved.
func (n *Namespace) ServerSideEmit(name string, args ...any) error {
	body, err := serverEvent(name, args)
	if err != nil {
		return err
	}
	if l := n.server.link; l != nil {
		for _, to := range n.targets() {
			l.signal(to.name, body)
		}
	}
	return nil
}

func serverEvent(name string, args []any) (cluster.ServerEvent, error) {
	data, attachments, err := socketio.EncodeEvent(name, args...)
	if err != nil {
		return cluster.ServerEvent{}, fmt.Errorf("emit %q to servers: %w", name, err)
	}
	return cluster.ServerEvent{Data: data, Attachments: attachments}, nil
}

// ServerSideEmitWithAck is ServerSideEmit, and calls answer once with what the other servers answer, one element each: at
// once and with nothing where there are none, with ErrAckTimeout and the answers so far after the timeout, which is 5 s
// when it is zero. Of an answer only the first argument comes. answer is called on a goroutine of its own.
func (n *Namespace) ServerSideEmitWithAck(timeout time.Duration, answer func([]socketio.Args, error), name string, args ...any) error {
	body, err := serverEvent(name, args)
	if err != nil {
		return err
	}
	g := &gathering{left: 1, finish: func(answers []socketio.Args, err error) {
		go n.server.system.Safely(adapterKind, "server-side", func() { answer(answers, err) })
	}}
	if n.server.link == nil {
		g.done(nil)
		return nil
	}
	if timeout == 0 {
		timeout = answerTime
	}
	n.server.link.ask(n.targets(), timeout, body, func(answer cluster.Body) {
		if a, ok := answer.(cluster.Answer); ok {
			g.take(argsOf(a.Value))
		}
	}, g.done)
	return nil
}

// receiveServerSide hands an event of another server to its handlers.
func (n *Namespace) receiveServerSide(e *ServerEvent) {
	n.serverSideMu.RLock()
	handlers := n.serverSide[e.Name]
	n.serverSideMu.RUnlock()
	for _, f := range handlers {
		n.server.system.Safely(adapterKind, "server-side", func() { f(e) })
	}
}
