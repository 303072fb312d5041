package realtime

import (
	"sync/atomic"

	"kapoor.example/desk/actors"
	"kapoor.example/desk/protocol"
	"kapoor.example/desk/protocol/socketio"
)

var adapterKind = actors.Kind{Name: "adapter", Directive: actors.Resume, Singleton: true}

// adapter is the one place that everything emitted to rooms passes: it fixes the order, gives offsets, encodes each
// event once and hands it to every shard. Shards resolve the rooms.
type adapter struct {
	server  *Server
	pid     *actors.PID
	backlog atomic.Int64 // emits that have not been handed to the shards yet
}

// send hands the adapter anything that keeps its place among the emits.
func (a *adapter) send(msg any) {
	if isEmit(msg) {
		a.backlog.Add(1)
	}
	a.server.system.Send(a.pid, msg)
}

// isEmit reports whether something is written to sockets because of a message.
func isEmit(msg any) bool {
	switch msg.(type) {
	case broadcast, publication, direct:
		return true
	}
	return false
}

// direct is what goes to one socket while emits are on their way: it must not overtake those its sender has made before.
type direct struct {
	member   *member
	frame    *protocol.Frame
	volatile bool
	event    func() (data []byte, attachments [][]byte) // nil for what is no event
	then     any                                        // sent to the session's actor after that, or nil
}

type (
	// broadcast is an emit whose arguments are encoded.
	broadcast struct {
		Broadcast
		data        []byte
		attachments [][]byte
		answers     *collection // nil where no answer is wanted
		place       Position    // in the log of the bus, zero for none
		whole       bool        // whatever was sent without a place stands before it
		heard       Position    // its place among those that are not in the log, zero where that does not matter
	}
	publication struct {
		entries []Entry
		done    func()
	}
)

// Receive implements actors.Receiver.
func (a *adapter) Receive(c *actors.Context) {
	msg := c.Message()
	if isEmit(msg) {
		defer a.backlog.Add(-1)
	}
	switch m := msg.(type) {
	case broadcast:
		a.broadcast(m)
	case publication:
		a.publish(m)
	case Revocation:
		a.toShards(m)
	case visit:
		a.toShards(m)
	case sweepDue:
		a.server.keeper.forget()
	case gap:
		m.unplaced = a.server.stream.unplaced.Add(1)
		a.toShards(m)
	case exited:
		a.toShards(m)
	case collectionDue:
		m.collection.end(ErrAckTimeout)
	case direct:
		a.server.shardOf(m.member.socket.session.sid).sendEmit(m)
	case join: // these pass here so that they keep their place among the caller's emits
		a.server.shardOf(m.member.socket.session.sid).send(m)
	case leave:
		a.server.shardOf(m.member.socket.session.sid).send(m)
	}
}

func (a *adapter) broadcast(m broadcast) {
	name := m.namespace.name
	packet := socketio.Packet{Type: socketio.Event, Namespace: name, Data: m.data, Attachments: m.attachments}
	switch h := a.server.history; {
	case m.answers != nil:
		packet.ID = m.answers.packetID()
	case a.server.stream != nil && !m.volatile:
		a.streamed(m, packet)
		return
	case h != nil && !m.volatile:
		offset := h.offset()
		packet.Data = socketio.AppendLast(nil, m.data, offset)
		frame := frameOf(packet, m.plain)
		at := h.add(logged{position: position{offset: offset}, namespace: name, rooms: m.rooms, except: m.except, frame: frame})
		a.emitToShards(emit{namespace: name, rooms: m.rooms, except: m.except, frame: frame, at: at, event: m.event})
		return
	}
	a.emitToShards(emit{
		namespace: name, rooms: m.rooms, except: m.except, volatile: m.volatile, answers: m.answers,
		frame: frameOf(packet, m.plain), event: m.event, heard: m.heard,
	})
}

// event returns the payload for listeners.
func (m broadcast) event() (data []byte, attachments [][]byte) { return m.data, m.attachments }

func (a *adapter) publish(m publication) {
	list := make([]emit, len(m.entries))
	for i, e := range m.entries {
		namespace, rooms, offset := e.Namespace, e.audience(), e.Offset
		if a.server.history == nil && a.server.resumption == nil {
			offset = ""
		}
		if namespace == "" {
			namespace = "/"
		}
		list[i] = emit{namespace: namespace, rooms: rooms, frame: protocol.EventFrame(namespace, e.Name, e.Payload, offset), event: e.event}
		if r := a.server.resumption; r != nil {
			list[i].at = r.add(namespace, e.Offset, rooms, list[i].frame)
		} else if offset != "" {
			list[i].at = a.server.history.add(logged{
				position: position{offset: offset}, namespace: namespace, rooms: rooms, frame: list[i].frame,
			})
		}
	}
	batch := emits{list: list}
	if m.done != nil {
		left := new(atomic.Int32)
		left.Store(int32(len(a.server.shards)))
		batch.done = func() {
			if left.Add(-1) == 0 {
				m.done()
			}
		}
	}
	a.emitToShards(batch)
}

func (a *adapter) emitToShards(msg any) {
	for _, shard := range a.server.shards {
		shard.sendEmit(msg)
	}
}

func (a *adapter) toShards(msg any) {
	for _, shard := range a.server.shards {
		shard.send(msg)
	}
}
