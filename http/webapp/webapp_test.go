package webapp

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// mobile is the folder of the app.
const mobile = "../../mobile"

// sources are the files and folders of the app that decide what its web export is; mobile/scripts/sources.mjs has the
// same list.
func sources() []string {
	return []string{"app.json", "index.ts", "metro.config.js", "package-lock.json", "package.json", "public", "src", "tsconfig.json"}
}

// TestBuildIsOfTheseSources holds the committed export against the app's sources and lockfile, without Node.
func TestBuildIsOfTheseSources(t *testing.T) {
	build := mustBuild(t)
	if got := mustHashSources(t); build.Sources != got {
		t.Errorf("http/webapp/dist was made from other sources (%.12s, now they are %.12s): run just mobile and commit the result", build.Sources, got)
	}
}

func mustHashSources(t *testing.T) string {
	t.Helper()
	var lines []string
	for _, source := range sources() {
		err := filepath.WalkDir(filepath.Join(mobile, source), func(file string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			content, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			name, err := filepath.Rel(mobile, file)
			lines = append(lines, fmt.Sprintf("%s  %s\n", hash(content), filepath.ToSlash(name)))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	path := func(line string) string { return line[sha256.Size*2+2:] }
	slices.SortFunc(lines, func(a, b string) int { return cmp.Compare(path(a), path(b)) })
	return hash([]byte(strings.Join(lines, "")))
}

// TestFilesAreThoseOfTheBuild finds a file that was changed, added or lost after the export was made.
func TestFilesAreThoseOfTheBuild(t *testing.T) {
	want := map[string]bool{"dist/build.json": true}
	files, err := Files()
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		content, err := file.Plain()
		if err != nil {
			t.Fatalf("%s: %v", file.Path, err)
		}
		if got := hash(content); got != file.SHA256 {
			t.Errorf("%s has hash %s, build.json says %s", file.Path, got, file.SHA256)
		}
		if !file.Packed {
			want["dist/"+file.Path] = true
			continue
		}
		want["dist/"+file.Path+".br"], want["dist/"+file.Path+".gz"] = true, true
		if len(file.Brotli) > len(file.Gzip) {
			t.Errorf("%s: Brotli makes %d bytes of it, gzip %d", file.Path, len(file.Brotli), len(file.Gzip))
		}
	}
	err = fs.WalkDir(dist, ".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && !want[path] {
			t.Errorf("%s is not in build.json", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// firstLoad is how many bytes a browser may have to load, with gzip, before it shows something.
const firstLoad = 350 << 10

func TestFirstLoadIsSmall(t *testing.T) {
	files, err := Files()
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, file := range files {
		switch filepath.Ext(file.Path) {
		case ".html", ".js", ".css", ".svg":
			total += max(len(file.Gzip), 1)
		}
	}
	t.Logf("%d KB", total>>10)
	if total > firstLoad {
		t.Errorf("the first load is %d KB, more than %d", total>>10, firstLoad>>10)
	}
}

func mustBuild(t *testing.T) Build {
	t.Helper()
	root, err := fs.Sub(dist, "dist")
	if err != nil {
		t.Fatal(err)
	}
	build, err := readBuild(root)
	if err != nil {
		t.Fatal(err)
	}
	return build
}

func hash(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
