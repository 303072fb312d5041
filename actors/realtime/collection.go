package realtime

import (
	"fmt"
	"strconv"
	"sync"
	"time"

	"kapoor.example/desk/actors"
	"kapoor.example/desk/protocol/socketio"
)

// EmitWithAck sends an event and calls answer once with what the addressed clients acknowledge it with, in no order: when
// all have answered (at once, and with nothing, when there are none), or with ErrAckTimeout and the answers so far after
// the timeout. A client that goes away before it has answered is not waited for: ErrNotConnected comes with the others'
// answers then. A timeout of zero waits for ever. answer is called on a goroutine of its own.
func (b Broadcast) EmitWithAck(answer func([]socketio.Args, error), name string, args ...any) error {
	if b.namespace.server.link != nil && !b.local {
		return b.emitWithAckEverywhere(answer, name, args...)
	}
	data, attachments, err := socketio.EncodeEvent(name, args...)
	if err != nil {
		return fmt.Errorf("emit %q: %w", name, err)
	}
	targets := b.namespace.targets()
	server := b.namespace.server
	c := &collection{
		server: server, id: server.nextAckID(targets), reports: len(targets) * len(server.shards), waiting: map[*Socket]struct{}{},
		finish: func(answers []socketio.Args, err error) {
			go server.system.Safely(adapterKind, "collection", func() { answer(answers, err) })
		},
	}
	if len(targets) == 0 {
		c.finish([]socketio.Args{}, nil)
		return nil
	}
	list := make([]broadcast, len(targets))
	for i, n := range targets {
		list[i] = broadcast{Broadcast: b, data: data, attachments: attachments, answers: c}
		list[i].namespace = n
	}
	server.begin(c, b.timeout, list)
	return nil
}

// begin sends the broadcasts of a collection. A timeout of zero waits for ever.
func (s *Server) begin(c *collection, timeout time.Duration, list []broadcast) {
	if timeout > 0 {
		c.mu.Lock() // it may be due at once
		c.timer = s.system.After(timeout, s.adapter.pid, collectionDue{c})
		c.mu.Unlock()
	}
	if !s.collect(c) {
		c.timer.Stop()
		c.finish([]socketio.Args{}, ErrNotConnected)
		return
	}
	for _, b := range list {
		s.adapter.send(b)
	}
}

// EmitWithAck asks every socket of the namespace. See Broadcast.EmitWithAck.
func (n *Namespace) EmitWithAck(answer func([]socketio.Args, error), name string, args ...any) error {
	return n.All().EmitWithAck(answer, name, args...)
}

// nextAckID returns an id that none of the namespaces has given out.
func (s *Server) nextAckID(of []*Namespace) uint64 {
	if len(of) == 1 {
		return of[0].nextID.Add(1) - 1
	}
	var id uint64
	for _, n := range of {
		id = max(id, n.nextID.Add(1)-1)
	}
	for _, n := range of {
		for next := n.nextID.Load(); next <= id; next = n.nextID.Load() {
			if n.nextID.CompareAndSwap(next, id+1) {
				break
			}
		}
	}
	return id
}

// collection gathers the answers to one broadcast.
type collection struct {
	server *Server
	id     uint64
	finish func([]socketio.Args, error)
	timer  *actors.Timer
	// Of one for another server: told how many sockets were asked, and each answer. They must not wait. Nil otherwise.
	counted func(int)
	each    func(socketio.Args)

	mu      sync.Mutex
	reports int // shards that have not said yet who was addressed
	waiting map[*Socket]struct{}
	answers []socketio.Args
	asked   int // sockets
	missing bool
	done    bool
}

type collectionDue struct{ collection *collection }

// packetID returns the id as packets carry it.
func (c *collection) packetID() string { return strconv.FormatUint(c.id, 10) }

// expect notes that a socket is being asked.
func (c *collection) expect(s *Socket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done {
		return
	}
	c.waiting[s] = struct{}{}
	c.asked++
	if !s.expect(c.id, func(args socketio.Args, err error) { c.answered(s, args, err) }, 0) {
		delete(c.waiting, s)
		c.asked--
		c.missing = true
	}
}

func (c *collection) answered(s *Socket, args socketio.Args, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, waits := c.waiting[s]; !waits || c.done {
		return
	}
	delete(c.waiting, s)
	if err != nil {
		c.missing = true
	} else {
		c.answers = append(c.answers, args)
		if c.each != nil {
			c.each(args)
		}
	}
	c.endLocked()
}

// report says that one shard has addressed its sockets.
func (c *collection) report() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reports--; c.reports == 0 && c.counted != nil && !c.done {
		c.counted(c.asked)
	}
	c.endLocked()
}

func (c *collection) endLocked() {
	if c.done || c.reports > 0 || len(c.waiting) > 0 {
		return
	}
	var err error
	if c.missing {
		err = ErrNotConnected
	}
	c.concludeLocked(err)
}

// end ends the waiting; what is answered later is ignored.
func (c *collection) end(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done {
		return
	}
	for s := range c.waiting {
		s.takeAck(c.id)
	}
	c.concludeLocked(err)
}

// collect notes a collection that has to end with the server. It reports false where that is closed already.
func (s *Server) collect(c *collection) bool {
	s.collections.Store(c, struct{}{})
	if s.closed.Load() {
		s.collections.Delete(c)
		return false
	}
	return true
}

// endCollections ends those that wait still: the actors that would answer them are gone.
func (s *Server) endCollections() {
	s.closed.Store(true)
	for c := range s.collections.Range {
		c.(*collection).end(ErrNotConnected)
	}
}

func (c *collection) concludeLocked(err error) {
	c.done = true
	c.server.collections.Delete(c)
	c.timer.Stop()
	clear(c.waiting)
	if c.answers == nil {
		c.answers = []socketio.Args{}
	}
	c.finish(c.answers, err)
}
