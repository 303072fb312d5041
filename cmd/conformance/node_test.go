package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kapoor.example/desk/persistence/redis/redistest"
)

// TestTogetherWithNode plays scenarios with stock clients on two of these servers and one on Node, in one Redis.
func TestTogetherWithNode(t *testing.T) {
	folder := filepath.Join("..", "..", "persistence", "redis", "node")
	node, err := exec.LookPath("node")
	if err != nil {
		missing(t, "node is not installed.")
	}
	if _, err := os.Stat(filepath.Join(folder, "node_modules", "@socket.io", "redis-streams-adapter")); err != nil {
		missing(t, "@socket.io/redis-streams-adapter is not installed: interop/install does it.")
	}
	c := defaults()
	c.Redis, c.Recovery = redistest.Start(t).URL(), true
	all := []string{c.Redis, "http://" + setup(t, c).addr, "http://" + setup(t, c).addr}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, node, "--test-reporter=spec", "--test-timeout=60000", "together.mjs")
	command.Dir, command.WaitDelay = folder, 5*time.Second
	command.Env = append(os.Environ(), "TOGETHER="+strings.Join(all, " "))
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
}

// missing ends a test whose tools are not there: it is skipped with a sentence, or fails in CI.
func missing(t *testing.T, sentence string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(sentence)
	}
	t.Skip(sentence)
}
