package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"net/url"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// What the connections ask of SQLite. Memory-mapped reading is left alone: an error of the disk would be a SIGBUS, which
// ends the process, and the operating system caches the file anyway.
var (
	writerPragmas = []string{"synchronous(FULL)", "wal_autocheckpoint(16000)", "cache_size(-65536)", "foreign_keys(1)", "temp_store(MEMORY)"}
	readerPragmas = []string{"synchronous(FULL)", "cache_size(-16384)", "query_only(1)", "temp_store(MEMORY)"}
)

// dsn names the file to the driver. The path is escaped, since a ? in it would begin the options.
func dsn(path string, pragmas []string) string {
	options := url.Values{"_txlock": {"immediate"}}
	for _, p := range append([]string{"busy_timeout(5000)", "journal_mode(WAL)", "journal_size_limit(67108864)"}, pragmas...) {
		options.Add("_pragma", p)
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + options.Encode()
}

// session is one connection with its prepared statements, each prepared at its first use and kept: their number is that
// of the query texts in this package. One goroutine uses it at a time.
type session struct {
	db         *sql.DB
	conn       *sql.Conn
	statements map[string]*sql.Stmt
}

func openSession(path string, pragmas []string) (*session, error) {
	db, err := sql.Open("sqlite", dsn(path, pragmas))
	if err != nil {
		return nil, err
	}
	conn, err := db.Conn(context.Background())
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &session{db: db, conn: conn, statements: map[string]*sql.Stmt{}}, nil
}

func (q *session) close() error {
	var errs []error
	for _, st := range q.statements {
		errs = append(errs, st.Close())
	}
	return errors.Join(append(errs, q.conn.Close(), q.db.Close())...)
}

func (q *session) prepare(query string) (*sql.Stmt, error) {
	if st := q.statements[query]; st != nil {
		return st, nil
	}
	st, err := q.conn.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, err
	}
	q.statements[query] = st
	return st, nil
}

// exec runs a statement without a context: what writes is not to be interrupted half-way.
func (q *session) exec(query string, args ...any) error {
	st, err := q.prepare(query)
	if err != nil {
		return err
	}
	_, err = st.ExecContext(context.Background(), args...)
	return err
}

// each runs a query and calls row for every row of its answer. row scans into its arguments.
func (q *session) each(ctx context.Context, query string, args []any, row func(scan scanner) error) (err error) {
	st, err := q.prepare(query)
	if err != nil {
		return err
	}
	rows, err := st.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := rows.Close(); err == nil {
			err = closeErr
		}
	}()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// scanner reads the columns of a row.
type scanner func(to ...any) error

// one reads the only row of a query and reports whether there is one.
func (q *session) one(ctx context.Context, query string, args []any, to ...any) (found bool, err error) {
	err = q.each(ctx, query, args, func(scan scanner) error {
		found = true
		return scan(to...)
	})
	return found && err == nil, err
}

// snapshot runs do in a read transaction: all its queries see the same state.
func (q *session) snapshot(do func() error) error {
	if err := q.exec("BEGIN"); err != nil {
		return err
	}
	err := do()
	// There is nothing to commit, and ROLLBACK ends a transaction whatever became of its queries.
	if endErr := q.exec("ROLLBACK"); err == nil {
		err = endErr
	}
	return err
}
