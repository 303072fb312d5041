package http

import (
	"errors"
	"net"
	"sync/atomic"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/utils"
	"github.com/valyala/fasthttp"
)

// tunnel is a client's WebSocket that came to one node and a connection to the node that has its session. Where there is
// epoll it costs two descriptors and no goroutine while nothing comes.
type tunnel struct {
	of   *Forwarding
	ask  ask
	near end
	far  end
	open atomic.Int32  // ends that still read
	over chan struct{} // closed when none does
}

// end is one of a tunnel's two connections. What comes there is written to the other.
type end struct {
	tunnel *tunnel
	other  *end
	line   line
}

// tunnel joins the client's connection with one to another node, for a WebSocket. That node answers the upgrade. Once this
// node leaves there is no use in beginning one: the client stays with polling.
func (f *Forwarding) tunnel(c *fiber.Ctx, address, sid string) error {
	if f.leaving() {
		c.Set(fiber.HeaderConnection, "close")
		return c.Status(fiber.StatusServiceUnavailable).SendString("Service Unavailable")
	}
	far, err := reach(lasting(c), address)
	if err != nil {
		return err
	}
	header := &fasthttp.RequestHeader{}
	c.Request().Header.CopyTo(header)
	header.Set(forwardedHeader, f.proof(sid))
	if _, err := far.Write(header.Header()); err != nil {
		return errors.Join(err, far.Close())
	}
	t := &tunnel{of: f, ask: ask{address, utils.CopyString(c.Path()), sid}, over: make(chan struct{})}
	c.Context().HijackSetNoResponse(true)
	c.Context().Hijack(func(hijacked net.Conn) {
		near := hijacked
		if u, ok := hijacked.(interface{ UnsafeConn() net.Conn }); ok {
			near = u.UnsafeConn()
		}
		early := readEarly(hijacked, near)
		nearLine, ended := f.line(near)
		farLine, owned := f.line(far)
		if owned == nil {
			_ = far.Close() // the line has it by another descriptor
		}
		t.begin(nearLine, farLine, early)
		if ended != nil {
			<-ended
		}
	})
	return nil
}

// line returns a connection as a line. Where ended is nil conn may be closed.
func (f *Forwarding) line(conn net.Conn) (l line, ended <-chan struct{}) {
	if !f.options.Goroutines {
		if t := f.poller.take(conn); t != nil {
			return t.line, nil
		}
	}
	if own := duplicate(conn); own != nil {
		return newWaitingLine(own), nil
	}
	waiting := newWaitingLine(conn)
	waiting.over = make(chan struct{})
	return waiting, waiting.over
}

// begin has both ends read until either is closed.
func (t *tunnel) begin(near, far line, early []byte) {
	t.near, t.far = end{t, &t.far, near}, end{t, &t.near, far}
	t.open.Store(2)
	if !t.of.join(t) {
		near.shut()
		far.shut()
	}
	if len(early) > 0 {
		t.near.received(early)
	}
	t.near.line.listen(&t.near)
	t.far.line.listen(&t.far)
}

// received implements receiver. It waits where the other end takes nothing, so that the sender slows down.
func (e *end) received(p []byte) {
	n, err := e.other.line.tryWrite(p)
	if err == nil && n < len(p) {
		err = e.other.line.write(net.Buffers{p[n:]})
	}
	if err != nil {
		e.line.shut()
	}
}

// ended implements receiver: the other end ends soon, too.
func (e *end) ended() {
	e.other.line.shut()
	if e.tunnel.open.Add(-1) == 0 {
		e.tunnel.of.part(e.tunnel)
		close(e.tunnel.over)
	}
}
