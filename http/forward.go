package http

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/utils"
	"github.com/valyala/fasthttp"
)

// Forwarding passes requests of sessions on to the node that has them, so that a load balancer may send any request
// anywhere. NewForwarding makes one; Drain ends it.
type Forwarding struct {
	options ForwardingOptions
	poller  poller

	leave chan struct{} // closed when Drain begins
	mu    sync.Mutex
	over  time.Time            // when what is passed on is to be over; zero before Drain
	joins map[*tunnel]struct{} // the tunnels there are

	polls atomic.Int64 // polls that wait for an answer of another node
}

// ForwardingOptions are those of a Forwarding. Owner, Key, Patience and MaxBody are required.
type ForwardingOptions struct {
	// Owner returns where the session's node is, false where it is this one or nobody knows. It may wait.
	Owner func(ctx context.Context, sid string) (address string, ok bool)
	// Key is what nodes prove with that a request comes from one of them.
	Key []byte
	// Patience is how long an answer may take. It has to be above the time between two pings.
	Patience time.Duration
	// MaxBody bounds the body of a request that is passed on; of a larger one only so much and one byte more is.
	MaxBody int
	// Yield is called for a session of this node when the node stops through which its client came: its poll is to be
	// answered, or its WebSocket closed, so that the client comes through another node. Nil does neither.
	Yield func(sid string, webSocket bool)
	// Goroutines has both ends of a WebSocket's tunnel wait in a goroutine of their own, as in EngineOptions.
	Goroutines bool
	// OnError is told why a request could not be passed on: it is answered as if the session were unknown.
	OnError func(error)
}

// NewForwarding returns a Forwarding with nothing under way.
func NewForwarding(o ForwardingOptions) *Forwarding {
	return &Forwarding{options: o, leave: make(chan struct{}), joins: map[*tunnel]struct{}{}}
}

// forwardedHeader proves that a node has passed a request on. Such a one is not passed on again.
const forwardedHeader = "X-Desk-Forwarded"

// lasting returns a request's context without its end, which comes when the server shuts down: what is in hand then is
// finished. Whatever waits here has its own bound.
func lasting(c *fiber.Ctx) context.Context { return context.WithoutCancel(c.Context()) }

// reach opens a connection to another node.
func reach(ctx context.Context, address string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: dialTime}
	return dialer.DialContext(ctx, "tcp", address)
}

// dialTime bounds how long reaching another node may take.
const dialTime = 2 * time.Second

// Middleware is one for EngineOptions.Middleware.
func (f *Forwarding) Middleware(c *Ctx) (next bool, err error) {
	sid := utils.CopyString(lastQuery(c, "sid")) // whoever finds the owner may keep it
	if sid == "" {
		return true, nil
	}
	if proof := c.Get(forwardedHeader); proof != "" {
		if !hmac.Equal([]byte(proof), []byte(f.proof(sid))) {
			return false, errors.New("not from a node of this cluster")
		}
		if c.Method() == yieldMethod {
			return false, f.yielded(c, sid)
		}
		return true, nil
	}
	address, elsewhere := f.options.Owner(lasting(c), sid)
	if !elsewhere {
		return true, nil
	}
	if isUpgrade(c) {
		err = f.tunnel(c, address, sid)
	} else {
		err = f.pass(c, address, sid)
	}
	switch {
	case err == nil:
		return false, nil
	case errors.Is(err, errClientGone):
		return false, err
	case f.options.OnError != nil:
		f.options.OnError(err)
	}
	return true, nil
}

func (f *Forwarding) proof(sid string) string {
	mac := hmac.New(sha256.New, f.options.Key)
	_, _ = mac.Write([]byte("forwarded " + sid)) // never fails
	return hex.EncodeToString(mac.Sum(nil))
}

// pass has another node answer a request. When the client goes away meanwhile, that node sees it.
func (f *Forwarding) pass(c *fiber.Ctx, address, sid string) error {
	request, answer := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(request)
	defer fasthttp.ReleaseResponse(answer)
	c.Request().Header.CopyTo(&request.Header)
	if c.Method() == fiber.MethodPost {
		body, err := f.body(c)
		if err != nil {
			return err
		}
		request.SetBodyRaw(body)
	}
	request.Header.SetNoDefaultContentType(true) // it means that bytes are sent raw
	request.Header.Del(fiber.HeaderTransferEncoding)
	request.Header.Set(forwardedHeader, f.proof(sid))
	request.Header.SetConnectionClose()
	request.UseHostHeader = true
	far, err := reach(lasting(c), address)
	if err != nil {
		return err
	}
	if err := far.SetDeadline(time.Now().Add(f.options.Patience)); err != nil {
		return errors.Join(err, far.Close())
	}
	w := bufio.NewWriter(far)
	if err := errors.Join(request.Write(w), w.Flush()); err != nil {
		return errors.Join(err, far.Close())
	}
	answered := make(chan error, 1)
	go func() {
		r := bufio.NewReader(far)
		err := answer.Read(r)
		answered <- err
		if err == nil {
			// The node that ends a connection keeps its port for a minute, and only the one that began it runs out of ports.
			_ = far.SetReadDeadline(time.Now().Add(lingerTime)) // where this fails the read does
			_, _ = io.Copy(io.Discard, r)
		}
		_ = far.Close() // again, where nobody waited for the answer
	}()
	if err := f.await(c, answered, far, ask{address, c.Path(), sid}); err != nil {
		return err
	}
	answer.Header.Del(fiber.HeaderConnection)
	answer.CopyTo(c.Response())
	c.Response().Header.ResetConnectionClose()
	return nil
}

// await waits for an answer. Once this node leaves, a poll gets its answer soon.
func (f *Forwarding) await(c *fiber.Ctx, answered <-chan error, far net.Conn, a ask) error {
	watch := watchConn(c.Context().Conn())
	defer watch.stop()
	var leave <-chan struct{}
	var due <-chan time.Time
	if c.Method() == fiber.MethodGet {
		leave = f.leave
		f.polls.Add(1)
		defer f.polls.Add(-1)
	}
	for {
		select {
		case err := <-answered:
			return err
		case <-watch.gone:
			_ = far.Close() // ends the read, and the other node sees it
			return errors.Join(errClientGone, <-answered)
		case <-leave:
			leave, due = nil, time.After(f.turn())
		case <-due:
			if err := f.yield(a, false); err != nil && f.options.OnError != nil {
				f.options.OnError(err)
			}
			due = time.After(yieldAgain)
		}
	}
}

func (f *Forwarding) body(c *fiber.Ctx) ([]byte, error) {
	stream := c.Context().RequestBodyStream()
	if stream == nil {
		return bytes.Clone(c.Request().Body()), nil
	}
	return io.ReadAll(io.LimitReader(stream, int64(f.options.MaxBody)+1))
}
