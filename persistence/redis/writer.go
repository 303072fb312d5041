package redis

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/gomodule/redigo/redis"

	"kapoor.example/desk/protocol/cluster"
	"kapoor.example/desk/protocol/cluster/wire"
)

// writer puts what waits into the log. It is one goroutine with one connection.
type writer struct {
	bus     *Bus
	conn    redis.Conn // nil when there is none
	epoch   string     // in which everything up to now was written
	number  uint64     // of the last batch
	repairs *repair    // under way
	failed  int        // attempts in a row
}

// repair is what is written before anything else in a new epoch.
type repair struct {
	epoch  string
	number uint64
	batch  []pending
}

const (
	beat       = time.Second    // how often an idle writer looks whether the log is there
	numberLife = 24 * time.Hour // of a batch's number in Redis
)

// write runs the writer until the queue is closed and empty, or the bus ends.
func (b *Bus) write() {
	defer close(b.written)
	w := writer{bus: b, epoch: b.Epoch()}
	defer w.hangUp()
	idle := time.NewTicker(beat)
	defer idle.Stop()
	for {
		batch, last := b.queue.take()
		if last {
			return
		}
		if len(batch) > 0 {
			if !w.deliver(batch) {
				w.giveUp(batch)
				return
			}
			continue
		}
		select {
		case <-b.queue.more:
		case <-idle.C:
			w.beat()
		case <-b.ctx.Done():
			w.giveUp(nil)
			return
		}
	}
}

// giveUp tells everybody who waits that it was in vain.
func (w *writer) giveUp(batch []pending) {
	for _, p := range append(batch, w.bus.queue.drop()...) {
		p.tell(cluster.Position{}, cluster.ErrClosed)
	}
}

// deliver writes a batch, however long that takes. It reports false when the bus has ended before.
func (w *writer) deliver(batch []pending) bool {
	w.number++
	number := w.number
	for w.bus.ctx.Err() == nil {
		positions, err := w.try(&number, batch)
		if err == nil {
			w.confirm(batch, positions)
			return true
		}
		if !w.trouble(err) {
			break
		}
	}
	return false
}

// errEpoch says that the epoch is not the one that the writer knows.
var errEpoch = errors.New("the log was emptied")

func (w *writer) try(number *uint64, batch []pending) ([]cluster.Position, error) {
	for range 3 { // the epoch may change once more, not for ever
		repaired, err := w.ready(batch)
		if err != nil {
			return nil, err
		}
		if repaired {
			// What this batch did, if it did anything, went with the epoch before. Its number is behind the repair's.
			w.number++
			*number = w.number
		}
		positions, err := w.send(w.epoch, *number, batch)
		if !errors.Is(err, errEpoch) {
			return positions, err
		}
		w.epoch += "?" // known to be wrong
	}
	return nil, errEpoch
}

// beat looks whether the log is still there and whole.
func (w *writer) beat() {
	if _, err := w.ready(nil); err != nil {
		w.trouble(err)
		return
	}
	epoch, err := redis.String(w.conn.Do("GET", w.bus.epochKey()))
	if err != nil && !errors.Is(err, redis.ErrNil) {
		w.trouble(err)
		return
	}
	if epoch != w.epoch {
		w.epoch += "?"
		if _, err := w.ready(nil); err != nil {
			w.trouble(err)
			return
		}
	}
	w.well()
}

// well notes that the log is there.
func (w *writer) well() {
	w.failed = 0
	w.bus.kept.forget(w.bus.client.options.Now())
	w.bus.health.report(writing, "")
}

// trouble notes that it is not, and waits. It reports false when the bus ends.
func (w *writer) trouble(err error) bool {
	if w.conn != nil && w.conn.Err() == nil && said(err, "OOM", "MISCONF", "READONLY", "NOPERM", "ERR") {
		w.bus.options.OnError(fmt.Errorf("write to the log: %w", err))
	}
	w.hangUp()
	w.bus.health.report(writing, w.bus.client.explain(err).Error())
	w.failed++
	return pause(w.bus.ctx, w.failed)
}

