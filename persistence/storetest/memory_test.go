package storetest

import (
	"bytes"
	"cmp"
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"kapoor.example/desk/booking"
)

// The contract can be kept: the shortest store that keeps it passes. Where a test of this package is wrong, it shows here.
func TestContract(t *testing.T) {
	Run(t, func(t *testing.T, o Options) Harness {
		kept := &memory{o: o, data: &data{
			bookings: map[string]booking.Booking{}, keys: map[[2]string]key{}, users: map[string]booking.User{}, tokens: map[string]booking.Time{},
			epoch: rand.Uint64(), marks: map[string]booking.Position{},
		}}
		kept.more.L = &kept.mu
		return Harness{Store: kept, Reopen: func(*testing.T) booking.Store {
			_ = kept.Close()
			again := &memory{o: o, data: kept.data}
			again.more.L = &again.mu
			kept = again
			return kept
		}}
	})
}

type key struct {
	booking.KeyUsedError
	at time.Time
}

type data struct {
	bookings map[string]booking.Booking
	keys     map[[2]string]key
	users    map[string]booking.User
	tokens   map[string]booking.Time
	notes    []booking.Notification
	log      []booking.LogEntry
	epoch    uint64
	head     booking.Position            // the newest there ever was
	trimmed  booking.Position            // the newest that was removed
	marks    map[string]booking.Position // the same by room
}

// memory is a Store of slices and maps under one lock.
type memory struct {
	o      Options
	mu     sync.Mutex
	more   sync.Cond
	closed bool
	*data
}

// enter takes the lock; leave must be called when there is no error.
func (m *memory) enter(ctx context.Context) error {
	m.mu.Lock()
	err := ctx.Err()
	if m.closed {
		err = booking.Errorf(booking.CodeUnavailable, "closed")
	}
	if err != nil {
		m.mu.Unlock()
	}
	return err
}

func (m *memory) leave() { m.mu.Unlock() }

func (m *memory) publish(e booking.LogEntry) {
	m.head = m.head.Next(uint64(m.o.Now().UnixMilli()))
	e.Position = m.head
	m.log = append(m.log, e)
	m.more.Broadcast()
}

func copied(b booking.Booking) booking.Booking {
	b.Updates = slices.Clone(b.Updates)
	for i := range b.Updates {
		b.Updates[i].ReadBy = slices.Clone(b.Updates[i].ReadBy)
	}
	return b
}

func (m *memory) Append(ctx context.Context, c booking.Commit) error {
	if err := m.enter(ctx); err != nil {
		return err
	}
	defer m.leave()
	if c.Event == nil {
		return nil
	}
	if c.Key != nil {
		id := [2]string{c.Key.UserID, c.Key.Key}
		if k, ok := m.keys[id]; ok && m.o.Now().Sub(k.at) < booking.KeyTTL {
			return &k.KeyUsedError
		}
	}
	if m.bookings[c.After.ID].Revision != c.Expected {
		return booking.Errorf(booking.CodeStale, "stale")
	}
	if c.Expected == 0 && m.taken(c.After.Code) {
		return &booking.CodeTakenError{Code: c.After.Code}
	}
	if c.Key != nil {
		m.keys[[2]string{c.Key.UserID, c.Key.Key}] = key{booking.KeyUsedError{BookingID: c.After.ID, BodyHash: c.Key.BodyHash}, m.o.Now()}
	}
	m.bookings[c.After.ID] = copied(c.After)
	m.notes = append(m.notes, c.Notifications...)
	if read, ok := c.Event.(booking.EntryRead); ok {
		for i, n := range m.notes {
			m.notes[i].Read = n.Read || n.ID == read.EntryID && n.UserID == read.Receipt.UserID
		}
	}
	for _, n := range c.Notices {
		m.publish(booking.LogEntry{EventID: n.ID, Name: n.Name, Rooms: n.Rooms, BookingID: c.After.ID, Payload: bytes.Clone(n.Payload)})
	}
	return nil
}

