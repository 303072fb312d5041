package http_test

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"kapoor.example/desk/auth/authtest"
	"kapoor.example/desk/booking"
)

// memory is a booking.Store in memory, as far as REST needs one. It also is the desk: commands are planned and appended
// under a lock.
type memory struct {
	authtest.Users
	now func() time.Time

	mu            sync.Mutex
	bookings      map[string]booking.Booking
	keys          map[booking.IdempotencyKey]booking.KeyUsedError // without body hash
	notifications []booking.Notification
	events        []string // names of what was told, in order
	commits       int

	// fail, when set, is asked before every call; what it returns is the call's error.
	fail func(method string) error
}

func newMemory(now func() time.Time) *memory {
	return &memory{now: now, bookings: map[string]booking.Booking{}, keys: map[booking.IdempotencyKey]booking.KeyUsedError{}}
}

func (m *memory) begin(ctx context.Context, method string) (func(), error) {
	m.mu.Lock()
	fail := m.fail
	m.mu.Unlock()
	if fail != nil {
		if err := fail(method); err != nil {
			return nil, err
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	return m.mu.Unlock, nil
}

// failing makes calls fail until the next failing(nil).
func (m *memory) failing(fail func(method string) error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail = fail
}

// stored returns how many commits and users there are, for tests that nothing was stored.
func (m *memory) stored() [2]int {
	page, _ := m.ListUsers(context.Background(), booking.UserQuery{})
	m.mu.Lock()
	defer m.mu.Unlock()
	return [2]int{m.commits, page.Total}
}

// told returns the names of the events since the last call.
func (m *memory) told() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	told := m.events
	m.events = nil
	return told
}

// Execute implements http.Desk.
func (m *memory) Execute(ctx context.Context, c booking.Command) (booking.Outcome, error) {
	unlock, err := m.begin(ctx, "Execute")
	if err != nil {
		return booking.Outcome{}, err
	}
	defer unlock()
	before, found := m.bookings[c.BookingID]
	if create, ok := c.Do.(booking.Create); ok {
		before = booking.Booking{}
		for _, b := range m.bookings {
			if b.Code == create.Code {
				return booking.Outcome{}, &booking.CodeTakenError{Code: create.Code}
			}
		}
	} else if !found {
		return booking.Outcome{}, errNoBooking()
	}
	commit, err := booking.Plan(before, c, m.now(), booking.Policy{})
	if err != nil {
		return booking.Outcome{}, err
	}
	if commit.Event == nil {
		return booking.OutcomeOf(c, before, false), nil
	}
	if k := c.Key; k != nil {
		key := booking.IdempotencyKey{UserID: k.UserID, Key: k.Key}
		if used, ok := m.keys[key]; ok {
			return booking.Outcome{}, &used
		}
		m.keys[key] = booking.KeyUsedError{BookingID: c.BookingID, BodyHash: k.BodyHash}
	}
	m.bookings[c.BookingID] = commit.After
	m.notifications = append(m.notifications, commit.Notifications...)
	m.commits++
	for _, n := range commit.Notices {
		m.events = append(m.events, n.Name)
	}
	return booking.OutcomeOf(c, commit.After, true), nil
}

func errNoBooking() error { return booking.Errorf(booking.CodeNotFound, "There is no such booking.") }

func (m *memory) Load(ctx context.Context, id string) (booking.Booking, error) {
	unlock, err := m.begin(ctx, "Load")
	if err != nil {
		return booking.Booking{}, err
	}
	defer unlock()
	b, ok := m.bookings[id]
	if !ok {
		return b, errNoBooking()
	}
	return b, nil
}

func (m *memory) Find(ctx context.Context, ref string) (booking.Booking, error) {
	unlock, err := m.begin(ctx, "Find")
	if err != nil {
		return booking.Booking{}, err
	}
	defer unlock()
	code, _ := booking.NormalCode(ref)
	for _, b := range m.bookings {
		if b.ID == ref || b.Code == code {
			return b, nil
		}
	}
	return booking.Booking{}, errNoBooking()
}

func (m *memory) Keyed(ctx context.Context, userID, key string, _ time.Time) (*booking.KeyUsedError, error) {
	unlock, err := m.begin(ctx, "Keyed")
	if err != nil {
		return nil, err
	}
	defer unlock()
	if used, ok := m.keys[booking.IdempotencyKey{UserID: userID, Key: key}]; ok {
		return &used, nil
	}
	return nil, nil
}

func sortValue(b booking.Booking, k booking.SortKey) int64 {
	switch {
	case k == booking.SortUpdatedAt:
		return b.UpdatedAt.UnixMilli()
	case k == booking.SortPreferredDateTime && b.PreferredDateTime == nil:
		return booking.NoValue
	case k == booking.SortPreferredDateTime:
		return b.PreferredDateTime.UnixMilli()
	}
	return b.CreatedAt.UnixMilli()
}

func matches(b booking.Booking, q booking.Query) bool {
	text := strings.ToLower(b.CustomerName + " " + b.Brand + " " + b.Model + " " + b.Code + " " + b.InvoiceNumber)
	return (q.Owner == "" || b.CreatedBy == q.Owner) && (q.AssignedTo == "" || b.AssigneeID() == q.AssignedTo) &&
		(q.Status == "" || b.Status == q.Status) && (q.Brand == "" || strings.EqualFold(b.Brand, q.Brand)) &&
		(q.From.IsZero() || !b.CreatedAt.Before(q.From)) && (q.To.IsZero() || b.CreatedAt.Before(q.To)) &&
		strings.Contains(text, strings.ToLower(q.Search))
}

func (m *memory) List(ctx context.Context, q booking.Query) (booking.Page, error) {
	unlock, err := m.begin(ctx, "List")
	if err != nil {
		return booking.Page{}, err
	}
	defer unlock()
	order := func(aValue int64, aID string, bValue int64, bID string) int {
		c := cmp.Or(cmp.Compare(aValue, bValue), cmp.Compare(aID, bID))
		if !q.Asc {
			c = -c
		}
		return c
	}
	found := []booking.Booking{}
	for _, b := range m.bookings {
		if matches(b, q) {
			found = append(found, b.Summary())
		}
	}
	slices.SortFunc(found, func(a, b booking.Booking) int {
		return order(sortValue(a, q.Sort), a.ID, sortValue(b, q.Sort), b.ID)
	})
	page := booking.Page{Total: len(found)}
	if q.NoTotal {
		page.Total = 0
	}
	if q.After != nil {
		found = slices.DeleteFunc(found, func(b booking.Booking) bool {
			return order(sortValue(b, q.Sort), b.ID, q.After.Value, q.After.ID) <= 0
		})
	}
	found = found[min(q.Skip, len(found)):]
	if size := booking.Size(q.Limit); len(found) > size {
		found = found[:size]
		last := found[size-1]
		page.Next = &booking.Cursor{Sort: q.Sort, Asc: q.Asc, Value: sortValue(last, q.Sort), ID: last.ID}
	}
	page.Bookings = found
	return page, nil
}

func (m *memory) Notifications(ctx context.Context, q booking.NotificationQuery) (booking.NotificationPage, error) {
	unlock, err := m.begin(ctx, "Notifications")
	if err != nil {
		return booking.NotificationPage{}, err
	}
	defer unlock()
	page := booking.NotificationPage{Notifications: []booking.Notification{}}
	for _, n := range slices.Backward(m.notifications) {
		if n.UserID != q.UserID {
			continue
		}
		page.Unread++
		if q.After == "" || n.ID < q.After {
			page.Notifications = append(page.Notifications, n)
		}
	}
	if size := booking.Size(q.Limit); len(page.Notifications) > size {
		page.Notifications = page.Notifications[:size]
		page.Next = page.Notifications[size-1].ID
	}
	return page, nil
}

func (m *memory) Overview(ctx context.Context, _ time.Time) (booking.Overview, error) {
	unlock, err := m.begin(ctx, "Overview")
	if err != nil {
		return booking.Overview{}, err
	}
	defer unlock()
	o := booking.Overview{
		TotalBookings: len(m.bookings), BookingsByBrand: []booking.BrandCount{}, MonthlyTrend: []booking.MonthCount{},
		BookingsByModel: []booking.ModelCount{}, RecentBookings: []booking.Booking{},
	}
	return o, nil
}

func (m *memory) Daily(ctx context.Context, now time.Time) ([]booking.DayCount, error) {
	unlock, err := m.begin(ctx, "Daily")
	if err != nil {
		return nil, err
	}
	defer unlock()
	var days []booking.DayCount
	for _, date := range booking.LastDays(now, booking.DailyDays) {
		days = append(days, booking.DayCount{Date: date})
	}
	return days, nil
}

func (m *memory) Head(ctx context.Context) (booking.Position, error) {
	unlock, err := m.begin(ctx, "Head")
	if err != nil {
		return booking.Position{}, err
	}
	defer unlock()
	return booking.Position{}, nil
}

var errOnFire = errors.New("disk on fire")
