package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
)

// The exit codes besides 0.
const (
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run does what the arguments ask for and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	err := execute(ctx, args, stdout, stderr)
	if err == nil {
		return 0
	}
	fmt.Fprintln(stderr, "compare:", err)
	var misused *usageError
	switch {
	case errors.As(err, &misused):
		return exitUsage
	case ctx.Err() != nil:
		return exitInterrupted
	}
	return exitFailed
}

// usageError is a command line that cannot be understood, or asks for what cannot be. Its text is one sentence.
type usageError struct{ err error }

func (e *usageError) Error() string { return strings.TrimSuffix(e.err.Error(), ".") + ": see --help." }

func (e *usageError) Unwrap() error { return e.err }

func execute(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var o options
	helped := false
	parser, err := kong.New(&o, kong.Name("compare"), kong.Writers(stdout, stderr), kong.Exit(func(int) { helped = true }),
		kong.Description("Compares the desk with a bare write loop and with Node's Socket.IO, interleaved on this machine."),
		kong.ConfigureHelp(kong.HelpOptions{WrapUpperBound: 110}))
	if err != nil {
		return err
	}
	_, err = parser.Parse(args)
	switch {
	case helped:
		return nil
	case err != nil:
		return &usageError{err}
	case o.List:
		return list(stdout, catalogue(o.scale()))
	case o.Render != "":
		return renderAgain(o.Render, o.Out, stdout)
	}
	return compare(ctx, o, stdout, stderr)
}

// errIncomplete says that runs are missing in a report that was written.
var errIncomplete = errors.New("not all runs were made, or came to an end without losses: the report says which")

// compare makes all runs and writes the report.
func compare(ctx context.Context, o options, stdout, stderr io.Writer) (err error) {
	chosen := o.chosen(catalogue(o.scale()))
	show := newProgress(stderr)
	defer show.end()
	stage, err := newStage(ctx, chosen, show)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stage.close()) }()
	c := comparison{scenarios: chosen, rounds: o.Runs, quick: o.Quick, run: stage.run, show: show, now: time.Now}
	peers := stage.describe(ctx)
	r := c.make(ctx)
	took := r.targets()
	r.Peers = slices.DeleteFunc(peers, func(p peer) bool { return !slices.Contains(took, p.Target) })
	show.end()
	if ctx.Err() != nil && !r.any() {
		return errors.New("interrupted before anything was finished")
	}
	if err := r.publish(o.Out, stdout); err != nil {
		return err
	}
	switch {
	case ctx.Err() != nil:
		return errors.New("interrupted: the report holds what was finished")
	case r.failed():
		return errIncomplete
	}
	return nil
}

// renderAgain writes the pages of a report that was written before.
func renderAgain(file, out string, stdout io.Writer) error {
	r, err := readReport(file)
	if err != nil {
		return err
	}
	return r.publish(out, stdout)
}
