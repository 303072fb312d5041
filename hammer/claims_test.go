package hammer

import (
	"fmt"
	"regexp"
	"sync"
)

// claims are what sessions were told by which they may resume. All vandals share them, so that they also resume what is
// another's, or is alive, at the same time.
type claims struct {
	mu      sync.Mutex
	pids    [16]string
	offsets [16]string
	noted   int
}

var (
	pidPattern    = regexp.MustCompile(`"pid":"([^"]+)"`)
	offsetPattern = regexp.MustCompile(`"(\d+-\d+)"\]`)
)

// note keeps the pid and the last offset in what a server said.
func (c *claims) note(said string) {
	pid, offsets := pidPattern.FindStringSubmatch(said), offsetPattern.FindAllStringSubmatch(said, -1)
	if pid == nil && offsets == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if pid != nil {
		c.pids[c.noted%len(c.pids)] = pid[1]
		c.noted++
	}
	if offsets != nil {
		c.offsets[c.noted%len(c.offsets)] = offsets[len(offsets)-1][1]
	}
}

// claim returns a CONNECT that wants to resume something.
func (c *claims) claim(d dice) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	namespace := []string{"", "", "/user,", "/dyn-1,"}[d.below(4)]
	pid, offset := c.pids[d.below(len(c.pids))], c.offsets[d.below(len(c.offsets))]
	switch d.below(8) {
	case 0:
		return fmt.Sprintf(`40%s{"pid":%q}`, namespace, pid)
	case 1:
		return fmt.Sprintf(`40%s{"pid":%q,"offset":%d}`, namespace, pid, d.below(10))
	case 2:
		return fmt.Sprintf(`40%s{"pid":%q,"offset":%q}`, namespace, mangle(d, pid), offset)
	case 3:
		return fmt.Sprintf(`40%s{"pid":[%q],"offset":%q}`, namespace, pid, offset)
	case 4:
		return fmt.Sprintf(`40%s{"pid":%q,"offset":"99999999999999999999-0"}`, namespace, pid)
	}
	return fmt.Sprintf(`40%s{"pid":%q,"offset":%q}`, namespace, pid, offset)
}
