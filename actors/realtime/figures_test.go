package realtime

import (
	"strings"
	"testing"
)

// TestFramesOfAReturn: what a client is sent when it comes back was not counted, neither the answer to its CONNECT nor what
// it had missed, so that after a restart the figures showed next to nothing of what went out.
func TestFramesOfAReturn(t *testing.T) {
	d := openDesk(t, &book{}, nil)
	before := d.Figures()
	c, w := d.arrive()
	now := d.Figures()
	if frames, writes := now.FramesOut-before.FramesOut, now.WritesOut-before.WritesOut; frames != 1 || writes != 1 {
		t.Errorf("a CONNECT was answered with %d frames in %d writes", frames, writes)
	}
	d.gone(c, w)
	for range 3 {
		d.publish("missed", "anna")
	}
	before = d.Figures()
	c, _, resumed := d.returns(w, "")
	if !resumed {
		t.Fatal(d.results.last())
	}
	messages := c.until(t, "what was missed", func(messages []string, _ bool) bool {
		return len(messages) == 1+1+3 && strings.HasPrefix(messages[4], `42["missed"`)
	})
	bytes := int64(0)
	for _, m := range messages[1:] { // but for the open packet
		bytes += int64(len(m)) + 2
		if len(m) > 125 {
			bytes += 2 // such a length takes two bytes more
		}
	}
	now = d.Figures()
	frames, writes, sent := now.FramesOut-before.FramesOut, now.WritesOut-before.WritesOut, now.BytesOut-before.BytesOut
	if frames != 4 || writes != 2 || sent != bytes {
		t.Errorf("a return took %d frames in %d writes, %d bytes; want 4 in 2, %d", frames, writes, sent, bytes)
	}
}
