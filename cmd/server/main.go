package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/term"

	"kapoor.example/desk/heap"
)

// The exit codes besides 0.
const (
	exitFailed  = 1
	exitUsage   = 2
	exitAtOnce  = 130 // a second signal, or a seed that was interrupted
	signalQueue = 2
)

// surroundings are what a process finds around it. Tests bring their own.
type surroundings struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	lookup         func(variable string) (string, bool)
	now            func() time.Time
	parts          parts
}

func main() {
	around := surroundings{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, lookup: os.LookupEnv, now: time.Now, parts: wired(),
	}
	signals := make(chan os.Signal, signalQueue)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // as nohup has it
		signal.Notify(signals, syscall.SIGHUP) // the terminal was closed
	}
	ctx := stopOn(signals, func() { os.Exit(exitAtOnce) })
	go heap.Tend(ctx)
	os.Exit(run(ctx, os.Args[1:], around))
}

// stopOn returns a context that ends at the first signal. The second one calls atOnce.
func stopOn(signals <-chan os.Signal, atOnce func()) context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-signals
		cancel()
		<-signals
		atOnce()
	}()
	return ctx
}

// run does what the arguments ask for and returns the exit code.
func run(ctx context.Context, args []string, around surroundings) int {
	err := execute(ctx, args, around)
	if err == nil {
		return 0
	}
	fmt.Fprintln(around.stderr, sentence(err))
	var wrong *SettingError
	var misused *usageError
	switch {
	case errors.As(err, &wrong), errors.As(err, &misused):
		return exitUsage
	case errors.Is(err, context.Canceled):
		return exitAtOnce
	}
	return exitFailed
}

// sentence returns what a person is told of an error: a setting's own sentence without what kong puts before it.
func sentence(err error) string {
	var wrong *SettingError
	if errors.As(err, &wrong) {
		return wrong.Error()
	}
	return err.Error()
}

// isTerminal reports whether a stream is a terminal.
func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
