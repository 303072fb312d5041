package faults

import (
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// mishap is what a network does to a connection.
type mishap int

const (
	cut       mishap = iota // both ends get a reset
	deafened                // the server is told that the client has no more to say, which may still listen
	muted                   // the client is told so of the server
	held                    // nothing passes for a while, and then everything
	slowed                  // everything passes late, and in pieces
	vanishing               // nothing passes any more, and nobody is told for a while
	mishaps
)

func (m mishap) String() string {
	return [...]string{"cut", "deafened", "muted", "held", "slowed", "vanishing"}[m]
}

// proxy is a network between clients and the server that something befalls each connection in, after a random while.
type proxy struct {
	listener net.Listener
	to       string
	calm     atomic.Bool // nothing befalls new connections
	least    time.Duration
	most     time.Duration
	counts   [mishaps]atomic.Int64
	work     sync.WaitGroup
	done     chan struct{}
}

func newProxy(t *testing.T, to string, least, most time.Duration) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: l, to: to, least: least, most: most, done: make(chan struct{})}
	p.work.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			p.work.Go(func() { p.pass(conn.(*net.TCPConn)) })
		}
	})
	t.Cleanup(func() {
		close(p.done)
		_ = l.Close()
		p.work.Wait()
	})
	return p
}

func (p *proxy) address() string { return p.listener.Addr().String() }

// pipe is one direction of a connection.
type pipe struct {
	from, to *net.TCPConn
	late     atomic.Int64  // nanoseconds at most by which a piece is late
	stopped  chan struct{} // closed: nothing is read until go on
	goOn     chan struct{}
}

func (p *proxy) pass(client *net.TCPConn) {
	defer client.Close()
	dialed, err := net.Dial("tcp", p.to)
	if err != nil {
		_ = client.SetLinger(0)
		return
	}
	server := dialed.(*net.TCPConn)
	defer server.Close()
	newPipe := func(from, to *net.TCPConn) *pipe {
		return &pipe{from: from, to: to, stopped: make(chan struct{}), goOn: make(chan struct{})}
	}
	up, down := newPipe(client, server), newPipe(server, client)
	ended := make(chan struct{})
	var both sync.WaitGroup
	for _, direction := range []*pipe{up, down} {
		both.Go(func() { p.copy(direction, ended) })
	}
	go func() { both.Wait(); close(ended) }()
	if !p.calm.Load() {
		p.befall(client, server, up, down, ended)
	}
	select {
	case <-ended:
	case <-p.done:
	}
	_ = client.Close()
	_ = server.Close()
	both.Wait()
}

// copy passes on what is said until an end has no more to say, which it passes on too.
func (p *proxy) copy(d *pipe, ended <-chan struct{}) {
	defer func() { _ = d.to.CloseWrite() }()
	buffer := make([]byte, 4096)
	for {
		n, err := d.from.Read(buffer)
		select {
		case <-d.stopped:
			select {
			case <-d.goOn:
			case <-p.done:
				return
			}
		default:
		}
		for piece := buffer[:n]; len(piece) > 0; {
			size := len(piece)
			if late := d.late.Load(); late > 0 {
				size = 1 + rand.IntN(len(piece))
				select {
				case <-time.After(time.Duration(rand.Int64N(late))):
				case <-p.done:
					return
				}
			}
			if _, err := d.to.Write(piece[:size]); err != nil {
				_ = d.from.CloseRead()
				return
			}
			piece = piece[size:]
		}
		if err != nil {
			return
		}
	}
}

// befall waits a while and does something to the connection.
func (p *proxy) befall(client, server *net.TCPConn, up, down *pipe, ended <-chan struct{}) {
	wait := func(d time.Duration) bool {
		select {
		case <-time.After(d):
			return true
		case <-ended:
		case <-p.done:
		}
		return false
	}
	if !wait(p.least + rand.N(p.most-p.least)) {
		return
	}
	what := mishap(rand.IntN(int(mishaps)))
	p.counts[what].Add(1)
	end := func() {
		_, _ = client.SetLinger(0), server.SetLinger(0)
		_, _ = client.Close(), server.Close()
	}
	hold := func() { close(up.stopped); close(down.stopped) }
	release := func() { close(up.goOn); close(down.goOn) }
	switch what {
	case cut:
		end()
	case deafened:
		_ = server.CloseWrite()
	case muted:
		_ = client.CloseWrite()
		wait(p.least)
		end()
	case held:
		hold()
		wait(p.least + rand.N(p.most-p.least))
		release()
	case slowed:
		up.late.Store(int64(20 * time.Millisecond))
		down.late.Store(int64(20 * time.Millisecond))
		wait(p.most)
		end()
	case vanishing:
		hold()
		wait(p.most)
		end()
		release()
	}
}

// TestNetwork: what a bad network does to connections makes nobody miss anything.
func TestNetwork(t *testing.T) {
	d := startDesk(t)
	p := newProxy(t, d.address(), 100*time.Millisecond, time.Second)
	s := &setting{desk: d, admin: d.login("admin@example.com", "admin123")}
	s.before = ids(s.all(s.admin))
	p.calm.Store(true) // until all are there
	s.watchers = newWatchers(t, p.address(), amount(100, 500), same(s.login("staff@example.com", "staff123")), soon)
	p.calm.Store(false)
	s.writers = s.write(t, 4, time.Duration(amount(20, 100))*time.Millisecond)
	s.watchers.cutAll(t)
	select {
	case <-time.After(time.Duration(amount(5, 120)) * time.Second):
	case <-t.Context().Done():
	}
	p.calm.Store(true) // for those who come from now on
	s.after(t)
	said := ""
	for m := range mishaps {
		n := p.counts[m].Load()
		if n == 0 {
			t.Errorf("no connection was %s", m)
		}
		said += fmt.Sprintf(" %d %s,", n, m)
	}
	t.Logf("connections:%s of %d", said, s.watchers.returned.Load())
}
