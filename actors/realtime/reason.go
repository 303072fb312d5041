package realtime

// Reason says why a connection or a socket ended. The set is closed.
type Reason string

// The reasons Socket.IO servers give, and those of this one. After each, whether a stock client comes back by itself.
const (
	ReasonClientDisconnect  Reason = "client namespace disconnect" // 41 from the client: no
	ReasonServerDisconnect  Reason = "server namespace disconnect" // 41 to the client: no
	ReasonTransportClose    Reason = "transport close"             // the line was closed: yes
	ReasonTransportError    Reason = "transport error"             // the line broke or was misused: yes
	ReasonPingTimeout       Reason = "ping timeout"                // no pong in time: yes
	ReasonParseError        Reason = "parse error"                 // not an Engine.IO packet: yes
	ReasonForcedClose       Reason = "forced close"                // not a Socket.IO packet, or not now: yes
	ReasonForcedServerClose Reason = "forced server close"         // not now, over polling: yes
	ReasonShutdown          Reason = "server shutting down"        // yes
	ReasonConnectTimeout    Reason = "connect timeout"             // joined no namespace in time: yes
	ReasonSlowConsumer      Reason = "slow consumer"               // its queue was over budget: yes
	ReasonTokenExpired      Reason = "token expired"               // yes, and its connect_error then says why
	ReasonTokenRevoked      Reason = "token revoked"               // yes, and its connect_error then says why
	ReasonOverload          Reason = "overload"                    // limits or a failing dependency: yes
	ReasonPanic             Reason = "server error"                // a handler panicked: yes
)

// Recoverable reports whether a client whose connection ended for this reason may resume where it was.
func (r Reason) Recoverable() bool {
	return r != ReasonClientDisconnect && r != ReasonServerDisconnect
}
