package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"net"
	nethttp "net/http"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

// patience is how long a test waits for anything.
const patience = 20 * time.Second

// caller is a user of the API.
type caller struct {
	t       *testing.T
	address string
	token   string
	client  nethttp.Client
}

// answer is what came of a request.
type answer struct {
	status int
	header nethttp.Header
	body   map[string]any
	err    error
}

// signIn signs a demo user in.
func signIn(t *testing.T, address, email, password string) *caller {
	t.Helper()
	transport := &nethttp.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	c := &caller{t: t, address: address, client: nethttp.Client{Transport: transport, Timeout: patience}}
	in := c.send("POST", "/api/v1/auth/login", map[string]string{"email": email, "password": password})
	if in.err != nil || in.status != nethttp.StatusOK {
		t.Fatalf("sign in: %+v", in)
	}
	c.token = in.body["token"].(string)
	return c
}

func asAdmin(t *testing.T, address string) *caller {
	return signIn(t, address, "admin@example.com", "admin123")
}
func asCustomer(t *testing.T, address string) *caller {
	return signIn(t, address, "customer@example.com", "password123")
}

// send sends a request and returns what came of it. Any goroutine may call it.
func (c *caller) send(method, path string, in any, header ...string) answer {
	body, err := json.Marshal(in)
	if err != nil {
		return answer{err: err}
	}
	if in == nil {
		body = nil
	}
	request, err := nethttp.NewRequestWithContext(context.Background(), method, "http://"+c.address+path, bytes.NewReader(body))
	if err != nil {
		return answer{err: err}
	}
	request.Header.Set("Content-Type", "application/json")
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := c.client.Do(request)
	if err != nil {
		return answer{err: err}
	}
	defer response.Body.Close()
	a := answer{status: response.StatusCode, header: response.Header}
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{err: err}
	}
	_ = json.Unmarshal(text, &a.body) // what is no JSON has no body here
	return a
}

// book makes a booking and returns its id.
func (c *caller) book() string {
	c.t.Helper()
	made := c.send("POST", "/api/v1/bookings", map[string]string{
		"name": "Meera Nair", "phone": "+91 50000 00003", "address": "14 Carter Road", "brand": "Samsung", "model": "EcoBubble",
	})
	if made.status != nethttp.StatusOK {
		c.t.Fatalf("book: %+v", made)
	}
	return made.body["booking"].(map[string]any)["_id"].(string)
}

func (c *caller) schedule(id string) answer {
	return c.send("PATCH", "/api/v1/bookings/"+id+"/status", map[string]string{"status": "Scheduled"})
}

// wire is a Socket.IO client over a WebSocket that does nothing but read.
type wire struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

// dial connects to namespace "/".
func (c *caller) dial(header ...string) *wire {
	c.t.Helper()
	conn, err := (&net.Dialer{Timeout: patience}).DialContext(c.t.Context(), "tcp", c.address)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = conn.Close() })
	dialer := ws.Dialer{Timeout: patience, Header: ws.HandshakeHeaderHTTP{}}
	for i := 0; i+1 < len(header); i += 2 {
		nethttp.Header(dialer.Header.(ws.HandshakeHeaderHTTP)).Set(header[i], header[i+1])
	}
	url := "ws://" + c.address + "/socket.io/?EIO=4&transport=websocket"
	early, _, err := dialer.Upgrade(conn, mustURL(c.t, url))
	if err != nil {
		c.t.Fatalf("upgrade: %v", err)
	}
	l := &wire{c.t, conn, early}
	if l.in == nil {
		l.in = bufio.NewReader(conn)
	}
	if open := l.next(); !strings.HasPrefix(open, "0{") {
		c.t.Fatalf("opened with %q", open)
	}
	l.say(`40{"token":"` + c.token + `"}`)
	if connected := l.next(); !strings.HasPrefix(connected, `40{"sid"`) {
		c.t.Fatalf("connected with %q", connected)
	}
	return l
}

func (l *wire) say(text string) {
	l.t.Helper()
	if err := ws.WriteFrame(l.conn, ws.MaskFrameInPlace(ws.NewTextFrame([]byte(text)))); err != nil {
		l.t.Fatal(err)
	}
}

