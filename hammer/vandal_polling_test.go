package hammer

import (
	"bytes"
	"fmt"
	"net"
	"strings"
)

// pollingStep does something with requests.
func (v *vandal) pollingStep() {
	steps := []func(){
		v.post, v.post, v.post, v.post, v.poll, v.poll, v.postNoise, v.postChunked, v.postCut, v.postTooBig, v.postOddly, v.pollTwice,
		v.postTwice, v.oddRequest, v.pipeline, v.halfRequest, v.pollHalfClosed, v.noise, v.beginUpgrade, v.beginUpgrade, v.oddUpgrade,
	}
	steps[v.below(len(steps))]()
}

func (v *vandal) posting(body []byte) []byte { return request("POST", v.query(), plain, body) }

func (v *vandal) polling() []byte { return request("GET", v.query(), "", nil) }

func (v *vandal) post() { v.exchange("POST", v.query(), v.posting([]byte(payload(sayings(v))))) }

func (v *vandal) postNoise() { v.exchange("POST", v.query(), v.posting(v.bytes(500))) }

// poll takes what is there; where nothing comes it goes away.
func (v *vandal) poll() { v.exchange("GET", v.query(), v.polling()) }

// chunked returns a POST whose body is in chunks, right or not quite.
func (v *vandal) chunked(body []byte) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "POST /socket.io/?%s HTTP/1.1\r\nHost: hammer\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n", v.query())
	for len(body) > 0 {
		n := 1 + v.below(len(body))
		fmt.Fprintf(&b, "%x\r\n%s\r\n", n, body[:n])
		body = body[n:]
	}
	if v.below(8) > 0 {
		b.WriteString("0\r\n\r\n")
	} else {
		b.Write(v.bytes(20))
	}
	return b.Bytes()
}

func (v *vandal) postChunked() {
	v.exchange("POST", v.query(), v.chunked([]byte(payload(sayings(v)))))
	if v.http != nil {
		v.drop(v.http) // its end may not have been one
	}
}

// postCut goes away in the middle of a body.
func (v *vandal) postCut() {
	body := []byte(payload(sayings(v)))
	request := v.posting(body)
	if v.below(2) == 0 {
		request = v.chunked(body)
	}
	if l := v.line(); l != nil {
		v.write(l, request[:len(request)-1-v.below(len(body)+1)])
		v.drop(l)
	}
}

// postTooBig is about the limit, and mostly over it.
func (v *vandal) postTooBig() {
	body := []byte(`42["echo","` + strings.Repeat("x", maxPayload-20+v.below(30)) + `"]`)
	if v.below(4) == 0 {
		body = bytes.Repeat(body, 1+v.below(20))
	}
	if v.below(2) == 0 {
		v.exchange("POST", v.query(), v.chunked(body))
	} else {
		v.exchange("POST", v.query(), v.posting(body))
	}
}

// postOddly has a content type or headers that no client has. The connection ends with it: what server and client take for
// the next request may not be the same.
func (v *vandal) postOddly() {
	types := []string{"application/octet-stream", "application/json", "multipart/form-data; boundary=x", "", "text/plain; charset=utf-16", "x\x00y", "application/x-www-form-urlencoded"}
	request := request("POST", v.query(), types[v.below(len(types))], []byte(payload(sayings(v))))
	headers := []string{
		"Content-Encoding: gzip", "Expect: 100-continue", "Connection: close", "Content-Length: 3", "Transfer-Encoding: gzip, chunked", "Origin: a\x01b",
		"Accept-Encoding: gzip", "Range: bytes=0-1", "Connection: keep-alive, Upgrade",
	}
	if v.below(2) == 0 {
		request = bytes.Replace(request, []byte("\r\n"), []byte("\r\n"+headers[v.below(len(headers))]+"\r\n"), 1)
	}
	v.exchange("POST", v.query(), request)
	if v.http != nil {
		v.drop(v.http)
	}
}

// pollTwice polls while a poll waits.
func (v *vandal) pollTwice() {
	a, b := v.dial(), v.dial()
	if a == nil || b == nil {
		return
	}
	v.write(a, v.polling())
	v.write(b, v.polling())
	if v.below(2) == 0 {
		v.read(a, "GET", v.query())
	}
	v.read(b, "GET", v.query())
}