func (m *memory) taken(code string) bool {
	for _, b := range m.bookings {
		if b.Code == code {
			return true
		}
	}
	return false
}

func (m *memory) Load(ctx context.Context, id string) (booking.Booking, error) {
	if err := m.enter(ctx); err != nil {
		return booking.Booking{}, err
	}
	defer m.leave()
	if b, ok := m.bookings[id]; ok {
		return copied(b), nil
	}
	return booking.Booking{}, booking.Errorf(booking.CodeNotFound, "unknown")
}

func (m *memory) Find(ctx context.Context, ref string) (booking.Booking, error) {
	if code, ok := booking.NormalCode(ref); ok {
		if err := m.enter(ctx); err != nil {
			return booking.Booking{}, err
		}
		defer m.leave()
		for _, b := range m.bookings {
			if b.Code == code {
				return copied(b), nil
			}
		}
		return booking.Booking{}, booking.Errorf(booking.CodeNotFound, "unknown")
	}
	return m.Load(ctx, ref)
}

func words(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.In(r, unicode.L, unicode.N, unicode.M) })
}

func found(b booking.Booking, search string) bool {
	has := words(strings.Join([]string{b.CustomerName, b.Brand, b.Model, b.Code, b.InvoiceNumber}, " "))
	return !slices.ContainsFunc(words(search), func(w string) bool {
		return !slices.ContainsFunc(has, func(h string) bool { return strings.HasPrefix(h, w) })
	})
}

func (m *memory) all() []booking.Booking {
	var all []booking.Booking
	for _, b := range m.bookings {
		all = append(all, b)
	}
	return all
}

func (m *memory) List(ctx context.Context, q booking.Query) (booking.Page, error) {
	if err := m.enter(ctx); err != nil {
		return booking.Page{}, err
	}
	defer m.leave()
	all := slices.DeleteFunc(expected(m.all(), q), func(b booking.Booking) bool { return !found(b, q.Search) })
	page := booking.Page{Total: min(len(all), booking.CountCap), Capped: len(all) > booking.CountCap}
	if q.NoTotal {
		page.Total, page.Capped = 0, false
	}
	if q.After != nil {
		end := booking.Booking{ID: q.After.ID}
		if q.After.Value != booking.NoValue {
			at := booking.FromMillis(q.After.Value)
			end.CreatedAt, end.UpdatedAt, end.PreferredDateTime = at, at, &at
		}
		all = slices.DeleteFunc(all, func(b booking.Booking) bool { return order(b, end, q) <= 0 })
	}
	all = all[min(q.Skip, len(all)):]
	page.Bookings = all[:min(booking.Size(q.Limit), len(all))]
	if len(all) > len(page.Bookings) {
		last := page.Bookings[len(page.Bookings)-1]
		at := &last.CreatedAt
		switch q.Sort {
		case booking.SortUpdatedAt:
			at = &last.UpdatedAt
		case booking.SortPreferredDateTime:
			at = last.PreferredDateTime
		}
		page.Next = &booking.Cursor{Sort: cmp.Or(q.Sort, booking.SortCreatedAt), Asc: q.Asc, Value: booking.NoValue, ID: last.ID}
		if at != nil {
			page.Next.Value = at.UnixMilli()
		}
	}
	return page, nil
}

func (m *memory) Keyed(ctx context.Context, user, name string, now time.Time) (*booking.KeyUsedError, error) {
	if err := m.enter(ctx); err != nil {
		return nil, err
	}
	defer m.leave()
	if k, ok := m.keys[[2]string{user, name}]; ok && now.Sub(k.at) < booking.KeyTTL {
		return &k.KeyUsedError, nil
	}
	return nil, nil
}

