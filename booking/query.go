package booking

import (
	"encoding/base64"
	"encoding/json"
	"time"
)

// Bounds of lists.
const (
	DefaultLimit = 20
	MaxLimit     = 100
	MaxSkip      = 10_000 // further on, only a cursor leads
	CountCap     = 10_000 // totals are exact up to here
)

// SortKey is what a list of bookings is ordered by; the id decides between equals.
type SortKey string

// The sort keys, by the name clients use.
const (
	SortCreatedAt         SortKey = "createdAt"
	SortUpdatedAt         SortKey = "updatedAt"
	SortPreferredDateTime SortKey = "preferredDateTime" // bookings without one come after all others, whatever the order
)

// Valid reports whether k is one of the sort keys.
func (k SortKey) Valid() bool {
	return k == SortCreatedAt || k == SortUpdatedAt || k == SortPreferredDateTime
}

// Query asks for bookings. Zero fields do not filter.
type Query struct {
	Owner      string // user id
	AssignedTo string // user id
	Status     Status
	Brand      string    // exact, whatever the case
	From, To   time.Time // CreatedAt in [From, To)
	// Search is full-text over customer name, brand, model, code and invoice number: every word of it must begin a word
	// there, whatever the case. It is text from outside and has no syntax.
	Search string
	Sort   SortKey // zero means SortCreatedAt
	Asc    bool    // zero means newest first
	// Limit is the size of a page, 1 to MaxLimit. Zero means DefaultLimit.
	Limit int
	// Skip leaves out the first ones, up to MaxSkip. Not together with After.
	Skip int
	// After continues where a page ended; it must come from the same query but for Limit.
	After *Cursor
	// NoTotal saves the count, for callers that walk through everything.
	NoTotal bool
}

// Cursor marks the end of a page: the last booking's sort value and id.
type Cursor struct {
	Sort SortKey `json:"s"`
	Asc  bool    `json:"a,omitempty"`
	// Value is the sort value in milliseconds since 1970; NoValue for a booking without one.
	Value int64  `json:"v"`
	ID    string `json:"i"`
}

// NoValue stands for an absent preferredDateTime in a Cursor.
const NoValue = int64(-1) << 62

// Encode returns the cursor as clients carry it: opaque, and safe in a URL.
func (c Cursor) Encode() string {
	b, _ := json.Marshal(c) // strings and numbers only: cannot fail
	return base64.RawURLEncoding.EncodeToString(b)
}

// ParseCursor reads what Encode wrote; anything else is CodeInvalid for the field "cursor".
func ParseCursor(s string) (*Cursor, error) {
	bad := Invalid("cursor", "is not one this server gave out")
	if len(s) > 512 {
		return nil, bad
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return nil, bad
	}
	var c Cursor
	if err := json.Unmarshal(b, &c); err != nil || !c.Sort.Valid() || !ValidID(c.ID) || c.Encode() != s {
		return nil, bad
	}
	return &c, nil
}

// Page is one page of a list.
type Page struct {
	Bookings []Booking // without timelines; never nil
	// Total counts all that the query matches, at most CountCap; Capped says that there are more. Zero with NoTotal.
	Total  int
	Capped bool
	Next   *Cursor // nil when this is the last page
}

// UserQuery asks for accounts, sorted by name and id.
type UserQuery struct {
	Roles      []Role // empty means all
	ActiveOnly bool
	Search     string // begins name or e-mail, whatever the case
	Limit      int    // 1 to MaxLimit. Zero means DefaultLimit.
	Skip       int    // up to MaxSkip
}

// UserPage is one page of accounts.
type UserPage struct {
	Users []User // never nil
	Total int    // exact up to CountCap
}

// NotificationQuery asks for a user's notifications, newest first.
type NotificationQuery struct {
	UserID string
	// After is the ID of the notification after which to go on; "" begins with the newest.
	After  string
	Unread bool // only those not read yet
	Limit  int  // 1 to MaxLimit. Zero means DefaultLimit.
}

// NotificationPage is one page of notifications.
type NotificationPage struct {
	Notifications []Notification // never nil
	Unread        int            // of the user altogether
	Next          string         // for NotificationQuery.After; "" when this is the last page
}

// Size returns a Limit within 1 and MaxLimit.
func Size(limit int) int {
	if limit <= 0 {
		return DefaultLimit
	}
	return min(limit, MaxLimit)
}
