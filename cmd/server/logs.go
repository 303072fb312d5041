package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/rs/zerolog"
)

// logsCommand shows JSON log lines in a form for people.
type logsCommand struct {
	File   string `arg:"" optional:"" help:"Log file to show. Without one, lines come from standard input."`
	Follow bool   `short:"f" help:"Go on with what is written to the file later, also after it was emptied."`
	Level  string `default:"debug" oneof:"debug,info,warn,error" help:"Least level that is shown."`
}

// logsPause is how often a followed file is looked at.
const logsPause = 200 * time.Millisecond

// logsLine is how long a line may be, in bytes; the rest of a longer one is shown as a line of its own.
const logsLine = 1 << 20

// Run implements the command.
func (c *logsCommand) Run(ctx context.Context, around surroundings) error {
	least, err := zerolog.ParseLevel(c.Level)
	if err != nil {
		return fmt.Errorf("parse level: %w", err)
	}
	pretty := prettifier{out: around.stdout, console: console(around.stdout, isTerminal(around.stdout)), least: least}
	if c.File == "" {
		return pretty.copy(around.stdin)
	}
	file, err := os.Open(c.File)
	if err != nil {
		return fmt.Errorf("open log: %w", err)
	}
	defer func() { _ = file.Close() }() // it was only read
	if !c.Follow {
		return pretty.copy(file)
	}
	return pretty.copy(&followed{ctx: ctx, file: file})
}

// prettifier turns JSON lines into lines for people. Other lines pass as they are, without what could steer a terminal.
type prettifier struct {
	out     io.Writer
	console zerolog.ConsoleWriter
	least   zerolog.Level
}

// copy shows every line of r, and returns when r ends.
func (p prettifier) copy(r io.Reader) error {
	reader := bufio.NewReaderSize(r, logsLine)
	for {
		line, err := reader.ReadSlice('\n')
		if line = bytes.TrimRight(line, "\r\n"); len(line) > 0 {
			if err := p.line(line); err != nil {
				return fmt.Errorf("show line: %w", err)
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil && !errors.Is(err, bufio.ErrBufferFull):
			return fmt.Errorf("read log: %w", err)
		}
	}
}

func (p prettifier) line(line []byte) error {
	var head struct {
		Level zerolog.Level `json:"level"`
	}
	if line[0] != '{' || !json.Valid(line) {
		_, err := fmt.Fprintln(p.out, plain(string(line)))
		return err
	}
	if json.Unmarshal(line, &head) == nil && head.Level < p.least {
		return nil
	}
	_, err := p.console.Write(line)
	return err
}

// plain returns s with everything quoted that is not to be printed, if there is any.
func plain(s string) string {
	for _, r := range s {
		if r != '\t' && !strconv.IsPrint(r) {
			return strconv.Quote(s)
		}
	}
	return s
}

// followed is a file whose end is not the end: more may be written to it. It ends with its context.
type followed struct {
	ctx  context.Context
	file *os.File
	at   int64
}

// Read implements io.Reader. It waits for what is not there yet.
func (f *followed) Read(b []byte) (int, error) {
	tick := time.NewTicker(logsPause)
	defer tick.Stop()
	for {
		n, err := f.file.ReadAt(b, f.at)
		f.at += int64(n)
		if n > 0 || err != nil && !errors.Is(err, io.EOF) {
			return n, ignoreEOF(err)
		}
		if info, err := f.file.Stat(); err == nil && info.Size() < f.at {
			f.at = 0 // it was emptied
			continue
		}
		select {
		case <-f.ctx.Done():
			return 0, io.EOF
		case <-tick.C:
		}
	}
}

func ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
