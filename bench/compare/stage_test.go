package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestWordsForTheShell(t *testing.T) {
	for _, word := range []string{"plain", "two words", "it's", `"quoted" $HOME \n`, "{addr}", ""} {
		output, err := exec.Command("sh", "-c", "printf %s "+quoted(word)).Output()
		if err != nil || string(output) != word {
			t.Errorf("%q became %q, %v", word, output, err)
		}
	}
}

func TestSentences(t *testing.T) {
	tests := []struct{ name, said, want string }{
		{"one line", "bench: connect 10 clients: refused\n", "connect 10 clients: refused"},
		{"several", "bench: start server: it ended\npanic: no\n", "start server: it ended"},
		{"nothing", " \n", "the load generator said nothing"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := sentence([]byte(test.said)); got != test.want {
				t.Errorf("%q", got)
			}
		})
	}
	if got := lastLine([]byte("# pkg\nmain.go:1: no\n\n")); got != "main.go:1: no" {
		t.Errorf("%q", got)
	}
}

// TestWhatIsMissing: a sentence says what to do.
func TestWhatIsMissing(t *testing.T) {
	s := &stage{root: t.TempDir(), folder: t.TempDir(), missing: map[string]error{}}
	t.Run("the packages", func(t *testing.T) {
		t.Setenv("PATH", fakeNode(t))
		if err := s.prepare(t.Context(), node); err == nil || !strings.Contains(err.Error(), "npm ci --prefix bench/peers/node") {
			t.Error(err)
		}
	})
	t.Run("Node", func(t *testing.T) {
		t.Setenv("PATH", t.TempDir())
		if err := s.prepare(t.Context(), node); err == nil || !strings.Contains(err.Error(), "node is not installed") {
			t.Error(err)
		}
	})
	t.Run("the source", func(t *testing.T) {
		if err := s.prepare(t.Context(), limit); err == nil || !strings.Contains(err.Error(), "build ./bench/peers/limit") {
			t.Error(err)
		}
	})
	t.Run("the program", func(t *testing.T) {
		if err := s.prepare(t.Context(), "perl"); err == nil || !strings.Contains(err.Error(), `no program "perl"`) {
			t.Error(err)
		}
	})
	t.Run("at the run", func(t *testing.T) {
		s.missing[node] = errors.New("node is not installed")
		if _, err := s.run(t.Context(), scenario{}, contender{target: node, program: node}); err == nil || err.Error() != "node is not installed" {
			t.Error(err)
		}
	})
	t.Run("the tokens", func(t *testing.T) {
		s.missing[desk] = errors.New("the desk was not built")
		_, err := s.run(t.Context(), scenario{}, contender{target: limit, program: limit, people: customers})
		if err == nil || !strings.Contains(err.Error(), "there are no tokens: the desk was not built") {
			t.Error(err)
		}
	})
}

// fakeNode returns a folder with an executable called node.
func fakeNode(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "node"), []byte("#!/bin/sh\n"), 0o700); err != nil { //nolint:gosec // it is to be executable
		t.Fatal(err)
	}
	return folder
}
