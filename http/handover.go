package http

import (
	"net"
	"sync"

	"github.com/valyala/fasthttp"

	"kapoor.example/desk/actors/realtime"
)

// handovers knows the sessions that begin with a WebSocket whose 101 is on its way. When the client has gone before it is
// written, fasthttp never hands the connection over: nobody else would end the session.
type handovers struct {
	pending sync.Map // net.Conn → *realtime.Session
}

// watch looks at the connections of a server that end.
func (h *handovers) watch(server *fasthttp.Server) {
	next := server.ConnState
	server.ConnState = func(conn net.Conn, state fasthttp.ConnState) {
		if state == fasthttp.StateClosed {
			if session, ok := h.pending.LoadAndDelete(conn); ok {
				session.(*realtime.Session).Fail(realtime.ReasonTransportError)
			}
		}
		if next != nil {
			next(conn, state)
		}
	}
}

// expect says that a connection is to be handed over to a session, done that it was, or will not be.
func (h *handovers) expect(conn net.Conn, s *realtime.Session) { h.pending.Store(conn, s) }
func (h *handovers) done(conn net.Conn)                        { h.pending.Delete(conn) }
