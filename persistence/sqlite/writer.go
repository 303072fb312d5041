package sqlite

import (
	"context"
	"errors"
	"sync"
)

// maxBatch bounds how many writes share a transaction, and with it how long one waits for the others.
const maxBatch = 256

// writer is the one goroutine that writes. It takes all writes that wait and commits them in one transaction, so that
// they share the cost of reaching the disk.
type writer struct {
	store   *Store
	session *session
	last    int64 // the position of the newest entry that is committed

	checkpoint *checkpoint
	commits    int // since the last checkpoint was asked for

	mu      sync.RWMutex // held for writing by stop, so that nobody sends on the closed jobs
	stopped bool
	jobs    chan *job
	done    chan struct{}
}

// job is one write: do checks first and writes then, so that a refusal has written nothing. It may run more than once,
// each time in another transaction.
type job struct {
	ctx  context.Context
	do   func(*batch) error
	done chan error
}

func openWriter(s *Store) (*writer, error) {
	session, err := openSession(s.path, writerPragmas)
	if err != nil {
		return nil, err
	}
	w := &writer{store: s, session: session, jobs: make(chan *job, maxBatch), done: make(chan struct{})}
	if err := w.prepare(); err != nil {
		return nil, errors.Join(err, session.close())
	}
	if w.checkpoint, err = openCheckpoint(s.path); err != nil {
		return nil, errors.Join(err, session.close())
	}
	s.feed = newFeed(w.last)
	return w, nil
}

// prepare reads where the log ends and sees to it that the days are counted in the store's time zone.
func (w *writer) prepare() error {
	ctx := context.Background()
	if _, err := w.session.one(ctx, `SELECT value FROM meta WHERE name = 'position'`, nil, &w.last); err != nil {
		return err
	}
	var newest int64
	if _, err := w.session.one(ctx, `SELECT coalesce(max(position), 0) FROM log`, nil, &newest); err != nil {
		return err
	}
	w.last = max(w.last, newest)
	return w.recountDays(ctx)
}

// run serves the jobs until stop, those that wait then included.
func (w *writer) run() {
	defer close(w.done)
	waiting := make([]*job, 0, maxBatch)
	for {
		var (
			first *job
			open  bool
		)
		select {
		case first, open = <-w.jobs:
		case <-w.checkpoint.moved:
			w.finishCheckpoint()
			continue
		}
		if !open {
			return
		}
		waiting = append(waiting[:0], first)
	collect:
		for len(waiting) < maxBatch {
			select {
			case next, open := <-w.jobs:
				if !open {
					break collect
				}
				waiting = append(waiting, next)
			default:
				break collect
			}
		}
		w.commit(waiting)
		if w.commits >= checkpointAfter && w.checkpoint.ask() {
			w.commits = 0
		}
	}
}

func (w *writer) stop() {
	w.mu.Lock()
	w.stopped = true
	close(w.jobs)
	w.mu.Unlock()
	<-w.done
}

// commit writes jobs in one transaction. When one of them fails in a way that is no refusal, the transaction is undone
// and each is tried by itself, so that the others do not suffer from it.
func (w *writer) commit(jobs []*job) {
	err := w.attempt(jobs)
	switch {
	case err == nil:
	case len(jobs) == 1:
		jobs[0].done <- err
	default:
		for _, j := range jobs {
			w.commit([]*job{j})
		}
	}
}

func (w *writer) attempt(jobs []*job) error {
	b := &batch{session: w.session, now: w.store.now(), last: w.last, location: w.store.location}
	if err := b.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	results := make([]error, len(jobs))
	for i, j := range jobs {
		err := j.ctx.Err()
		if err == nil {
			err = j.do(b)
		}
		if err != nil && !refusal(err) {
			return w.undo(err)
		}
		results[i] = err
	}
	if err := b.finish(); err != nil {
		return w.undo(err)
	}
	if err := b.exec("COMMIT"); err != nil {
		return w.undo(err)
	}
	w.last = b.last
	w.commits++
	w.store.feed.publish(b.entries)
	for i, j := range jobs {
		j.done <- results[i]
	}
	return nil
}

// undo ends the transaction that err came from. Its own error says nothing new: after a full disk SQLite has already
// ended the transaction by itself, and if it has not and cannot, the next BEGIN says so.
func (w *writer) undo(err error) error {
	_ = w.session.exec("ROLLBACK")
	return err
}

// write has the writer run do and waits for the transaction to be committed. When ctx ends first, it may be written or not.
func (s *Store) write(ctx context.Context, op string, do func(*batch) error) error {
	if s.closed() {
		return unavailable()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	j := &job{ctx: ctx, do: do, done: make(chan error, 1)}
	if err := s.writer.take(j); err != nil {
		return err
	}
	select {
	case err := <-j.done:
		return told(op, err)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// take queues a job. While the queue is full it waits, and so does stop: the writer goes on until all are served.
func (w *writer) take(j *job) error {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.stopped {
		return unavailable()
	}
	select {
	case w.jobs <- j:
		return nil
	case <-j.ctx.Done():
		return j.ctx.Err()
	}
}
