package main

import (
	"context"
	"time"

	"kapoor.example/desk/actors/realtime"
	"kapoor.example/desk/protocol/socketio"
)

// clusterTimeout is how long the other servers and their clients may take to answer.
const clusterTimeout = 1500 * time.Millisecond

// clusterNote is what servers emit to each other, and clusterNoteSeen what their clients then get.
const (
	clusterNote     = "cluster-note"
	clusterNoteSeen = "cluster-note-seen"
)

// cluster sets the events that start an operation of a cluster on this server.
func cluster(n *realtime.Namespace) {
	n.OnServerSide(clusterNote, func(e *realtime.ServerEvent) {
		_ = n.Local().Emit(clusterNoteSeen, e.Args.Spread()...)
		_ = e.Ack("noted")
	})
	n.On("cluster-fetch", func(_ *realtime.Socket, e *realtime.Event) { go fetch(n, e) })
	n.On("cluster-ask", func(_ *realtime.Socket, e *realtime.Event) {
		if name, _, ok := named(e, 0); ok {
			_ = n.Timeout(clusterTimeout).EmitWithAck(func(answers []socketio.Args, _ error) { _ = e.Ack(firsts(answers)) }, name)
		}
	})
	n.On("cluster-server-emit", func(_ *realtime.Socket, e *realtime.Event) {
		answer := func(answers []socketio.Args, _ error) { _ = e.Ack(firsts(answers)) }
		_ = n.ServerSideEmitWithAck(clusterTimeout, answer, clusterNote, e.Args.Spread()...)
	})
	n.On("cluster-server-emit-noack", func(_ *realtime.Socket, e *realtime.Event) {
		_ = n.ServerSideEmit(clusterNote, e.Args.Spread()...)
	})
	n.On("cluster-except", func(_ *realtime.Socket, e *realtime.Event) {
		var room string
		if name, rest, ok := named(e, 1); ok && e.Args.Bind(0, &room) == nil {
			_ = n.Except(room).Emit(name, rest...)
		}
	})
	n.On("cluster-join", func(_ *realtime.Socket, e *realtime.Event) {
		withTarget(e, func(target, room string) { n.In(target).SocketsJoin(room) })
	})
	n.On("cluster-leave", func(_ *realtime.Socket, e *realtime.Event) {
		withTarget(e, func(target, room string) { n.In(target).SocketsLeave(room) })
	})
	n.On("cluster-kick", func(_ *realtime.Socket, e *realtime.Event) {
		var target string
		var all bool
		_ = e.Args.Bind(1, &all) // nothing means false
		if e.Args.Bind(0, &target) == nil {
			n.In(target).DisconnectSockets(all)
		}
	})
}

// fetch acks the ids of the sockets in a room.
func fetch(n *realtime.Namespace, e *realtime.Event) {
	var room string
	if e.Args.Bind(0, &room) != nil {
		_ = e.Ack([]string{})
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), clusterTimeout)
	defer cancel()
	sockets, err := n.In(room).FetchSockets(ctx)
	ids := make([]string, 0, len(sockets))
	if err == nil { // else the empty list says enough
		for _, s := range sockets {
			ids = append(ids, s.ID)
		}
	}
	_ = e.Ack(ids)
}

// firsts returns the first argument of every answer.
func firsts(answers []socketio.Args) []any {
	list := make([]any, 0, len(answers))
	for _, a := range answers {
		var first any
		if all := a.Spread(); len(all) > 0 {
			first = all[0]
		}
		list = append(list, first)
	}
	return list
}

func withTarget(e *realtime.Event, do func(target, room string)) {
	var target, room string
	if e.Args.Bind(0, &target) == nil && e.Args.Bind(1, &room) == nil {
		do(target, room)
	}
}
