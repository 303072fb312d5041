package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Bus carries messages between the servers of a cluster. All methods may be called by any goroutine, and none of them but
// Run, Ask, Since, Marks and Close waits for anything.
type Bus interface {
	// Name returns the name of this server: no other server has, or had, the same.
	Name() string

	// Run hands what comes over the bus to the receiver, until ctx ends or the bus is closed, and then returns nil. The log
	// is read from where it ended when the bus was opened. Run is called once.
	Run(ctx context.Context, r Receiver) error

	// Enter makes this server one of the servers of a namespace: from now on it gets what is said there and is asked what
	// the others ask. Exit undoes it. Who enters more than once has to exit as often.
	Enter(namespace string)
	Exit(namespace string)

	// Publish writes to the log. What one goroutine publishes to a namespace stands there in its order, and every server of
	// the namespace gets it by Receiver.Deliver: this one too, only then, with the ticket. While the log cannot be written,
	// entries wait and are written in order afterwards. published, unless it is nil, is called once, in the order of a
	// namespace's entries and on a goroutine of the bus, when the entry has its position, or with ErrClosed when the bus was
	// closed before that could be said. It must not block.
	//
	// The errors are ErrFull when too much waits already, ErrTooLarge, ErrKind when the body does not go through the log, and
	// ErrClosed.
	Publish(namespace string, b Body, published func(Position, error)) (ticket uint64, err error)

	// Signal sends to the other servers of a namespace, not to this one: a Broadcast or a ServerEvent. It may be lost, and
	// keeps no order with the log. The errors are those of Publish; ErrFull means that it is lost.
	Signal(namespace string, b Body) error

	// Ask asks the other servers of a namespace: a Broadcast for the acks of its clients, FetchSockets, a ServerEvent for an
	// answer. It calls each with every answer as it comes, on the caller's goroutine, and returns nil when all have answered;
	// at once where there are no others. The errors are an *UnansweredError when ctx ends before that, ErrFull when too much is
	// asked already, ErrTooLarge, ErrKind and ErrClosed, and ErrUnavailable when nobody can be asked now.
	Ask(ctx context.Context, namespace string, b Body, each func(sender string, answer Body)) error

	// Since returns the broadcasts after a position that a socket would have been sent. See Query.
	Since(ctx context.Context, q Query) (Replay, error)

	// Marks returns the marks of a namespace's log up to its end: also of what was taken out because of its age.
	Marks(ctx context.Context, namespace string) (Marks, error)

	// Epoch names the life of the log. It changes when the log has lost what it held. It is empty as long as the log could
	// not be reached.
	Epoch() string

	// Head returns the position of the last entry of the namespace's log that was delivered, or of the log's end when the
	// bus was opened.
	Head(namespace string) Position

	// State says how the bus is doing.
	State() State

	// Close ends the bus. What waits is given the time until ctx ends to be written. It waits for everything the bus has
	// started; a second call does nothing.
	Close(ctx context.Context) error
}

// Receiver is a server of the cluster. Deliver and Missed are called one at a time; so are Signalled and Asked. A receiver
// may take its time, but what comes over the bus waits meanwhile.
type Receiver interface {
	// Deliver takes entries of the log, in their order, each once. They are the receiver's.
	Deliver(entries []Entry)

	// Missed says that entries of these namespaces, after everything that was delivered, will never come: the log has lost
	// or dropped them. Whoever is connected may have missed something.
	Missed(namespaces []string)

	// Signalled takes what another server sent with Signal.
	Signalled(m Message)

	// Asked takes a request of another server. reply may be called by any goroutine and any time: once with Sockets or
	// Answer, for a Broadcast once with ClientCount and then with the ClientAcks. It does not wait, and drops the answer
	// when too many wait.
	Asked(m Message, reply func(Body))

	// Changed says that State is another than before: degraded, or well again. It must not block.
	Changed(s State)
}

// Entry is a message of the log.
type Entry struct {
	Message
	Position Position
	// Ticket is what Publish returned, for an entry that this server has published; 0 for others.
	Ticket uint64
}

// State is how a bus is doing.
type State struct {
	// Degraded says that the log cannot be read or written at the moment.
	Degraded bool
	// Since is when that began or ended, by the server's clock.
	Since time.Time
	// Reason says why, in a sentence without secrets; empty when all is well.
	Reason string
	// Waiting entries have no position yet; together they have so many bytes.
	Waiting, WaitingBytes int
}

// Query asks what a socket has missed.
type Query struct {
	Namespace string
	// After is the last position that it knows. It may be of any entry: who asks has to be sure that it was not made up.
	After Position
	// Epoch is that in which After was told, empty where that is not known. Without it, After has to be the position of an
	// entry that the log still holds; with it, it may be older: see Since.
	Epoch string
	// Rooms are those the socket was in, its id among them.
	Rooms []string
	// Limit bounds the entries of one answer. Zero means 1,000.
	Limit int
}

// Replay is what a socket has missed.
type Replay struct {
	// Entries are broadcasts that can be replayed, in order.
	Entries []Entry
	// Through is the position up to which that is all.
	Through Position
	// Epoch is that of the log in which it was read. Where the position was told in another, the log has lost something since
	// that may have stood after it.
	Epoch string
	// More says that the log goes on after Through: ask again from there.
	More bool
}

// What a bus says no with.
var (
	ErrFull        = errors.New("too much waits for the bus")
	ErrTooLarge    = errors.New("message is too large for the bus")
	ErrKind        = errors.New("message does not go this way")
	ErrClosed      = errors.New("bus is closed")
	ErrUnavailable = errors.New("bus cannot be reached")
	// ErrUnknownPosition says that it cannot be told what came after a position: it was forgotten or lost, or never was.
	ErrUnknownPosition = errors.New("position is not known")
)

// UnansweredError says that not everybody has answered a request in time.
type UnansweredError struct {
	Got, Want int // answers; Want is 0 where it is not known how many there would be
	Reason    error
}

// Error returns the counts.
func (u *UnansweredError) Error() string {
	return fmt.Sprintf("timeout reached: only %d responses received out of %d", u.Got, u.Want)
}

// Unwrap returns the error of the context.
func (u *UnansweredError) Unwrap() error { return u.Reason }
