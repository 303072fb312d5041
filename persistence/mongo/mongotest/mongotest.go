// Package mongotest tests persistence/mongo on a server: the contract of storetest, and what is MongoDB's own, above all
// that a crash at any command loses nothing and doubles nothing, and that several processes share a database.
//
// It is a package, and not test files, because it runs on two servers: on MONGODB_TEST_URI by the tests of
// persistence/mongo, and on an embedded FerretDB by the module in ferrettest. Every test has a database of its own, which
// is dropped afterwards.
package mongotest

import (
	"context"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"kapoor.example/desk/booking"
	"kapoor.example/desk/persistence/mongo"
	"kapoor.example/desk/persistence/storetest"
)

// Server is what the tests run on.
type Server struct {
	URI string
	// Lacks and ProvedElsewhere are as in storetest.Harness.
	Lacks           map[storetest.Need]string
	ProvedElsewhere string
	// NoPlans says why the server's query plans tell nothing. Empty means that they do.
	NoPlans string
}

// Run tests everything on a server.
func Run(t *testing.T, s Server) {
	t.Run("Contract", s.contract)
	t.Run("Crash", s.crashes)
	t.Run("Processes", s.processes)
	t.Run("Held up", s.heldUp)
	t.Run("Sweeper", s.sweeper)
	t.Run("Upkeep", s.upkeep)
	t.Run("Plans", s.plans)
}

func (s Server) contract(t *testing.T) {
	storetest.Run(t, func(t *testing.T, o storetest.Options) storetest.Harness {
		d := s.desk(t)
		d.options.Now, d.options.Location = o.Now, o.Location
		current := d.open(s.URI)
		reopen := func(t *testing.T) booking.Store {
			t.Helper()
			if err := current.Close(); err != nil {
				t.Fatal(err)
			}
			current = d.open(s.URI)
			return current
		}
		return storetest.Harness{Store: current, Reopen: reopen, Lacks: s.Lacks, ProvedElsewhere: s.ProvedElsewhere}
	})
}

// desk is a database of one test.
type desk struct {
	t       *testing.T
	ctx     context.Context
	db      *driver.Database // for looking behind the store
	options mongo.Options

	mu  sync.Mutex
	now time.Time

	alice, sam, sonia, anna booking.Principal
}

// patience is how long a test waits for what must happen soon.
const patience = 20 * time.Second

func (s Server) desk(t *testing.T) *desk {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 4*patience)
	t.Cleanup(cancel)
	client, err := driver.Connect(options.Client().ApplyURI(s.URI))
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, ctx: ctx, now: time.Date(2026, time.March, 10, 9, 30, 0, 0, time.UTC)}
	d.db = client.Database("desk_test_" + booking.NewID(time.Now()))
	d.options = mongo.Options{Database: d.db.Name(), Now: d.clock, OnError: func(error) {}}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := d.db.Drop(ctx); err != nil {
			t.Errorf("drop %s: %v", d.db.Name(), err)
		}
		if err := client.Disconnect(ctx); err != nil {
			t.Errorf("disconnect: %v", err)
		}
	})
	person := func(name string, role booking.Role) booking.Principal {
		return booking.Principal{ID: booking.NewID(d.now), Name: name, Role: role}
	}
	d.alice, d.anna = person("Alice Roy", booking.Customer), person("Anna Kapoor", booking.Admin)
	d.sam, d.sonia = person("Sam Das", booking.Staff), person("Sonia Jain", booking.Staff)
	return d
}

func (d *desk) clock() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now
}

func (d *desk) advance(by time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now = d.now.Add(by)
}

// open opens the test's database. The store is closed when the test ends, unless the test has closed it.
func (d *desk) open(uri string) *mongo.Store {
	d.t.Helper()
	d.options.URI = uri
	s, err := mongo.Open(d.ctx, d.options)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { _ = s.Close() })
	return s
}

// plan decides an operation; the zero Booking makes a new one.
func (d *desk) plan(b booking.Booking, by booking.Principal, do booking.Operation) booking.Commit {
	d.t.Helper()
	c := booking.Command{ID: booking.NewID(d.clock()), BookingID: b.ID, By: by, Do: do}
	if _, ok := do.(booking.Create); ok {
		c.BookingID, c.Key = booking.NewID(d.clock()), &booking.IdempotencyKey{UserID: by.ID, Key: c.ID, BodyHash: "hash"}
	}
	commit, err := booking.Plan(b, c, d.clock(), booking.Policy{})
	if err != nil {
		d.t.Fatal(err)
	}
	return commit
}

func create() booking.Create {
	return booking.Create{Code: booking.NewCode(), Details: booking.Details{
		CustomerName: "Ravi Kumar", ContactNumber: "555 0101", Address: "12 Hill Road", Brand: "Samsung", Model: "Frame 55",
	}}
}

func assign(p booking.Principal) *booking.Assignment {
	return &booking.Assignment{To: &booking.Person{ID: p.ID, Name: p.Name}}
}

// account stores a new account.
func (d *desk) account(s booking.Store, email string, role booking.Role) booking.User {
	d.t.Helper()
	u := booking.User{ID: booking.NewID(d.clock()), Name: email, Email: email, Role: role, Active: true, Rights: 1, CreatedAt: booking.At(d.clock())}
	if err := s.CreateUser(d.ctx, u); err != nil {
		d.t.Fatal(err)
	}
	return u
}

// count counts documents behind the store.
func (d *desk) count(collection string, filter bson.D) int {
	d.t.Helper()
	n, err := d.db.Collection(collection).CountDocuments(d.ctx, filter)
	if err != nil {
		d.t.Fatal(err)
	}
	return int(n)
}

// eventually waits until f is true.
func (d *desk) eventually(what string, f func() bool) {
	d.t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !f() {
		select {
		case <-deadline:
			d.t.Fatalf("%s: not within %v", what, patience)
		case <-tick.C:
		}
	}
}

// log returns the log of a store, n entries: with a new booking's behind them, so that it sees that nothing comes twice.
func (d *desk) log(s booking.Store, n int) []booking.LogEntry {
	d.t.Helper()
	d.follow(s, n)
	marker := d.plan(booking.Booking{}, d.sam, create())
	if err := s.Append(d.ctx, marker); err != nil {
		d.t.Fatal(err)
	}
	entries := d.follow(s, n+len(marker.Notices))
	for i, e := range entries {
		if (e.BookingID == marker.After.ID) != (i >= n) {
			d.t.Fatalf("entry %d of %d is %s %s", i, n, e.Name, e.EventID)
		}
		if i > 0 && entries[i-1].Position.Compare(e.Position) >= 0 {
			d.t.Fatalf("position %v comes behind %v", e.Position, entries[i-1].Position)
		}
	}
	return entries[:n]
}

// follow returns the first n entries of the log.
func (d *desk) follow(s booking.Store, n int) []booking.LogEntry {
	d.t.Helper()
	if n == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(d.ctx, patience)
	defer cancel()
	var entries []booking.LogEntry
	err := s.Follow(ctx, booking.Position{}, func(batch []booking.LogEntry) error {
		if entries = append(entries, batch...); len(entries) >= n {
			cancel()
		}
		return nil
	})
	if len(entries) < n {
		d.t.Fatalf("%d entries of %d: %v", len(entries), n, err)
	}
	return entries
}
