package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
)

// credentials are what clients carry in their CONNECT.
type credentials struct {
	Auth   string `placeholder:"JSON" help:"What every client carries in its CONNECT, such as {\"token\":\"…\"}."`
	Tokens string `setting:"" placeholder:"FILE" help:"File with a token on each line: client n carries that of line n, from the first again where there are fewer."`
}

// Validate is called by kong.
func (c *credentials) Validate() error {
	switch {
	case c.Auth != "" && c.Tokens != "":
		return errors.New("--auth and --tokens exclude each other")
	case c.Auth != "" && !json.Valid([]byte(c.Auth)):
		return errors.New("--auth must be JSON, such as {\"token\":\"…\"}")
	}
	return nil
}

// load returns what client n carries, nil where nobody carries anything.
func (c *credentials) load() (func(index int) string, error) {
	switch {
	case c.Auth != "":
		return func(int) string { return c.Auth }, nil
	case c.Tokens == "":
		return nil, nil
	}
	tokens, err := readTokens(c.Tokens)
	if err != nil {
		return nil, err
	}
	carried := make([]string, len(tokens))
	for i, token := range tokens {
		if carried[i], err = authOf(token); err != nil {
			return nil, err
		}
	}
	return func(index int) string { return carried[index%len(carried)] }, nil
}

// authOf returns the JSON of a CONNECT with a token.
func authOf(token string) (string, error) {
	text, err := json.Marshal(map[string]string{"token": token})
	if err != nil {
		return "", fmt.Errorf("token: %w", err)
	}
	return string(text), nil
}

// readTokens reads the first word of each line.
func readTokens(file string) ([]string, error) {
	lines, err := readTokenLines(file)
	if err != nil {
		return nil, err
	}
	tokens := make([]string, len(lines))
	for i, fields := range lines {
		tokens[i] = fields[0]
	}
	return tokens, nil
}

// readTokenLines reads the words of each line of a file of tokens; empty lines do not count.
func readTokenLines(file string) ([][]string, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("tokens: %w", err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	var all [][]string
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if fields := strings.Fields(lines.Text()); len(fields) > 0 {
			all = append(all, fields)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("tokens: read %s: %w", file, err)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("tokens: %s has none", file)
	}
	return all, nil
}
