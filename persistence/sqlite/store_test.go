package sqlite_test

import (
	"path/filepath"
	"testing"

	"kapoor.example/desk/booking"
	"kapoor.example/desk/persistence/sqlite"
	"kapoor.example/desk/persistence/storetest"
)

// TestStore is the whole contract.
func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T, o storetest.Options) storetest.Harness {
		options := sqlite.Options{Path: filepath.Join(t.TempDir(), "desk.db"), Now: o.Now, Location: o.Location}
		var store *sqlite.Store
		open := func(t *testing.T) booking.Store {
			t.Helper()
			opened, err := sqlite.Open(options)
			if err != nil {
				t.Fatal(err)
			}
			store = opened
			return opened
		}
		t.Cleanup(func() {
			if err := store.Close(); err != nil {
				t.Error(err)
			}
		})
		return storetest.Harness{Store: open(t), Reopen: func(t *testing.T) booking.Store {
			t.Helper()
			if err := store.Close(); err != nil {
				t.Fatal(err)
			}
			return open(t)
		}}
	})
}
