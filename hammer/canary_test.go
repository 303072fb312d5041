package hammer

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
)

// canary is a client that behaves while others do not. All its messages must come back, once and in order, and so must
// what the server tells everybody ("news"); how fast does not matter.
type canary struct {
	name   string
	client *client
	stop   context.CancelFunc
	done   sync.WaitGroup

	mu     sync.Mutex
	sent   int
	echoed int
	acked  int
	news   int // the last number; 0 before the first
	wrong  error
}

// canary opens a canary over a transport; with upgrade it changes to a WebSocket when it has sent so many.
func (s *server) canary(name, transport string, upgradeAt int) *canary {
	s.tb.Helper()
	ctx, stop := context.WithCancel(context.Background())
	c := &canary{name: name, stop: stop}
	connected := make(chan struct{})
	var err error
	c.client, err = s.connect(transport, func(p packet) {
		if strings.HasPrefix(p.data, "0{") {
			close(connected)
			return
		}
		c.receive(p.data)
	})
	if err != nil {
		s.tb.Fatalf("%s: %v", name, err)
	}
	c.client.say(text("40"))
	select {
	case <-connected:
	case <-time.After(patience):
		s.tb.Fatalf("%s: not connected", name)
	}
	c.done.Go(func() { c.sing(ctx, &s.hush, upgradeAt) })
	return c
}

// pace is the time between two messages of a canary. Nothing depends on it.
const pace = 5 * time.Millisecond

// ahead is how many messages a canary sends before it has got an answer.
const ahead = 50

func (c *canary) sing(ctx context.Context, hush *sync.RWMutex, upgradeAt int) {
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		hush.RLock()
		if n, ok := c.turn(); ok {
			c.client.say(text(fmt.Sprintf(`42%d["echo",%d]`, n, n)))
			if n == upgradeAt {
				c.note(c.client.upgrade())
			}
		}
		hush.RUnlock()
	}
}

func (c *canary) turn() (n int, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sent-c.echoed >= ahead {
		return 0, false
	}
	c.sent++
	return c.sent, true
}

func (c *canary) receive(message string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var n int
	switch {
	case scan(message, `2["echoed",%d`, &n):
		c.follows(&c.echoed, n, message)
	case scan(message, `3%d[`, &n):
		c.follows(&c.acked, n, message)
	case scan(message, `2["news",%d`, &n):
		if c.news == 0 {
			c.news = n - 1
		}
		c.follows(&c.news, n, message)
	}
}

func scan(message, format string, n *int) bool {
	_, err := fmt.Sscanf(message, format, n)
	return err == nil
}

func (c *canary) follows(last *int, n int, message string) {
	if n != *last+1 && c.wrong == nil {
		c.wrong = fmt.Errorf("%s after %d", message, *last)
	}
	*last = n
}

func (c *canary) note(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil && c.wrong == nil {
		c.wrong = err
	}
}

// finish ends the canary once everything has come back, and fails the test otherwise. last is the number of the last news.
func (c *canary) finish(s *server, last int) {
	s.tb.Helper()
	c.stop()
	c.done.Wait()
	complete := func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.client.failure() != nil || c.wrong != nil || c.echoed == c.sent && c.acked == c.sent && c.news == last
	}
	for deadline := time.Now().Add(patience); !complete() && time.Now().Before(deadline); {
		<-time.After(pace)
	}
	c.mu.Lock()
	if err := c.client.failure(); err != nil || c.wrong != nil || c.echoed != c.sent || c.acked != c.sent || c.news != last {
		s.tb.Errorf("canary %s: sent %d, echoed %d, acked %d, news %d of %d; %v; ended: %v",
			c.name, c.sent, c.echoed, c.acked, c.news, last, c.wrong, err)
	} else {
		s.tb.Logf("canary %s: %d messages came back, the last news is %d", c.name, c.sent, c.news)
	}
	c.mu.Unlock()
	c.client.leave()
}
