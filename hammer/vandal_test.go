package hammer

import (
	"errors"
	"fmt"
	"net"
	nethttp "net/http"
	"strings"
	"time"
)

// vandal is one session that does what its dice say. It looks at one thing only: whether an answer says that the server
// is at fault.
type vandal struct {
	dice
	server *server
	wait   time.Duration // how long it waits for an answer at most
	sid    string
	lines  []*line // all that it has open
	http   *line   // for its requests, nil for a new one
	ws     *line   // its WebSocket, nil for none
	fault  error   // of the server
	dead   bool    // the server knows its session no more

	statuses map[int]int // of the answers
	opened   int         // WebSockets
	messages int         // that were read from them
}

// rampage goes through a session's steps and leaves its connections open.
func (v *vandal) rampage() {
	v.begin()
	for v.fault == nil && !v.over() {
		if v.dead && v.below(2) == 0 {
			v.dead, v.ws = false, nil
			v.begin()
		}
		if v.ws != nil && v.below(4) > 0 {
			v.webSocketStep()
		} else {
			v.pollingStep()
		}
	}
}

func (v *vandal) begin() {
	switch v.below(8) {
	case 0, 1, 2:
		v.openWebSocket()
	case 3:
		v.sid = "AAAAAAAAAAAAAAAAAAAA" // that nobody has
	default:
		a := v.exchange("GET", polling, request("GET", polling, "", nil))
		v.sid, _ = sidOf(a.body, a)
	}
	if v.below(4) > 0 {
		v.connect()
	}
}

// connect does what stock clients do first, or resumes what another has begun.
func (v *vandal) connect() {
	packet := "40"
	if v.below(4) == 0 {
		packet = v.server.claims.claim(v)
	}
	if v.ws != nil {
		v.write(v.ws, frame(1, true, []byte(packet)))
		return
	}
	v.exchange("POST", v.query(), request("POST", v.query(), plain, []byte(packet)))
}

func (v *vandal) openWebSocket() {
	if l := v.dial(); l != nil {
		v.ws = v.upgrade(l, websocket)
		if v.ws == nil {
			return
		}
		if _, open, err := l.next(); err == nil {
			v.sid, _ = sidOf(string(open), "")
		}
	}
}

// upgrade makes a connection a WebSocket; nil when the server does not want to.
func (v *vandal) upgrade(l *line, query string) *line {
	_ = l.SetDeadline(time.Now().Add(v.wait)) // the answer tells
	a, err := l.upgrade(query)
	v.judge("GET", query, a, err)
	if err != nil || a.status != nethttp.StatusSwitchingProtocols {
		v.drop(l)
		return nil
	}
	v.opened++
	return l
}

func (v *vandal) query() string { return of(polling, v.sid) }

func (v *vandal) dial() *line {
	l, err := v.server.dial()
	if err != nil {
		if v.fault == nil {
			v.fault = fmt.Errorf("dial: %w", err)
		}
		return nil
	}
	v.lines = append(v.lines, l)
	return l
}

// line returns a connection for a request.
func (v *vandal) line() *line {
	if v.http == nil {
		v.http = v.dial()
	}
	return v.http
}

// write writes bytes, whole or cut anywhere.
func (v *vandal) write(l *line, p []byte) {
	_ = l.SetWriteDeadline(time.Now().Add(v.wait))
	for v.below(3) == 0 && len(p) > 1 {
		n := 1 + v.below(len(p)-1)
		if _, err := l.Write(p[:n]); err != nil {
			return
		}
		p = p[n:]
	}
	_, _ = l.Write(p) // the server may have closed it: that is its right
}

// read reads an answer, as long as v.wait. The connection is of no more use without one.
func (v *vandal) read(l *line, method, query string) (answer, bool) {
	_ = l.SetReadDeadline(time.Now().Add(v.wait))
	a, err := l.answer(method)
	for err == nil && a.status == nethttp.StatusContinue {
		a, err = l.answer(method)
	}
	v.judge(method, query, a, err)
	if err != nil {
		v.drop(l)
		return answer{}, false
	}
	return a, true
}

// exchange writes a request and reads its answer.
func (v *vandal) exchange(method, query string, request []byte) answer {
	l := v.line()
	if l == nil {
		return answer{}
	}
	v.write(l, request)
	a, _ := v.read(l, method, query)
	return a
}

// judge finds the server at fault where it says so itself: 5xx, but for row 14's (another method on a session).
func (v *vandal) judge(method, query string, a answer, err error) {
	if err != nil {
		return
	}
	v.statuses[a.status]++
	v.server.claims.note(a.body)
	v.dead = v.dead || strings.Contains(a.body, "Session ID unknown")
	if a.status < 500 || v.fault != nil {
		return
	}
	if a.status == 500 && a.body == "" && method != "GET" && method != "POST" && strings.Contains(query, "sid=") {
		return
	}
	v.fault = fmt.Errorf("%s %s: %+v", method, query, a)
}

// drop forgets a connection, and closes it one way or another.
func (v *vandal) drop(l *line) {
	if l == v.http {
		v.http = nil
	}
	if l == v.ws {
		v.ws, v.dead = nil, true // unless it was about to upgrade; a new session does not hurt the old one
	}
	switch v.below(4) {
	case 0:
		_ = l.Conn.(*net.TCPConn).CloseWrite() // and leave it so
	case 1:
		l.cut()
	default:
		_ = l.Close()
	}
}

// leave closes everything. A tidy vandal ends its session first, so that the server need not wait for its timeout.
func (v *vandal) leave(tidy bool) {
	if tidy && v.sid != "" {
		v.http, v.wait = nil, patience
		for range 4 {
			if a := v.exchange("POST", v.query(), request("POST", v.query(), plain, []byte("1"))); a.status != 200 {
				break
			}
		}
	}
	for _, l := range v.lines {
		if !tidy && v.below(2) == 0 {
			l.cut()
		} else if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) && v.fault == nil {
			v.fault = err
		}
	}
}
