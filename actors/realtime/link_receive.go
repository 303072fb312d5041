package realtime

import (
	"sync"

	"kapoor.example/desk/protocol/cluster"
	"kapoor.example/desk/protocol/socketio"
)

// Deliver implements cluster.Receiver.
func (l *link) Deliver(entries []cluster.Entry) {
	for _, e := range entries {
		if e.Sender == l.bus.Name() {
			l.own(e)
			continue
		}
		l.foreign(e.Message, e.Position)
	}
}

// Signalled implements cluster.Receiver.
func (l *link) Signalled(m cluster.Message) { l.foreign(m, cluster.Position{}) }

// foreign does what another server says. What did not come through the log has no place.
func (l *link) foreign(m cluster.Message, at cluster.Position) {
	n := l.server.known(m.Namespace)
	if n == nil {
		return
	}
	switch body := m.Body.(type) {
	case cluster.Broadcast:
		if body.PacketID != "" {
			return // for a socket of the sender
		}
		to := n.addressed(body.To)
		to.volatile, to.plain = body.Volatile, body.Plain
		l.emit(broadcast{Broadcast: to, data: body.Data, attachments: body.Attachments}, at, l.whole(m.Namespace))
	case cluster.Join:
		n.addressed(body.To).SocketsJoin(body.Rooms...)
	case cluster.Leave:
		n.addressed(body.To).SocketsLeave(body.Rooms...)
	case cluster.Disconnect:
		n.addressed(body.To).DisconnectSockets(body.Close)
	case cluster.ServerEvent:
		if e := serverEventOf(body); e != nil {
			n.receiveServerSide(e)
		}
	}
}

// Asked implements cluster.Receiver.
func (l *link) Asked(m cluster.Message, reply func(cluster.Body)) {
	n := l.server.known(m.Namespace)
	if n == nil { // it is being made, or was removed just now: nobody is in it
		switch m.Body.(type) {
		case cluster.FetchSockets:
			reply(cluster.Sockets{})
		case cluster.Broadcast:
			reply(cluster.ClientCount{})
		}
		return
	}
	switch body := m.Body.(type) {
	case cluster.FetchSockets:
		n.addressed(body.To).gather(func(found []RemoteSocket) { reply(socketsOf(found)) })
	case cluster.Broadcast:
		to := n.addressed(body.To)
		to.plain, to.timeout = body.Plain, body.Timeout
		to.relay(body, reply)
	case cluster.ServerEvent:
		e := serverEventOf(body)
		if e == nil {
			return
		}
		var once sync.Once
		e.ack = func(args []any) error {
			data, attachments, err := socketio.EncodeArgs(args...)
			if err != nil {
				return err
			}
			once.Do(func() { reply(cluster.Answer{Value: firstOf(data, attachments)}) })
			return nil
		}
		n.receiveServerSide(e)
	}
}

// firstOf returns the first of encoded arguments: servers pass on no more.
func firstOf(data []byte, attachments [][]byte) socketio.Arg {
	args, err := socketio.Packet{Type: socketio.Ack, Data: data, Attachments: attachments}.Args()
	if err != nil || args.Len() == 0 {
		return socketio.Arg{}
	}
	return socketio.Arg{Raw: args.Raw[0], Attachments: args.Attachments}
}

// serverEventOf reads what another server emitted; nil is nothing we can read.
func serverEventOf(body cluster.ServerEvent) *ServerEvent {
	p := socketio.Packet{Type: socketio.Event, Data: body.Data, Attachments: body.Attachments}
	name, raw, err := p.Event()
	if err != nil {
		return nil
	}
	return &ServerEvent{Name: name, Args: socketio.Args{Raw: raw, Attachments: body.Attachments}}
}

// relay asks the addressed sockets here on behalf of another server.
func (b Broadcast) relay(body cluster.Broadcast, reply func(cluster.Body)) {
	server := b.namespace.server
	targets := []*Namespace{b.namespace}
	c := &collection{
		server: server, id: server.nextAckID(targets), reports: len(server.shards), waiting: map[*Socket]struct{}{},
		finish:  func([]socketio.Args, error) {},
		counted: func(n int) { reply(cluster.ClientCount{N: n}) },
		each: func(args socketio.Args) {
			var value socketio.Arg
			if args.Len() > 0 {
				value = socketio.Arg{Raw: args.Raw[0], Attachments: args.Attachments}
			}
			reply(cluster.ClientAck{Value: value})
		},
	}
	server.begin(c, b.timeout, []broadcast{{Broadcast: b, data: body.Data, attachments: body.Attachments, answers: c}})
}
