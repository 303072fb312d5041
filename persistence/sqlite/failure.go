package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// ErrInUse says that another process has the store open: it may let go of it soon.
var ErrInUse = errors.New("in use by another process")

var (
	errLocked = errors.New("locked")
	errNewer  = errors.New("newer schema")
)

// explain makes one sentence for the operator of what kept the database from being opened.
func explain(path string, err error) error {
	dir := filepath.Dir(path)
	var driver *sqlite.Error
	code := 0
	if errors.As(err, &driver) {
		code = driver.Code() & 0xff
	}
	switch {
	case errors.Is(err, errLocked):
		return fmt.Errorf("the data in %s are %w: stop it first, or choose another directory", dir, ErrInUse)
	case errors.Is(err, errNewer):
		return fmt.Errorf("the database %s was written by a newer version of this program: %w", path, err)
	case code == lib.SQLITE_NOTADB || code == lib.SQLITE_CORRUPT:
		return fmt.Errorf("the database %s is damaged or is not a database, restore it from a backup: %w", path, err)
	case code == lib.SQLITE_FULL:
		return fmt.Errorf("there is no space left for the database %s: %w", path, err)
	case code == lib.SQLITE_CANTOPEN || code == lib.SQLITE_READONLY || code == lib.SQLITE_PERM || errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("the database %s cannot be written by this user: %w", path, err)
	}
	return fmt.Errorf("the database %s cannot be opened: %w", path, err)
}
