package desk_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
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

// wireRows is how many observed behaviours of the wire there are.
const wireRows = 150

// TestEveryRowHasItsTest reads the table of docs/protocol.md: every row is there, in order, and names a test or a file of
// one; every test that is named is in the code.
func TestEveryRowHasItsTest(t *testing.T) {
	tests := map[string]bool{}
	for _, pattern := range []string{"wiretest/*_test.go", "actors/realtime/*_test.go", "cmd/conformance/*_test.go", "hammer/*_test.go", "interop/*_test.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			for _, found := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllStringSubmatch(mustRead(t, file), -1) {
				tests[found[1]] = true
			}
		}
	}
	document := mustRead(t, "docs/protocol.md")
	next := 1
	for _, row := range regexp.MustCompile(`(?m)^\| (\d+) \| ([^|]+) \| ([^|]*) \|$`).FindAllStringSubmatch(document, -1) {
		if row[1] != strconv.Itoa(next) {
			t.Fatalf("row %s stands where %d belongs", row[1], next)
		}
		next++
		if !strings.Contains(row[3], "`") {
			t.Errorf("row %s has no test", row[1])
		}
	}
	if next != wireRows+1 {
		t.Errorf("the table ends before row %d", next)
	}
	named := map[string]bool{}
	for _, test := range regexp.MustCompile("`(Test\\w+)`").FindAllStringSubmatch(document, -1) {
		named[test[1]] = true
		if !tests[test[1]] {
			t.Errorf("%s is no test", test[1])
		}
	}
	for test := range tests {
		if (strings.HasPrefix(test, "TestRow") || strings.HasPrefix(test, "TestMustNot")) && !named[test] {
			t.Errorf("%s is not in docs/protocol.md", test)
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
