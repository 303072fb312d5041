package sqlite

// checkpointAfter is after how many commits the write-ahead log is moved into the database. A commit leaves some 35 pages
// there.
const checkpointAfter = 64

// checkpoint moves the write-ahead log into the database while commits go on. Left to the commit that makes the log too
// long, it is a pause of a tenth of a second for whoever waits for that one. What was committed meanwhile is still in the
// log afterwards, so the writer moves the rest, which is little: only a log that was moved as a whole begins anew.
type checkpoint struct {
	session *session
	asked   chan struct{}
	moved   chan struct{} // told the writer
	done    chan struct{}
}

func openCheckpoint(path string) (*checkpoint, error) {
	session, err := openSession(path, []string{"synchronous(FULL)", "wal_autocheckpoint(0)"})
	if err != nil {
		return nil, err
	}
	c := &checkpoint{session: session, asked: make(chan struct{}, 1), moved: make(chan struct{}, 1), done: make(chan struct{})}
	go c.run()
	return c, nil
}

// ask begins a checkpoint and reports false where one is on its way.
func (c *checkpoint) ask() bool {
	select {
	case c.asked <- struct{}{}:
		return true
	default:
		return false
	}
}

func (c *checkpoint) run() {
	defer close(c.done)
	for range c.asked {
		if c.session.exec(moveLog) != nil {
			continue // the next one tries again, and SQLite itself does when the log becomes too long
		}
		select {
		case c.moved <- struct{}{}:
		default: // the writer has not come to the last one yet
		}
	}
}

// close ends it. Only the writer, who asks, calls it, when it asks no more.
func (c *checkpoint) close() error {
	close(c.asked)
	<-c.done
	return c.session.close()
}

// moveLog waits for nobody: pages that a reader or a commit needs stay.
const moveLog = "PRAGMA wal_checkpoint(PASSIVE)"

// finishCheckpoint moves what was committed during one.
func (w *writer) finishCheckpoint() { _ = w.session.exec(moveLog) }
