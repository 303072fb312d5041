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
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/utils"
	"github.com/valyala/fasthttp"
)

// Forwarding passes requests of sessions on to the node that has them, so that a load balancer may send any request
// anywhere.
type Forwarding struct {
	// Owner returns where the session's node is, false where it is this one or nobody knows. It may wait.
	Owner func(ctx context.Context, sid string) (address string, ok bool)
	// Key is what nodes prove with that a request comes from one of them.
	Key []byte
	// Patience is how long an answer may take. It has to be above the time between two pings.
	Patience time.Duration
	// MaxBody bounds the body of a request that is passed on; of a larger one only so much and one byte more is.
	MaxBody int
	// OnError is told why a request could not be passed on: it is answered as if the session were unknown.
	OnError func(error)
}

// forwardedHeader proves that a node has passed a request on. Such a one is not passed on again.
const forwardedHeader = "X-Desk-Forwarded"

// reach opens a connection to another node.
func reach(c *fiber.Ctx, address string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: dialTime}
	return dialer.DialContext(c.Context(), "tcp", address)
}

// dialTime bounds how long reaching another node may take.
const dialTime = 2 * time.Second

// Middleware returns what EngineOptions.Middleware takes.
func (f Forwarding) Middleware() Middleware {
	return func(c *Ctx) (next bool, err error) {
		sid := utils.CopyString(lastQuery(c, "sid")) // whoever finds the owner may keep it
		if sid == "" {
			return true, nil
		}
		if proof := c.Get(forwardedHeader); proof != "" {
			if !hmac.Equal([]byte(proof), []byte(f.proof(sid))) {
				return false, errors.New("not from a node of this cluster")
			}
			return true, nil
		}
		address, elsewhere := f.Owner(c.Context(), sid)
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
		case f.OnError != nil:
			f.OnError(err)
		}
		return true, nil
	}
}

func (f Forwarding) proof(sid string) string {
	mac := hmac.New(sha256.New, f.Key)
	_, _ = mac.Write([]byte("forwarded " + sid)) // never fails
	return hex.EncodeToString(mac.Sum(nil))
}

// pass has another node answer a request. When the client goes away meanwhile, that node sees it.
func (f Forwarding) pass(c *fiber.Ctx, address, sid string) error {
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
	far, err := reach(c, address)
	if err != nil {
		return err
	}
	var closing sync.Once
	hangUp := func() { closing.Do(func() { _ = far.Close() }) } // the answer is there, or nobody waits for it
	defer hangUp()
	if err := far.SetDeadline(time.Now().Add(f.Patience)); err != nil {
		return err
	}
	w := bufio.NewWriter(far)
	if err := errors.Join(request.Write(w), w.Flush()); err != nil {
		return err
	}
	watch := watchConn(c.Context().Conn())
	var read error
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		read = answer.Read(bufio.NewReader(far))
	}()
	select {
	case <-answered:
		err = read
	case <-watch.gone:
		hangUp()
		<-answered // of nobody any more
		err = errClientGone
	}
	watch.stop()
	if err != nil {
		return err
	}
	answer.Header.Del(fiber.HeaderConnection)
	answer.CopyTo(c.Response())
	c.Response().Header.ResetConnectionClose()
	return nil
}

func (f Forwarding) body(c *fiber.Ctx) ([]byte, error) {
	stream := c.Context().RequestBodyStream()
	if stream == nil {
		return bytes.Clone(c.Request().Body()), nil
	}
	return io.ReadAll(io.LimitReader(stream, int64(f.MaxBody)+1))
}

// tunnel joins the client's connection with one to another node, for a WebSocket. That node answers the upgrade.
func (f Forwarding) tunnel(c *fiber.Ctx, address, sid string) error {
	far, err := reach(c, address)
	if err != nil {
		return err
	}
	header := &fasthttp.RequestHeader{}
	c.Request().Header.CopyTo(header)
	header.Set(forwardedHeader, f.proof(sid))
	if _, err := far.Write(header.Header()); err != nil {
		return errors.Join(err, far.Close())
	}
	c.Context().HijackSetNoResponse(true)
	c.Context().Hijack(func(near net.Conn) {
		inner := near
		if u, ok := near.(interface{ UnsafeConn() net.Conn }); ok {
			inner = u.UnsafeConn()
		}
		_ = inner.SetDeadline(time.Time{}) // fails only on a connection that is closed: the next read says so
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, _ = io.Copy(inner, far)        // however it ends, the other direction ends with it
			_, _ = inner.Close(), far.Close() // closed twice is closed
		}()
		_, _ = io.Copy(far, near)
		_, _ = inner.Close(), far.Close()
		<-done
	})
	return nil
}
