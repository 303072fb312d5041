package http

import (
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gobwas/ws"
	"github.com/gofiber/contrib/websocket"
	"github.com/gofiber/fiber/v2"

	"kapoor.example/desk/actors/realtime"
	"kapoor.example/desk/protocol/engineio"
)

// localAttachment carries what a connection is for from the request to the upgraded connection.
const localAttachment = "engineio.attachment"

// upgrade answers a request that wants to become a WebSocket: a handshake of its own, or the upgrade of a session.
func (e *EngineIO) upgrade(c *fiber.Ctx, session *realtime.Session) error {
	to := &attachment{session: session, polling: lastQuery(c, "transport") == realtime.Polling}
	initial := ""
	if session == nil && !to.polling {
		var err error
		if to.session, err = e.begin(c, realtime.WebSocket); to.session == nil {
			return err
		}
		to.fresh, initial = true, to.session.Sid()
	}
	e.addHeaders(c, initial)
	if first, _, _ := strings.Cut(c.Get(fiber.HeaderSecWebSocketProtocol), ","); first != "" {
		// Browsers give up on a server that takes none of the protocols they offer.
		c.Set(fiber.HeaderSecWebSocketProtocol, strings.TrimSpace(first))
	}
	if strings.Contains(c.Get(fiber.HeaderSecWebSocketExtensions), "server_max_window_bits") {
		c.Request().Header.Del(fiber.HeaderSecWebSocketExtensions) // a window this server cannot make smaller
	}
	c.Locals(localAttachment, to)
	if to.fresh {
		e.handovers.expect(c.Context().Conn(), to.session)
	}
	if err := e.ws(c); err != nil {
		if to.fresh {
			e.handovers.done(c.Context().Conn())
			to.session.Fail(realtime.ReasonTransportError)
		}
		return e.refuse(c, true, refuse(engineio.ErrBadRequest, "name", "TRANSPORT_HANDSHAKE_ERROR"))
	}
	if len(c.Response().Header.Peek(fiber.HeaderSecWebSocketExtensions)) > 0 {
		to.deflate = e.options.DeflateFrom
	}
	return nil
}

// attachment is what an upgraded connection is for.
type attachment struct {
	session *realtime.Session
	fresh   bool // the session begins with this WebSocket
	polling bool // row 18: an upgrade that names polling is closed at once
	deflate int  // from how many bytes messages are compressed; 0 where that was not agreed
}

// websocketHandler upgrades through the library and detaches: it takes the real connection and what was read early, and
// returns. Nothing of the library or of fasthttp is held afterwards, both reuse it for others.
func (e *EngineIO) websocketHandler() fiber.Handler {
	return websocket.New(func(conn *websocket.Conn) {
		to := conn.Locals(localAttachment).(*attachment)
		hijacked := conn.NetConn()
		inner := hijacked
		if u, ok := hijacked.(interface{ UnsafeConn() net.Conn }); ok {
			inner = u.UnsafeConn()
		}
		e.handovers.done(inner)
		early := readEarly(hijacked, inner)
		go e.attach(newWSConn(inner, to.deflate), to, early)
	}, websocket.Config{
		EnableCompression: e.options.DeflateFrom > 0,
		RecoverHandler: func(*websocket.Conn) {
			if reason := recover(); reason != nil {
				e.log.Error().Interface("panic", reason).Msg("WebSocket upgrade panicked")
			}
		},
	})
}

// readEarly returns what fasthttp had read past the request: a read whose deadline has passed returns only that.
func readEarly(hijacked, inner net.Conn) []byte {
	if err := inner.SetReadDeadline(time.Unix(1, 0)); err != nil {
		return nil
	}
	var early []byte
	for {
		var chunk [512]byte
		n, err := hijacked.Read(chunk[:])
		early = append(early, chunk[:n]...)
		if err != nil {
			break
		}
	}
	_ = inner.SetDeadline(time.Time{}) // fails only on a connection that is closed: the next read says so
	return early
}

