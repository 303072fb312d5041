package booking

import (
	"context"
	"time"
)

// Store keeps the desk. persistence/sqlite and persistence/mongo implement it, and persistence/storetest is this
// contract as tests. Every method may be called from any goroutine and keeps to its context's deadline; an error is an
// *Error where a method's comment names its code, and anything else is the driver's, which nobody outside may see.
// What a method returns belongs to the caller: the store never changes it afterwards.
type Store interface {
	Bookings
	Users
	Log
	// Close ends Follow, finishes what was begun and lets go of the files. Later calls fail with CodeUnavailable.
	Close() error
}

// Bookings is the store's half that keeps bookings.
type Bookings interface {
	// Append writes a commit in one piece: the booking, its timeline entry or receipt, its notices (they get rising
	// positions, in their order and without another commit's between them), notifications, counters and the idempotency
	// key; all of it or nothing. When Append returns nil the commit survives a kill -9 and a power cut, and Follow will
	// deliver its notices. A commit without an Event writes nothing and succeeds.
	//
	// Errors: CodeStale when the stored revision is not c.Expected (for a new booking: its id exists); nothing was
	// written, and the caller loads and plans again. A *CodeTakenError when the new booking's code exists: draw another.
	// A *KeyUsedError when c.Key was used within KeyTTL. After a context error the commit may or may not be written:
	// load to see.
	Append(ctx context.Context, c Commit) error
	// Load returns the booking with its timeline by id. CodeNotFound.
	Load(ctx context.Context, id string) (Booking, error)
	// Find returns the booking with its timeline by id or code, whatever the code's case. CodeNotFound.
	Find(ctx context.Context, ref string) (Booking, error)
	// List returns a page of bookings. Its cost grows with the page, not with the table.
	List(ctx context.Context, q Query) (Page, error)
	// Keyed returns what a live idempotency key was used for, or nil. It saves planning; Append is what decides.
	Keyed(ctx context.Context, userID, key string, now time.Time) (*KeyUsedError, error)
	// Notifications returns a page of a user's notifications.
	Notifications(ctx context.Context, q NotificationQuery) (NotificationPage, error)
	// OpenOwners returns the owners of the open bookings that are assigned to a user, each once, MaxRelated at most.
	OpenOwners(ctx context.Context, assignee string) ([]string, error)
	// OpenAssignees returns the assignees of a user's own open bookings, each once, MaxRelated at most.
	OpenAssignees(ctx context.Context, owner string) ([]string, error)
	// Overview returns the statistics, days and months being those of now's time zone's calendar as the store keeps it.
	Overview(ctx context.Context, now time.Time) (Overview, error)
	// Daily returns the last DailyDays days, oldest first, days without bookings included.
	Daily(ctx context.Context, now time.Time) ([]DayCount, error)
	// Import writes many finished bookings with their timelines in one piece, without notices: for seeding and moving.
	// CodeStale when an id exists, *CodeTakenError when a code does; nothing was written then.
	Import(ctx context.Context, bookings []Booking) error
}

// MaxRelated bounds OpenOwners and OpenAssignees.
const MaxRelated = 500

// KeyTTL is how long an idempotency key is remembered.
const KeyTTL = 24 * time.Hour

// KeyUsedError says that an idempotency key was used before.
type KeyUsedError struct {
	BookingID string
	BodyHash  string // of the request that used it
}

// Error implements error.
func (e *KeyUsedError) Error() string { return "idempotency key used for booking " + e.BookingID }

// CodeTakenError says that another booking has this code.
type CodeTakenError struct{ Code string }

// Error implements error.
func (e *CodeTakenError) Error() string { return "booking code " + e.Code + " is taken" }

