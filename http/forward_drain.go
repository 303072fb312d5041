package http

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"kapoor.example/desk/actors/realtime"
)

// yieldMethod is that of a node's request to let go of a session's poll or WebSocket, since the node stops through which it
// came. Clients have no use for it.
const yieldMethod = fiber.MethodDelete

const (
	yieldTime  = 500 * time.Millisecond // what such a request may take
	yieldAgain = 100 * time.Millisecond // after it, if the poll is still there: it may have come before the poll
)

// ask names what was passed on, for asking to let go of it.
type ask struct{ address, path, sid string }

// Passed returns how many WebSockets of other nodes' sessions come through this one.
func (f *Forwarding) Passed() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.joins)
}

// Polls returns how many polls wait here for an answer of another node.
func (f *Forwarding) Polls() int { return int(f.polls.Load()) }

// Drain ends what is passed on, spread over a time, and returns when the WebSockets are over or ctx ends: then they are cut.
// The sessions are of nodes that go on. So polls are answered, by those nodes, and their clients send the next one through
// another node. A WebSocket cannot change its way: it is closed, by the node that has the session and behind everything
// that was sent, as a server does that is restarted. Afterwards polls are passed on for a moment only, and WebSockets not
// at all.
func (f *Forwarding) Drain(ctx context.Context, over time.Duration) error {
	f.mu.Lock()
	if !f.over.IsZero() {
		f.mu.Unlock()
		return nil
	}
	f.over = time.Now().Add(over)
	var left []*tunnel
	for t := range f.joins {
		left = append(left, t)
	}
	f.mu.Unlock()
	close(f.leave)
	for _, t := range left {
		time.AfterFunc(f.turn(), func() {
			if err := f.yield(t.ask, true); err != nil && f.options.OnError != nil {
				f.options.OnError(err)
			}
		})
	}
	patience := time.NewTimer(over + yieldTime + lingerTime)
	defer patience.Stop()
	for _, t := range left {
		select {
		case <-t.over:
			continue
		case <-patience.C:
		case <-ctx.Done():
		}
		f.cut()
		return ctx.Err()
	}
	return nil
}

// cut ends all tunnels at once.
func (f *Forwarding) cut() {
	f.mu.Lock()
	left := make([]*tunnel, 0, len(f.joins))
	for t := range f.joins {
		left = append(left, t)
	}
	f.mu.Unlock()
	for _, t := range left {
		t.near.line.shut()
		t.far.line.shut()
	}
}

// turn returns how long something that is passed on stays. Only after Drain.
func (f *Forwarding) turn() time.Duration {
	f.mu.Lock()
	left := time.Until(f.over)
	f.mu.Unlock()
	if left <= 0 {
		return 0
	}
	return rand.N(left) //nolint:gosec // no secret
}

// leaving reports whether Drain was called.
func (f *Forwarding) leaving() bool {
	select {
	case <-f.leave:
		return true
	default:
		return false
	}
}

// join notes a tunnel, unless this node leaves. part forgets it.
func (f *Forwarding) join(t *tunnel) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.over.IsZero() {
		f.joins[t] = struct{}{}
	}
	return f.over.IsZero()
}

func (f *Forwarding) part(t *tunnel) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.joins, t)
}

// yield asks the node of a session to let go of what came through this one.
func (f *Forwarding) yield(a ask, webSocket bool) error {
	transport := realtime.Polling
	if webSocket {
		transport = realtime.WebSocket
	}
	request, answer := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(request)
	defer fasthttp.ReleaseResponse(answer)
	request.SetRequestURI("http://" + a.address + a.path)
	request.URI().QueryArgs().Set("EIO", "4")
	request.URI().QueryArgs().Set("transport", transport)
	request.URI().QueryArgs().Set("sid", a.sid)
	request.Header.SetMethod(yieldMethod)
	request.Header.Set(forwardedHeader, f.proof(a.sid))
	request.Header.SetConnectionClose()
	ctx, cancel := context.WithTimeout(context.Background(), yieldTime)
	defer cancel()
	conn, err := reach(ctx, a.address)
	if err != nil {
		return fmt.Errorf("ask a node to let go: %w", err)
	}
	defer func() { _ = conn.Close() }() // the answer is there, or will not come
	deadline, _ := ctx.Deadline()
	w := bufio.NewWriter(conn)
	if err := errors.Join(conn.SetDeadline(deadline), request.Write(w), w.Flush(), answer.Read(bufio.NewReader(conn))); err != nil {
		return fmt.Errorf("ask a node to let go: %w", err)
	}
	return nil
}

// yielded answers such a request.
func (f *Forwarding) yielded(c *Ctx, sid string) error {
	if f.options.Yield != nil {
		f.options.Yield(sid, lastQuery(c, "transport") == realtime.WebSocket)
	}
	return c.SendStatus(fiber.StatusNoContent)
}
