package hammer

import "fmt"

// pause waits until nothing is under way over polling, and lets nothing begin.
func (c *client) pause() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pausing = true
	for !c.ended && (c.writing || c.polled) {
		c.changed.Wait()
	}
}

// resume ends a pause: over a WebSocket, or over polling again.
func (c *client) resume(over *line) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pausing = false
	if over != nil {
		c.ws = over
		c.lines = append(c.lines, over)
		if c.ended {
			_ = over.Close()
		}
	}
	c.changed.Broadcast()
}

// probe opens a WebSocket for the session and has it answer a probe. An error says that this was not to be; the client
// goes on polling.
func (c *client) probe() (*line, error) {
	l, err := c.server.dialWebSocket(of(websocket, c.sid))
	if err != nil {
		return nil, err
	}
	if err := l.say("2probe"); err != nil {
		l.cut()
		return nil, err
	}
	_, data, err := l.next()
	if err != nil || string(data) != "3probe" {
		l.cut()
		return nil, fmt.Errorf("probe: %q, %w", data, err)
	}
	return l, nil
}

// upgrade changes from polling to a WebSocket, as stock clients do: probe, pause polling, upgrade, go on.
func (c *client) upgrade() error {
	l, err := c.probe()
	if err != nil {
		return err
	}
	c.pause()
	if err := l.say("5"); err != nil {
		l.cut()
		c.resume(nil)
		return err
	}
	c.resume(l)
	return nil
}
