package redis

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/gomodule/redigo/redis"

	"kapoor.example/desk/protocol/cluster"
	"kapoor.example/desk/protocol/cluster/wire"
)

// Sessions are the lost connections that the servers of a cluster leave to each other, under the keys and in the form of
// Node's adapter. They have one connection, over which everything goes in its order: who takes a session that was left
// before finds it.
type Sessions struct {
	client  *Client
	names   wire.Names
	onError func(error)

	ctx   context.Context // ends when everything has to end
	stop  context.CancelFunc
	ended chan struct{} // closed when the goroutine has ended

	mu     sync.Mutex
	list   []errand
	closed bool
	more   chan struct{} // holds one element when there is something to do
}

// errand is one session that is left, or taken.
type errand struct {
	pid   string
	value string         // of one that is left
	until time.Time      // it is worth nothing then
	taken chan<- takings // of one that is taken
}

type takings struct {
	session *cluster.Session
	err     error
}

// The bounds of what waits, and of what is done at once.
const (
	maxErrands   = 100_000
	errandsBatch = 256
)

// OpenSessions returns the sessions of the servers with these names; the zero Names are Node's. onError is told what goes
// wrong in the background, and must not block.
func (c *Client) OpenSessions(names wire.Names, onError func(error)) *Sessions {
	names = BusOptions{Names: names}.withDefaults().Names
	s := &Sessions{client: c, names: names, onError: onError, ended: make(chan struct{}), more: make(chan struct{}, 1)}
	s.ctx, s.stop = context.WithCancel(context.Background())
	go s.run()
	return s
}

// Leave leaves a session for as long as it says. It does not wait: while Redis is out of reach it is kept, and left later.
func (s *Sessions) Leave(one cluster.Session) {
	value, err := wire.EncodeSession(one)
	if err == nil {
		err = s.put(errand{pid: one.PID, value: value, until: s.client.options.Now().Add(one.Left)})
	}
	if err != nil {
		s.onError(fmt.Errorf("leave a lost connection to other servers: %w", err))
	}
}

// Take takes a session away, so that nobody else gets it. It returns nil where there is none.
func (s *Sessions) Take(ctx context.Context, pid string) (*cluster.Session, error) {
	ctx, cancel := context.WithTimeout(ctx, s.client.options.Timeout) // what was left before may be in the way
	defer cancel()
	taken := make(chan takings, 1)
	if err := s.put(errand{pid: pid, taken: taken}); err != nil {
		return nil, err
	}
	select {
	case t := <-taken:
		return t.session, s.client.explain(t.err)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (s *Sessions) put(e errand) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return cluster.ErrClosed
	case len(s.list) >= maxErrands:
		return cluster.ErrFull
	}
	s.list = append(s.list, e)
	s.wakeLocked()
	return nil
}

func (s *Sessions) wakeLocked() {
	select {
	case s.more <- struct{}{}:
	default:
	}
}

// next returns what is done next; last says that nothing will come any more.
func (s *Sessions) next() (batch []errand, last bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := min(len(s.list), errandsBatch)
	batch = append(batch, s.list[:n]...)
	clear(s.list[:n])
	if s.list = s.list[n:]; len(s.list) == 0 {
		s.list = nil
	}
	return batch, s.closed && n == 0
}

// run does the errands until the sessions are closed and none is left, or everything has to end.
func (s *Sessions) run() {
	defer close(s.ended)
	var conn redis.Conn
	hangUp := func() {
		if conn != nil {
			_ = conn.Close() // it is broken, or not needed any more
			conn = nil
		}
	}
	defer hangUp()
	for {
		batch, last := s.next()
		switch {
		case last:
			return
		case len(batch) == 0:
			select {
			case <-s.more:
			case <-s.ctx.Done():
				return
			}
			continue
		}
		for failed := 0; len(batch) > 0; failed++ {
			var err error
			if conn == nil {
				conn, err = s.client.dial(s.ctx)
			}
			if err == nil {
				batch, err = s.do(conn, batch)
			}
			if err == nil {
				break
			}
			hangUp()
			batch = s.left(batch, err)
			if len(batch) > 0 && !pause(s.ctx, failed) {
				return
			}
		}
	}
}

// left answers those who wait for a session, since it may have been taken already, and returns what is to be left still.
func (s *Sessions) left(batch []errand, err error) (left []errand) {
	now := s.client.options.Now()
	for _, e := range batch {
		switch {
		case e.taken != nil:
			e.taken <- takings{err: err}
		case now.Before(e.until):
			left = append(left, e)
		}
	}
	return left
}

// do does a batch over a connection, and returns what is not done when that breaks.
func (s *Sessions) do(conn redis.Conn, batch []errand) ([]errand, error) {
	now, epoch := s.client.options.Now(), s.client.key("epoch", s.names.Stream)
	for _, e := range batch {
		key := s.names.Session(e.pid)
		var err error
		if e.taken != nil {
			err = errors.Join(conn.Send("GET", epoch), conn.Send("PTTL", key), conn.Send("GETDEL", key))
		} else {
			err = conn.Send("SET", key, e.value, "PX", max(1, e.until.Sub(now).Milliseconds()))
		}
		if err != nil {
			return batch, err
		}
	}
	if err := conn.Flush(); err != nil {
		return batch, err
	}
	for len(batch) > 0 {
		e := batch[0]
		if err := s.receive(conn, e); err != nil {
			return batch, err
		}
		batch = batch[1:]
	}
	return nil, nil
}

// receive takes the answer to one errand. The error is the connection's.
func (s *Sessions) receive(conn redis.Conn, e errand) error {
	if e.taken == nil {
		if _, err := conn.Receive(); err != nil {
			if conn.Err() != nil {
				return err
			}
			s.onError(fmt.Errorf("leave a lost connection to other servers: %w", err))
		}
		return nil
	}
	epoch, err := redis.String(conn.Receive())
	if err != nil && conn.Err() != nil {
		return err
	}
	ms, err := redis.Int64(conn.Receive())
	if err != nil && conn.Err() != nil {
		return err
	}
	value, err := redis.String(conn.Receive())
	if conn.Err() != nil {
		return conn.Err()
	}
	e.taken <- s.opened(value, err, epoch, ms)
	return nil
}

// opened reads a session that was taken, with the epoch and the milliseconds it had left.
func (s *Sessions) opened(value string, err error, epoch string, ms int64) takings {
	switch {
	case errors.Is(err, redis.ErrNil):
		return takings{}
	case err != nil:
		return takings{err: err}
	}
	session, err := wire.DecodeSession(value)
	if err != nil {
		s.onError(fmt.Errorf("lost connection of another server: %w", err))
		return takings{}
	}
	session.Epoch, session.Left = epoch, time.Duration(max(0, ms))*time.Millisecond
	return takings{session: &session}
}

// Close leaves what waits, for as long as ctx allows. Nothing is taken any more. A second call does nothing.
func (s *Sessions) Close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	s.wakeLocked()
	s.mu.Unlock()
	select {
	case <-s.ended:
	case <-ctx.Done():
	}
	s.stop()
	<-s.ended
	return nil
}
