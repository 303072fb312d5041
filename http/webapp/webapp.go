// Package webapp holds the app in mobile/ as a browser loads it: the export that `just mobile` makes, packed into the
// program, so that a server needs nothing beside itself to show it.
package webapp

import (
	"bytes"
	"compress/gzip"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"
)

//go:embed all:dist
var dist embed.FS

// Build is what build.json says of the export.
type Build struct {
	Sources string   `json:"sources"` // hash of what the export was made from
	Files   []Record `json:"files"`
}

// Record is a file of the export as it was before it was packed.
type Record struct {
	Path   string `json:"path"` // relative, with slashes
	SHA256 string `json:"sha256"`
	Packed bool   `json:"packed"` // stored as path.br and path.gz instead of path
}

// File is a file of the export. Nobody may change its bytes.
type File struct {
	Record
	// Brotli and Gzip are nil where the file is not Packed.
	Brotli, Gzip []byte

	plain func() ([]byte, error)
}

// Plain returns the file as it is. Packed ones are unpacked at the first call: hardly a browser asks for that.
func (f File) Plain() ([]byte, error) { return f.plain() }

// Immutable reports whether the file's path names its content, so that it may be kept for ever.
func (f File) Immutable() bool {
	return strings.HasPrefix(f.Path, "_expo/static/") || strings.HasPrefix(f.Path, "assets/")
}

// Files returns every file of the export.
func Files() ([]File, error) {
	root, err := fs.Sub(dist, "dist")
	if err != nil {
		return nil, err
	}
	build, err := readBuild(root)
	if err != nil {
		return nil, err
	}
	files := make([]File, 0, len(build.Files))
	for _, record := range build.Files {
		file, err := load(root, record)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	return files, nil
}

func readBuild(root fs.FS) (build Build, err error) {
	text, err := fs.ReadFile(root, "build.json")
	if err != nil {
		return build, err
	}
	if err := json.Unmarshal(text, &build); err != nil {
		return build, fmt.Errorf("decode build.json: %w", err)
	}
	return build, nil
}

func load(root fs.FS, record Record) (File, error) {
	file := File{Record: record}
	if !record.Packed {
		content, err := fs.ReadFile(root, record.Path)
		file.plain = func() ([]byte, error) { return content, nil }
		return file, err
	}
	var err error
	if file.Brotli, err = fs.ReadFile(root, record.Path+".br"); err != nil {
		return File{}, err
	}
	if file.Gzip, err = fs.ReadFile(root, record.Path+".gz"); err != nil {
		return File{}, err
	}
	file.plain = sync.OnceValues(func() ([]byte, error) { return unpack(file.Gzip) })
	return file, nil
}

func unpack(packed []byte) ([]byte, error) {
	reader, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	content, err := io.ReadAll(reader)
	if err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	return content, nil
}
