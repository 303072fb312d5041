package realtime

import "kapoor.example/desk/protocol/cluster"

// Bus is what a Server needs to be one of several: something that carries messages to the other servers, in one order where
// order matters, and tells later what somebody has missed. A Server without one is alone.
//
// How the two fit together:
//
//   - A namespace is entered when it comes to be and exited when it is removed.
//   - What is emitted to rooms is published, and reaches this server's own sockets only when it is delivered: every server
//     has the same order then.
//   - While State is degraded nothing is delivered. What was published goes to this server's own sockets at once, and its
//     entries are left out when they are delivered at last.
//   - Volatile events, and events between servers, are signalled: they reach the others only, and this server's own
//     sockets directly.
//   - EmitWithAck, FetchSockets and ServerSideEmitWithAck ask here and with Ask, each on a goroutine of its own.
//   - Missed means that clients may have missed something which they cannot be sent: their connections are closed so that
//     they come back, and are told so.
//   - With Recovery.Sessions the position is the offset that clients are told. A lost connection is left to all servers with
//     its Epoch and what it was sent; who resumes it is looked up in memory first, and with Since where that does not reach
//     back. ErrUnknownPosition, or another epoch, means recovered=false. See stream.
//   - With Replay the offsets are those of another log. What comes over the bus is not replayed then, but remembered: who was
//     away when there was something for it is told recovered=false. See overheard.
type Bus = cluster.Bus
