package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"kapoor.example/desk/booking"
)

// Options says how a Store is opened.
type Options struct {
	// Path is the database file. Its directory is made when it is missing; beside it lie its -wal and -shm, which
	// belong to it, and a .lock.
	Path string
	// Location is where the days and months of statistics begin. Nil means UTC. With another one than last time, Open
	// counts the days again, which takes about a second per million bookings.
	Location *time.Location
	// Now is the clock. Nil means time.Now.
	Now func() time.Time
	// Readers is the number of connections that read at the same time. Zero means twice the processors, 4 at least.
	Readers int
}

// Store is a booking.Store in one SQLite file.
type Store struct {
	path     string
	location *time.Location
	now      func() time.Time

	lock    *fileLock
	writer  *writer
	feed    *feed
	readers chan *session

	closing   chan struct{} // closed by Close
	closeOnce sync.Once
	closeErr  error
}

var _ booking.Store = (*Store)(nil)

// Open opens the store, and makes or migrates its file. It fails with one sentence for the operator when another process
// has it open (ErrInUse, and nothing was touched), or when the file cannot be used.
func Open(o Options) (*Store, error) {
	s, err := open(o)
	if err != nil {
		return nil, explain(o.Path, err)
	}
	return s, nil
}

func open(o Options) (_ *Store, err error) {
	o.Path = filepath.Clean(o.Path) // to a URI, two slashes would begin a host
	s := &Store{path: o.Path, location: o.Location, now: o.Now, closing: make(chan struct{})}
	if s.location == nil {
		s.location = time.UTC
	}
	if s.now == nil {
		s.now = time.Now
	}
	if o.Readers <= 0 {
		o.Readers = max(4, 2*runtime.GOMAXPROCS(0))
	}
	if err := os.MkdirAll(filepath.Dir(o.Path), 0o700); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.release())
		}
	}()
	if s.lock, err = lockFile(o.Path + ".lock"); err != nil {
		return nil, err
	}
	if err := createFile(o.Path); err != nil {
		return nil, err
	}
	if err := migrate(context.Background(), o.Path); err != nil {
		return nil, err
	}
	if s.writer, err = openWriter(s); err != nil {
		return nil, err
	}
	s.readers = make(chan *session, o.Readers)
	for range o.Readers {
		reader, err := openSession(o.Path, readerPragmas)
		if err != nil {
			return nil, err
		}
		s.readers <- reader
	}
	go s.writer.run()
	return s, nil
}

// createFile sees to it that there is a file that can be written, for nobody else to read: it holds addresses and password
// hashes. SQLite gives its other files the same mode. Only who has the lock may call it: closing any descriptor of a file
// that SQLite has open drops this process's POSIX locks on it.
func createFile(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// Close implements booking.Store. Reads that were begun are waited for, and so are the writes that were taken on.
func (s *Store) Close() error {
	s.closeOnce.Do(func() {
		close(s.closing)
		s.writer.stop()
		s.closeErr = s.release()
	})
	return s.closeErr
}

// release lets go of everything that was opened. The writer closes last: closing the last connection is what moves the
// write-ahead log into the database.
func (s *Store) release() error {
	var errs []error
	if s.readers != nil {
		open := len(s.readers)
		if s.closed() {
			open = cap(s.readers)
		}
		for range open {
			errs = append(errs, (<-s.readers).close())
		}
	}
	if s.writer != nil {
		errs = append(errs, s.writer.checkpoint.close(), s.writer.session.close())
	}
	if s.lock != nil {
		errs = append(errs, s.lock.release())
	}
	return errors.Join(errs...)
}

func (s *Store) closed() bool {
	select {
	case <-s.closing:
		return true
	default:
		return false
	}
}

func unavailable() error {
	return booking.Errorf(booking.CodeUnavailable, "The desk is closing.")
}

// read runs do with a connection of its own, in one snapshot when do needs several queries (session.snapshot).
func (s *Store) read(ctx context.Context, op string, do func(*session) error) error {
	if s.closed() {
		return unavailable()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case reader := <-s.readers:
		defer func() { s.readers <- reader }()
		return told(op, do(reader))
	case <-ctx.Done():
		return ctx.Err()
	case <-s.closing:
		return unavailable()
	}
}

// told passes on what may be told as it is, and says of anything else what was being done.
func told(op string, err error) error {
	if err == nil || refusal(err) {
		return err
	}
	return fmt.Errorf("%s: %w", op, err)
}

// refusal reports whether err is an answer of the contract, or the caller's own context, and not a failure of the store.
func refusal(err error) bool {
	var (
		known *booking.Error
		code  *booking.CodeTakenError
		key   *booking.KeyUsedError
	)
	return errors.As(err, &known) || errors.As(err, &code) || errors.As(err, &key) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
