package sqlite_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

func TestOpenWithoutPermission(t *testing.T) {
	for _, tt := range []struct {
		name string
		take func(t *testing.T, dir, path string) // takes the permission away
	}{
		{"an unwritable directory", func(t *testing.T, dir, _ string) { must(t, os.Chmod(dir, 0o500)) }},
		{"an unwritable file", func(t *testing.T, _, path string) {
			closed(t, path)
			must(t, os.Chmod(path, 0o400))
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			unprivileged(t, dir)
			path := filepath.Join(dir, "desk.db")
			tt.take(t, dir, path)
			refusesToOpen(t, dir, path, "cannot be written by this user")
			must(t, os.Chmod(dir, 0o700))
		})
	}
}

// unprivileged makes the rest of a test one that permissions hold back: they do not stop root. Only the test's own thread
// becomes another user.
func unprivileged(t *testing.T, dir string) {
	t.Helper()
	if os.Geteuid() != 0 {
		return
	}
	const nobody = 65534
	must(t, os.Chmod(filepath.Dir(dir), 0o755)) // #nosec G302 -- that user has to enter it
	must(t, os.Chown(dir, nobody, nobody))
	runtime.LockOSThread() // for good: the thread ends with the test
	must(t, unix.Setfsuid(nobody))
	t.Cleanup(func() { must(t, unix.Setfsuid(0)) })
}