// postTwice posts while a body is under way.
func (v *vandal) postTwice() {
	l := v.dial()
	if l == nil {
		return
	}
	first := v.chunked([]byte(payload(sayings(v))))
	half := len(first) - v.below(12)
	v.write(l, first[:half])
	v.post()
	if v.below(2) == 0 {
		v.drop(l)
		return
	}
	v.write(l, first[half:])
	v.read(l, "POST", v.query())
}

func (v *vandal) oddRequest() {
	methods := []string{"GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE", "CONNECT", "BREW"}
	queries := []string{
		v.query(), v.query() + "&t=x", of(websocket, v.sid), "EIO=3&transport=polling", "EIO=4&transport=__proto__", "EIO=4&transport=polling&sid=__proto__",
		"", "EIO=4&transport=polling&sid=", "EIO=4&transport=polling&sid=%00", "sid=" + v.sid, "EIO=4&transport=polling&j=0", "%%%", polling,
	}
	method, query := methods[v.below(len(methods))], queries[v.below(len(queries))]
	v.exchange(method, query, request(method, query, "", nil))
}

// pipeline writes several requests before it reads an answer.
func (v *vandal) pipeline() {
	l := v.line()
	if l == nil {
		return
	}
	v.write(l, append(append(v.posting([]byte(payload(sayings(v)))), v.polling()...), v.posting([]byte("3"))...))
	for _, method := range []string{"POST", "GET", "POST"} {
		if _, ok := v.read(l, method, v.query()); !ok {
			return
		}
	}
}

func (v *vandal) halfRequest() {
	if l := v.line(); l != nil {
		all := v.polling()
		v.write(l, all[:v.below(len(all))])
		v.drop(l)
	}
}

// pollHalfClosed says that it has nothing more to write, and waits for the answer.
func (v *vandal) pollHalfClosed() {
	l := v.dial()
	if l == nil {
		return
	}
	v.write(l, v.polling())
	_ = l.Conn.(*net.TCPConn).CloseWrite() // the answer tells
	v.read(l, "GET", v.query())
}

// noise is no HTTP at all.
func (v *vandal) noise() {
	if l := v.dial(); l != nil {
		v.write(l, v.bytes(200))
		v.drop(l)
	}
}

// beginUpgrade opens a WebSocket for the session, and mostly has it probe.
func (v *vandal) beginUpgrade() {
	l := v.dial()
	if l == nil {
		return
	}
	if v.below(8) == 0 { // frames come with the request
		v.write(l, append([]byte(upgradeRequest(of(websocket, v.sid))), frame(1, true, []byte("2probe"))...))
		v.read(l, "GET", of(websocket, v.sid))
		return
	}
	if l = v.upgrade(l, of(websocket, v.sid)); l == nil {
		return
	}
	v.ws = l
	words := []string{"2probe", "2probe", "2probe", "5", "2", "4x", "1", "3probe"}
	v.write(l, frame(1, true, []byte(words[v.below(len(words))])))
	if v.below(2) == 0 {
		v.write(l, frame(1, true, []byte("5")))
	}
}

// oddUpgrade asks for a WebSocket in a way that must be refused, or goes away.
func (v *vandal) oddUpgrade() {
	l := v.dial()
	if l == nil {
		return
	}
	request := upgradeRequest(of(websocket, v.sid))
	switch v.below(6) {
	case 0:
		request = strings.Replace(request, "Upgrade: websocket", "Upgrade: h2c", 1)
	case 1:
		request = strings.Replace(request, "Host: hammer", "Host: hammer\r\nContent-Length: 5", 1) + "40abc"
	case 2:
		request = upgradeRequest(v.query())
	case 3:
		request = strings.Replace(request, "dGhl", "d", 1)
	case 4:
		request = strings.Replace(request, "Version: 13", "Version: 8", 1)
	case 5:
		request = request[:v.below(len(request))]
	}
	v.write(l, []byte(request))
	if v.below(2) == 0 {
		v.read(l, "GET", of(websocket, v.sid))
	}
	v.drop(l)
}
