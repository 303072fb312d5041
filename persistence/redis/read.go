package redis

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gomodule/redigo/redis"

	"kapoor.example/desk/protocol/cluster"
	"kapoor.example/desk/protocol/cluster/wire"
)

const (
	readCount = 100             // entries of one stream in one answer
	readBlock = 5 * time.Second // how long a read may wait for entries
)

// Run implements cluster.Bus. Entries of the log come on one goroutine, signals and requests on another.
func (b *Bus) Run(ctx context.Context, r cluster.Receiver) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(b.ctx, stop)()
	b.health.tell(r.Changed)
	defer b.health.tell(nil)
	listened := make(chan struct{})
	go func() {
		defer close(listened)
		b.listen(ctx, r)
	}()
	defer func() { <-listened }()
	log := reader{bus: b, receiver: r, epoch: b.Epoch(), at: map[string]cluster.Position{}, seen: newSeen(b.client.options.Now)}
	b.mu.Lock()
	for _, stream := range b.streams {
		log.at[stream] = b.heads[stream]
	}
	b.mu.Unlock()
	for failed := 0; ctx.Err() == nil; failed++ {
		if err := log.session(ctx, &failed); err != nil && ctx.Err() == nil {
			b.health.report(reading, b.client.explain(err).Error())
			if !pause(ctx, failed) {
				break
			}
		}
	}
	return nil
}

// reader reads the log. It is one goroutine with one connection.
type reader struct {
	bus      *Bus
	receiver cluster.Receiver
	epoch    string                      // in which was read
	at       map[string]cluster.Position // of the last entry that was read, by stream
	seen     *seen
}

// session reads for as long as a connection lasts.
func (r *reader) session(ctx context.Context, failed *int) error {
	conn, err := r.bus.client.dial(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // what was wrong with it is told by the reads
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	known := false // the epoch of this connection's log
	for ctx.Err() == nil {
		if !known || r.epoch != r.bus.Epoch() {
			if err := r.resume(conn); err != nil {
				return err
			}
			known = true
		}
		r.bus.health.report(reading, "")
		*failed = 0
		if err := r.read(conn); err != nil {
			return err
		}
	}
	return nil
}

// resume finds out from where to read on.
func (r *reader) resume(conn redis.Conn) error {
	b := r.bus
	epoch, err := b.findEpoch(conn, b.newEpoch())
	if err != nil {
		return err
	}
	same := sameLife(epoch, r.epoch)
	rolledBack, missed := false, false
	at := map[string]cluster.Position{}
	for _, stream := range b.streams {
		s, err := b.look(conn, stream, r.at[stream])
		if err != nil {
			return err
		}
		on := s.resume(r.at[stream], same)
		at[stream] = on.from
		rolledBack, missed = rolledBack || on.rolledBack, missed || on.missed
	}
	if rolledBack && epoch == r.epoch { // nobody has said so yet
		if epoch, err = b.changeEpoch(conn, epoch, after(epoch)); err != nil {
			return err
		}
	}
	r.epoch, r.at = epoch, at
	if missed {
		b.traffic.lost.Add(1)
		r.receiver.Missed(b.entered())
	}
	return nil
}

// read takes what comes next, or nothing after a while.
func (r *reader) read(conn redis.Conn) error {
	b := r.bus
	args := redis.Args{"COUNT", readCount, "BLOCK", readBlock.Milliseconds(), "STREAMS"}.AddFlat(b.streams)
	for _, stream := range b.streams {
		args = args.Add(r.at[stream].String())
	}
	reply, err := redis.Values(redis.DoWithTimeout(conn, readBlock+b.client.options.Timeout, "XREAD", args...))
	if errors.Is(err, redis.ErrNil) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, one := range reply {
		pair, err := redis.Values(one, nil)
		if err != nil || len(pair) != 2 {
			return fmt.Errorf("redigo: a stream of another form: %w", errors.Join(err, wire.ErrMalformed))
		}
		stream, err := redis.String(pair[0], nil)
		if err != nil {
			return err
		}
		list, err := recordsOf(pair[1])
		if err != nil {
			return err
		}
		r.deliver(stream, list)
	}
	return nil
}

// deliver hands entries of a stream to the receiver.
func (r *reader) deliver(stream string, list []record) {
	b := r.bus
	var entries []cluster.Entry
	gap := false
	for _, one := range list {
		r.at[stream] = one.at
		fresh, lost := r.seen.note(stream, one.entry)
		gap = gap || lost
		if !fresh {
			continue
		}
		e, ok := b.open(one)
		if ok && b.has(e.Namespace) {
			entries = append(entries, e)
		}
	}
	b.mu.Lock()
	b.heads[stream] = r.at[stream]
	b.mu.Unlock()
	if gap {
		b.traffic.lost.Add(1)
		r.receiver.Missed(b.entered())
	}
	if len(entries) > 0 {
		b.traffic.heard.Add(int64(len(entries)))
		r.receiver.Deliver(entries)
	}
}

// has reports whether this server is one of a namespace's.
func (b *Bus) has(namespace string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.namespaces[namespace] > 0
}

// open reads what stands in an entry. It reports false for what is nothing to us.
func (b *Bus) open(one record) (cluster.Entry, bool) {
	m, err := one.entry.Message()
	if errors.Is(err, wire.ErrForeign) || one.entry.IsMarker() {
		return cluster.Entry{}, false
	}
	if err != nil {
		b.options.OnError(fmt.Errorf("entry %s of the log: %w", one.at, err))
		return cluster.Entry{}, false
	}
	if _, event := m.Body.(cluster.ServerEvent); !event && !cluster.Logged(m.Body) || m.Request != "" {
		return cluster.Entry{}, false
	}
	e := cluster.Entry{Message: m, Position: one.at}
	if m.Sender == b.name {
		e.Ticket = one.entry.Seq
	}
	return e, true
}

// record is an entry at its place.
type record struct {
	at    cluster.Position
	entry wire.Entry
}

// recordsOf reads a list of entries as XREAD and XRANGE answer it.
func recordsOf(reply any) ([]record, error) {
	values, err := redis.Values(reply, nil)
	if err != nil {
		return nil, err
	}
	list := make([]record, 0, len(values))
	for _, one := range values {
		pair, err := redis.Values(one, nil)
		if errors.Is(err, redis.ErrNil) {
			continue // deleted meanwhile
		}
		if err != nil || len(pair) != 2 {
			return nil, fmt.Errorf("redigo: an entry of another form: %w", errors.Join(err, wire.ErrMalformed))
		}
		id, err := redis.String(pair[0], nil)
		if err != nil {
			return nil, err
		}
		fields, err := redis.Strings(pair[1], nil)
		if err != nil && !errors.Is(err, redis.ErrNil) {
			return nil, err
		}
		list = append(list, record{at: positionOf(id), entry: wire.EntryOf(fields)})
	}
	return list, nil
}
