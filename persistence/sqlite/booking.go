package sqlite

import (
	"context"
	"fmt"
	"strings"

	"kapoor.example/desk/booking"
)

// numberOf returns the number by which the tables hold a status: its place in booking.Statuses.
func numberOf(s booking.Status) (int, error) {
	for i, known := range booking.Statuses() {
		if s == known {
			return i, nil
		}
	}
	return 0, fmt.Errorf("unknown status %q", s)
}

// bookingColumns are what scanBooking reads, of the table bookings under the name b.
const bookingColumns = `b.n, b.id, b.code, b.owner, b.status, b.created_at, b.updated_at, b.preferred_at, b.version, b.revision,
	b.assignee, b.assignee_name, b.assignee_email, b.assignee_phone, b.brand, b.model, b.customer_name, b.email, b.contact_number,
	b.address, b.invoice_number`

// scanBooking reads bookingColumns: a booking without its timeline.
func scanBooking(scan scanner) (n int64, b booking.Booking, err error) {
	var (
		status, created, updated  int64
		preferred                 *int64
		assignee, name, mail, tel *string
		version, revision         int64
	)
	err = scan(&n, &b.ID, &b.Code, &b.CreatedBy, &status, &created, &updated, &preferred, &version, &revision,
		&assignee, &name, &mail, &tel, &b.Brand, &b.Model, &b.CustomerName, &b.Email, &b.ContactNumber,
		&b.Address, &b.InvoiceNumber)
	if err != nil {
		return 0, b, err
	}
	b.Status = booking.Statuses()[status]
	b.CreatedAt, b.UpdatedAt = booking.FromMillis(created), booking.FromMillis(updated)
	b.Version, b.Revision = uint64(version), uint64(revision)
	if preferred != nil {
		at := booking.FromMillis(*preferred)
		b.PreferredDateTime = &at
	}
	if assignee != nil {
		b.AssignedTo = &booking.Person{ID: *assignee, Name: *name, Email: *mail, Phone: *tel}
	}
	return n, b, nil
}

// Load implements booking.Bookings.
func (s *Store) Load(ctx context.Context, id string) (booking.Booking, error) {
	var b booking.Booking
	err := s.read(ctx, "load booking", func(q *session) error {
		return q.snapshot(func() (err error) {
			b, err = q.load(ctx, loadByID, id)
			return err
		})
	})
	return b, err
}

// Find implements booking.Bookings.
func (s *Store) Find(ctx context.Context, ref string) (booking.Booking, error) {
	var b booking.Booking
	err := s.read(ctx, "find booking", func(q *session) error {
		return q.snapshot(func() (err error) {
			b, err = q.load(ctx, loadByID, ref)
			if code, ok := booking.NormalCode(ref); ok && booking.CodeOf(err) == booking.CodeNotFound {
				b, err = q.load(ctx, loadByCode, code)
			}
			return err
		})
	})
	return b, err
}

const (
	loadByID   = `SELECT ` + bookingColumns + ` FROM bookings b WHERE b.id = ?`
	loadByCode = `SELECT ` + bookingColumns + ` FROM bookings b WHERE b.code = ?`
)

// load reads a booking with its timeline. It needs two queries, so its caller holds a snapshot.
func (q *session) load(ctx context.Context, query, key string) (b booking.Booking, err error) {
	var n int64
	err = q.each(ctx, query, []any{key}, func(scan scanner) error {
		n, b, err = scanBooking(scan)
		return err
	})
	switch {
	case err != nil:
		return booking.Booking{}, err
	case b.ID == "":
		return booking.Booking{}, booking.Errorf(booking.CodeNotFound, "There is no such booking.")
	}
	b.Updates, err = q.timeline(ctx, n)
	if err != nil {
		return booking.Booking{}, fmt.Errorf("timeline: %w", err)
	}
	return b, nil
}

// row is what a write needs to know of the booking it changes.
type row struct {
	n, revision, createdAt int64
	status                 int
}

func (b *batch) row(id string) (r row, found bool, err error) {
	found, err = b.get(`SELECT n, revision, created_at, status FROM bookings WHERE id = ?`, []any{id}, &r.n, &r.revision, &r.createdAt, &r.status)
	return r, found, err
}

// insert writes a new booking with the timeline it brings, counts it and notes it for the search index. The caller has
// checked that its id and code are free.
func (b *batch) insert(k booking.Booking) error {
	status, err := numberOf(k.Status)
	if err != nil {
		return err
	}
	n, err := b.numberFor(k.CreatedAt)
	if err != nil {
		return err
	}
	p := personOf(k.AssignedTo)
	err = b.exec(`INSERT INTO bookings (n, id, code, owner, status, created_at, updated_at, preferred_at, version, revision,
			assignee, assignee_name, assignee_email, assignee_phone, brand_key, brand, model, customer_name, email, contact_number,
			address, invoice_number)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		n, k.ID, k.Code, k.CreatedBy, status, k.CreatedAt.UnixMilli(), k.UpdatedAt.UnixMilli(), momentOf(k.PreferredDateTime),
		k.Version, max(k.Revision, 1), p[0], p[1], p[2], p[3], strings.ToLower(k.Brand), k.Brand, k.Model, k.CustomerName,
		k.Email, k.ContactNumber, k.Address, k.InvoiceNumber)
	if err != nil {
		return fmt.Errorf("booking: %w", err)
	}
	for i, e := range k.Updates {
		if err := b.insertEntry(n, i+1, e); err != nil {
			return err
		}
	}
	b.counts.created(k, status, b.location)
	b.index(n, k, false)
	return nil
}

// numberFor returns the next free n of a booking made at a moment.
func (b *batch) numberFor(at booking.Time) (int64, error) {
	first := millisecond(at.UnixMilli())
	var last *int64
	_, err := b.get(`SELECT max(n) FROM bookings WHERE n BETWEEN ? AND ?`, []any{first, first + maxCounter}, &last)
	switch {
	case err != nil:
		return 0, err
	case last == nil:
		return first, nil
	case *last == first+maxCounter:
		return 0, fmt.Errorf("more than %d bookings were made at %s", maxCounter, at)
	}
	return *last + 1, nil
}

// personOf returns the columns of an assignee.
func personOf(p *booking.Person) [4]any {
	if p == nil {
		return [4]any{}
	}
	return [4]any{p.ID, p.Name, p.Email, p.Phone}
}

func momentOf(t *booking.Time) any {
	if t == nil {
		return nil
	}
	return t.UnixMilli()
}
