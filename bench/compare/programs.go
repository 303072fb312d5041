package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// The programs besides those that are named like their target.
const (
	generator   = "generator"
	conformance = "conformance" // our Socket.IO server alone
	desk        = "desk"        // all of it
)

// nodeFolder is where Node's server and its packages are.
const nodeFolder = "bench/peers/node"

// prepare builds a program, or looks whether it can run. The error is a sentence.
func (s *stage) prepare(ctx context.Context, program string) error {
	switch program {
	case limit:
		return s.build(ctx, "./bench/peers/limit", limit)
	case conformance:
		return s.build(ctx, "./cmd/conformance", conformance)
	case desk:
		return s.build(ctx, "./cmd/server", desk)
	case node:
		if _, err := exec.LookPath("node"); err != nil {
			return errors.New("node is not installed, or not on the PATH")
		}
		if _, err := os.Stat(filepath.Join(s.root, nodeFolder, "node_modules", "socket.io")); err != nil {
			return fmt.Errorf("Socket.IO is not installed: npm ci --prefix %s does it", nodeFolder)
		}
		return nil
	}
	return fmt.Errorf("there is no program %q", program)
}

// startLine is how the generator starts a server.
type startLine struct {
	line        string
	environment []string
}

// start says how a contender's server is started, with a folder for what it keeps.
func (s *stage) start(c contender, folder string) (startLine, error) {
	binary := quoted(filepath.Join(s.folder, c.program))
	secret := ""
	if c.people != nobody {
		secret = " -secret " + s.secret
	}
	switch c.program {
	case limit:
		return startLine{line: "exec " + binary + " -addr {addr}" + secret}, nil
	case node:
		script := quoted(filepath.Join(s.root, nodeFolder, "server.mjs"))
		return startLine{line: "exec node " + script + " -addr {addr}" + secret, environment: []string{"NODE_ENV=production"}}, nil
	case conformance:
		return startLine{line: strings.TrimSpace("exec " + binary + " --addr {addr} " + c.flags)}, nil
	case desk:
		data := filepath.Join(folder, "data")
		if err := os.CopyFS(data, os.DirFS(s.seeded())); err != nil {
			return startLine{}, fmt.Errorf("copy the store: %w", err)
		}
		return startLine{
			line:        "exec " + binary + " serve --host {host} --port {port} --data-dir " + quoted(data),
			environment: []string{"JWT_SECRET=" + s.secret, "LOG_LEVEL=warn", "LOG_FORMAT=json"},
		}, nil
	}
	return startLine{}, fmt.Errorf("there is no program %q", c.program)
}

// quoted is a word for the shell.
func quoted(word string) string { return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'" }

// describe says what the targets are.
func (s *stage) describe(ctx context.Context) []peer {
	output := func(name string, arguments ...string) string {
		cmd := exec.CommandContext(ctx, name, arguments...)
		cmd.Dir = s.root
		text, err := cmd.Output()
		if err != nil {
			return "unknown version"
		}
		return strings.TrimSpace(string(text))
	}
	return []peer{
		{limit, "bench/peers/limit, a loop of writes on one thread, " + runtime.Version()},
		{node, "socket.io " + s.socketIO() + " on Node " + output("node", "--version")},
		{ours, "this repository at " + output("git", "describe", "--always", "--dirty") + ", " + runtime.Version()},
	}
}

// socketIO is the version that Node's server has.
func (s *stage) socketIO() string {
	var about struct {
		Version string `json:"version"`
	}
	text, err := os.ReadFile(filepath.Join(s.root, nodeFolder, "node_modules", "socket.io", "package.json"))
	if err != nil || json.Unmarshal(text, &about) != nil || about.Version == "" {
		return "of an unknown version"
	}
	return about.Version
}
