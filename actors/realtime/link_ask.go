package realtime

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"kapoor.example/desk/protocol/cluster"
	"kapoor.example/desk/protocol/socketio"
)

// ask asks the other servers of namespaces, on a goroutine of its own, and calls done with what came in time: one element
// for each body that each returns. A timeout of zero waits until the server closes.
func (l *link) ask(targets []*Namespace, timeout time.Duration, body cluster.Body, take func(cluster.Body), done func(error)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		go done(ErrNotConnected)
		return
	}
	l.asks.Go(func() {
		ctx, cancel := l.ctx, context.CancelFunc(func() {})
		if timeout > 0 {
			ctx, cancel = context.WithTimeout(ctx, timeout)
		}
		defer cancel()
		var errs []error
		for _, n := range targets {
			errs = append(errs, l.bus.Ask(ctx, n.name, body, func(_ string, answer cluster.Body) { take(answer) }))
		}
		err := errors.Join(errs...)
		if errors.Is(err, context.DeadlineExceeded) {
			err = ErrAckTimeout
		}
		done(err)
	})
}

// gathering joins what several have answered.
type gathering struct {
	mu      sync.Mutex
	left    int
	answers []socketio.Args
	errs    []error
	finish  func([]socketio.Args, error)
}

func (g *gathering) take(args ...socketio.Args) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.answers = append(g.answers, args...)
}

// done says that one of them has answered all it will.
func (g *gathering) done(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err != nil && !slices.ContainsFunc(g.errs, func(old error) bool { return errors.Is(old, err) }) {
		g.errs = append(g.errs, err)
	}
	if g.left--; g.left > 0 {
		return
	}
	if g.answers == nil {
		g.answers = []socketio.Args{}
	}
	err = errors.Join(g.errs...)
	if len(g.errs) == 1 {
		err = g.errs[0]
	}
	g.finish(g.answers, err)
}

// argsOf returns a value of another server as the one argument it was.
func argsOf(value socketio.Arg) socketio.Args {
	if value.Raw == nil {
		return socketio.Args{}
	}
	return socketio.Args{Raw: []json.RawMessage{value.Raw}, Attachments: value.Attachments}
}

// emitWithAckEverywhere asks the addressed clients, here and on the other servers.
func (b Broadcast) emitWithAckEverywhere(answer func([]socketio.Args, error), name string, args ...any) error {
	data, attachments, err := socketio.EncodeEvent(name, args...)
	if err != nil {
		return err
	}
	server := b.namespace.server
	g := &gathering{left: 2, finish: func(answers []socketio.Args, err error) {
		go server.system.Safely(adapterKind, "collection", func() { answer(answers, err) })
	}}
	here := b.Local()
	if err := here.EmitWithAck(func(answers []socketio.Args, err error) {
		g.take(answers...)
		g.done(err)
	}, name, args...); err != nil {
		return err
	}
	body := cluster.Broadcast{To: b.target(), Data: data, Attachments: attachments, Plain: b.plain, Timeout: b.timeout}
	server.link.ask(b.namespace.targets(), b.timeout, body, func(answer cluster.Body) {
		if ack, ok := answer.(cluster.ClientAck); ok {
			g.take(argsOf(ack.Value))
		}
	}, g.done)
	return nil
}

// fetchEverywhere returns the addressed sockets of the other servers.
func (b Broadcast) fetchEverywhere(ctx context.Context) ([]RemoteSocket, error) {
	ctx, cancel := context.WithTimeout(ctx, max(b.timeout, answerTime))
	defer cancel()
	var found []RemoteSocket
	for _, n := range b.namespace.targets() {
		err := b.namespace.server.link.bus.Ask(ctx, n.name, cluster.FetchSockets{To: b.target()}, func(_ string, answer cluster.Body) {
			for _, s := range answer.(cluster.Sockets).List {
				found = append(found, n.remote(s))
			}
		})
		if err != nil {
			return found, err
		}
	}
	return found, nil
}

// remote returns a socket of another server.
func (n *Namespace) remote(s cluster.Socket) RemoteSocket {
	h := s.Handshake
	lines := func(yield func(string, string) bool) {
		for _, name := range slices.Sorted(maps.Keys(h.Header)) {
			for _, value := range h.Header[name] {
				if !yield(http.CanonicalHeaderKey(name), value) {
					return
				}
			}
		}
	}
	one := RemoteSocket{ID: s.ID, Rooms: slices.Sorted(slices.Values(s.Rooms)), Issued: h.Issued, namespace: n}
	if raw := h.Auth.Raw; raw != nil && string(raw) != "{}" && string(raw) != "null" {
		one.Auth = raw
	}
	one.Request = Request{Address: h.Address, URL: h.URL, Secure: h.Secure}.WithHeader(lines)
	if raw := s.Data.Raw; raw != nil && string(raw) != "null" {
		one.Data = raw
	}
	return one
}

// socketsOf returns sockets as other servers are told of them.
func socketsOf(found []RemoteSocket) cluster.Sockets {
	list := make([]cluster.Socket, len(found))
	for i, s := range found {
		header := map[string][]string{}
		for name, values := range s.Request.Header() {
			header[strings.ToLower(name)] = values
		}
		list[i] = cluster.Socket{ID: s.ID, Rooms: s.Rooms, Data: dataOf(s.Data), Handshake: cluster.Handshake{
			Header: header, Address: s.Request.Address, Secure: s.Request.Secure, URL: s.Request.URL, Query: s.Request.Query(),
			Issued: s.Issued, Time: s.Issued.UTC().Format(handshakeTime), Cross: len(header["origin"]) > 0,
			Auth: socketio.Arg{Raw: s.Auth},
		}}
	}
	return cluster.Sockets{List: list}
}

// handshakeTime is how JavaScript writes a date where the clocks show UTC.
const handshakeTime = "Mon Jan 02 2006 15:04:05 GMT+0000 (Coordinated Universal Time)"

// dataOf returns what the application keeps with a socket as a value, nothing where it is no value.
func dataOf(data any) socketio.Arg {
	if data == nil {
		return socketio.Arg{}
	}
	raw, attachments, err := socketio.EncodeArgs(data)
	if err != nil {
		return socketio.Arg{}
	}
	return firstOf(raw, attachments)
}
