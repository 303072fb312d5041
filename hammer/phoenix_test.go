package hammer

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"
)

// phoenix is a client whose connection is lost again and again, and which resumes. Wherever the server says that it did, it
// must get what everybody was told meanwhile, once and in order.
type phoenix struct {
	name, transport string
	server          *server
	done            sync.WaitGroup

	mu        sync.Mutex
	lost      chan struct{} // closed when the present connection is to be cut
	rest      int           // news until then
	sid, pid  string
	offset    string
	news      int // the last number; 0 before the first
	heard     int // news altogether
	lives     int
	recovered int
	ended     bool // the end was told
	wrong     error
}

// phoenix sets one free. It is between two lives, without a connection, while calm is held.
func (s *server) phoenix(name, transport string) *phoenix {
	p := &phoenix{name: name, transport: transport, server: s}
	p.done.Go(p.live)
	return p
}

// live leads one life after the other.
func (p *phoenix) live() {
	for deadline := time.Now().Add(patience); ; {
		before := p.progress()
		if p.life() {
			return
		}
		if p.progress() > before {
			deadline = time.Now().Add(patience)
		} else if time.Now().After(deadline) {
			p.note(errors.New("it gets nowhere"))
			return
		}
	}
}

// life is one of them. It reports whether it was the last.
func (p *phoenix) life() (last bool) {
	p.server.calm.RLock()
	defer p.server.calm.RUnlock()
	lost := p.begin()
	c, err := p.server.connect(p.transport, func(m packet) { p.receive(m.data) })
	if err != nil {
		p.note(err)
		return true
	}
	c.say(text("40" + p.claim()))
	for over := false; !over; {
		select {
		case <-lost:
			over = true
		case <-time.After(pace):
			over = c.failure() != nil // the server ended it: that costs nothing either
		}
	}
	c.end(nil)
	c.done.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ended || p.wrong != nil
}

func (p *phoenix) progress() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.heard
}

func (p *phoenix) begin() (lost chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lives++
	p.lost, p.rest = make(chan struct{}), 1+rand.IntN(40)
	return p.lost
}

// claim is the payload of a CONNECT that wants to resume.
func (p *phoenix) claim() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.pid == "":
		return ""
	case p.offset == "":
		return fmt.Sprintf(`{"pid":%q}`, p.pid)
	}
	return fmt.Sprintf(`{"pid":%q,"offset":%q}`, p.pid, p.offset)
}

func (p *phoenix) receive(message string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if strings.HasPrefix(message, "0{") {
		p.connected(message[1:])
		return
	}
	var event []json.RawMessage
	if !strings.HasPrefix(message, "2[") || json.Unmarshal([]byte(message[1:]), &event) != nil || len(event) < 2 {
		return
	}
	var offset string
	if json.Unmarshal(event[len(event)-1], &offset) == nil && offset != "" {
		p.offset = offset // as stock clients do, which do not ask what the last argument is
	}
	var n int
	switch string(event[0]) {
	case `"news"`:
		if json.Unmarshal(event[1], &n) != nil || p.news != 0 && n != p.news+1 {
			p.fail("news %s after %d, in life %d, %d recovered", message, p.news, p.lives, p.recovered)
		}
		p.news = n
		p.heard++
		if p.rest--; p.rest == 0 {
			close(p.lost)
		}
	case `"end"`:
		if json.Unmarshal(event[1], &n) != nil || p.news != 0 && n != p.news { // 0: a new life that has heard nothing
			p.fail("the end after news %d: %s", p.news, message)
		}
		p.end()
	}
}

func (p *phoenix) end() {
	if p.ended = true; p.rest > 0 {
		p.rest = 0
		close(p.lost)
	}
}

// connected takes the answer to a CONNECT: a new life, unless the server says that it is the old one.
func (p *phoenix) connected(answer string) {
	var a struct{ Sid, Pid string }
	if json.Unmarshal([]byte(answer), &a) != nil || a.Sid == "" || a.Pid == "" {
		p.fail("connected with %s", answer)
	}
	switch {
	case a.Pid != p.pid:
		p.offset, p.news = "", 0
	case a.Sid != p.sid:
		p.fail("resumed %s as %s", p.sid, a.Sid)
	default:
		p.recovered++
	}
	p.sid, p.pid = a.Sid, a.Pid
}

func (p *phoenix) fail(format string, values ...any) {
	if p.wrong == nil {
		p.wrong = fmt.Errorf(format, values...)
	}
}

func (p *phoenix) note(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fail("%w", err)
}

// finish tells the end, with the number of the last news, until the phoenix has heard it, and fails the test when it
// missed something.
func (p *phoenix) finish(s *server, news int) {
	s.tb.Helper()
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		p.done.Wait()
	}()
	tick := time.NewTicker(10 * pace)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); ; {
		_ = s.io.Of("/").Emit("end", news) // a number can be encoded
		select {
		case <-gone:
			if p.wrong != nil {
				s.tb.Errorf("phoenix %s: %v", p.name, p.wrong)
			}
			s.tb.Logf("phoenix %s: %d lives, %d of them recovered, %d news", p.name, p.lives, p.recovered, p.heard)
			return
		case <-tick.C:
		}
		if time.Now().After(deadline) {
			p.note(errors.New("it does not hear the end"))
			p.mu.Lock()
			p.end()
			p.mu.Unlock()
		}
	}
}
