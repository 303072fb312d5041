package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const line = `{"level":"info","user_id":"u1","time":"2026-03-09T09:00:05.006Z","message":"Socket connected"}` + "\n"

func TestLogsPrettifies(t *testing.T) {
	tests := []struct {
		name, in string
		args     []string
		want     []string // the line's parts; nil for no line
	}{
		{"a line", line, nil, []string{"INF", "Socket connected", "user_id=u1"}},
		{"without its end", strings.TrimSpace(line), nil, []string{"Socket connected"}},
		{"below the level", line, []string{"--level", "warn"}, nil},
		{"at the level", line, []string{"--level", "info"}, []string{"Socket connected"}},
		{"not JSON", "panic: oh\n", nil, []string{"panic: oh"}},
		{"half a line", `{"level":"info","mess` + "\n", nil, []string{`{"level":"info","mess`}},
		{"JSON but no object", "[1]\n", nil, []string{"[1]"}},
		{"level of another type", `{"level":7,"message":"odd"}` + "\n", nil, []string{"odd"}},
		{"hostile text", "\x1b[2Jgone\n", nil, []string{`"\x1b[2Jgone"`}},
		{"empty lines", "\n\r\n", nil, nil},
		{"nothing", "", nil, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, nil)
			w.stdin = strings.NewReader(test.in)
			if code := run(t.Context(), append([]string{"logs"}, test.args...), w.surroundings); code != 0 {
				t.Fatalf("exit code %d: %s", code, w.errout.String())
			}
			got := w.out.String()
			if test.want == nil && got != "" || test.want != nil && strings.Count(got, "\n") != 1 || strings.Contains(got, "\x1b") {
				t.Errorf("got %q", got)
			}
			for _, part := range test.want {
				if !strings.Contains(got, part) {
					t.Errorf("%q is not in %q", part, got)
				}
			}
		})
	}
	t.Run("a line longer than the buffer", func(t *testing.T) {
		w := newWorld(t, nil)
		w.stdin = strings.NewReader(strings.Repeat("x", 3*logsLine) + "\n" + line)
		if code := run(t.Context(), []string{"logs"}, w.surroundings); code != 0 || !strings.Contains(w.out.String(), "Socket connected") {
			t.Errorf("exit code %d, %d bytes shown", code, len(w.out.String()))
		}
	})
	t.Run("a file that is not there", func(t *testing.T) {
		w := newWorld(t, nil)
		if code := run(t.Context(), []string{"logs", filepath.Join(t.TempDir(), "none")}, w.surroundings); code != exitFailed {
			t.Errorf("exit code %d", code)
		}
	})
}

func TestLogsFollows(t *testing.T) {
	path := filepath.Join(t.TempDir(), "desk.json")
	write := func(flag int, text string) {
		t.Helper()
		file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|flag, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := file.WriteString(text); err != nil {
			t.Fatal(err)
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
	}
	write(os.O_APPEND, line)
	w := newWorld(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, []string{"logs", "-f", path}, w.surroundings) }()
	shows := func(n int) func() bool {
		return func() bool { return strings.Count(w.out.String(), "Socket connected") == n }
	}
	eventually(t, "what was there is shown", shows(1))
	write(os.O_APPEND, line[:20])
	write(os.O_APPEND, line[20:])
	eventually(t, "a line in two pieces is shown as one", shows(2))
	write(os.O_TRUNC, line)
	eventually(t, "an emptied file is read from its beginning", shows(3))
	cancel()
	if code := <-ended; code != 0 {
		t.Errorf("exit code %d: %s", code, w.errout.String())
	}
}
