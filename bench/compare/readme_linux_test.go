package main

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestReadme tries the commands of bench/README.md, each with --help behind it: flags that are not there, or not like that,
// are refused before help is given.
func TestReadme(t *testing.T) {
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{root: root, folder: t.TempDir()}
	text := strings.ReplaceAll(mustRead(t, root, "bench", "README.md"), "/tmp/", t.TempDir()+"/") // who knows what is in there
	commands := 0
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(text, -1) {
		for line := range strings.Lines(block[1]) {
			command, _, _ := strings.Cut(strings.TrimSpace(line), "  #")
			if recipe, found := strings.CutPrefix(command, "just "); found {
				name, _, _ := strings.Cut(recipe, " ")
				if !strings.Contains(mustRead(t, root, "justfile"), "\n"+name+" ") {
					t.Errorf("there is no recipe %s", name)
				}
				continue
			}
			commands++
			words := strings.Fields(command)
			if len(words) < 3 || words[0] != "go" || words[1] != "run" {
				t.Errorf("%q is no go run", command)
				continue
			}
			name := strings.ReplaceAll(strings.TrimPrefix(words[2], "./"), "/", "-")
			if err := s.build(t.Context(), words[2], name); err != nil { // again and again, but it is built once only
				t.Fatal(err)
			}
			_, arguments, _ := strings.Cut(command, words[2])
			try := exec.CommandContext(t.Context(), "sh", "-c", quoted(filepath.Join(s.folder, name))+arguments+" --help")
			if output, err := try.CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s", command, err, output)
			}
		}
	}
	if commands < 10 {
		t.Errorf("only %d commands were found", commands)
	}
	if strings.Count(text, "<!-- last run: begin") != 1 || strings.Count(text, "<!-- last run: end -->") != 1 {
		t.Error("the place of the last run is not marked")
	}
}
