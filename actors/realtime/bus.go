package realtime

import "kapoor.example/desk/protocol/cluster"

// Bus is what a Server needs to be one of several: something that carries messages to the other servers, in one order where
// order matters, and tells later what somebody has missed. A Server without one is alone.
//
// How the two fit together:
//
//   - A namespace is entered when it comes to be and exited when it is removed.
//   - What is emitted to rooms is published, and reaches this server's own sockets only when it is delivered: every server
//     has the same order then. The position is the offset that clients are told, and the key of the history in memory.
//   - While State is degraded nothing is delivered. The adapter sends what it has published to its own sockets itself,
//     without an offset, notes the tickets, and leaves those entries out when they are delivered at last.
//   - Volatile events, and events between servers, are signalled: they reach the others only, and this server's own
//     sockets directly.
//   - EmitWithAck, FetchSockets and ServerSideEmitWithAck ask here and with Ask, each on a goroutine of its own.
//   - Missed means that clients may have missed something which they cannot be sent: their connections are closed so that
//     they come back, and recovery is refused since the log does not know their offset.
//   - A pid holds the Epoch and the Head at its CONNECT. Who resumes is looked up in memory first, and with Since where that
//     does not reach back; ErrUnknownPosition means recovered=false.
type Bus = cluster.Bus
