package realtime

import (
	"fmt"
	"slices"

	"kapoor.example/desk/protocol"
	"kapoor.example/desk/protocol/socketio"
)

// Broadcast says whom an event is for. It is immutable: its operators return copies.
type Broadcast struct {
	namespace *Namespace
	rooms     []string // empty means everybody
	except    []string
	volatile  bool
}

// To adds rooms. A socket in several of them gets the event once.
func (b Broadcast) To(rooms ...string) Broadcast {
	b.rooms = append(slices.Clip(b.rooms), rooms...)
	return b
}

// Except leaves out the sockets in rooms; a socket's id is a room.
func (b Broadcast) Except(rooms ...string) Broadcast {
	b.except = append(slices.Clip(b.except), rooms...)
	return b
}

// Volatile lets the event be dropped for connections that cannot take it at once; it is never sent again.
func (b Broadcast) Volatile() Broadcast {
	b.volatile = true
	return b
}

// Emit sends an event. It fails when an argument cannot be encoded or the name is reserved.
func (b Broadcast) Emit(name string, args ...any) error {
	data, attachments, err := socketio.EncodeEvent(name, args...)
	if err != nil {
		return fmt.Errorf("emit %q: %w", name, err)
	}
	b.namespace.server.adapter.send(broadcast{Broadcast: b, data: data, attachments: attachments})
	return nil
}

// Entry is an event that has its place already and its payload encoded: one that was stored first.
type Entry struct {
	Namespace string // "/" when empty
	Name      string
	Rooms     []string // empty, or with RoomEveryone in it: everybody
	Payload   []byte   // JSON, sent as the only argument
	// Offset is what a client names to get what came after; "" sends none.
	Offset string
}

// RoomEveryone in an Entry's rooms means every socket of the namespace.
const RoomEveryone = "*"

// Publish emits entries in their order, after everything published before, and calls done once no shard holds them any
// longer: whoever publishes much waits for that. Call it from one goroutine.
func (s *Server) Publish(entries []Entry, done func()) {
	s.adapter.send(publication{entries: entries, done: done})
}

// Revocation ends the connections that came in with tokens that are void now.
type Revocation struct {
	User    string
	Rights  uint64 // ends those of the user with lower rights
	TokenID string // ends those that came in with this token; "" for none
}

func (r Revocation) hits(u User) bool {
	return u.ID == r.User && (u.Rights < r.Rights || r.TokenID != "" && u.TokenID == r.TokenID)
}

// Revoke ends connections, in the order of Publish: none of them receives what is published after it.
func (s *Server) Revoke(r Revocation) { s.adapter.send(r) }

// packetFrame encodes an event once, for everybody. offset "" leaves it out.
func packetFrame(namespace string, data []byte, attachments [][]byte, offset string) *protocol.Frame {
	if offset != "" {
		with := make([]byte, 0, len(data)+len(offset)+3)
		with = append(with, data[:len(data)-1]...)
		with = append(with, ',', '"')
		with = append(with, offset...)
		data = append(with, '"', ']')
	}
	p := socketio.Packet{Type: socketio.Event, Namespace: namespace, Data: data, Attachments: attachments}
	return protocol.Message(socketio.Append(nil, p), attachments)
}
