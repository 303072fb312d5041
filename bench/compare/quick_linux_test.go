package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestQuick compares the real programs, with few clients: the limit and ours, and Node where its packages are installed.
func TestQuick(t *testing.T) {
	took := []string{limit, ours}
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	if (&stage{root: root}).prepare(t.Context(), node) == nil {
		took = append(took, node)
	}
	scenarios := "paced,closed,queued,idle,connect"
	if !testing.Short() {
		scenarios += ",real,commands,tokens,slow"
	}
	out := t.TempDir()
	t.Setenv("TMPDIR", t.TempDir())
	code, stdout, stderr := mustRun(t.Context(), t, "--quick", "--targets", strings.Join(took, ","), "--scenarios", scenarios, "--out", out)
	if code != 0 || strings.Contains(stderr, "FAILED") {
		t.Fatalf("exit %d\n%s", code, stderr)
	}
	if !strings.Contains(stdout, "server CPU per delivery") {
		t.Errorf("said %s", stdout)
	}
	r, err := readReport(filepath.Join(out, "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range r.Scenarios {
		for _, l := range s.Lines {
			own, found := l.cell(ours)
			if !found || own.Value == nil {
				t.Errorf("%s: %s: ours has no value", s.Name, l.Title)
			}
			base, both := l.cell(limit)
			if both && base.Value != nil && base.Value.Median > 0 && own.Ratio == nil {
				t.Errorf("%s: %s: ours has no ratio", s.Name, l.Title)
			}
		}
		for _, a := range s.Runs {
			if a.Result == nil || !a.Result.Counts.Clean() || a.Result.Target != a.Target {
				t.Errorf("%s: %+v", s.Name, a)
			}
		}
	}
	nothingLeft(t)
}

// TestTargetIsMissing: a target that cannot be had is named, and the others are compared.
func TestTargetIsMissing(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	t.Setenv("JWT_SECRET", "") // the desk makes its own way
	out := t.TempDir()
	path := os.Getenv("PATH")
	t.Setenv("PATH", withoutNode(t, path))
	code, stdout, stderr := mustRun(t.Context(), t, "--quick", "--scenarios", "paced", "--out", out)
	if code != exitFailed || !strings.Contains(stderr, "the report says which") {
		t.Errorf("exit %d, %s", code, stderr)
	}
	if !strings.Contains(stdout, "- paced, Node, round 1: node is not installed, or not on the PATH\n") || !strings.Contains(stdout, "| failed |") {
		t.Errorf("said %s", stdout)
	}
}

// withoutNode is a PATH with what the comparison needs and no Node.
func withoutNode(t *testing.T, path string) string {
	t.Helper()
	folder := t.TempDir()
	for _, program := range []string{"go", "git", "sh"} {
		for _, from := range filepath.SplitList(path) {
			if _, err := os.Stat(filepath.Join(from, program)); err == nil {
				if err := os.Symlink(filepath.Join(from, program), filepath.Join(folder, program)); err != nil {
					t.Fatal(err)
				}
				break
			}
		}
	}
	return folder
}

// TestInterrupted: whoever stops it gets what was finished, and nothing goes on running.
func TestInterrupted(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out := t.TempDir()
	stderr := &trigger{on: "[1/", pull: cancel}
	var stdout strings.Builder
	code := run(ctx, []string{"--runs", "50", "--duration", "200ms", "--targets", "limit", "--scenarios", "closed", "--out", out}, &stdout, stderr)
	if code != exitInterrupted || !strings.Contains(stderr.text(), "interrupted") {
		t.Errorf("exit %d, %s", code, stderr.text())
	}
	r, err := readReport(filepath.Join(out, "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(r.Scenarios[0].Runs); n != 1 || !r.Interrupted || r.failed() {
		t.Errorf("%d runs, interrupted %v, failed %v", n, r.Interrupted, r.failed())
	}
	nothingLeft(t)
}

// TestInterruptedInARun: the generator and its server end before the program does.
func TestInterruptedInARun(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"--duration", "10m", "--targets", "limit", "--scenarios", "closed", "--out", t.TempDir()}, io.Discard, io.Discard)
	}()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for end := time.After(time.Minute); len(running(t, "/limit")) == 0; {
		select {
		case <-look.C:
		case code := <-ended:
			t.Fatalf("it ended with %d", code)
		case <-end:
			t.Fatal("the server does not start")
		}
	}
	cancel()
	if code := <-ended; code != exitInterrupted {
		t.Errorf("exit %d", code)
	}
	nothingLeft(t)
}

// TestInterruptedAtOnce: nothing was finished, and nothing is written.
func TestInterruptedAtOnce(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	out := filepath.Join(t.TempDir(), "out")
	if code, _, stderr := mustRun(ctx, t, "--quick", "--scenarios", "paced", "--out", out); code != exitInterrupted {
		t.Errorf("exit %d, %s", code, stderr)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("there is a report")
	}
	nothingLeft(t)
}

// trigger does something when a text is written.
type trigger struct {
	on   string
	pull func()
	mu   sync.Mutex
	all  strings.Builder
}

// Write implements io.Writer.
func (w *trigger) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all.Write(p)
	if strings.Contains(w.all.String(), w.on) {
		w.pull()
	}
	return len(p), nil
}

func (w *trigger) text() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.all.String()
}

// running are the processes whose command line names something in the temporary folder.
func running(t *testing.T, name string) []string {
	t.Helper()
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, file := range lines {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it ended meanwhile
		}
		if program, _, _ := strings.Cut(string(text), "\x00"); strings.HasPrefix(program, os.Getenv("TMPDIR")) && strings.HasSuffix(program, name) {
			list = append(list, file)
		}
	}
	return list
}

// nothingLeft checks that no process of the comparison runs and that its folder is gone.
func nothingLeft(t *testing.T) {
	t.Helper()
	if left := running(t, ""); len(left) > 0 {
		t.Errorf("run on: %v", left)
	}
	if left, err := filepath.Glob(filepath.Join(os.Getenv("TMPDIR"), "compare-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
