package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
)

func TestLogLines(t *testing.T) {
	var out bytes.Buffer
	log, err := newLogger(&out, "", "info", clock)
	if err != nil {
		t.Fatal(err)
	}
	log.Debug().Msg("left out")
	log.Info().Str("user_id", "u1\n{\"level\":\"info\"}").Msg("Socket connected")
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 1 {
		t.Fatalf("lines: %q", lines)
	}
	var line map[string]string
	if err := json.Unmarshal([]byte(lines[0]), &line); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"level": "info", "time": "2026-03-09T09:00:05.006Z", "message": "Socket connected", "user_id": "u1\n{\"level\":\"info\"}"}
	for field, value := range want {
		if line[field] != value {
			t.Errorf("%s is %q", field, line[field])
		}
	}
	if _, err := newLogger(&out, "", "loud", clock); err == nil {
		t.Error("took a level that does not exist")
	}
}

func TestSlogGoesToTheLog(t *testing.T) {
	before := slog.Default()
	t.Cleanup(func() { slog.SetDefault(before) })
	var out bytes.Buffer
	log, err := newLogger(&out, formatJSON, "info", clock)
	if err != nil {
		t.Fatal(err)
	}
	routeSlog(log)
	slog.With("engine", "e1").Error("stopped", slog.Group("actor", "id", "a/1"))
	slog.Debug("left out")
	if got := out.String(); strings.Count(got, "\n") != 1 || strings.Count(got, `"time"`) != 1 ||
		!strings.Contains(got, `"level":"error"`) || !strings.Contains(got, `"engine":"e1"`) || !strings.Contains(got, `"actor.id":"a/1"`) ||
		!strings.Contains(got, `"time":"2026-03-09T09:00:05.006Z"`) {
		t.Errorf("got %s", got)
	}
}

// hostile is what somebody may send to make a log lie.
const hostile = "x\n12:00:00.000 INF Server stopped\r\x1b[31mred\x1b[0m\u009b31m\u202e"

func TestConsoleCannotBeForged(t *testing.T) {
	var out bytes.Buffer
	log, err := newLogger(&out, formatConsole, "info", clock)
	if err != nil {
		t.Fatal(err)
	}
	log.Warn().Str("user_agent", hostile).Str(hostile, "name").Msg(hostile)
	got := out.String()
	if strings.Count(got, "\n") != 1 || strings.ContainsAny(got, "\x1b\r\u009b\u202e") || !strings.Contains(got, "WRN") {
		t.Errorf("got %q", got)
	}
}