// attach joins a connection and its session, and reads until either ends.
func (e *EngineIO) attach(t *wsConn, to *attachment, early []byte) {
	session := to.session
	switch {
	case to.polling:
		t.Close(realtime.StatusNone)
		t.linger()
		return
	case to.fresh:
		session.Start(t)
	case !session.Probe(t):
		t.Close(realtime.StatusNone)
		t.linger()
		return
	}
	t.read(session, early, e.server.Options().MaxPayload)
}

// wsConn is a detached WebSocket: a realtime.Transport, and the reader of its frames.
type wsConn struct {
	conn net.Conn
	raw  syscall.RawConn // nil where the connection has no descriptor: then every write waits

	// The write that is tried now: one closure for all, so that a write allocates nothing. The outbox writes one at a time.
	try    []byte
	tried  int
	tryErr error
	tryNow func(fd uintptr) bool

	deflate int        // from how many bytes messages are compressed
	waiting sync.Mutex // held by a write that waits: it also has the descriptor to itself
	closing sync.Once
	closed  atomic.Bool
}

func newWSConn(conn net.Conn, deflate int) *wsConn {
	t := &wsConn{conn: conn, deflate: deflate}
	if sc, ok := conn.(syscall.Conn); ok && descriptors {
		if raw, err := sc.SyscallConn(); err == nil {
			t.raw = raw
		}
	}
	t.tryNow = func(fd uintptr) bool {
		t.tried, t.tryErr = writeNow(fd, t.try)
		return true
	}
	return t
}

// TryWrite implements realtime.Transport.
func (t *wsConn) TryWrite(p []byte) (int, error) {
	if t.raw == nil {
		return 0, nil
	}
	t.try, t.tried, t.tryErr = p, 0, nil
	err := t.raw.Write(t.tryNow)
	t.try = nil
	if err == nil {
		err = t.tryErr
	}
	return t.tried, err
}

// Write implements realtime.Transport.
func (t *wsConn) Write(p net.Buffers) error {
	t.waiting.Lock()
	defer t.waiting.Unlock()
	_, err := p.WriteTo(t.conn)
	return err
}

// DeflateFrom implements realtime.Deflating.
func (t *wsConn) DeflateFrom() int { return t.deflate }

// Close implements realtime.Transport. The close frame is written if the connection takes it at once. Whoever reads the
// connection goes on until the client has closed it too: one that is closed with something unread is reset, and the
// client may never see the frame.
func (t *wsConn) Close(status int) {
	t.closing.Do(func() {
		var body []byte
		if status != realtime.StatusNone {
			body = ws.NewCloseFrameBody(ws.StatusCode(status), "")
		}
		t.farewell(body)
		t.closed.Store(true)
		now := time.Now()
		_ = t.conn.SetWriteDeadline(now) // ends a write that waits; these fail only on a connection that is gone
		_ = t.conn.SetReadDeadline(now.Add(lingerTime))
		if half, ok := t.conn.(interface{ CloseWrite() error }); ok {
			_ = half.CloseWrite()
		} else {
			_ = t.conn.Close()
		}
	})
}

// farewell writes the close frame, unless a write waits: the connection takes nothing then, and whoever closes it must not
// wait for its client.
func (t *wsConn) farewell(body []byte) {
	frame, err := ws.CompileFrame(ws.NewCloseFrame(body))
	if err != nil || t.raw == nil || !t.waiting.TryLock() {
		return
	}
	defer t.waiting.Unlock()
	// Not TryWrite: another goroutine may be in it, and this is the last frame of all.
	_ = t.raw.Write(func(fd uintptr) bool {
		_, _ = writeNow(fd, frame)
		return true
	})
}

// lingerTime is how long a client may take to close a connection that was closed for it.
const lingerTime = time.Second

// linger reads a closed connection to its end and lets go of it.
func (t *wsConn) linger() {
	for t.readOnce(func([]byte) error { return nil }) == nil {
	}
	_ = t.conn.Close()
}
