// Package realtime is a Socket.IO server (protocol 5 over Engine.IO protocol 4) on actors. It knows nothing of bookings:
// a chat could be built on it. What it needs from outside are small interfaces: a Transport to write to, and a Log that
// gives positions to what is emitted.
//
// # The tree
//
//	Server ── supervisor ── session            one per connection: decodes, runs handlers, heartbeat, upgrade
//	       ├─ hub ───────── room               one per user with a session: its sessions, limits, presence
//	       ├─ adapter                          every emit to rooms passes here, in one order
//	       └─ shard 0…n-1                      each owns the room index of its share of the sockets
//
// The supervisor spawns and closes sessions, the hub spawns and ends rooms. A session owns its outbox; shards and
// anybody who emits to one socket write to it directly: a broadcast never passes through a session.
//
// # Ordering
//
// What one goroutine emits arrives in its order. Everything addressed to rooms goes through the adapter, so every
// socket sees it in the adapter's order whatever rooms it is in; a socket's CONNECT answer is written by its shard, so it
// stands before everything the socket is sent. Packets of one connection are handled in the order of their arrival;
// handlers run on the session and must not block.
//
// # What may be lost
//
// Volatile events, whenever a connection cannot take them at once. Everything queued for a connection that ends: the
// client gets it by recovery, not by retrying. A connection whose queue exceeds its byte budget is closed as a slow
// consumer; the others never notice.
package realtime
