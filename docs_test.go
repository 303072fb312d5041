package desk_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDependenciesAreExplained compares docs/dependencies.md with go.mod: a module that is required directly has its
// sentence, and none has one that is not.
func TestDependenciesAreExplained(t *testing.T) {
	explained := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(mustRead(t, "docs/dependencies.md"), -1) {
		explained[row[1]] = true
	}
	direct := map[string]bool{}
	for line := range strings.Lines(mustRead(t, "go.mod")) {
		fields := strings.Fields(strings.TrimPrefix(line, "require "))
		if len(fields) == 2 && strings.Contains(fields[0], "/") && strings.HasPrefix(fields[1], "v") {
			direct[fields[0]] = true
		}
	}
	if len(direct) == 0 {
		t.Fatal("go.mod requires nothing")
	}
	for module := range direct {
		if !explained[module] {
			t.Errorf("%s has no sentence in docs/dependencies.md", module)
		}
	}
	for module := range explained {
		if !direct[module] {
			t.Errorf("%s is in docs/dependencies.md but not required by go.mod", module)
		}
	}
}

// TestLinksLeadSomewhere follows the links between the documents.
func TestLinksLeadSomewhere(t *testing.T) {
	var documents []string
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/*/*.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		documents = append(documents, found...)
	}
	link := regexp.MustCompile(`\]\(([^)#]+)[^)]*\)`)
	for _, document := range documents {
		for _, target := range link.FindAllStringSubmatch(mustRead(t, document), -1) {
			if strings.Contains(target[1], "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(document), target[1])); err != nil {
				t.Errorf("%s links to %s: %v", document, target[1], err)
			}
		}
	}
}

func mustRead(tb testing.TB, path string) string {
	tb.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}
