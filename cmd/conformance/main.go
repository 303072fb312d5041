// Command conformance is a bare Socket.IO and Engine.IO server for protocol suites and clients of other makers. On
// /engine.io/ it echoes every message; on /socket.io/ it has the namespaces and events that docs/protocol.md lists.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"kapoor.example/desk/heap"
)

// Config is what the command line and the environment say.
type Config struct {
	Addr           string        `help:"Address to listen on; port 0 picks a free one." default:"127.0.0.1:3000" env:"ADDR"`
	PingInterval   time.Duration `help:"Time from the open packet, or the last pong, to the next ping." default:"25s" env:"PING_INTERVAL"`
	PingTimeout    time.Duration `help:"How long a pong may take." default:"20s" env:"PING_TIMEOUT"`
	ConnectTimeout time.Duration `help:"How long a connection may stay without a namespace." default:"45s" env:"CONNECT_TIMEOUT"`
	MaxPayload     int           `help:"Bytes of a message, or a polling body, from a client." default:"1000000" env:"MAX_PAYLOAD"`
	MaxQueue       int           `help:"Bytes that may wait for a slow connection before it is closed. Suites send in bursts and read later: it is large. Zero is the library's default." default:"67108864" env:"MAX_QUEUE"`
	Goroutines     bool          `help:"Let every WebSocket wait in a goroutine of its own, as on systems without epoll." env:"GOROUTINES"`
	Recovery       bool          `help:"Let clients resume: pid, offsets and replay." env:"RECOVERY"`
	Redis          string        `help:"URL of a Redis that joins servers to a cluster, Node servers with @socket.io/redis-streams-adapter among them. With --recovery clients resume on any of them." placeholder:"URL" env:"REDIS_URL"`
	RedisStreams   int           `help:"Streams over which the namespaces are spread, as streamCount of Node's adapter; the same for all servers." default:"1" env:"REDIS_STREAMS"`
}

// Validate is called by kong, and by tests.
func (c Config) Validate() error {
	switch {
	case c.PingInterval <= 0 || c.PingTimeout <= 0 || c.ConnectTimeout <= 0:
		return errors.New("intervals and timeouts must be positive, such as 300ms")
	case c.MaxPayload <= 0:
		return errors.New("max-payload must be a positive number of bytes")
	case c.MaxQueue < 0:
		return errors.New("max-queue must be a number of bytes, or 0")
	case c.RedisStreams < 1 || c.RedisStreams > 64:
		return errors.New("redis-streams must be a number from 1 to 64")
	}
	return nil
}

// The exit codes besides 0.
const (
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go heap.Tend(ctx)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var c Config
	exited := false
	parser, err := kong.New(&c, kong.Name("conformance"), kong.Writers(stdout, stderr), kong.Exit(func(int) { exited = true }),
		kong.Description("A Socket.IO and Engine.IO server for protocol suites and clients."))
	if err != nil {
		fmt.Fprintln(stderr, err)
		return exitFailed
	}
	if _, err := parser.Parse(doubleDashes(args)); err != nil && !exited {
		fmt.Fprintln(stderr, "conformance:", err)
		return exitUsage
	}
	if exited {
		return 0
	}
	if err := serve(ctx, c, stdout); err != nil {
		fmt.Fprintln(stderr, "conformance:", err)
		return exitFailed
	}
	return 0
}

// doubleDashes lets long flags be written with one dash, too (-addr): suites start servers of all languages alike.
func doubleDashes(args []string) []string {
	list := slices.Clone(args)
	for i, arg := range list {
		if len(arg) > 2 && arg[0] == '-' && arg[1] != '-' {
			list[i] = "-" + arg
		}
	}
	return list
}

// stopTimeout bounds the stop.
const stopTimeout = 10 * time.Second

func serve(ctx context.Context, c Config, stdout io.Writer) (err error) {
	config := net.ListenConfig{KeepAlive: -1} // heartbeats notice a client that has gone
	listener, err := config.Listen(ctx, "tcp", c.Addr)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	s, err := start(ctx, c, listener)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	fmt.Fprintf(stdout, "Conformance server listening on http://%s\n", listener.Addr())
	select {
	case <-ctx.Done():
	case err = <-s.failed:
	}
	closing, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	return errors.Join(err, s.close(closing))
}