// Users is the store's half that keeps accounts and what ended their tokens.
type Users interface {
	// CreateUser writes a new account. CodeEmailTaken when another account has the e-mail, by EmailKey.
	CreateUser(ctx context.Context, u User) error
	// User returns an account by id, deactivated ones too. CodeNotFound.
	User(ctx context.Context, id string) (User, error)
	// UserByEmail returns an account by EmailKey of an address. CodeNotFound.
	UserByEmail(ctx context.Context, email string) (User, error)
	// UpdateUser applies a change to the stored account, in one piece with the log entry that revokes the user's
	// tokens when the change does (UserChange.ApplyTo), and returns the account as it is now. Two updates at once are
	// applied one after the other. CodeNotFound, CodeEmailTaken, and CodeLastAdmin when no active admin would be left.
	UpdateUser(ctx context.Context, id string, c UserChange) (User, error)
	// ListUsers returns a page of accounts.
	ListUsers(ctx context.Context, q UserQuery) (UserPage, error)
	// RevokeToken ends one token: it is remembered until it would have expired, and logged. Again is no error.
	RevokeToken(ctx context.Context, r Revocation) error
	// TokenRevoked reports whether RevokeToken ended the token.
	TokenRevoked(ctx context.Context, tokenID string) (bool, error)
}

// Revocation ends tokens and closes the sockets that came in with them.
type Revocation struct {
	UserID string `json:"userId"`
	// Rights ends every token of the user made under a lower number. Zero with a TokenID.
	Rights uint64 `json:"rights,omitempty"`
	// TokenID ends only this token. ExpiresAt is when it would have ended by itself.
	TokenID   string `json:"tokenId,omitempty"`
	ExpiresAt Time   `json:"expiresAt,omitzero"`
}

// Log is the store's half that keeps what is to be published, in one order.
type Log interface {
	// Head returns the position of the newest entry, or the zero Position.
	Head(ctx context.Context) (Position, error)
	// Since returns the entries after a position that are addressed to one of the rooms (to EveryoneRoom always,
	// revocations never), in the order of positions, at most limit.
	Since(ctx context.Context, after Position, rooms []string, limit int) ([]LogEntry, error)
	// Recall returns what Since does, and whether that is everything there was: see Recall and Recalled.
	Recall(ctx context.Context, r Recall) (Recalled, error)
	// Epoch returns the number that this log has had since it was made. No other log has it, but a copy of this one.
	Epoch(ctx context.Context) (uint64, error)
	// Trim removes the oldest entries, about limit of them and none after a position, and returns how many: with 0 there was
	// nothing to remove. Newest entries may stay in any case. Recall knows for every room how far entries were removed, and
	// Head and the positions to come are what they would have been. Follow leaves out what was removed before it came to
	// it: trim only what has been delivered.
	Trim(ctx context.Context, upTo Position, limit int) (removed int, err error)
	// Follow calls deliver with every entry after a position, in the order of positions and in batches, each entry once,
	// from one goroutine: first what is there, then what is committed from now on, at once. It returns when ctx ends,
	// when the store closes (nil), or with deliver's error. No entry becomes visible behind one that was delivered.
	// A slow deliver holds up nobody else: Append does not wait for it, and what waits is read again from the store.
	Follow(ctx context.Context, after Position, deliver func([]LogEntry) error) error
}

// Recall asks for everything that was addressed to one of some rooms after a position.
type Recall struct {
	After Position
	// Vouched says that After was the head of the log once, or the zero Position where it was empty. Otherwise After must be
	// an entry that was addressed to one of Rooms or Left.
	Vouched bool
	Rooms   []string // EveryoneRoom is always among them
	Left    []string // rooms whose entries are wanted no more
	Limit   int      // more entries are too many
	// MaxBytes is how many bytes their payloads may have together; more are too many, too. Zero: any number.
	MaxBytes int
	// UserID is whose revocations after Seen are wanted, too: whoever asks has not been told of them yet, and the entries may
	// be later.
	UserID string
	Seen   Position
}

// Recalled answers a Recall, by one state of the log.
type Recalled struct {
	// Complete is false when After is no position of this log, when entries after it were trimmed that were addressed to one
	// of the rooms, and when there are too many. There are no Entries then.
	Complete bool
	Entries  []LogEntry // in the order of positions; revocations are not among them
	Head     Position   // the newest entry's: Entries are all up to here
	// Revocations are those of the user after Seen, up to Head at least, in the order of positions. They are told only where
	// it is Complete.
	Revocations []Revocation
}

// LogEntry is a notice or a revocation with its place in the log.
type LogEntry struct {
	Position  Position
	EventID   string
	Name      string // the event's name; "" for a revocation
	Rooms     []string
	BookingID string
	Payload   []byte // as in Notice
	// Revocation is set instead of Name and Payload where an entry ends tokens.
	Revocation *Revocation
}
