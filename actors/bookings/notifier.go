package bookings

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"kapoor.example/desk/actors"
	"kapoor.example/desk/actors/realtime"
	"kapoor.example/desk/booking"
)

var notifierKind = actors.Kind{Name: "notifier", Directive: actors.Resume, Singleton: true}

const (
	// maxBatch is how many entries are handed to the notifier at once.
	maxBatch = 256
	// The pauses before the log is followed again after a failure.
	minPause, maxPause = 100 * time.Millisecond, 5 * time.Second
	// restOfCommit is how long the log's line of a commit waits for more of it: a batch may end within one.
	restOfCommit = 50 * time.Millisecond
)

// notifier publishes the store's log, in the order of positions. Its feed, a goroutine, follows the log and gives it one
// batch at a time; whatever fails, the feed goes on after the last entry that was passed on, so nothing is left out.
type notifier struct {
	sockets *Sockets
	pid     *actors.PID
	server  publisher
	credits *semaphore.Weighted // one for each entry that may be on its way
	said    emission            // what is to be logged of the commit in hand
	timer   *actors.Timer

	mu    sync.Mutex
	last  booking.Position // of the entry passed on last
	moved chan struct{}    // closed and renewed whenever last moves
}

// publisher is the part of a *realtime.Server that the notifier needs.
type publisher interface {
	Publish(entries []realtime.Entry, done func())
	Revoke(r realtime.Revocation)
}

// batch is what the feed hands over. Only the notifier touches it until result has a value.
type batch struct {
	entries []booking.LogEntry // not yet passed on
	result  chan error         // gets one value
}

// commitOver is the time to write the line of the commit in hand.
type commitOver struct{}

var errNotPublished = errors.New("the notifier failed")

func startNotifier(f *Sockets) *notifier {
	n := &notifier{sockets: f, server: f.server, credits: semaphore.NewWeighted(int64(f.opts.MaxUndelivered)), moved: make(chan struct{})}
	n.pid = f.system.Spawn(notifierKind, "log", n)
	return n
}

// Receive implements actors.Receiver.
func (n *notifier) Receive(c *actors.Context) {
	switch msg := c.Message().(type) {
	case *batch:
		n.pass(msg)
		msg.result <- nil
	case commitOver:
		n.said.flush(&n.sockets.opts.Log)
	case actors.Stopped:
		n.timer.Stop()
		n.said.flush(&n.sockets.opts.Log)
	}
}

// Failed has the feed begin again after what was passed on.
func (n *notifier) Failed(msg any) {
	if b, ok := msg.(*batch); ok {
		n.credits.Release(int64(len(b.entries)))
		b.result <- errNotPublished
	}
}

// pass hands a batch to the server: events in runs, revocations in between.
func (n *notifier) pass(b *batch) {
	stats := false
	for len(b.entries) > 0 {
		if r := b.entries[0].Revocation; r != nil {
			n.revoke(*r)
			n.passed(b, 1)
			n.credits.Release(1)
			continue
		}
		run := 0
		for run < len(b.entries) && b.entries[run].Revocation == nil {
			run++
		}
		stats = n.publish(b.entries[:run]) || stats
		n.passed(b, run)
	}
	if n.timer == nil {
		n.timer = n.sockets.system.After(restOfCommit, n.pid, commitOver{})
	} else {
		n.timer.Reset(restOfCommit)
	}
	if stats {
		n.sockets.system.Send(n.sockets.stats.pid, statsChanged{})
	}
}

func (n *notifier) passed(b *batch, count int) {
	last := b.entries[count-1].Position
	b.entries = b.entries[count:]
	n.mu.Lock()
	defer n.mu.Unlock()
	n.last = last
	close(n.moved)
	n.moved = make(chan struct{})
}

// publish emits events and reports whether the statistics may have changed.
func (n *notifier) publish(events []booking.LogEntry) (stats bool) {
	entries := make([]realtime.Entry, len(events))
	for i, e := range events {
		entries[i] = published(e)
		stats = stats || e.Name == booking.EventBookingCreated || e.Name == booking.EventBookingUpdated
		n.said.add(&n.sockets.opts.Log, e)
	}
	committed := time.UnixMilli(int64(events[0].Position.Ms)) // #nosec G115 -- a time
	n.server.Publish(entries, func() {
		n.credits.Release(int64(len(entries)))
		if told := n.sockets.opts.Published; told != nil {
			told(n.sockets.opts.Now().Sub(committed))
		}
	})
	return stats
}

func (n *notifier) revoke(r booking.Revocation) {
	if told := n.sockets.opts.Revoked; told != nil {
		n.sockets.system.Safely(notifierKind, "log", func() { told(r) })
	}
	n.server.Revoke(revoked(r))
}

// follow starts the feed.
func (n *notifier) follow(after booking.Position) {
	n.mu.Lock()
	n.last = after
	n.mu.Unlock()
	n.sockets.spawn(func() {
		pause := minPause
		for {
			from := n.position()
			err := n.sockets.store.Follow(n.sockets.ctx, from, n.deliver)
			if err == nil || n.sockets.ctx.Err() != nil {
				return // the store, or this, is closing
			}
			if n.position() != from {
				pause = minPause
			}
			n.sockets.opts.Log.Error().Err(err).Dur("pause", pause).Msg("Log could not be followed")
			select {
			case <-time.After(pause):
			case <-n.sockets.ctx.Done():
				return
			}
			pause = min(2*pause, maxPause)
		}
	})
}

// deliver runs on the feed. It waits while too much is on its way.
func (n *notifier) deliver(entries []booking.LogEntry) error {
	size := min(maxBatch, n.sockets.opts.MaxUndelivered)
	for len(entries) > 0 {
		b := &batch{entries: entries[:min(size, len(entries))], result: make(chan error, 1)}
		entries = entries[len(b.entries):]
		if err := n.credits.Acquire(n.sockets.ctx, int64(len(b.entries))); err != nil {
			return fmt.Errorf("wait for the sockets: %w", err)
		}
		n.sockets.system.Send(n.pid, b)
		select {
		case err := <-b.result:
			if err != nil {
				return err
			}
		case <-n.sockets.ctx.Done():
			return n.sockets.ctx.Err()
		}
	}
	return nil
}

func (n *notifier) position() booking.Position {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.last
}

// flush waits until what is in the log now was passed on and fanned out.
func (n *notifier) flush(ctx context.Context) error {
	head, err := n.sockets.store.Head(ctx)
	if err != nil {
		return fmt.Errorf("flush: %w", err)
	}
	for {
		n.mu.Lock()
		last, moved := n.last, n.moved
		n.mu.Unlock()
		if last.Compare(head) >= 0 {
			break
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return fmt.Errorf("flush: %w", ctx.Err())
		}
	}
	all := int64(n.sockets.opts.MaxUndelivered)
	if err := n.credits.Acquire(ctx, all); err != nil {
		return fmt.Errorf("flush: %w", err)
	}
	n.credits.Release(all)
	return nil
}
