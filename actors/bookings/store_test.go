package bookings

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"kapoor.example/desk/booking"
)

// memory is a booking.Store as far as the desk needs one. Its hooks run before the method does its work, outside its lock.
type memory struct {
	booking.Store // nil: what is not written below is not used

	mu       sync.Mutex
	bookings map[string]booking.Booking
	codes    map[string]bool
	keys     map[string]booking.KeyUsedError
	users    map[string]booking.User
	log      []booking.LogEntry
	trimmed  booking.Position // the newest that is gone
	onTrim   error
	grown    chan struct{} // closed and renewed when the log grows

	loads    atomic.Int64
	commits  []booking.Commit
	onAppend func(booking.Commit) error
	onLoad   func(ctx context.Context, id string) error
	onFollow func() error
	onStats  func() error
	onAsked  func() error // who belongs to whom
}

func newMemory(users ...booking.User) *memory {
	m := &memory{
		bookings: map[string]booking.Booking{}, codes: map[string]bool{}, keys: map[string]booking.KeyUsedError{},
		users: map[string]booking.User{}, grown: make(chan struct{}),
	}
	for _, u := range users {
		m.users[u.ID] = u
	}
	return m
}

func (m *memory) Append(ctx context.Context, c booking.Commit) error {
	if m.onAppend != nil {
		if err := m.onAppend(c); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if c.Event == nil {
		return nil
	}
	if c.Key != nil {
		if used, ok := m.keys[c.Key.UserID+" "+c.Key.Key]; ok {
			return &used
		}
	}
	if m.bookings[c.After.ID].Revision != c.Expected {
		return booking.Errorf(booking.CodeStale, "stale")
	}
	if c.Expected == 0 {
		if m.codes[c.After.Code] {
			return &booking.CodeTakenError{Code: c.After.Code}
		}
		m.codes[c.After.Code] = true
	}
	if c.Key != nil {
		m.keys[c.Key.UserID+" "+c.Key.Key] = booking.KeyUsedError{BookingID: c.After.ID, BodyHash: c.Key.BodyHash}
	}
	m.bookings[c.After.ID] = c.After
	m.commits = append(m.commits, c)
	for _, n := range c.Notices {
		m.put(booking.LogEntry{EventID: n.ID, Name: n.Name, Rooms: n.Rooms, BookingID: c.After.ID, Payload: n.Payload})
	}
	return nil
}

// put adds an entry to the log. The caller holds mu.
func (m *memory) put(e booking.LogEntry) {
	e.Position = m.head().Next(0)
	m.log = append(m.log, e)
	close(m.grown)
	m.grown = make(chan struct{})
}

func (m *memory) publish(entries ...booking.LogEntry) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range entries {
		m.put(e)
	}
}

func (m *memory) Load(ctx context.Context, id string) (booking.Booking, error) {
	m.loads.Add(1)
	if m.onLoad != nil {
		if err := m.onLoad(ctx, id); err != nil {
			return booking.Booking{}, err
		}
	}
	return m.booking(id)
}

func (m *memory) booking(id string) (booking.Booking, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, ok := m.bookings[id]
	if !ok {
		return booking.Booking{}, booking.Errorf(booking.CodeNotFound, "There is no such booking.")
	}
	return b, nil
}

// change writes a booking as another process would.
func (m *memory) change(id string, f func(*booking.Booking)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b := m.bookings[id]
	f(&b)
	b.Revision++
	b.Version++
	m.bookings[id] = b
}

// history returns the commits of a booking, oldest first.
func (m *memory) history(id string) []booking.Commit {
	m.mu.Lock()
	defer m.mu.Unlock()
	var of []booking.Commit
	for _, c := range m.commits {
		if c.After.ID == id {
			of = append(of, c)
		}
	}
	return of
}

func (m *memory) User(_ context.Context, id string) (booking.User, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	u, ok := m.users[id]
	if !ok {
		return booking.User{}, booking.Errorf(booking.CodeNotFound, "There is no such user.")
	}
	return u, nil
}

func (m *memory) OpenOwners(_ context.Context, assignee string) ([]string, error) {
	return m.related(func(b booking.Booking) (string, bool) { return b.CreatedBy, b.AssigneeID() == assignee })
}

func (m *memory) OpenAssignees(_ context.Context, owner string) ([]string, error) {
	return m.related(func(b booking.Booking) (string, bool) { return b.AssigneeID(), b.CreatedBy == owner })
}

func (m *memory) related(of func(booking.Booking) (string, bool)) ([]string, error) {
	if m.onAsked != nil {
		if err := m.onAsked(); err != nil {
			return nil, err
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	seen := map[string]bool{}
	var users []string
	for _, b := range m.bookings {
		if user, ok := of(b); ok && user != "" && b.Status.Open() && !seen[user] {
			seen[user] = true
			users = append(users, user)
		}
	}
	return users, nil
}

func (m *memory) Overview(context.Context, time.Time) (booking.Overview, error) {
	if m.onStats != nil {
		if err := m.onStats(); err != nil {
			return booking.Overview{}, err
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return booking.Overview{TotalBookings: len(m.bookings)}, nil
}

// head returns the newest position. The caller holds mu.
func (m *memory) head() booking.Position {
	if len(m.log) == 0 {
		return booking.Position{}
	}
	return m.log[len(m.log)-1].Position
}

func (m *memory) Head(context.Context) (booking.Position, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.head(), nil
}

func (m *memory) Epoch(context.Context) (uint64, error) { return 1, nil }

func (m *memory) Recall(_ context.Context, q booking.Recall) (booking.Recalled, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	found := booking.Recalled{Head: m.head()}
	known := q.After.IsZero() && q.Vouched
	for _, e := range m.log {
		known = known || e.Position == q.After
		if e.Position.Compare(q.After) > 0 && slices.ContainsFunc(e.Rooms, func(room string) bool { return slices.Contains(q.Rooms, room) }) {
			found.Entries = append(found.Entries, e)
		}
	}
	found.Complete = known && q.After.Compare(m.trimmed) >= 0 && len(found.Entries) <= q.Limit
	if !found.Complete {
		found.Entries = nil
	}
	return found, nil
}

func (m *memory) Trim(_ context.Context, upTo booking.Position, limit int) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for ; n < limit && n+1 < len(m.log) && m.log[n].Position.Compare(upTo) <= 0; n++ {
		m.trimmed = m.log[n].Position
	}
	m.log = m.log[n:]
	return n, m.onTrim
}

func (m *memory) Follow(ctx context.Context, after booking.Position, deliver func([]booking.LogEntry) error) error {
	for {
		m.mu.Lock()
		hook := m.onFollow
		m.mu.Unlock()
		if hook != nil {
			if err := hook(); err != nil {
				return err
			}
		}
		m.mu.Lock()
		var batch []booking.LogEntry
		for _, e := range m.log {
			if e.Position.Compare(after) > 0 && len(batch) < 7 {
				batch = append(batch, e)
			}
		}
		grown := m.grown
		m.mu.Unlock()
		if len(batch) > 0 {
			if err := deliver(batch); err != nil {
				return err
			}
			after = batch[len(batch)-1].Position
			continue
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return nil
		}
	}
}
