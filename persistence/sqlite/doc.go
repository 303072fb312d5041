// Package sqlite keeps the desk in one SQLite file: booking.Store without a database server.
//
// # Who writes, who reads
//
// One goroutine (writer) has the one connection that writes. It takes all writes that wait and commits them in one
// transaction, so that the many share what reaching the disk costs. A write checks before it writes, and so a refusal (a
// stale revision, a code that is taken) leaves nothing behind in the transaction of the others; where a write fails
// otherwise, the transaction is undone and each of its writes is tried by itself. Readers have connections of their own and
// see the last commit; they wait for nobody and nobody waits for them.
//
// The database belongs to one process at a time. Open takes a lock on a file beside it, which ends with the process,
// however that ends.
//
// # Order
//
// The writer gives out positions in the order of its commits and hands the entries to the feed after each, from where
// Follow takes them; a follower that is behind reads the table. Nothing else assigns positions, so no entry ever becomes
// visible behind one that was seen. The highest position is kept apart from the log: they rise for ever, whatever is
// trimmed and wherever the clock goes.
//
// # What survives
//
// The journal is a write-ahead log with synchronous=FULL: a commit is acknowledged when its bytes have been forced to the
// disk, and survives a kill -9 and a power cut as far as the disk keeps its word. NORMAL would survive the kill, but not the
// power cut.
//
// # What it costs
//
// Statistics are counters, written in the transaction of the change. Every list is read from an index in its order; with a
// search, from the search index, which has the beginnings of words and all filters as terms. Two filters besides the status
// (an assignee's bookings of one brand) have no index together: the range of the first is read and the second compared.
package sqlite
