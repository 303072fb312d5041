package main

import (
	"bytes"
	"crypto/rand"
	"net/url"
	"strings"

	"github.com/gobwas/ws"
)

// maxHead is what the head of an upgrade may have, in bytes.
const maxHead = 8 << 10

// headEnd ends the head of an HTTP request.
const headEnd = "\r\n\r\n"

// What the open packet says besides the sid.
const (
	openBegin = `0{"sid":"`
	openEnd   = `","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}`
)

// upgrade answers the head of a request. When it is a WebSocket upgrade for Engine.IO 4, the answer ends with the open
// packet, so that both go out in one write; otherwise it says what is wrong, and err is errProtocol.
func upgrade(head []byte) (answer []byte, err error) {
	var out bytes.Buffer
	upgrader := ws.Upgrader{OnRequest: checkRequest}
	if _, err := upgrader.Upgrade(stream{bytes.NewReader(head), &out}); err != nil {
		return out.Bytes(), errProtocol
	}
	return appendFrame(out.Bytes(), finText, []byte(openBegin), []byte(rand.Text()), []byte(openEnd)), nil
}

// stream is the two directions of an upgrade.
type stream struct {
	*bytes.Reader
	out *bytes.Buffer
}

// Write implements io.Writer.
func (s stream) Write(p []byte) (int, error) { return s.out.Write(p) }

// checkRequest refuses what is not for this server, with the codes of Engine.IO.
func checkRequest(uri []byte) error {
	path, query, _ := strings.Cut(string(uri), "?")
	values, err := url.ParseQuery(query)
	switch {
	case err != nil || path != "/socket.io/" && path != "/socket.io":
		return refusal(`{"code":3,"message":"Bad request"}`)
	case values.Get("EIO") != "4":
		return refusal(`{"code":5,"message":"Unsupported protocol version"}`)
	case values.Get("transport") != "websocket":
		return refusal(`{"code":0,"message":"Transport unknown"}`)
	case values.Has("sid"):
		return refusal(`{"code":1,"message":"Session ID unknown"}`)
	}
	return nil
}

func refusal(reason string) error {
	const badRequest = 400
	return ws.RejectConnectionError(ws.RejectionStatus(badRequest), ws.RejectionReason(reason))
}
