package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"kapoor.example/desk/bench/result"
)

// stage is what runs need: the programs, built once, and people with tokens. It belongs to one goroutine.
type stage struct {
	root    string           // of the module
	folder  string           // temporary, of this stage
	secret  string           // of the tokens
	missing map[string]error // why a program cannot run, by its name
	count   int              // of runs
}

// newStage builds what the scenarios need. What cannot be had is an error only for those that need it; without the
// generator there is nothing.
func newStage(ctx context.Context, scenarios []scenario, show *progress) (*stage, error) {
	root, err := moduleRoot()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "compare-*")
	if err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	s := &stage{root: root, folder: folder, secret: rand.Text() + rand.Text(), missing: map[string]error{}}
	if err := s.setUp(ctx, scenarios, show); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *stage) setUp(ctx context.Context, scenarios []scenario, show *progress) error {
	show.show("building the generator")
	if err := s.build(ctx, "./bench", generator); err != nil {
		return err
	}
	peopled := false
	for _, sc := range scenarios {
		for _, c := range sc.contenders {
			s.prepared(ctx, c.program, show)
			peopled = peopled || c.people != nobody
		}
	}
	if peopled {
		s.prepared(ctx, desk, show) // whose seed makes the tokens for all
		show.show("making people and their tokens")
		if err := s.populate(ctx); err != nil {
			s.missing[desk] = err
		}
	}
	return ctx.Err()
}

// prepared prepares a program, once.
func (s *stage) prepared(ctx context.Context, program string, show *progress) {
	if _, tried := s.missing[program]; !tried {
		show.show("preparing " + program)
		s.missing[program] = s.prepare(ctx, program)
	}
}

// close removes what was made.
func (s *stage) close() error {
	if err := os.RemoveAll(s.folder); err != nil {
		return fmt.Errorf("clean up: %w", err)
	}
	return nil
}

// moduleRoot is the nearest folder above this one with a go.mod.
func moduleRoot() (string, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the module: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return folder, nil
		}
		above := filepath.Dir(folder)
		if above == folder {
			return "", errors.New("find the module: run this inside the repository")
		}
		folder = above
	}
}

// build builds a package of the module.
func (s *stage) build(ctx context.Context, folder, name string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-o", filepath.Join(s.folder, name), folder)
	cmd.Dir = s.root
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w: %s", folder, err, lastLine(output))
	}
	return nil
}

// lastLine is the last line that says something.
func lastLine(output []byte) string {
	lines := strings.Split(strings.TrimSpace(string(output)), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}

// stopPatience is how long the generator may take to end its server and itself when it is told to.
const stopPatience = 40 * time.Second

// run makes one run. The result is there also of a run that came to its end with losses; the error says so then.
func (s *stage) run(ctx context.Context, sc scenario, c contender) (*result.Run, error) {
	if err := s.missing[c.program]; err != nil {
		return nil, err
	}
	if c.people != nobody && s.missing[desk] != nil {
		return nil, fmt.Errorf("there are no tokens: %w", s.missing[desk])
	}
	s.count++
	folder := filepath.Join(s.folder, fmt.Sprintf("run-%d", s.count))
	if err := os.Mkdir(folder, 0o700); err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	defer func() { _ = os.RemoveAll(folder) }() // what stays goes with the stage
	start, err := s.start(c, folder)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(folder, "result.json")
	arguments := append(slices.Clone(c.arguments), "--name="+c.target, "--json="+file, "--start="+start.line)
	for _, variable := range start.environment {
		arguments = append(arguments, "--env="+variable)
	}
	if c.people != nobody {
		arguments = append(arguments, "--tokens="+s.tokens(c.people))
	}
	const slack, grace = 4, 2 * time.Minute
	limited, cancel := context.WithTimeout(ctx, slack*sc.guess+grace)
	defer cancel()
	cmd := exec.CommandContext(limited, filepath.Join(s.folder, generator), arguments...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) } // it ends its server, then itself
	cmd.WaitDelay = stopPatience
	var errs bytes.Buffer
	cmd.Stderr = &errs
	failed := cmd.Run()
	if limited.Err() != nil {
		return nil, fmt.Errorf("the run was ended: %w", limited.Err())
	}
	found, err := result.Read(file)
	switch {
	case err != nil && failed == nil:
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("%s (%w)", sentence(errs.Bytes()), failed)
	case !found.Counts.Clean():
		n := found.Counts
		return found, fmt.Errorf("of %d events %d came, %d were lost, %d doubled, %d out of order; %d errors",
			n.Expected, n.Received, n.Lost, n.Doubled, n.OutOfOrder, n.Errors)
	case failed != nil:
		return found, fmt.Errorf("%s (%w)", sentence(errs.Bytes()), failed)
	}
	return found, nil
}

// sentence is the first line that the generator said, without its name.
func sentence(output []byte) string {
	first, _, _ := strings.Cut(strings.TrimSpace(string(output)), "\n")
	if first == "" {
		return "the load generator said nothing"
	}
	return strings.TrimPrefix(strings.TrimSpace(first), "bench: ")
}