func (w *writer) hangUp() {
	if w.conn != nil {
		_ = w.conn.Close() // it is broken, or not needed any more
		w.conn = nil
	}
}

// ready makes sure that there is a connection, and that the log holds what it should. next is what will be written after.
// It reports whether something had to be repaired.
func (w *writer) ready(next []pending) (repaired bool, err error) {
	if w.conn != nil && w.epoch == w.bus.Epoch() && w.repairs == nil {
		return false, nil
	}
	if w.conn == nil {
		if w.conn, err = w.bus.client.dial(w.bus.ctx); err != nil {
			return false, err
		}
	}
	epoch, err := w.bus.findEpoch(w.conn, w.bus.newEpoch())
	if err != nil {
		return false, err
	}
	if w.repairs == nil || w.repairs.epoch != epoch {
		if err := w.survey(epoch, next); err != nil || w.repairs == nil {
			return false, err
		}
	}
	if _, err := w.send(w.repairs.epoch, w.repairs.number, w.repairs.batch); err != nil {
		return false, err
	}
	w.epoch, w.repairs = w.repairs.epoch, nil
	return true, nil
}

// survey looks for what the log has lost, and plans to say so where it has: readers learn from a marker which of the
// entries they have not read will never come. They are not written again, since clients may have been sent them.
func (w *writer) survey(epoch string, next []pending) error {
	w.repairs = nil // it was planned for an epoch that is over
	lost, err := w.bus.kept.missing(w.conn)
	if err != nil {
		return err
	}
	if lost && epoch == w.epoch {
		if epoch, err = w.bus.changeEpoch(w.conn, epoch, after(epoch)); err != nil {
			return err
		}
	}
	w.bus.kept.clear()
	if epoch == w.epoch {
		return nil
	}
	numbers := w.bus.queue.next()
	for i := len(next) - 1; i >= 0; i-- {
		numbers[next[i].stream] = next[i].entry.Seq
	}
	var batch []pending
	for _, stream := range slices.Sorted(maps.Keys(numbers)) {
		// The namespace does not matter: everybody reads it.
		batch = append(batch, pending{stream: stream, entry: wire.Marker(w.bus.name, "/", numbers[stream])})
	}
	if len(batch) == 0 {
		w.epoch = epoch
		return nil
	}
	w.number++
	w.repairs = &repair{epoch, w.number, batch}
	return nil
}

// send writes a batch in an epoch, unless that is over or the batch was written already.
func (w *writer) send(epoch string, number uint64, batch []pending) ([]cluster.Position, error) {
	b := w.bus
	keys := []string{b.epochKey(), b.client.key("writer", b.name)}
	index := map[string]int{}
	for _, p := range batch {
		if index[p.stream] == 0 {
			keys = append(keys, p.stream)
			index[p.stream] = len(keys) - 2
		}
	}
	args := redis.Args{len(keys)}.AddFlat(keys).Add(epoch, number, b.options.MaxLength, b.name, numberLife.Milliseconds())
	for _, p := range batch {
		args = args.Add(index[p.stream], p.entry.Namespace, p.entry.Type, p.entry.Data, p.entry.Seq)
	}
	ids, err := redis.Strings(appendScript.Do(w.conn, args...))
	if err != nil {
		return nil, err
	}
	if len(ids) != len(batch) {
		return nil, errEpoch
	}
	positions := make([]cluster.Position, len(ids))
	for i, id := range ids {
		positions[i] = positionOf(id)
	}
	return positions, nil
}

// confirm says to everybody who waits where the entries of a batch are.
func (w *writer) confirm(batch []pending, positions []cluster.Position) {
	now := w.bus.client.options.Now()
	w.bus.queue.written(batch)
	for i, p := range batch {
		p.tell(positions[i], nil)
		if !p.entry.IsMarker() {
			w.bus.kept.add(p.stream, positions[i], now)
		}
	}
	w.well()
}
