package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"kapoor.example/desk/bench/process"
)

// common are the flags of all scenarios.
type common struct {
	URL     string        `setting:"" placeholder:"http://127.0.0.1:3000" help:"A server that runs. Its process is found by its port; give --pid where it is not."`
	Start   string        `setting:"" placeholder:"COMMAND" help:"Shell command that starts the server; {addr}, {host} and {port} stand for where it is to listen (that of --url, or a free port)."`
	Env     []string      `setting:"" sep:"none" placeholder:"NAME=VALUE" help:"Environment of the server that is started; may be given again."`
	Pid     int           `setting:"" placeholder:"PID" help:"Process whose CPU time and memory are read."`
	Name    string        `setting:"" placeholder:"NAME" help:"Name of the target in the result; the scenario's server otherwise."`
	JSON    string        `setting:"" name:"json" placeholder:"FILE" help:"File to write the result to."`
	Path    string        `default:"/socket.io/" help:"Where the server's Socket.IO is."`
	Loops   int           `default:"1" help:"Threads that work for the clients."`
	Timeout time.Duration `default:"30s" help:"How long anything that is bound to happen may take before the run is given up."`
}

// Validate is called by kong.
func (c *common) Validate() error {
	switch {
	case c.URL == "" && c.Start == "":
		return errors.New("--url or --start must say where the server is")
	case c.Loops < 1 || c.Loops > 16:
		return fmt.Errorf("--loops %d: may be 1 to 16", c.Loops)
	case c.Pid < 0:
		return fmt.Errorf("--pid %d: must be the id of a process", c.Pid)
	case c.Pid > 0 && c.Start != "":
		return errors.New("--pid is for a server that runs; that of --start is known")
	case c.Timeout <= 0:
		return fmt.Errorf("--timeout %s: must be a positive duration, such as 30s", c.Timeout)
	case c.Path == "" || c.Path[0] != '/':
		return fmt.Errorf("--path %q: must begin with a slash", c.Path)
	}
	if c.URL != "" {
		if _, err := addressOf(c.URL); err != nil {
			return err
		}
	}
	return nil
}

// addressOf returns host and port of a server's URL.
func addressOf(text string) (string, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" || u.Hostname() == "" || u.Path != "" && u.Path != "/" {
		return "", fmt.Errorf("--url %q: must be like http://127.0.0.1:3000", text)
	}
	return u.Hostname() + ":" + cmp.Or(u.Port(), "80"), nil
}

// target is the server of a run.
type target struct {
	address string
	name    string
	server  *process.Process // nil where it is not known
	command process.Command  // of a server that was started
}

// open finds or starts the server. The caller closes the target.
func (c *common) open(ctx context.Context) (*target, error) {
	t := &target{name: c.Name}
	var err error
	if c.URL != "" {
		t.address, err = addressOf(c.URL)
	} else {
		t.address, err = process.FreeAddress()
	}
	if err != nil {
		return nil, err
	}
	t.name = cmp.Or(t.name, t.address)
	switch {
	case c.Start != "":
		t.command = process.Command{Line: c.Start, Address: t.address, Environment: c.Env}
		t.server, err = process.Start(ctx, t.command)
	case c.Pid > 0:
		t.server, err = process.Attach(c.Pid)
	default:
		if found, err := process.Listening(t.address); err == nil { // else: on another machine, or another user's
			t.server = found
		}
	}
	if err != nil {
		return nil, err
	}
	return t, nil
}

// close stops a server that was started.
func (t *target) close() error {
	if t.server == nil {
		return nil
	}
	const patience = 15 * time.Second
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return t.server.Stop(ctx)
}
