package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// The exit codes besides 0.
const (
	exitFailed = 1
	exitUsage  = 2
)

// options are what the command line says, and what tests change.
type options struct {
	addr   string
	secret string        // tokens are checked with it, unless it is empty
	tick   time.Duration // between two looks at what is overdue
	now    func() time.Time
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run does what the arguments ask for and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o := options{tick: time.Second, now: time.Now}
	flags := flag.NewFlagSet("limit", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // errors are one sentence, below
	flags.StringVar(&o.addr, "addr", "127.0.0.1:3000", "`address` to listen on; port 0 picks a free one")
	flags.StringVar(&o.secret, "secret", "", "`key` of the tokens (JWT, HS256) that every CONNECT must carry then, as {\"token\":\"…\"}")
	err := flags.Parse(args)
	if err == nil && flags.NArg() > 0 {
		err = fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if err == nil {
		if _, _, splitErr := net.SplitHostPort(o.addr); splitErr != nil {
			err = fmt.Errorf("-addr %q: must be a host and a port, such as 127.0.0.1:3000", o.addr)
		}
	}
	switch {
	case errors.Is(err, flag.ErrHelp):
		flags.SetOutput(stdout)
		fmt.Fprintln(stdout, "A bare loop of writes behind the Socket.IO protocol: what other servers are compared with.")
		flags.PrintDefaults()
		return 0
	case err != nil:
		fmt.Fprintf(stderr, "limit: %v. See -help.\n", err)
		return exitUsage
	}
	if err := serve(ctx, o, stdout); err != nil {
		fmt.Fprintln(stderr, "limit:", err)
		return exitFailed
	}
	return 0
}

// serve listens until ctx ends.
func serve(ctx context.Context, o options, stdout io.Writer) error {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", o.addr)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	s, err := newServer(listener, o)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	stop := context.AfterFunc(ctx, s.stop)
	defer stop()
	fmt.Fprintf(stdout, "Limit server listening on http://%s\n", listener.Addr())
	return errors.Join(s.run(), listener.Close())
}
