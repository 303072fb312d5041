package http

import (
	"encoding/base64"
	"net"
	"strings"
	"time"

	"github.com/gofiber/contrib/websocket"
	"github.com/gofiber/fiber/v2"

	"kapoor.example/desk/actors/realtime"
	"kapoor.example/desk/protocol/engineio"
)

// leastBuffer is the smallest buffer of the library that upgrades; it has two for each connection.
const leastBuffer = 125

// webSocketVersion is the version of the WebSocket protocol that is spoken.
const webSocketVersion = "13"

// webSocketKeyLength is how many bytes the key of an upgrade has, in base64 (RFC 6455, 4.2.1); the library takes any.
const webSocketKeyLength = 16

// localAttachment carries what a connection is for from the request to the upgraded connection.
const localAttachment = "engineio.attachment"

// upgrade answers a request that wants to become a WebSocket: a handshake of its own, or the upgrade of a session.
func (e *EngineIO) upgrade(c *fiber.Ctx, session *realtime.Session) error {
	if key, err := base64.StdEncoding.DecodeString(c.Get(fiber.HeaderSecWebSocketKey)); err != nil || len(key) != webSocketKeyLength {
		return e.refuse(c, true, refuse(engineio.ErrBadRequest, "name", "TRANSPORT_HANDSHAKE_ERROR"))
	}
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
	c.Request().Header.Set(fiber.HeaderConnection, "Upgrade") // that it says so is known: the library reads one line, and a tidy one
	c.Locals(localAttachment, to)
	if to.fresh {
		e.handovers.expect(c.Context().Conn(), to.session)
	}
	if err := e.ws(c); err != nil {
		if to.fresh {
			e.handovers.done(c.Context().Conn())
			to.session.Fail(realtime.ReasonTransportError)
		}
		if c.Get(fiber.HeaderSecWebSocketVersion) != webSocketVersion {
			c.Set(fiber.HeaderSecWebSocketVersion, webSocketVersion) // RFC 6455, 4.4
		}
		return e.refuse(c, true, refuse(engineio.ErrBadRequest, "name", "TRANSPORT_HANDSHAKE_ERROR"))
	}
	if len(c.Response().Header.Peek(fiber.HeaderSecWebSocketExtensions)) > 0 {
		to.deflate = e.options.DeflateFrom
	}
	// Written together with the open packet: one system call less here, and one read less there.
	c.Context().HijackSetNoResponse(true)
	to.head = append([]byte(nil), c.Response().Header.Header()...)
	return nil
}

// attachment is what an upgraded connection is for.
type attachment struct {
	session *realtime.Session
	fresh   bool   // the session begins with this WebSocket
	polling bool   // row 18: an upgrade that names polling is closed at once
	deflate int    // from how many bytes messages are compressed; 0 where that was not agreed
	head    []byte // the answer to the request, which nobody has written yet
}

// websocketHandler upgrades through the library and detaches: it duplicates the real connection, takes what was read early,
// and returns. Nothing of the library or of fasthttp is held afterwards, both reuse it for others, buffers of many KiB
// among it. A connection that cannot be duplicated, such as one over TLS, keeps all that as long as it lasts.
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
		t, ended := e.detach(inner)
		t.session, t.limit, t.deflate = to.session, e.server.Options().MaxPayload, to.deflate
		t.head.Store(&to.head)
		t.attach(to, early)
		if ended != nil {
			<-ended
		}
	}, websocket.Config{
		EnableCompression: e.options.DeflateFrom > 0,
		ReadBufferSize:    leastBuffer, WriteBufferSize: leastBuffer, // nothing is read or written through the library
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
	chunk := buffers.Get().(*[readBuffer]byte)
	defer buffers.Put(chunk)
	var early []byte
	for {
		n, err := hijacked.Read(chunk[:])
		early = append(early, chunk[:n]...)
		if err != nil {
			break
		}
	}
	_ = inner.SetDeadline(time.Time{}) // fails only on a connection that is closed: the next read says so
	return early
}
