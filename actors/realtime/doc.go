// Package realtime is a Socket.IO server (protocol 5 over Engine.IO protocol 4) on actors. It knows nothing of bookings:
// a chat could be built on it, and one is among the examples. What it needs from outside is a Transport to write to;
// package http brings polling and WebSockets.
//
// A Server has namespaces, static (Of) and dynamic (OfPattern, OfFunc). A Namespace has middleware, handlers and hooks,
// set before clients come; a Socket is one client in one namespace and may have listeners of its own. Broadcast says whom
// an event is for, or whom an operation concerns (FetchSockets, SocketsJoin, SocketsLeave, DisconnectSockets). With
// Options.Recovery a client whose connection was lost resumes where it was.
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
// What one goroutine sends a socket arrives in its order, whether as a broadcast, to the socket alone, or as an ack.
// Everything addressed to rooms goes through the adapter, so every
// socket sees it in the adapter's order whatever rooms it is in; a socket's CONNECT answer is written by its shard, so it
// stands before everything the socket is sent. Packets of one connection are handled in the order of their arrival;
// handlers run on the session and must not block.
//
// # What may be lost
//
// Volatile events, whenever a connection cannot take them at once. Everything queued for a connection that ends: with
// Recovery the client is sent it again when it comes back. A connection whose queue exceeds its byte budget is closed as a slow
// consumer; the others never notice.
package realtime
