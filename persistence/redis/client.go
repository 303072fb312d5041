package redis

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gomodule/redigo/redis"
)

// Options says which Redis is meant. The zero value of a field means its default.
type Options struct {
	// URL is redis://user:password@host:port/database, or rediss:// for TLS. Its password appears in no error.
	URL string
	// Prefix is what the names of all keys begin with that are not Node's. Defaults to "desk:".
	Prefix string
	// Timeout is how long connecting, and the answer to a command, may take. Defaults to 3 s.
	Timeout time.Duration
	// Connections bounds the pool for short commands; beyond, they wait. Defaults to 16.
	Connections int
	// Now is the clock. Defaults to time.Now.
	Now func() time.Time
}

func (o Options) withDefaults() Options {
	if o.Prefix == "" {
		o.Prefix = "desk:"
	}
	if o.Timeout == 0 {
		o.Timeout = 3 * time.Second
	}
	if o.Connections == 0 {
		o.Connections = 16
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

func (o Options) validate() error {
	u, err := url.Parse(o.URL)
	if err != nil || u.Opaque != "" || u.Scheme != "redis" && u.Scheme != "rediss" {
		return errors.New("the Redis URL is not one; it looks like redis://user:password@host:6379/0")
	}
	if database := strings.TrimPrefix(u.Path, "/"); database != "" {
		if _, err := strconv.ParseUint(database, 10, 16); err != nil {
			return errors.New("the Redis URL's path is not the number of a database; it looks like redis://host:6379/0")
		}
	}
	switch {
	case o.Timeout < 0:
		return fmt.Errorf("the timeout for Redis is %s; it must be above zero", o.Timeout)
	case o.Connections < 0:
		return fmt.Errorf("the number of connections to Redis is %d; it must be above zero", o.Connections)
	}
	return nil
}

// Client is a Redis server. Its methods, and those of what is made with it, may be called by any goroutine.
type Client struct {
	options Options
	address string // host and port, for people
	pool    *redis.Pool
}

// oldest is the version of Redis that is needed; what older ones lack is said in the commands' documentation.
const oldestMajor, oldestMinor = 6, 2

// Connect reaches the server once. When that does not work, the error is one sentence that says why.
func Connect(ctx context.Context, o Options) (*Client, error) {
	o = o.withDefaults()
	if err := o.validate(); err != nil {
		return nil, err
	}
	c := &Client{options: o, address: addressOf(o.URL)}
	c.pool = &redis.Pool{
		DialContext: c.dial, MaxActive: o.Connections, MaxIdle: o.Connections, Wait: true, IdleTimeout: time.Minute,
	}
	if err := c.greet(ctx); err != nil {
		_ = c.pool.Close() // the reason is told already
		return nil, c.explain(err)
	}
	return c, nil
}

// addressOf returns the host and port of a valid URL.
func addressOf(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	host, port := u.Hostname(), u.Port()
	if host == "" {
		host = "localhost"
	}
	if port == "" {
		port = "6379"
	}
	return net.JoinHostPort(host, port)
}

func (c *Client) greet(ctx context.Context) error {
	return c.do(ctx, func(conn redis.Conn) error {
		if _, err := conn.Do("PING"); err != nil {
			return err
		}
		info, err := redis.String(conn.Do("INFO", "server"))
		if denied(err) {
			return nil // a user who may not ask is not refused for it
		}
		if err != nil {
			return err
		}
		return checkVersion(info)
	})
}

func checkVersion(info string) error {
	for line := range strings.Lines(info) {
		version, found := strings.CutPrefix(strings.TrimSpace(line), "redis_version:")
		if !found {
			continue
		}
		var major, minor int
		if _, err := fmt.Sscanf(version, "%d.%d", &major, &minor); err != nil {
			return nil // an odd version is not an old one
		}
		if major < oldestMajor || major == oldestMajor && minor < oldestMinor {
			return oldError(version)
		}
	}
	return nil
}

// dial opens a connection. Only one goroutine at a time may use it.
func (c *Client) dial(ctx context.Context) (redis.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	t := c.options.Timeout
	return redis.DialURLContext(ctx, c.options.URL,
		redis.DialConnectTimeout(t), redis.DialReadTimeout(t), redis.DialWriteTimeout(t), redis.DialTLSHandshakeTimeout(t))
}

// do calls f with a connection of the pool. Where that turns out to be broken, f is called once more with another one: it
// must be something that may be done twice.
func (c *Client) do(ctx context.Context, f func(redis.Conn) error) error {
	for attempt := 0; ; attempt++ {
		conn, err := c.pool.GetContext(ctx)
		if err != nil {
			return err
		}
		err = f(conn)
		broken := conn.Err() != nil
		_ = conn.Close() // gives it back; a broken one is closed
		var timeout net.Error
		if err == nil || !broken || attempt > 0 || errors.As(err, &timeout) && timeout.Timeout() {
			return err
		}
	}
}

// Ping reports whether the server answers.
func (c *Client) Ping(ctx context.Context) error {
	return c.explain(c.do(ctx, func(conn redis.Conn) error {
		_, err := conn.Do("PING")
		return err
	}))
}

// LocalAddress returns this machine's address, without port, as the server sees it.
func (c *Client) LocalAddress(ctx context.Context) (string, error) {
	dialer := net.Dialer{Timeout: c.options.Timeout}
	conn, err := dialer.DialContext(ctx, "tcp", c.address)
	if err != nil {
		return "", c.explain(err)
	}
	host, _, err := net.SplitHostPort(conn.LocalAddr().String())
	return host, errors.Join(err, conn.Close())
}

// Close closes the pool. What was made with the client must be closed before.
func (c *Client) Close() error { return c.pool.Close() }

// key returns the name of one of our keys.
func (c *Client) key(parts ...string) string { return c.options.Prefix + strings.Join(parts, ":") }
