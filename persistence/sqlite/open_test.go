package sqlite_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kapoor.example/desk/booking"
	"kapoor.example/desk/persistence/sqlite"
)

func open(t *testing.T, o sqlite.Options) *sqlite.Store {
	t.Helper()
	store, err := sqlite.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestOpenFails opens what cannot be opened: one sentence that names it, and nothing of it is changed.
func TestOpenFails(t *testing.T) {
	write := func(t *testing.T, path, content string) {
		t.Helper()
		must(t, os.WriteFile(path, []byte(content), 0o600))
	}
	for _, tt := range []struct {
		name    string
		prepare func(t *testing.T, dir string) (path string)
		says    string
	}{
		{"in use", func(t *testing.T, dir string) string {
			open(t, sqlite.Options{Path: filepath.Join(dir, "desk.db")})
			return filepath.Join(dir, "desk.db")
		}, "are in use by another process"},
		{"a directory", func(t *testing.T, dir string) string {
			must(t, os.Mkdir(filepath.Join(dir, "desk.db"), 0o700))
			return filepath.Join(dir, "desk.db")
		}, "is a directory"},
		{"under a file", func(t *testing.T, dir string) string {
			write(t, filepath.Join(dir, "data"), "a file")
			return filepath.Join(dir, "data", "desk.db")
		}, "not a directory"},
		{"not a database", func(t *testing.T, dir string) string {
			write(t, filepath.Join(dir, "desk.db"), strings.Repeat("This is a letter. ", 1000))
			return filepath.Join(dir, "desk.db")
		}, "is damaged or is not a database"},
		{"cut", func(t *testing.T, dir string) string {
			path := filepath.Join(dir, "desk.db")
			closed(t, path)
			must(t, os.Truncate(path, 3*4096+100))
			return path
		}, "is damaged or is not a database"},
		{"overwritten in the middle", func(t *testing.T, dir string) string {
			path := filepath.Join(dir, "desk.db")
			closed(t, path)
			f, err := os.OpenFile(path, os.O_RDWR, 0)
			must(t, err)
			_, err = f.WriteAt([]byte(strings.Repeat("\xff", 4096)), 100)
			must(t, err)
			must(t, f.Close())
			return path
		}, "is damaged or is not a database"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			refusesToOpen(t, dir, tt.prepare(t, dir), tt.says)
		})
	}
}

// refusesToOpen expects one sentence that names the path, and that what is there stays as it is.
func refusesToOpen(t *testing.T, dir, path, says string) {
	t.Helper()
	before, _ := os.ReadFile(path)
	_, err := sqlite.Open(sqlite.Options{Path: path})
	if err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), dir) || strings.Contains(err.Error(), "\n") {
		t.Fatalf("Open: %v, want one sentence with %q and the path", err, says)
	}
	if after, _ := os.ReadFile(path); string(after) != string(before) {
		t.Error("Open changed the file")
	}
}

// closed makes a database and closes it.
func closed(t *testing.T, path string) {
	t.Helper()
	store, err := sqlite.Open(sqlite.Options{Path: path})
	must(t, err)
	must(t, store.Append(t.Context(), plan(booking.Booking{}, order())))
	must(t, store.Close())
}

// TestOpenAnyPath opens paths that mean something to a URI.
func TestOpenAnyPath(t *testing.T) {
	for _, name := range []string{"desk?mode=memory.db", "desk#1 %41.db", "new/deep/desk.db", "मेज़.db"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), name)
			closed(t, path)
			info, err := os.Stat(path)
			must(t, err)
			if info.Size() == 0 || info.Mode().Perm() != 0o600 {
				t.Fatalf("%d bytes, mode %v", info.Size(), info.Mode())
			}
		})
	}
}

// TestLockEndsWithClose hands the data from one store to the next, as one process does to another.
func TestLockEndsWithClose(t *testing.T) {
	path := filepath.Join(t.TempDir(), "desk.db")
	for range 3 {
		closed(t, path)
	}
	store := open(t, sqlite.Options{Path: path})
	page, err := store.List(t.Context(), booking.Query{})
	must(t, err)
	if page.Total != 3 {
		t.Fatalf("total %d", page.Total)
	}
}

// TestTimeZoneChanges opens the same data in another zone: the days are counted anew.
func TestTimeZoneChanges(t *testing.T) {
	path := filepath.Join(t.TempDir(), "desk.db")
	at := time.Date(2026, time.March, 10, 20, 0, 0, 0, time.UTC) // the 11th in Kolkata
	for _, zone := range []struct{ name, day string }{{"UTC", "2026-03-10"}, {"Asia/Kolkata", "2026-03-11"}, {"UTC", "2026-03-10"}} {
		location, err := time.LoadLocation(zone.name)
		must(t, err)
		store, err := sqlite.Open(sqlite.Options{Path: path, Location: location})
		must(t, err)
		c := plan(booking.Booking{}, order())
		c.After.CreatedAt = booking.At(at)
		must(t, store.Append(t.Context(), c))
		page, err := store.List(t.Context(), booking.Query{})
		must(t, err)
		days, err := store.Daily(t.Context(), at.In(location))
		must(t, err)
		if today := days[len(days)-1]; today.Date != zone.day || today.Count != page.Total || today.Pending != page.Total {
			t.Fatalf("in %s: %+v, want all %d on %s", zone.name, today, page.Total, zone.day)
		}
		overview, err := store.Overview(t.Context(), at)
		must(t, err)
		if overview.TotalBookings != page.Total {
			t.Fatalf("in %s: %d of %d are counted", zone.name, overview.TotalBookings, page.Total)
		}
		must(t, store.Close())
	}
}

// TestReadersWaitWithTheirContext takes all connections by slow followers and asks for one more.
func TestReadersWaitWithTheirContext(t *testing.T) {
	store := open(t, sqlite.Options{Path: filepath.Join(t.TempDir(), "desk.db"), Readers: 1})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := store.Load(ctx, "x"); !errors.Is(err, context.Canceled) {
		t.Fatalf("Load: %v", err)
	}
	done := make(chan error, 8)
	for range cap(done) {
		go func() {
			_, err := store.List(t.Context(), booking.Query{})
			done <- err
		}()
	}
	for range cap(done) {
		must(t, <-done)
	}
}
