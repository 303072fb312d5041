package mongo

import (
	"context"
	"sync"
	"time"

	"kapoor.example/desk/booking"
)

// How often the publisher looks for what nobody tells it.
const (
	tailEvery  = 300 * time.Millisecond // events of other processes
	sweepEvery = 5 * time.Second        // letters that a crash or another process left
	purgeEvery = time.Hour              // what has outlived its time
)

// carryAtOnce is the most outboxes that are emptied in one go.
const carryAtOnce = 128

// publisher carries letters from outboxes to the log. It is one goroutine; carry and settle may be called from any.
type publisher struct {
	s       *Store
	onError func(error)

	ctx    context.Context // ends when stop has waited long enough
	cancel context.CancelFunc
	quit   chan struct{} // closed by stop
	ended  chan struct{} // closed when the goroutine has returned
	wake   chan struct{} // one slot: the queue is not empty

	mu      sync.Mutex
	queue   []due
	carried uint64        // how many were ever put into the queue
	handled uint64        // how many of them are published
	settled chan struct{} // closed and replaced when handled rises
	// The letters of this process that are not published yet, by key, and whether another process was seen to have logged
	// one.
	pending map[string]bool

	turn turn // only the goroutine's
	head head // where the log ends, as far as is known; only the goroutine's
}

// due names an outbox with letters, up to a revision.
type due struct {
	in       source
	id       string
	revision int64
}

func startPublisher(s *Store, onError func(error)) *publisher {
	ctx, cancel := context.WithCancel(context.Background())
	p := &publisher{
		s: s, onError: onError, ctx: ctx, cancel: cancel, head: s.log.end(),
		quit: make(chan struct{}), ended: make(chan struct{}), wake: make(chan struct{}, 1), settled: make(chan struct{}),
		pending: map[string]bool{}, turn: turn{s: s, holder: booking.NewID(s.now())},
		carried: 1, // the first sweep: whoever settles waits for it, too
	}
	go p.run()
	return p
}

// stop publishes what is in the queue and ends the goroutine, by the end of ctx at the latest. What is left then stays in
// the outboxes.
func (p *publisher) stop(ctx context.Context) {
	close(p.quit)
	select {
	case <-p.ended:
	case <-ctx.Done():
		p.cancel()
		<-p.ended
	}
	p.cancel()
}

// carry tells the publisher of letters that were just written. It never waits.
func (p *publisher) carry(d due) {
	p.mu.Lock()
	p.queue = append(p.queue, d)
	p.pending[letterKey(d.in, d.id, d.revision)] = false
	p.carried++
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// settle waits until everything carried so far is delivered.
func (p *publisher) settle(ctx context.Context) error {
	p.mu.Lock()
	until := p.carried
	for p.handled < until {
		settled := p.settled
		p.mu.Unlock()
		select {
		case <-settled:
		case <-ctx.Done():
			return ctx.Err()
		}
		p.mu.Lock()
	}
	p.mu.Unlock()
	return nil
}

func (p *publisher) handle(n int) {
	if n == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.handled += uint64(n)
	close(p.settled)
	p.settled = make(chan struct{})
}

func (p *publisher) take(most int) []due {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := min(most, len(p.queue))
	batch := p.queue[:n:n]
	if p.queue = p.queue[n:]; len(p.queue) == 0 {
		p.queue = nil
	}
	return batch
}

func (p *publisher) run() {
	defer close(p.ended)
	tail, sweep, purge := time.NewTicker(tailEvery), time.NewTicker(sweepEvery), time.NewTicker(purgeEvery)
	defer tail.Stop()
	defer sweep.Stop()
	defer purge.Stop()
	p.try(p.turn.take)
	p.sweep()
	p.handle(1)
	p.try(p.s.purge)
	for {
		select {
		case <-p.wake:
			p.drain()
		case <-tail.C:
			p.try(p.tail)
		case <-sweep.C:
			p.try(p.turn.ask)
			p.sweep()
		case <-purge.C:
			p.try(p.s.purge)
		case <-p.quit:
			p.drain()
			p.try(p.turn.giveUp)
			return
		}
	}
}

// try does something that is done again later anyway.
func (p *publisher) try(f func(context.Context) error) {
	if err := f(p.ctx); err != nil && p.ctx.Err() == nil {
		p.onError(describe("publish", err))
	}
}

// drain publishes the queue, in the order in which it was filled.
func (p *publisher) drain() {
	for batch := p.take(carryAtOnce); len(batch) > 0; batch = p.take(carryAtOnce) {
		if !p.insist(batch) {
			return
		}
		p.forget(batch)
		p.handle(len(batch))
	}
}

// own reports whether all letters are of this process and were written since it last looked where the log ends. Then another
// process can have logged one only if it was seen in the log, or takes the number that this process wants.
func (p *publisher) own(parcels []parcel) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, parcel := range parcels {
		if _, own := p.pending[parcel.key]; !own {
			return false
		}
	}
	return true
}

// unlogged returns the letters that were not seen in the log.
func (p *publisher) unlogged(parcels []parcel) (todo []parcel) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, parcel := range parcels {
		if !p.pending[parcel.key] {
			todo = append(todo, parcel)
		}
	}
	return todo
}

// noteLogged notes which letters of this process another one has logged.
func (p *publisher) noteLogged(events []event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range events {
		if _, own := p.pending[e.Key]; own {
			p.pending[e.Key] = true
		}
	}
}

func (p *publisher) forget(batch []due) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, d := range batch {
		delete(p.pending, letterKey(d.in, d.id, d.revision))
	}
}

// sweep publishes what is in outboxes without anybody's having said so, as long as this process is the one that does.
func (p *publisher) sweep() {
	for p.turn.mine {
		left, err := p.s.leftovers(p.ctx)
		if err != nil {
			p.try(func(context.Context) error { return err })
			return
		}
		// What this process committed before the outboxes were read is older than what was found there.
		p.drain()
		for batch := left; len(batch) > 0; batch = batch[min(len(batch), carryAtOnce):] {
			p.try(p.turn.keep)
			if !p.turn.mine {
				return
			}
			if !p.insist(batch[:min(len(batch), carryAtOnce)]) {
				return
			}
		}
		if len(left) < leftoversAtOnce {
			return
		}
	}
}

// insist publishes a batch, again and again until it succeeds. It returns false when it has to stop without: the letters
// stay in their outboxes, for the next process.
func (p *publisher) insist(batch []due) bool {
	for pause := 20 * time.Millisecond; ; pause = min(2*pause, 2*time.Second) {
		err := p.publish(p.ctx, batch)
		if err == nil {
			return true
		}
		p.onError(describe("publish", err))
		select {
		case <-time.After(pause):
		case <-p.quit:
			return false
		}
	}
}
