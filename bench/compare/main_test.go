package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestBadFlags(t *testing.T) {
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"an unknown flag", []string{"--fast"}, "--fast"},
		{"an argument", []string{"paced"}, "paced"},
		{"no rounds", []string{"--runs", "0"}, "--runs 0: may be 1 to 1000"},
		{"too many rounds", []string{"--runs", "1001"}, "--runs 1001: may be 1 to 1000"},
		{"rounds that are none", []string{"--runs", "few"}, "--runs"},
		{"no time", []string{"--duration", "0s"}, "--duration 0s: must be above 0"},
		{"too much time", []string{"--duration", "61m"}, "--duration 1h1m0s"},
		{"a time without a unit", []string{"--duration", "10"}, "--duration"},
		{"another scenario", []string{"--scenarios", "paced,nope"}, `--scenarios "nope": may be paced, closed,`},
		{"another target", []string{"--targets", "limit,deno"}, `--targets "deno": may be limit, node, ours`},
		{"no target", []string{"--targets", ""}, "--targets must name at least one"},
		{"no folder", []string{"--out", ""}, "--out must name a folder"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			code, stdout, stderr := mustRun(t.Context(), t, test.args...)
			if code != exitUsage || stdout != "" || !strings.Contains(stderr, test.want) || strings.Count(stderr, "\n") != 1 {
				t.Errorf("exit %d, stdout %q, stderr %q", code, stdout, stderr)
			}
		})
	}
}

func TestHelpAndList(t *testing.T) {
	code, stdout, _ := mustRun(t.Context(), t, "--help")
	if code != 0 || !strings.Contains(stdout, "--quick") {
		t.Errorf("exit %d: %s", code, stdout)
	}
	code, stdout, _ = mustRun(t.Context(), t, "--list", "--duration", "7s")
	if code != 0 || !strings.Contains(stdout, "paced") || !strings.Contains(stdout, "--duration=7s") {
		t.Errorf("exit %d: %s", code, stdout)
	}
}

func TestRenderRefusesWhatIsNoReport(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"no JSON", "{", "unexpected end"},
		{"another schema", `{"schema":7,"scenarios":[]}`, "schema 7, this program knows 1"},
		{"a run of the generator", `{"schema":1,"scenario":"fanout"}`, "it has no runs"},
		{"empty", "", "unexpected end"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			folder := t.TempDir()
			file := filepath.Join(folder, "report.json")
			if err := os.WriteFile(file, []byte(test.text), 0o600); err != nil {
				t.Fatal(err)
			}
			code, _, stderr := mustRun(t.Context(), t, "--render", file, "--out", folder)
			if code != exitFailed || !strings.Contains(stderr, test.want) {
				t.Errorf("exit %d, stderr %q", code, stderr)
			}
		})
	}
	if code, _, stderr := mustRun(t.Context(), t, "--render", filepath.Join(t.TempDir(), "none.json")); code != exitFailed || !strings.Contains(stderr, "none.json") {
		t.Errorf("exit %d, stderr %q", code, stderr)
	}
}