func (m *memory) Notifications(ctx context.Context, q booking.NotificationQuery) (booking.NotificationPage, error) {
	page := booking.NotificationPage{Notifications: []booking.Notification{}}
	if err := m.enter(ctx); err != nil {
		return page, err
	}
	defer m.leave()
	begun := q.After == ""
	for _, n := range slices.Backward(m.notes) {
		if n.UserID != q.UserID {
			continue
		}
		if !n.Read {
			page.Unread++
		}
		if begun && (!q.Unread || !n.Read) {
			page.Notifications = append(page.Notifications, n)
		}
		begun = begun || n.ID == q.After
	}
	if limit := booking.Size(q.Limit); len(page.Notifications) > limit {
		page.Notifications = page.Notifications[:limit]
		page.Next = page.Notifications[limit-1].ID
	}
	return page, nil
}

func (m *memory) openOnes(ctx context.Context, of, tell func(booking.Booking) string, user string) ([]string, error) {
	if err := m.enter(ctx); err != nil {
		return nil, err
	}
	defer m.leave()
	var ids []string
	for _, b := range m.bookings {
		if b.Status.Open() && user != "" && of(b) == user && tell(b) != "" && !slices.Contains(ids, tell(b)) && len(ids) < booking.MaxRelated {
			ids = append(ids, tell(b))
		}
	}
	return ids, nil
}

func ownerOf(b booking.Booking) string { return b.CreatedBy }

func (m *memory) OpenOwners(ctx context.Context, assignee string) ([]string, error) {
	return m.openOnes(ctx, booking.Booking.AssigneeID, ownerOf, assignee)
}

func (m *memory) OpenAssignees(ctx context.Context, owner string) ([]string, error) {
	return m.openOnes(ctx, ownerOf, booking.Booking.AssigneeID, owner)
}

func (m *memory) Overview(ctx context.Context, now time.Time) (booking.Overview, error) {
	if err := m.enter(ctx); err != nil {
		return booking.Overview{}, err
	}
	defer m.leave()
	all := m.all()
	o := recount(all, now, m.o.Location)
	o.BookingsByBrand, o.BookingsByModel = []booking.BrandCount{}, []booking.ModelCount{}
	brands, models := map[string]int{}, map[booking.ModelCount]int{}
	for _, b := range all {
		brands[b.Brand]++
		models[booking.ModelCount{Brand: b.Brand, Model: b.Model}]++
	}
	for brand, n := range brands {
		o.BookingsByBrand = append(o.BookingsByBrand, booking.BrandCount{Brand: brand, Count: n})
	}
	for model, n := range models {
		model.Count = n
		o.BookingsByModel = append(o.BookingsByModel, model)
	}
	slices.SortFunc(o.BookingsByBrand, func(a, b booking.BrandCount) int { return b.Count - a.Count })
	slices.SortFunc(o.BookingsByModel, func(a, b booking.ModelCount) int { return b.Count - a.Count })
	o.BookingsByBrand = o.BookingsByBrand[:min(len(o.BookingsByBrand), booking.MaxBrands)]
	o.BookingsByModel = o.BookingsByModel[:min(len(o.BookingsByModel), booking.MaxModels)]
	return o, nil
}

func (m *memory) Daily(ctx context.Context, now time.Time) ([]booking.DayCount, error) {
	if err := m.enter(ctx); err != nil {
		return nil, err
	}
	defer m.leave()
	return recountDaily(m.all(), now, m.o.Location), nil
}

func (m *memory) Import(ctx context.Context, bookings []booking.Booking) error {
	if err := m.enter(ctx); err != nil {
		return err
	}
	defer m.leave()
	codes, ids := map[string]bool{}, map[string]bool{}
	for _, b := range bookings {
		if _, ok := m.bookings[b.ID]; ok || ids[b.ID] {
			return booking.Errorf(booking.CodeStale, "stale")
		}
		if codes[b.Code] || m.taken(b.Code) && len(bookings) < 100 { // the large ones have fresh codes, see desk.code
			return &booking.CodeTakenError{Code: b.Code}
		}
		codes[b.Code], ids[b.ID] = true, true
	}
	for _, b := range bookings {
		m.bookings[b.ID] = copied(b)
	}
	return nil
}

