package swarm

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
)

// Swarm is a number of clients and the loops they live on.
type Swarm struct {
	options   Options
	request   []byte // the HTTP upgrade, the same for all; or
	firstPoll []byte // the handshake of one that polls
	loops     []*loop
	clients   []Client
	running   sync.WaitGroup
	closing   sync.Once

	inFlight  atomic.Int64
	connected atomic.Int64
	settled   chan struct{} // a token whenever the last of the clients that were to connect has, or has failed
	unsettled atomic.Int64
}

// New starts the loops; no client connects yet. Whoever made a swarm calls Close. Errors: ErrUnsupported, a sentence about
// the limit of open files, or what is wrong with the options.
func New(o Options) (*Swarm, error) {
	o = o.withDefaults()
	if err := o.validate(); err != nil {
		return nil, err
	}
	target, err := resolve(o.Address)
	if err != nil {
		return nil, err
	}
	if err := allowFiles(o.Clients); err != nil {
		return nil, err
	}
	s := &Swarm{
		options: o, clients: make([]Client, o.Clients), settled: make(chan struct{}, 1),
		request: []byte("GET " + o.Path + "?EIO=4&transport=websocket HTTP/1.1\r\nHost: " + o.Address +
			"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
			"Sec-WebSocket-Key: c3dhcm0gb2YgY2xpZW50cw==\r\n\r\n"),
		firstPoll: []byte("GET " + o.Path + "?EIO=4&transport=polling HTTP/1.1\r\nHost: " + o.Address + "\r\n\r\n"),
	}
	s.SetInFlight(o.InFlight)
	for range o.Loops {
		l, err := newLoop(s, target)
		if err != nil {
			s.release()
			return nil, fmt.Errorf("swarm: %w", err)
		}
		s.loops = append(s.loops, l)
	}
	for i := range s.clients {
		s.clients[i] = Client{index: i, fd: noFile, loop: s.loops[i%o.Loops]}
		if o.Polling != nil && o.Polling(i) {
			s.clients[i].poll = &polling{}
		}
	}
	for _, l := range s.loops {
		s.running.Go(l.run)
	}
	return s, nil
}

// Clients returns how many there are.
func (s *Swarm) Clients() int { return len(s.clients) }

// ConnectedCount returns how many are connected.
func (s *Swarm) ConnectedCount() int { return int(s.connected.Load()) }

// Post runs a function on the loop of a client, after what was posted there before. It may be called anywhere; after
// Close the function is not run.
func (s *Swarm) Post(index int, do func(*Client)) {
	c := &s.clients[index]
	c.loop.post(func() { do(c) })
}

// Each runs a function for every client, on its loop, and waits until all are done. It may not be called on a loop. It
// stops waiting when ctx ends.
func (s *Swarm) Each(ctx context.Context, do func(*Client)) error {
	var left atomic.Int64
	left.Store(int64(len(s.loops)))
	done := make(chan struct{})
	for first, l := range s.loops {
		l.post(func() {
			for i := first; i < len(s.clients); i += len(s.loops) {
				do(&s.clients[i])
			}
			if left.Add(-1) == 0 {
				close(done)
			}
		})
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Connect lets all clients connect that have no connection and waits until each has succeeded or failed once. The
// Observer sees both. Not to be called twice at once, nor on a loop.
func (s *Swarm) Connect(ctx context.Context) error {
	s.Expect()
	if err := s.Each(ctx, func(c *Client) { c.Connect() }); err != nil {
		return err
	}
	return s.Settled(ctx)
}

// SetInFlight changes Options.InFlight for the connects to come.
func (s *Swarm) SetInFlight(n int) { s.inFlight.Store(int64(n)) }

// Expect forgets an earlier end of connecting, so that Settled waits for the next one.
func (s *Swarm) Expect() {
	select {
	case <-s.settled:
	default:
	}
}

// Settled waits until no client is connecting or waiting for its turn.
func (s *Swarm) Settled(ctx context.Context) error {
	for s.unsettled.Load() > 0 {
		select {
		case <-s.settled:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// settle notes that one client is no longer connecting.
func (s *Swarm) settle() {
	if s.unsettled.Add(-1) == 0 {
		select {
		case s.settled <- struct{}{}:
		default:
		}
	}
}

// Close cuts all connections and ends the loops. It waits for them; it may not be called on one.
func (s *Swarm) Close() {
	s.closing.Do(func() {
		for _, l := range s.loops {
			l.post(func() { l.stopping = true })
		}
		s.running.Wait()
		s.release()
	})
}

func (s *Swarm) release() {
	for _, l := range s.loops {
		l.poll.close()
	}
}
