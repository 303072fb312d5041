package http

import (
	"encoding/binary"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"unicode/utf8"

	"github.com/gobwas/ws"

	"kapoor.example/desk/actors/realtime"
)

// wsConn is a detached WebSocket: a realtime.Transport, and the reader of its frames.
type wsConn struct {
	session *realtime.Session
	limit   int          // bytes of a message
	deflate int          // from how many bytes messages are compressed; 0 where that was not agreed
	partial *frameReader // what has begun to come; nil between messages, and then it costs nothing
	closing sync.Once
	closed  atomic.Bool            // what still comes is dropped
	said    atomic.Pointer[[]byte] // the body of the client's close frame
	lost    bool                   // the session knows of the end; touched only by whoever reads

	// Last, beside what a polledLine has first: a write finds all of it in a line or two of the processor's cache.
	line line
	head atomic.Pointer[[]byte] // what goes before everything: the answer to the request that was upgraded
}

// line is the connection underneath, with nothing of a library between it and the kernel. tryWrite and write come one at a
// time; the other methods at any moment, from any goroutine.
type line interface {
	// tryWrite writes what the connection takes without waiting and returns how many bytes that was.
	tryWrite(p []byte) (int, error)
	// write writes everything and may wait; shut ends it.
	write(p net.Buffers) error
	// last writes p if the connection takes it at once. It does nothing while a write waits.
	last(p []byte)
	// shut ends writing. The peer has lingerTime to end its side, too; then the connection is closed.
	shut()
	// listen has what comes handed to r until the connection ends. It is called once, and may return only then.
	listen(r receiver)
}

// receiver takes what a line reads: one call at a time. It may wait in received; nothing is read meanwhile.
type receiver interface {
	received(p []byte) // p is good only during the call
	ended()            // nothing more comes
}

// attach joins a connection and its session, and has it read until either ends.
func (t *wsConn) attach(to *attachment, early []byte) {
	switch {
	case to.polling:
		t.refuse()
	case to.fresh:
		t.session.Start(t)
	default:
		_, _ = t.TryWrite(nil) // the client has the first word; what is wrong with the connection shows when it is read
		if !t.session.Probe(t) {
			t.refuse()
		}
	}
	if len(early) > 0 {
		t.received(early)
	}
	t.line.listen(t)
}

// refuse closes a connection that its session does not want.
func (t *wsConn) refuse() {
	t.lost = true
	t.Close(realtime.StatusNone)
}

// TryWrite implements realtime.Transport.
func (t *wsConn) TryWrite(p []byte) (int, error) {
	if t.head.Load() != nil {
		return t.tryBegin(p)
	}
	return t.line.tryWrite(p)
}

// tryBegin is TryWrite behind the head.
func (t *wsConn) tryBegin(p []byte) (int, error) {
	head := t.head.Swap(nil)
	if head == nil {
		return 0, net.ErrClosed // Close took it
	}
	n, err := t.line.tryWrite(append(*head, p...))
	if rest := len(*head) - n; rest > 0 {
		left := (*head)[n:]
		t.head.Store(&left)
		return 0, err
	}
	return n - len(*head), err
}

// Write implements realtime.Transport.
func (t *wsConn) Write(p net.Buffers) error {
	if head := t.head.Swap(nil); head != nil {
		p = append(net.Buffers{*head}, p...)
	}
	return t.line.write(p)
}

// DeflateFrom implements realtime.Deflating.
func (t *wsConn) DeflateFrom() int { return t.deflate }

// Close implements realtime.Transport. The close frame is written if the connection takes it at once; a client that has sent
// one is told what it said (RFC 6455, 5.5.1). It is read on until the client has closed it too: one that is closed with
// something unread is reset, and the client may never see the frame.
func (t *wsConn) Close(status int) {
	t.closing.Do(func() {
		if head := t.head.Swap(nil); head != nil {
			t.line.last(*head)
		}
		var body []byte
		if said := t.said.Load(); said != nil {
			body = *said
		} else if status != realtime.StatusNone {
			body = ws.NewCloseFrameBody(ws.StatusCode(status), "")
		}
		if frame, err := ws.CompileFrame(ws.NewCloseFrame(body)); err == nil {
			t.line.last(frame)
		}
		t.closed.Store(true)
		t.line.shut()
	})
}

// received implements receiver.
func (t *wsConn) received(p []byte) {
	if t.closed.Load() {
		return
	}
	var whole frameReader
	frames := t.partial
	if frames == nil {
		whole = frameReader{limit: t.limit, deflate: t.deflate > 0}
		frames = &whole
	}
	err := frames.feed(p, t)
	switch {
	case err != nil:
		t.failed(err)
	case frames.idle():
		t.partial = nil
	case t.partial == nil:
		rest := whole
		t.partial = &rest
	}
}

// failed ends a connection whose client broke the rules, or whose session is no more.
func (t *wsConn) failed(err error) {
	reason, status := realtime.ReasonTransportError, realtime.StatusNone
	switch {
	case errors.Is(err, errTooBig):
		status = realtime.StatusTooBig
	case errors.Is(err, errProtocol):
		status = realtime.StatusProtocolError
	case errors.Is(err, errNotText):
		status = realtime.StatusInvalidPayload
	default:
		reason = realtime.ReasonTransportClose
	}
	t.partial = nil
	if status != realtime.StatusNone {
		t.Close(status)
	}
	t.lose(reason)
	t.Close(realtime.StatusNone)
}

// ended implements receiver.
func (t *wsConn) ended() {
	t.partial = nil
	t.lose(realtime.ReasonTransportClose)
	t.Close(realtime.StatusNone)
}

func (t *wsConn) lose(reason realtime.Reason) {
	if !t.lost {
		t.lost = true
		t.session.Lost(t, reason)
	}
}

// errClosed says that a side closed the connection in order.
var errClosed = errors.New("connection closed")

// frame implements frameReceiver.
func (t *wsConn) frame(op ws.OpCode, payload []byte) error {
	switch op {
	case ws.OpText, ws.OpBinary:
		if !t.session.Receive(t, payload, op == ws.OpBinary) {
			return errClosed
		}
	case ws.OpPing:
		t.session.SendPong(t, payload)
	case ws.OpClose:
		if err := checkClose(payload); err != nil {
			return err
		}
		said := payload // only this one goes to the heap
		t.said.Store(&said)
		return errClosed
	}
	return nil
}

// checkClose checks the body of a close frame: nothing, or a status that may be sent (RFC 6455, 7.4) and a text.
func checkClose(body []byte) error {
	if len(body) == 0 {
		return nil
	}
	if len(body) < 2 {
		return errProtocol
	}
	switch status := binary.BigEndian.Uint16(body); {
	case status < 1000, status >= 1004 && status <= 1006, status > 1014 && status < 3000, status > 4999:
		return errProtocol
	case !utf8.Valid(body[2:]):
		return errNotText
	}
	return nil
}
