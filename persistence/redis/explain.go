package redis

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/gomodule/redigo/redis"

	"kapoor.example/desk/protocol/cluster"
)

// oldError is the version of a server that is too old.
type oldError string

// Error returns the version.
func (e oldError) Error() string { return "version " + string(e) }

// said reports whether an error is an answer of the server that begins so.
func said(err error, starts ...string) bool {
	var answer redis.Error
	if !errors.As(err, &answer) {
		return false
	}
	for _, start := range starts {
		if strings.HasPrefix(string(answer), start) {
			return true
		}
	}
	return false
}

// denied reports whether the user may not do that.
func denied(err error) bool { return said(err, "NOPERM") }

// explain makes one sentence of what went wrong, without the URL: it holds the password. Where the server cannot be reached
// the error is cluster.ErrUnavailable.
func (c *Client) explain(err error) error {
	var answer redis.Error
	var old oldError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &old):
		return fmt.Errorf("Redis at %s is version %s; it takes %d.%d or newer", c.address, string(old), oldestMajor, oldestMinor)
	case said(err, "WRONGPASS", "ERR invalid password", "ERR AUTH", "ERR Client sent AUTH"):
		return fmt.Errorf("Redis at %s refuses the user or the password of the URL", c.address)
	case said(err, "NOAUTH"):
		return fmt.Errorf("Redis at %s wants a user and a password, and the URL has none", c.address)
	case denied(err):
		return fmt.Errorf("Redis at %s does not let the URL's user do what is needed: %w", c.address, err)
	case said(err, "ERR DB index", "ERR invalid DB index"):
		return fmt.Errorf("Redis at %s has no database of the URL's number", c.address)
	case said(err, "READONLY"):
		return fmt.Errorf("Redis at %s is a replica and takes no writes", c.address)
	case said(err, "LOADING", "MASTERDOWN", "CLUSTERDOWN"):
		return unavailable{fmt.Sprintf("Redis at %s is not ready: %s", c.address, err)}
	case errors.As(err, &answer):
		return fmt.Errorf("Redis at %s: %w", c.address, err)
	}
	return unavailable{fmt.Sprintf("Redis at %s cannot be reached: %s", c.address, cause(err))}
}

// unavailable is cluster.ErrUnavailable with its own sentence.
type unavailable struct{ sentence string }

// Error returns the sentence.
func (u unavailable) Error() string { return u.sentence }

// Is reports whether target is cluster.ErrUnavailable.
func (u unavailable) Is(target error) bool { return target == cluster.ErrUnavailable }

// cause says in a few words why a connection does not work.
func cause(err error) string {
	var operation *net.OpError
	var timeout net.Error
	switch {
	case errors.Is(err, context.Canceled):
		return "it was given up"
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	case errors.Is(err, io.EOF):
		return "the connection was closed"
	case strings.Contains(err.Error(), "TLS handshake"):
		return "it does not speak TLS"
	case strings.HasPrefix(err.Error(), "redigo:"):
		return "it does not answer like Redis"
	case errors.As(err, &operation):
		return operation.Err.Error()
	}
	return err.Error()
}