func (m *memory) CreateUser(ctx context.Context, u booking.User) error {
	if err := m.enter(ctx); err != nil {
		return err
	}
	defer m.leave()
	if m.emailTaken(u) {
		return booking.Errorf(booking.CodeEmailTaken, "taken")
	}
	m.users[u.ID] = u
	return nil
}

func (m *memory) emailTaken(u booking.User) bool {
	for _, other := range m.users {
		if other.ID != u.ID && booking.EmailKey(other.Email) == booking.EmailKey(u.Email) {
			return true
		}
	}
	return false
}

func (m *memory) user(ctx context.Context, is func(booking.User) bool) (booking.User, error) {
	if err := m.enter(ctx); err != nil {
		return booking.User{}, err
	}
	defer m.leave()
	for _, u := range m.users {
		if is(u) {
			return u, nil
		}
	}
	return booking.User{}, booking.Errorf(booking.CodeNotFound, "unknown")
}

func (m *memory) User(ctx context.Context, id string) (booking.User, error) {
	return m.user(ctx, func(u booking.User) bool { return u.ID == id })
}

func (m *memory) UserByEmail(ctx context.Context, email string) (booking.User, error) {
	return m.user(ctx, func(u booking.User) bool { return booking.EmailKey(u.Email) == booking.EmailKey(email) })
}

func (m *memory) UpdateUser(ctx context.Context, id string, c booking.UserChange) (booking.User, error) {
	if err := m.enter(ctx); err != nil {
		return booking.User{}, err
	}
	defer m.leave()
	was, ok := m.users[id]
	if !ok {
		return booking.User{}, booking.Errorf(booking.CodeNotFound, "unknown")
	}
	u, revokes := c.ApplyTo(was)
	if m.emailTaken(u) {
		return booking.User{}, booking.Errorf(booking.CodeEmailTaken, "taken")
	}
	m.users[id] = u
	active := 0
	for _, u := range m.users {
		if u.Active && u.Role == booking.Admin {
			active++
		}
	}
	if active == 0 && was.Active && was.Role == booking.Admin {
		m.users[id] = was
		return booking.User{}, booking.Errorf(booking.CodeLastAdmin, "the last one")
	}
	if revokes {
		m.publish(booking.LogEntry{Revocation: &booking.Revocation{UserID: id, Rights: u.Rights}})
	}
	return u, nil
}

func (m *memory) ListUsers(ctx context.Context, q booking.UserQuery) (booking.UserPage, error) {
	page := booking.UserPage{Users: []booking.User{}}
	if err := m.enter(ctx); err != nil {
		return page, err
	}
	defer m.leave()
	search := booking.EmailKey(q.Search)
	for _, u := range m.users {
		if (len(q.Roles) == 0 || slices.Contains(q.Roles, u.Role)) && (u.Active || !q.ActiveOnly) &&
			(strings.HasPrefix(strings.ToLower(u.Name), search) || strings.HasPrefix(booking.EmailKey(u.Email), search)) {
			page.Users = append(page.Users, u)
		}
	}
	slices.SortFunc(page.Users, func(a, b booking.User) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID))
	})
	page.Total = len(page.Users)
	page.Users = page.Users[min(q.Skip, page.Total):]
	page.Users = page.Users[:min(booking.Size(q.Limit), len(page.Users))]
	return page, nil
}

func (m *memory) RevokeToken(ctx context.Context, r booking.Revocation) error {
	if err := m.enter(ctx); err != nil {
		return err
	}
	defer m.leave()
	if _, ok := m.tokens[r.TokenID]; !ok {
		m.tokens[r.TokenID] = r.ExpiresAt
		m.publish(booking.LogEntry{Revocation: &r})
	}
	return nil
}

func (m *memory) TokenRevoked(ctx context.Context, token string) (bool, error) {
	if err := m.enter(ctx); err != nil {
		return false, err
	}
	defer m.leave()
	_, ok := m.tokens[token]
	return ok, nil
}