// next returns the next text message but for pings, which it answers.
func (l *wire) next() string {
	l.t.Helper()
	for {
		text, status, err := l.read()
		if err != nil || status != 0 {
			l.t.Fatalf("closed with %d: %v", status, err)
		}
		if text != "2" {
			return text
		}
		l.say("3")
	}
}

// find returns the next message that begins with a prefix.
func (l *wire) find(prefix string) string {
	l.t.Helper()
	for {
		if text := l.next(); strings.HasPrefix(text, prefix) {
			return text
		}
	}
}

// rest reads to the close frame, and returns the messages before it and its status (1005 where it has none).
func (l *wire) rest() (messages []string, status int) {
	l.t.Helper()
	for {
		text, status, err := l.read()
		switch {
		case err != nil:
			l.t.Fatalf("no close frame: %v after %q", err, messages)
		case status != 0:
			return messages, status
		case text != "2":
			messages = append(messages, text)
		}
	}
}

func (l *wire) read() (text string, status int, err error) {
	_ = l.conn.SetReadDeadline(time.Now().Add(patience))
	header, err := ws.ReadHeader(l.in)
	if err != nil {
		return "", 0, err
	}
	payload := make([]byte, header.Length)
	if _, err := io.ReadFull(l.in, payload); err != nil {
		return "", 0, err
	}
	if header.OpCode == ws.OpClose {
		if len(payload) < 2 {
			return "", 1005, nil
		}
		return "", int(binary.BigEndian.Uint16(payload)), nil
	}
	return string(payload), 0, nil
}

// gone waits until the server has ended the connection, of which everything was read.
func (l *wire) gone() {
	l.t.Helper()
	_ = l.conn.SetReadDeadline(time.Now().Add(patience))
	if _, err := l.in.ReadByte(); err == nil || errors.Is(err, context.DeadlineExceeded) || isTimeout(err) {
		l.t.Fatalf("the connection is still there: %v", err)
	}
}

func isTimeout(err error) bool {
	var network net.Error
	return errors.As(err, &network) && network.Timeout()
}

// poller is a Socket.IO client that polls.
type poller struct {
	caller *caller
	path   string
}

func (c *caller) poll() *poller {
	c.t.Helper()
	p := &poller{c, "/socket.io/?EIO=4&transport=polling"}
	open := p.get()
	var handshake struct {
		Sid string `json:"sid"`
	}
	if err := json.Unmarshal([]byte(strings.TrimPrefix(open, "0")), &handshake); err != nil {
		c.t.Fatalf("opened with %q: %v", open, err)
	}
	p.path += "&sid=" + handshake.Sid
	p.post(`40{"token":"` + c.token + `"}`)
	if connected := p.get(); !strings.HasPrefix(connected, `40{"sid"`) {
		c.t.Fatalf("connected with %q", connected)
	}
	return p
}

func (p *poller) get() string {
	p.caller.t.Helper()
	text, err := p.tryGet()
	if err != nil {
		p.caller.t.Fatal(err)
	}
	return text
}

// tryGet polls once; any goroutine may call it.
func (p *poller) tryGet() (string, error) {
	request, err := nethttp.NewRequestWithContext(context.Background(), "GET", "http://"+p.caller.address+p.path, nil)
	if err != nil {
		return "", err
	}
	response, err := p.caller.client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != nethttp.StatusOK {
		err = errors.New(response.Status + ": " + string(text))
	}
	return string(text), err
}

// toTheEnd polls until the server closes the connection, and hands over all that came before. A client that is between two
// polls just then finds out by the next one: its sid is unknown, or nobody answers any more.
func (p *poller) toTheEnd() <-chan []string {
	all := make(chan []string, 1)
	go func() {
		var messages []string
		for {
			text, err := p.tryGet()
			if err != nil {
				all <- messages
				return
			}
			for packet := range strings.SplitSeq(text, "\x1e") {
				if packet == "1" {
					all <- messages
					return
				}
				messages = append(messages, packet)
			}
		}
	}()
	return all
}

func (p *poller) post(text string) {
	p.caller.t.Helper()
	response, err := p.caller.client.Post("http://"+p.caller.address+p.path, "text/plain;charset=UTF-8", strings.NewReader(text))
	if err != nil {
		p.caller.t.Fatal(err)
	}
	_ = response.Body.Close()
}
