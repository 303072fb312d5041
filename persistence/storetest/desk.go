package storetest

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kapoor.example/desk/booking"
)

// patience is how long a test waits for what must happen soon.
const patience = 30 * time.Second

// desk is one test's store, clock and people.
type desk struct {
	t       *testing.T
	ctx     context.Context
	harness Harness
	store   booking.Store
	clock   *clock

	alice, bob booking.Principal // customers
	sam, sonia booking.Principal // staff
	anna       booking.Principal // admin

	codes atomic.Uint32 // how many code has given out
}

// clock is a clock that moves only when told.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) { c.set(c.Now().Add(d)) }

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

// start is the time when every test begins.
var start = time.Date(2026, time.March, 10, 9, 30, 0, 0, time.UTC)

func (s suite) desk(t *testing.T) *desk { return s.deskIn(t, time.UTC) }

func (s suite) deskIn(t *testing.T, zone *time.Location) *desk {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 4*patience)
	t.Cleanup(cancel)
	d := &desk{t: t, ctx: ctx, clock: &clock{now: start}}
	d.harness = s.open(t, Options{Now: d.clock.Now, Location: zone})
	d.store = d.harness.Store
	d.alice, d.bob = d.person("Alice Roy", booking.Customer), d.person("Bob Sen", booking.Customer)
	d.sam, d.sonia = d.person("Sam Das", booking.Staff), d.person("Sonia Jain", booking.Staff)
	d.anna = d.person("Anna Kapoor", booking.Admin)
	return d
}

func (d *desk) reopen() {
	d.t.Helper()
	d.store = d.harness.Reopen(d.t)
}

func (d *desk) id() string { return booking.NewID(d.clock.Now()) }

// code returns a code that it has not returned before: of 10,000 random ones two are equal in one run of six.
func (d *desk) code() string { return fmt.Sprintf("%06d", d.codes.Add(1)) }

func (d *desk) person(name string, role booking.Role) booking.Principal {
	return booking.Principal{ID: d.id(), Name: name, Role: role}
}

// assign returns the assignment to p.
func assign(p booking.Principal) *booking.Assignment {
	return &booking.Assignment{To: &booking.Person{ID: p.ID, Name: p.Name, Email: "p@example.com", Phone: "5550"}}
}

// newBooking returns a Create that is filled in.
func newBooking() booking.Create {
	return booking.Create{Code: booking.NewCode(), Details: booking.Details{
		CustomerName: "Ravi Kumar", ContactNumber: "555 0101", Address: "12 Hill Road", Brand: "Samsung", Model: "Frame 55",
	}}
}

// plan decides an operation against b; the zero Booking makes a new one.
func (d *desk) plan(b booking.Booking, by booking.Principal, do booking.Operation) booking.Commit {
	d.t.Helper()
	return d.planCommand(b, booking.Command{ID: d.id(), BookingID: b.ID, By: by, Do: do})
}

func (d *desk) planCommand(b booking.Booking, c booking.Command) booking.Commit {
	d.t.Helper()
	if c.BookingID == "" {
		c.BookingID = d.id()
	}
	commit, err := booking.Plan(b, c, d.clock.Now(), booking.Policy{})
	if err != nil {
		d.t.Fatalf("plan %T: %v", c.Do, err)
	}
	return commit
}

// append writes a commit that must be accepted, and returns the booking as it is after it.
func (d *desk) append(c booking.Commit) booking.Booking {
	d.t.Helper()
	if err := d.store.Append(d.ctx, c); err != nil {
		d.t.Fatalf("Append: %v", err)
	}
	return c.After
}

// create makes a booking of by's; set changes what is filled in.
func (d *desk) create(by booking.Principal, set ...func(*booking.Create)) booking.Booking {
	d.t.Helper()
	c := newBooking()
	for _, f := range set {
		f(&c)
	}
	return d.append(d.plan(booking.Booking{}, by, c))
}

// do changes b and returns it as it is then.
func (d *desk) do(b booking.Booking, by booking.Principal, op booking.Operation) booking.Booking {
	d.t.Helper()
	return d.append(d.plan(b, by, op))
}

func (d *desk) load(id string) booking.Booking {
	d.t.Helper()
	b, err := d.store.Load(d.ctx, id)
	if err != nil {
		d.t.Fatalf("Load: %v", err)
	}
	return b
}

// stored fails unless the store has b exactly so.
func (d *desk) stored(b booking.Booking) {
	d.t.Helper()
	d.same(d.load(b.ID), b)
}

// same compares two bookings in everything, what nobody outside sees included.
func (d *desk) same(got, want booking.Booking) {
	d.t.Helper()
	if g, w := written(got), written(want); g != w {
		d.t.Fatalf("booking differs\n got %s\nwant %s", g, w)
	}
}

func written(b booking.Booking) string {
	return fmt.Sprintf("revision %d %s", b.Revision, encoded(b))
}

func encoded(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// equal fails unless both are written the same way in JSON.
func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if g, w := encoded(got), encoded(want); g != w {
		t.Fatalf("%s\n got %s\nwant %s", what, g, w)
	}
}

// wantCode fails unless err carries the code.
func wantCode(t *testing.T, what string, err error, want booking.Code) {
	t.Helper()
	if got := booking.CodeOf(err); got != want {
		t.Fatalf("%s: %v, want code %q", what, err, want)
	}
}

// must fails on an error.
func must(t *testing.T, what string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// parallel runs f n times at once and fails on the first error.
func parallel(t *testing.T, n int, f func(i int) error) {
	t.Helper()
	begin, errs := make(chan struct{}), make(chan error, n)
	for i := range n {
		go func() {
			<-begin
			errs <- f(i)
		}()
	}
	close(begin)
	var first error
	for range n {
		if err := <-errs; err != nil && first == nil {
			first = err
		}
	}
	must(t, "in parallel", first)
}

// ids returns the ids of bookings.
func ids(bookings []booking.Booking) []string {
	out := make([]string, len(bookings))
	for i, b := range bookings {
		out[i] = b.ID
	}
	return out
}
