package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestReadmeWalkthrough starts the server as a newcomer does, runs README's commands word for word (but for the port)
// and compares the answers with those README shows; "…" there stands for any text.
func TestReadmeWalkthrough(t *testing.T) {
	for _, tool := range []string{"bash", "curl", "sed"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("%s is missing", tool)
			}
			t.Skipf("README's walk-through needs %s, which is not installed", tool)
		}
	}
	commands, answers := walkthrough(t)
	w := newWorld(t, map[string]string{"DATA_DIR": t.TempDir()})
	w.now, w.parts = time.Now, wired()
	stop := start(t, w)
	port := regexp.MustCompile(`Server running on port (\d+)`)
	eventually(t, "the server says its port", func() bool { return port.MatchString(w.errout.String()) })
	address := "http://localhost:" + port.FindStringSubmatch(w.errout.String())[1]

	const between = "\n--- next ---\n"
	script := strings.ReplaceAll(strings.Join(commands, "\nprintf '"+strings.ReplaceAll(between, "\n", `\n`)+"'\n"), "http://localhost:4000", address)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	bash := exec.CommandContext(ctx, "bash", "-euo", "pipefail")
	bash.Stdin = strings.NewReader(script)
	var stderr bytes.Buffer
	bash.Stderr = &stderr
	out, err := bash.Output()
	if err != nil {
		t.Errorf("%v\n%s", err, stderr.String())
	}
	got := strings.Split(string(out), between)
	if len(got) != len(answers) {
		t.Fatalf("%d answers to %d commands:\n%s", len(got), len(answers), out)
	}
	for i := range answers {
		if !alike(decode(t, answers[i]), decode(t, got[i])) {
			t.Errorf("README shows\n%s\nbut the answer was\n%s", answers[i], got[i])
		}
	}
	if code := stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	log := w.errout.String()
	for _, message := range []string{"Socket event emitted: bookingCreated", "Server stopped"} {
		if !strings.Contains(log, `"message":"`+message) {
			t.Errorf("%q is not in the log", message)
		}
	}
	for _, personal := range []string{"@example.com", "Meera", "50000", "Carter", "eyJ"} {
		if strings.Contains(log, personal) {
			t.Errorf("%q is in the log", personal)
		}
	}
}

// walkthrough returns README's commands and the answer it shows to each.
func walkthrough(t *testing.T) (commands, answers []string) {
	t.Helper()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(readme), "<!-- walkthrough: begin -->")
	text, _, _ = strings.Cut(text, "<!-- walkthrough: end -->")
	for _, block := range regexp.MustCompile("(?s)```(sh|json)\n(.*?)```").FindAllStringSubmatch(text, -1) {
		if block[1] == "sh" {
			commands = append(commands, block[2])
		} else {
			answers = append(answers, block[2])
		}
	}
	if len(commands) != 3 || len(answers) != 3 {
		t.Fatalf("%d commands and %d answers in README", len(commands), len(answers))
	}
	return commands, answers
}

func decode(t *testing.T, text string) any {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return value
}

// alike reports whether an answer is what was shown.
func alike(shown, got any) bool {
	switch shown := shown.(type) {
	case string:
		text, ok := got.(string)
		return ok && (text == shown || shown == "…" && text != "")
	case map[string]any:
		fields, ok := got.(map[string]any)
		if !ok || len(fields) != len(shown) {
			return false
		}
		for name, value := range shown {
			if !alike(value, fields[name]) {
				return false
			}
		}
		return true
	case []any:
		items, ok := got.([]any)
		if !ok || len(items) != len(shown) {
			return false
		}
		for i := range shown {
			if !alike(shown[i], items[i]) {
				return false
			}
		}
		return true
	}
	return reflect.DeepEqual(shown, got)
}
