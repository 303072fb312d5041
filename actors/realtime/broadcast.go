package realtime

import (
	"fmt"
	"slices"
	"time"

	"kapoor.example/desk/protocol/socketio"
)

// Broadcast says whom an event is for, or whom an operation concerns. It is immutable: its operators return copies.
type Broadcast struct {
	namespace *Namespace
	rooms     []string // empty means everybody
	except    []string
	volatile  bool
	plain     bool
	local     bool
	timeout   time.Duration
}

// To addresses rooms of the namespace; In is the same.
func (n *Namespace) To(rooms ...string) Broadcast { return Broadcast{namespace: n}.To(rooms...) }

// In is To.
func (n *Namespace) In(rooms ...string) Broadcast { return n.To(rooms...) }

// Except addresses everybody but rooms.
func (n *Namespace) Except(rooms ...string) Broadcast {
	return Broadcast{namespace: n}.Except(rooms...)
}

// All addresses everybody in the namespace.
func (n *Namespace) All() Broadcast { return Broadcast{namespace: n} }

// Volatile is All().Volatile().
func (n *Namespace) Volatile() Broadcast { return n.All().Volatile() }

// Local is All().Local().
func (n *Namespace) Local() Broadcast { return n.All().Local() }

// Compress is All().Compress(on).
func (n *Namespace) Compress(on bool) Broadcast { return n.All().Compress(on) }

// Timeout is All().Timeout(d).
func (n *Namespace) Timeout(d time.Duration) Broadcast { return n.All().Timeout(d) }

// Emit sends an event to every socket of the namespace.
func (n *Namespace) Emit(name string, args ...any) error { return n.All().Emit(name, args...) }

// Send emits a "message" to every socket of the namespace.
func (n *Namespace) Send(args ...any) error { return n.All().Send(args...) }

// Write is Send.
func (n *Namespace) Write(args ...any) error { return n.All().Send(args...) }

// To adds rooms. A socket in several of them gets the event once.
func (b Broadcast) To(rooms ...string) Broadcast {
	b.rooms = append(slices.Clip(b.rooms), rooms...)
	return b
}

// In is To.
func (b Broadcast) In(rooms ...string) Broadcast { return b.To(rooms...) }

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

// Local keeps the event, or the operation, to the sockets of this server; others of its cluster do not hear of it.
func (b Broadcast) Local() Broadcast {
	b.local = true
	return b
}

// Compress says whether the event makes a polling answer it is in compressible. Without it it does.
func (b Broadcast) Compress(on bool) Broadcast {
	b.plain = !on
	return b
}

// Timeout is how long EmitWithAck waits.
func (b Broadcast) Timeout(d time.Duration) Broadcast {
	b.timeout = d
	return b
}

// Emit sends an event. It fails when an argument cannot be encoded or the name is reserved.
func (b Broadcast) Emit(name string, args ...any) error {
	data, attachments, err := socketio.EncodeEvent(name, args...)
	if err != nil {
		return fmt.Errorf("emit %q: %w", name, err)
	}
	for _, n := range b.namespace.targets() {
		to := b
		to.namespace = n
		n.server.emit(broadcast{Broadcast: to, data: data, attachments: attachments})
	}
	return nil
}

// Send emits a "message".
func (b Broadcast) Send(args ...any) error { return b.Emit(messageEvent, args...) }

// Write is Send.
func (b Broadcast) Write(args ...any) error { return b.Send(args...) }
