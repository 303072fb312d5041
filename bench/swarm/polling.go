package swarm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// polling is what a client by long-polling knows besides. It has one connection, on which one request follows the other:
// what it has to say is posted before the next poll. A stock client has two, but says nothing either until it was asked.
type polling struct {
	sid     string
	posting bool   // the request that is out is a POST
	packets []byte // the payload of the next POST
}

// separator stands between the packets of a payload.
const separator = 0x1e

// maxHead bounds the head of an HTTP answer.
const maxHead = 16 << 10

// head is as much of an HTTP answer as a client looks at.
type head struct{ status, length int }

// cutHead splits the head of an HTTP answer off. It returns ok false where p does not hold all of it.
func cutHead(p []byte) (h head, rest []byte, ok bool, err error) {
	text, rest, ok := bytes.Cut(p, []byte("\r\n\r\n"))
	if !ok {
		if len(p) > maxHead {
			return head{}, nil, false, ErrProtocol
		}
		return head{}, p, false, nil
	}
	first, fields, _ := strings.Cut(string(text), "\r\n")
	if _, err := fmt.Sscanf(first, "HTTP/1.1 %d", &h.status); err != nil {
		return head{}, nil, false, ErrProtocol
	}
	for line := range strings.SplitSeq(fields, "\r\n") {
		name, value, _ := strings.Cut(line, ":")
		if !strings.EqualFold(name, "Content-Length") {
			continue
		}
		if h.length, err = strconv.Atoi(strings.TrimSpace(value)); err != nil || h.length < 0 || h.length > maxFrame {
			return head{}, nil, false, ErrProtocol
		}
	}
	return h, rest, true, nil
}

// answers handles what is complete of the answers to a client that polls, and returns the rest.
func (c *Client) answers(p []byte, at int64) (rest []byte, err error) {
	attempt := c.attempt
	for len(p) > 0 && c.attempt == attempt {
		h, body, ok, err := cutHead(p)
		if err != nil || !ok || len(body) < h.length {
			return p, err
		}
		if h.status != 200 {
			c.fail(at, &CloseError{Phase: c.phase, Status: h.status})
			return nil, nil
		}
		body, p = body[:h.length], body[h.length:]
		if c.poll.posting {
			c.poll.posting = false
		} else if err := c.payload(body, at); err != nil {
			return nil, err
		}
		if c.attempt == attempt {
			c.ask()
		}
	}
	return nil, nil
}

// payload handles the packets of a poll.
func (c *Client) payload(body []byte, at int64) error {
	attempt := c.attempt
	if c.phase == Upgrading {
		c.phase = Opening
	}
	for packet := range bytes.SplitSeq(body, []byte{separator}) {
		if err := c.text(packet, at); err != nil || c.attempt != attempt {
			return err
		}
	}
	if c.poll.sid == "" {
		return ErrProtocol
	}
	return nil
}

// opened takes the session's id from an open packet.
func (p *polling) opened(packet []byte) {
	var said struct{ Sid string }
	if json.Unmarshal(packet, &said) == nil { // without an id it is no open packet: payload says so
		p.sid = said.Sid
	}
}

// queue has a packet posted before the next poll.
func (p *polling) queue(packet []byte) {
	if len(p.packets) > 0 {
		p.packets = append(p.packets, separator)
	}
	p.packets = append(p.packets, packet...)
}

// ask posts what there is to be said, or polls.
func (c *Client) ask() {
	l, p := c.loop, c.poll
	method, fields := "GET ", ""
	if p.posting = len(p.packets) > 0; p.posting {
		method, fields = "POST ", "Content-Type: text/plain;charset=UTF-8\r\nContent-Length: "+strconv.Itoa(len(p.packets))+"\r\n"
	}
	o := l.swarm.options
	l.scratch = append(l.scratch[:0], method+o.Path+"?EIO=4&transport=polling&sid="+p.sid+" HTTP/1.1\r\nHost: "+o.Address+"\r\n"+fields+"\r\n"...)
	l.scratch = append(l.scratch, p.packets...)
	p.packets = p.packets[:0]
	c.transmit(l.scratch)
}
