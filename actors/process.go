package actors

import (
	"strings"
	"sync"

	"github.com/anthdm/hollywood/actor"
)

// process is one actor: a Hollywood Processer with an inbox that takes no memory while it is empty. A server has several
// actors for every connection, and nearly all of them wait nearly all of the time.
type process struct {
	pid PID
	guard

	mu      sync.Mutex
	state   processState
	waiting *inbox // nil while nothing waits
}

type processState uint8

const (
	starting processState = iota // Started is being handled: what is sent waits
	idle
	running  // a goroutine handles the inbox
	finished // gone: what is sent is a dead letter
)

// inbox is a batch of messages, and the Context by which they are handled.
type inbox struct {
	messages []any
	context  Context
}

// inboxes that no actor has at the moment; keptMessages is how long they may have become.
var inboxes = sync.Pool{New: func() any { return new(inbox) }}

const keptMessages = 1024

// ending has an actor stop; done, if not nil, is closed when it has.
type ending struct{ done chan struct{} }

func newProcess(s *species, id string, r Receiver) *process {
	p := &process{guard: guard{species: s, receiver: r}}
	p.pid.Address, p.pid.ID = actor.LocalLookupAddr, s.Name+separator+id
	return p
}

// Start implements actor.Processer.
func (p *process) Start() {
	p.deliver(&Context{message: Started{}, pid: &p.pid})
	p.mu.Lock()
	defer p.mu.Unlock()
	p.state = idle
	p.schedule()
}

// PID implements actor.Processer.
func (p *process) PID() *PID { return &p.pid }

// Send implements actor.Processer.
func (p *process) Send(_ *PID, msg any, _ *PID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state == finished {
		p.lost(msg)
		return
	}
	if p.waiting == nil {
		p.waiting = inboxes.Get().(*inbox)
	}
	p.waiting.messages = append(p.waiting.messages, msg)
	p.schedule()
}

// Shutdown implements actor.Processer.
func (p *process) Shutdown() { p.Send(nil, ending{}, nil) }

// Invoke implements actor.Processer. The engine does not call it: it is for inboxes of its own.
func (p *process) Invoke(list []actor.Envelope) {
	for _, e := range list {
		p.Send(nil, e.Msg, nil)
	}
}

func (p *process) schedule() {
	if p.state == idle && (p.waiting != nil || p.ended) {
		p.state = running
		p.system.crew.Go(p)
	}
}

// Run implements Task: it handles what is in the inbox, a batch at a time, until it is empty.
func (p *process) Run() {
	slot := p.system.watch.enter(p)
	defer p.system.watch.leave(slot)
	for {
		p.mu.Lock()
		batch := p.waiting
		p.waiting = nil
		if batch == nil && !p.ended {
			p.state = idle
			p.mu.Unlock()
			return
		}
		p.mu.Unlock()
		if batch == nil || p.handle(batch) {
			p.finish(batch)
			return
		}
		batch.free()
		p.system.watch.again(slot)
	}
}

// handle delivers a batch, and reports whether the actor is to end.
func (p *process) handle(batch *inbox) (end bool) {
	batch.context.pid = &p.pid
	for _, msg := range batch.messages {
		if _, ok := msg.(ending); ok {
			end = true // what waits behind it is handled still
			continue
		}
		batch.context.message = msg
		p.deliver(&batch.context)
	}
	return end || p.ended
}

// finish delivers Stopped and takes the actor out of the registry. last is the batch that it ends with, or nil.
func (p *process) finish(last *inbox) {
	p.stopped()
	p.system.engine.Registry.Remove(&p.pid)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.state = finished
	if last != nil {
		for _, msg := range last.messages {
			if _, ok := msg.(ending); ok {
				p.lost(msg)
			}
		}
		last.free()
	}
	if p.waiting != nil {
		for _, msg := range p.waiting.messages {
			p.lost(msg)
		}
		p.waiting.free()
		p.waiting = nil
	}
}

// lost deals with a message that came when the actor was gone.
func (p *process) lost(msg any) {
	if e, ok := msg.(ending); ok {
		if e.done != nil {
			close(e.done)
		}
		return
	}
	p.system.engine.BroadcastEvent(actor.DeadLetterEvent{Target: &p.pid, Message: msg})
}

// free gives an empty inbox back.
func (b *inbox) free() {
	b.context = Context{}
	if cap(b.messages) > keptMessages {
		return
	}
	clear(b.messages)
	b.messages = b.messages[:0]
	inboxes.Put(b)
}

// separator stands between kind and id in a PID, as in Hollywood's.
const separator = "/"

// id returns the actor's id, without its kind.
func (p *process) id() string {
	_, id, _ := strings.Cut(p.pid.ID, separator)
	return id
}
