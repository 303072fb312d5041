package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

// The exit codes besides 0.
const (
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130
)

// cli is the command line. Kong fills it.
type cli struct {
	Fanout  fanoutCommand  `cmd:"" help:"Broadcasts to all clients: latency, and the server's CPU time per delivery."`
	Idle    idleCommand    `cmd:"" help:"Connects clients that do nothing: the server's memory per connection."`
	Connect connectCommand `cmd:"" help:"Connects as fast as the server allows: connects per second."`
	Storm   stormCommand   `cmd:"" help:"Cuts all clients at once, then restarts the server: time until all are back."`
	Slow    slowCommand    `cmd:"" help:"Broadcasts while some clients do not read: what the others notice."`
	Command commandCommand `cmd:"" help:"Changes bookings of a desk over REST: time until the last socket knows."`
	Rooms   roomsCommand   `cmd:"" help:"Thousands of users of a desk, each told of their own bookings only."`
	Mixed   mixedCommand   `cmd:"" help:"Customers, staff and admins of a desk at work: latency of each kind, and what was lost."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// errUnclean says that the run was made and something did not come as it should. The result says what.
var errUnclean = errors.New("not everything came once and in order")

// run does what the arguments ask for and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	err := execute(ctx, args, stdout, stderr)
	if err == nil {
		return 0
	}
	fmt.Fprintln(stderr, "bench:", err)
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
	var commands cli
	helped := false
	parser, err := kong.New(&commands, kong.Name("bench"), kong.Writers(stdout, stderr), kong.Exit(func(int) { helped = true }),
		kong.Description("Drives a Socket.IO server with thousands of clients and says what that cost and what was lost."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 110}))
	if err != nil {
		return err
	}
	parsed, err := parser.Parse(args)
	switch {
	case helped:
		return nil
	case err != nil:
		return &usageError{err}
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	return parsed.Run(surroundings{stdout: stdout, stderr: stderr, scenario: parsed.Selected().Name, parameters: parameters(parsed)})
}

// surroundings are what a scenario finds around it.
type surroundings struct {
	stdout, stderr io.Writer
	scenario       string
	parameters     map[string]any
}

// parameters are the flags that make a run what it is, by their names. Where the server is, and what becomes of the
// result, is not among them.
func parameters(parsed *kong.Context) map[string]any {
	all := map[string]any{}
	for _, flag := range parsed.Selected().Flags {
		if flag.Tag.Has("setting") || flag.Name == "help" {
			continue
		}
		value := flag.Target.Interface()
		if text, ok := value.(fmt.Stringer); ok {
			value = text.String()
		}
		all[flag.Name] = value
	}
	return all
}
