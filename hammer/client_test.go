package hammer

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/gobwas/ws"
)

// client is a client that keeps to the protocol, made of raw bytes: it polls, or has a WebSocket, or begins with the one
// and upgrades to the other as stock clients do. One goroutine reads, another writes.
type client struct {
	server *server
	handle func(packet) // called with every message, on the goroutine that reads
	sid    string
	done   sync.WaitGroup

	mu      sync.Mutex
	changed *sync.Cond
	queue   []packet
	writing bool
	polled  bool  // a poll is under way
	pausing bool  // nothing is begun over polling: an upgrade is under way
	ws      *line // nil while polling
	lines   []*line
	ended   bool
	err     error // why it ended, nil when it was to
}

// packet is one packet of Engine.IO: a text with its type, or bytes.
type packet struct {
	data   string
	binary bool
}

func text(s string) packet { return packet{data: s} }

const separator = "\x1e"

// connect opens a client over a transport. handle gets the messages; it must not wait for the client.
func (s *server) connect(transport string, handle func(packet)) (*client, error) {
	c := &client{server: s, handle: handle}
	c.changed = sync.NewCond(&c.mu)
	var err error
	if transport == websocket {
		err = c.openWebSocket()
	} else {
		err = c.openPolling()
	}
	return c, err
}

func (c *client) openWebSocket() error {
	l, err := c.server.dialWebSocket(websocket)
	if err != nil {
		return err
	}
	_, open, err := l.next()
	if err != nil {
		return err
	}
	if c.sid, err = sidOf(string(open), string(open)); err != nil {
		return err
	}
	c.ws, c.lines = l, []*line{l}
	c.run(nil, nil)
	return nil
}

func (c *client) openPolling() error {
	polls, err := c.server.dial()
	if err != nil {
		return err
	}
	posts, err := c.server.dial()
	if err != nil {
		return err
	}
	if c.sid, err = polls.handshake(); err != nil {
		return err
	}
	c.lines = []*line{polls, posts}
	c.run(polls, posts)
	return nil
}

func (c *client) run(polls, posts *line) {
	c.done.Go(func() { c.end(c.read(polls)) })
	c.done.Go(func() { c.end(c.write(posts)) })
}

// say sends packets, in their order.
func (c *client) say(packets ...packet) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queue = append(c.queue, packets...)
	c.changed.Broadcast()
}

// end ends the client, and says why; only the first call counts.
func (c *client) end(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.ended {
		c.ended, c.err = true, err
		for _, l := range c.lines {
			_ = l.Close()
		}
	}
	c.changed.Broadcast()
}

// failure returns why the client ended by itself.
func (c *client) failure() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// leave closes the session in order once everything is sent, and waits for the client's end.
func (c *client) leave() {
	c.say(text("1"))
	c.mu.Lock()
	for !c.ended && (len(c.queue) > 0 || c.writing) {
		c.changed.Wait()
	}
	c.mu.Unlock()
	c.end(nil)
	c.done.Wait()
}

var errEnded = errors.New("client has ended")

// take waits for something to write, and for leave to write it.
func (c *client) take() (packets []packet, over *line, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writing = false
	c.changed.Broadcast()
	for !c.ended && (len(c.queue) == 0 || c.pausing) {
		c.changed.Wait()
	}
	if c.ended {
		return nil, nil, errEnded
	}
	packets, c.queue, c.writing = c.queue, nil, true
	c.live()
	return packets, c.ws, nil
}

func (c *client) write(posts *line) error {
	for {
		packets, over, err := c.take()
		switch {
		case err != nil:
			return err
		case over == nil:
			a, err := posts.ask("POST", of(polling, c.sid), []byte(payload(packets)))
			if err != nil || a.status != 200 || a.body != "ok" {
				return fmt.Errorf("post: %+v, %w", a, err)
			}
		default:
			if _, err := over.Write(frames(packets)); err != nil {
				return fmt.Errorf("write: %w", err)
			}
		}
	}
}

func payload(packets []packet) string {
	parts := make([]string, len(packets))
	for i, p := range packets {
		parts[i] = p.data
		if p.binary {
			parts[i] = "b" + base64.StdEncoding.EncodeToString([]byte(p.data))
		}
	}
	return strings.Join(parts, separator)
}

func frames(packets []packet) (all []byte) {
	for _, p := range packets {
		op := ws.OpText
		if p.binary {
			op = ws.OpBinary
		}
		all = append(all, frame(op, true, []byte(p.data))...)
	}
	return all
}

// mayPoll waits for the moment when something may be read, and says over what.
func (c *client) mayRead() (over *line, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.polled = false
	c.changed.Broadcast()
	for !c.ended && c.pausing {
		c.changed.Wait()
	}
	if c.ended {
		return nil, errEnded
	}
	c.polled = c.ws == nil
	c.live()
	return c.ws, nil
}

// live moves the deadline of its connections.
func (c *client) live() {
	for _, l := range c.lines {
		_ = l.SetDeadline(time.Now().Add(patience)) // fails on one that is closed, and then so does what follows
	}
}

func (c *client) read(polls *line) error {
	for {
		over, err := c.mayRead()
		switch {
		case err != nil:
			return err
		case over == nil:
			a, err := polls.ask("GET", of(polling, c.sid), nil)
			if err != nil || a.status != 200 {
				return fmt.Errorf("poll: %+v, %w", a, err)
			}
			for part := range strings.SplitSeq(a.body, separator) {
				if err := c.receive(part); err != nil {
					return err
				}
			}
		default:
			op, data, err := over.next()
			if err != nil {
				return fmt.Errorf("read: %w", err)
			}
			switch op {
			case ws.OpText:
				err = c.receive(string(data))
			case ws.OpBinary:
				c.handle(packet{string(data), true})
			default:
				err = fmt.Errorf("read: a frame %x", op)
			}
			if err != nil {
				return err
			}
		}
	}
}

// receive handles a packet as it stands in a polling payload or a text frame.
func (c *client) receive(part string) error {
	kind := byte(0)
	if part != "" {
		kind = part[0]
	}
	switch kind {
	case '2':
		c.say(text("3"))
	case '4':
		c.handle(text(part[1:]))
	case '6':
	case 'b':
		data, err := base64.StdEncoding.DecodeString(part[1:])
		if err != nil {
			return err
		}
		c.handle(packet{string(data), true})
	default:
		return fmt.Errorf("received %q", part)
	}
	return nil
}