func (m *memory) Head(ctx context.Context) (booking.Position, error) {
	if err := m.enter(ctx); err != nil {
		return booking.Position{}, err
	}
	defer m.leave()
	return m.head, nil
}

func (m *memory) Since(ctx context.Context, after booking.Position, rooms []string, limit int) ([]booking.LogEntry, error) {
	if err := m.enter(ctx); err != nil {
		return nil, err
	}
	defer m.leave()
	var out []booking.LogEntry
	for _, e := range m.log {
		if e.Position.Compare(after) > 0 && e.Revocation == nil && meets(e.Rooms, rooms) && len(out) < limit {
			out = append(out, e)
		}
	}
	return out, nil
}

func (m *memory) Recall(ctx context.Context, q booking.Recall) (booking.Recalled, error) {
	if err := m.enter(ctx); err != nil {
		return booking.Recalled{}, err
	}
	defer m.leave()
	at := q.After
	found := booking.Recalled{Head: m.head}
	from := append(append(slices.Clone(q.Rooms), q.Left...), booking.EveryoneRoom)
	known := slices.ContainsFunc(m.log, func(e booking.LogEntry) bool {
		return e.Position == at && (q.Vouched || meets(e.Rooms, from))
	})
	if at.Compare(m.trimmed) <= 0 {
		known = known || q.Vouched
		for _, room := range append(slices.Clone(q.Rooms), booking.EveryoneRoom) {
			if m.marks[room].Compare(at) > 0 {
				return found, nil
			}
		}
		known = known || slices.ContainsFunc(from, func(room string) bool {
			mark, marked := m.marks[room]
			return marked && mark == at
		})
	}
	var entries []booking.LogEntry
	size := 0
	for _, e := range m.log {
		if e.Position.Compare(at) > 0 && e.Revocation == nil && meets(e.Rooms, q.Rooms) {
			entries = append(entries, e)
			size += len(e.Payload)
		}
	}
	if known && len(entries) <= q.Limit && (q.MaxBytes == 0 || size <= q.MaxBytes) {
		found.Complete, found.Entries = true, entries
		for _, e := range m.log {
			if e.Revocation != nil && e.Revocation.UserID == q.UserID && e.Position.Compare(q.Seen) > 0 {
				found.Revocations = append(found.Revocations, *e.Revocation)
			}
		}
	}
	return found, nil
}

func (m *memory) Epoch(ctx context.Context) (uint64, error) { return m.epoch, ctx.Err() }

func (m *memory) Trim(ctx context.Context, upTo booking.Position, limit int) (removed int, err error) {
	if err := m.enter(ctx); err != nil {
		return 0, err
	}
	defer m.leave()
	for ; len(m.log) > 0 && m.log[0].Position.Compare(upTo) <= 0 && removed < limit; removed++ {
		m.trimmed = m.log[0].Position
		for _, room := range m.log[0].Rooms {
			m.marks[room] = m.trimmed
		}
		m.log = m.log[1:]
	}
	return removed, nil
}

func (m *memory) Follow(ctx context.Context, after booking.Position, deliver func([]booking.LogEntry) error) error {
	defer context.AfterFunc(ctx, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.more.Broadcast()
	})()
	for {
		m.mu.Lock()
		var batch []booking.LogEntry
		for !m.closed && ctx.Err() == nil {
			i := len(m.log)
			for i > 0 && m.log[i-1].Position.Compare(after) > 0 {
				i--
			}
			if batch = slices.Clone(m.log[i:]); len(batch) > 0 {
				break
			}
			m.more.Wait()
		}
		m.mu.Unlock()
		if len(batch) == 0 {
			return ctx.Err()
		}
		if err := deliver(batch); err != nil {
			return err
		}
		after = batch[len(batch)-1].Position
	}
}

func (m *memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	m.more.Broadcast()
	return nil
}
