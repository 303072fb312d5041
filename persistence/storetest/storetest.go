// Package storetest is the contract of booking.Store as tests. A store is right when Run passes on it.
//
// Each test opens a store of its own and speaks to it only through the interface. What the contract leaves open is left
// open here, with these readings of it:
//
//   - A list is ordered by its sort value and, between equals, by id in the same direction.
//   - A word of a search is a run of letters and digits; a search without a word filters nothing.
//   - Brands and models are counted by their exact spelling, and equal counts may come in any order.
//   - The log may show a commit a moment after Append returned; everything else shows it at once.
package storetest

import (
	"os"
	"testing"
	"time"

	"kapoor.example/desk/booking"
)

// Options is what a test asks of the store it opens.
type Options struct {
	Now      func() time.Time // the store's only clock; it may stand still and go backwards
	Location *time.Location   // of the statistics' days and months
}

// Open opens an empty store for one test and arranges for its Close and for the end of its data.
type Open func(t *testing.T, o Options) Harness

// Harness is an open store, and what a test may do to it.
type Harness struct {
	Store booking.Store
	// Reopen closes the store and opens the same data again with the same Options. It may be called more than once.
	Reopen func(t *testing.T) booking.Store

	// Lacks says why a need of some tests is not met here; those are skipped. Nil means that everything is.
	Lacks map[Need]string
	// ProvedElsewhere names where the skipped tests run instead; without it they fail when CI=true.
	ProvedElsewhere string
}

// Need is what a test needs of a backend to prove something.
type Need string

// The needs that not every backend meets.
const (
	Contention Need = "parallel writers on one record"
	Volume     Need = "more than 10,000 bookings"
)

// Run tests everything the contract promises.
func Run(t *testing.T, open Open) {
	s := suite{open}
	t.Run("Append", s.append)
	t.Run("Key", s.keys)
	t.Run("Load", s.loading)
	t.Run("Timeline", s.timelines)
	t.Run("Chain", s.chains)
	t.Run("Follow", s.following)
	t.Run("Since", s.since)
	t.Run("Recall", s.recalls)
	t.Run("Trim", s.trims)
	t.Run("List", s.lists)
	t.Run("Cursor", s.cursors)
	t.Run("Search", s.searches)
	t.Run("Notifications", s.notifications)
	t.Run("Related", s.related)
	t.Run("Statistics", s.statistics)
	t.Run("Import", s.imports)
	t.Run("Users", s.users)
	t.Run("ListUsers", s.userLists)
	t.Run("LastAdmin", s.admins)
	t.Run("Tokens", s.tokens)
	t.Run("Close", s.closing)
	t.Run("Context", s.contexts)
}

type suite struct{ open Open }

// needs skips a test that the harness says proves nothing here.
func (d *desk) needs(n Need) {
	d.t.Helper()
	why, lacks := d.harness.Lacks[n]
	switch {
	case !lacks:
	case d.harness.ProvedElsewhere != "":
		d.t.Skipf("needs %s: %s (proved by %s)", n, why, d.harness.ProvedElsewhere)
	case os.Getenv("CI") == "true":
		d.t.Fatalf("needs %s: %s, and nothing else proves it", n, why)
	default:
		d.t.Skipf("needs %s: %s", n, why)
	}
}
