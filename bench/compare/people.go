package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// seeded is the folder of a desk's store that has all people.
func (s *stage) seeded() string { return filepath.Join(s.folder, "seeded") }

// tokens is the file with the tokens of some people.
func (s *stage) tokens(p people) string { return filepath.Join(s.folder, p.role()+".tokens") }

func (p people) role() string {
	if p == staff {
		return "staff"
	}
	return "customer"
}

// How many people there are. Each client is somebody of its own, as far as the desk's seed has so many.
const (
	customerCount = idleSize
	staffCount    = audienceSize
)

// populate fills a store with people and writes their tokens, by role. Presence of staff is told to staff: load that is
// about connects is made by customers.
func (s *stage) populate(ctx context.Context) error {
	if s.missing[desk] != nil {
		return s.missing[desk]
	}
	file := filepath.Join(s.folder, "all.tokens")
	cmd := exec.CommandContext(ctx, filepath.Join(s.folder, desk), "seed", "--data-dir", s.seeded(), "--bookings", "1",
		"--users", strconv.Itoa(customerCount), "--staff", strconv.Itoa(staffCount), "--tokens", file)
	cmd.Env = append(os.Environ(), "JWT_SECRET="+s.secret, "LOG_LEVEL=warn", "LOG_FORMAT=json")
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("make people: %w: %s", err, lastLine(output))
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("make people: %w", err)
	}
	for _, p := range []people{customers, staff} {
		var of strings.Builder
		for line := range strings.Lines(string(text)) {
			if fields := strings.Fields(line); len(fields) > 1 && fields[1] == p.role() {
				of.WriteString(line)
			}
		}
		if err := os.WriteFile(s.tokens(p), []byte(of.String()), 0o600); err != nil {
			return fmt.Errorf("make people: %w", err)
		}
	}
	return nil
}
