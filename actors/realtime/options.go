package realtime

import (
	"runtime"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"kapoor.example/desk/protocol/socketio"
)

// Options of a Server. The zero value of a field means its default.
type Options struct {
	// PingInterval is how long after the open packet or the last pong a ping is sent. Defaults to 25 s.
	PingInterval time.Duration
	// PingTimeout is how long a pong may take. Defaults to 20 s.
	PingTimeout time.Duration
	// UpgradeTimeout is how long a transport upgrade may take. Defaults to 10 s.
	UpgradeTimeout time.Duration
	// ConnectTimeout is how long a connection may stay without a namespace. Defaults to 45 s.
	ConnectTimeout time.Duration
	// CloseTimeout is how long a closing connection may take to receive what is queued for it. Defaults to 30 s.
	CloseTimeout time.Duration
	// Transports are those that clients may use, Polling and WebSocket. Defaults to both.
	Transports []string
	// DisableUpgrades keeps sessions on the transport they began with. Defaults to false.
	DisableUpgrades bool
	// NewSid makes the sid of a session, which must be unique and is a secret of its client. Its error refuses the
	// connection. It is called on the transport's goroutine and may wait. Nil: 20 random characters of base64url.
	NewSid func(Request) (string, error)
	// MaxPayload bounds a message and a polling body from a client, in bytes. Defaults to 1,000,000.
	MaxPayload int
	// MaxPacket bounds the attachments of one packet together, in bytes; beyond, the connection closes. Defaults to ten times
	// MaxPayload, which is what Node takes: as many attachments as a packet may have, each as large as a message may be.
	MaxPacket int
	// MaxPackets bounds the packets of one polling body. Defaults to 10,000.
	MaxPackets int
	// MaxQueue is the byte budget of a connection's outbox; beyond, the connection ends as a slow consumer. One event that
	// is larger does not count. Defaults to eight times MaxPayload, and to 1 MiB at least.
	MaxQueue int
	// MaxInbound bounds the bytes of a connection that wait to be handled, those of a packet whose attachments have not all
	// come included; beyond, it is not read, but for what completes that packet. Defaults to 256 KiB (one message of any
	// allowed size always fits).
	MaxInbound int
	// MaxNamespaces bounds the namespaces one connection has joined or is joining; beyond, a CONNECT is refused. Defaults to
	// 16.
	MaxNamespaces int
	// MaxRooms bounds the rooms of one socket. Defaults to 1,000.
	MaxRooms int
	// MaxDynamic bounds the children of dynamic namespaces altogether; beyond, an empty one is removed for a new one, and
	// where none is empty a CONNECT to a new one is refused. Defaults to 10,000.
	MaxDynamic int
	// CleanupEmptyNamespaces removes a dynamic namespace with its last socket. Defaults to false: it stays while there is
	// room.
	CleanupEmptyNamespaces bool
	// MaxConnections bounds the connections altogether; beyond, handshakes are refused. Defaults to 1,000,000.
	MaxConnections int
	// MaxPerAddress bounds the connections of one remote address. Defaults to 10,000: a shop's phones share one.
	MaxPerAddress int
	// MaxPerUser bounds the connections of one user. Defaults to 50.
	MaxPerUser int
	// Admissions bounds how many sockets' middleware runs at once; further ones wait for their turn. A middleware that does
	// not heed its context keeps its place after its client has left. Defaults to 256.
	Admissions int
	// Grace is how long a user counts as online after the last connection is gone. Defaults to 5 s.
	Grace time.Duration
	// Shards is the number of fan-out shards. Defaults to GOMAXPROCS.
	Shards int
	// Bus joins this server with the others of its cluster; it has to be closed after the server. Nil: the server is alone.
	Bus Bus
	// Recovery lets clients resume lost connections. Nil: they connect anew, and no event has an offset.
	Recovery *Recovery
	// Replay lets clients resume by a log, instead of Recovery. Nil: they do not.
	Replay *Replay
	// OnMessage makes a bare Engine.IO server: it gets every message of a session, in order, on the session's actor, and
	// nothing is taken for Socket.IO. It must not block, and owns data. Nil: a Socket.IO server.
	OnMessage func(s *Session, data []byte, binary bool)
	// OnOpen is called for every new session before anything it sent is handled, OnClose when it ends, OnUpgrading when a
	// WebSocket of it begins to be probed and OnUpgrade when that has become the transport. All are called on the session's
	// actor and must not block. Nil: nobody wants to know.
	OnOpen, OnUpgrading, OnUpgrade func(*Session)
	OnClose                        func(*Session, Reason)
	// Now is the clock. Defaults to time.Now.
	Now func() time.Time
	// Logger gets lifecycle at debug and misbehaving clients at warn. The zero Logger writes nothing.
	Logger zerolog.Logger
}

func (o Options) withDefaults() Options {
	set := func(d *time.Duration, to time.Duration) {
		if *d == 0 {
			*d = to
		}
	}
	bound := func(n *int, to int) {
		if *n == 0 {
			*n = to
		}
	}
	set(&o.PingInterval, 25*time.Second)
	set(&o.PingTimeout, 20*time.Second)
	set(&o.UpgradeTimeout, 10*time.Second)
	set(&o.ConnectTimeout, 45*time.Second)
	set(&o.CloseTimeout, 30*time.Second)
	set(&o.Grace, 5*time.Second)
	bound(&o.MaxPayload, 1_000_000)
	bound(&o.MaxPacket, socketio.DefaultMaxAttachments*o.MaxPayload)
	bound(&o.MaxPackets, 10_000)
	bound(&o.MaxQueue, max(1<<20, 8*o.MaxPayload))
	bound(&o.MaxInbound, 256<<10)
	bound(&o.MaxNamespaces, 16)
	bound(&o.MaxRooms, 1_000)
	bound(&o.MaxDynamic, 10_000)
	bound(&o.MaxConnections, 1_000_000)
	bound(&o.MaxPerAddress, 10_000)
	bound(&o.MaxPerUser, 50)
	bound(&o.Admissions, 256)
	bound(&o.Shards, max(1, runtime.GOMAXPROCS(0)/2))
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Recovery != nil {
		recovery := o.Recovery.withDefaults()
		o.Recovery = &recovery
	}
	if o.Replay != nil {
		replay := o.Replay.withDefaults()
		o.Replay, o.Recovery = &replay, nil
	}
	if len(o.Transports) == 0 {
		o.Transports = []string{Polling, WebSocket}
	}
	if o.NewSid == nil {
		o.NewSid = func(Request) (string, error) { return newSid(), nil }
	}
	return o
}

// Allows reports whether clients may use a transport.
func (o Options) Allows(transport string) bool { return slices.Contains(o.Transports, transport) }

// upgradable reports whether sessions may go from polling to a WebSocket.
func (o Options) upgradable() bool {
	return !o.DisableUpgrades && o.Allows(Polling) && o.Allows(WebSocket)
}
