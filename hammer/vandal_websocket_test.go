package hammer

import (
	"encoding/binary"
	"net"
	"strings"
	"time"

	"github.com/gobwas/ws"
)

// webSocketStep does something with frames.
func (v *vandal) webSocketStep() {
	steps := []func(){
		v.speak, v.speak, v.speak, v.speak, v.speak, v.speak, v.listen, v.listen, v.upgradeWord, v.fragments, v.unmasked, v.oddFrame, v.control,
		v.tooBig, v.webSocketNoise, v.flood, v.halfFrame, v.goAway,
	}
	steps[v.below(len(steps))]()
}

func (v *vandal) speak() { v.write(v.ws, frames(sayings(v))) }

// listen reads what comes within v.wait, at most a few messages, and answers pings.
func (v *vandal) listen() {
	_ = v.ws.SetReadDeadline(time.Now().Add(v.wait))
	for range 1 + v.below(8) {
		op, data, err := v.ws.next()
		if err != nil || op == ws.OpClose {
			v.drop(v.ws)
			return
		}
		v.messages++
		v.server.claims.note(string(data))
		if string(data) == "2" {
			v.write(v.ws, frame(ws.OpText, true, []byte("3")))
		}
	}
}

func (v *vandal) upgradeWord() {
	words := []string{"5", "2probe", "5", "3", "6"}
	v.write(v.ws, frame(ws.OpText, true, []byte(words[v.below(len(words))])))
}

// fragments cuts a message, with control frames between, and at times with what may not stand there.
func (v *vandal) fragments() {
	message := []byte(event(v))
	op := ws.OpText
	for len(message) > 0 {
		n := 1 + v.below(len(message))
		v.write(v.ws, frame(op, n == len(message) && v.below(8) > 0, message[:n]))
		message, op = message[n:], ws.OpContinuation
		switch v.below(12) {
		case 0:
			v.write(v.ws, frame(ws.OpPing, true, []byte("there?")))
		case 1:
			v.write(v.ws, frame(ws.OpText, true, []byte("3")))
		}
	}
}

func (v *vandal) unmasked() {
	v.write(v.ws, ws.MustCompileFrame(ws.NewTextFrame([]byte(event(v)))))
}

// oddFrame has a header that is not right, or announces what does not come.
func (v *vandal) oddFrame() {
	header := ws.Header{
		Fin: v.below(2) == 0, Rsv: byte(v.below(8)), OpCode: ws.OpCode(v.below(16)), Masked: v.below(4) > 0,
		Length: []int64{0, 1, 125, 126, 127, 65535, 65536, maxPayload, maxPayload + 1, 1 << 40, 1<<63 - 1}[v.below(11)],
	}
	var b strings.Builder
	_ = ws.WriteHeader(&b, header) // a Builder takes everything
	v.write(v.ws, append([]byte(b.String()), v.bytes(300)...))
}

func (v *vandal) control() {
	switch v.below(6) {
	case 0:
		v.write(v.ws, frame(ws.OpPing, true, v.bytes(125)))
	case 1:
		v.write(v.ws, frame(ws.OpPong, true, v.bytes(125)))
	case 2:
		v.write(v.ws, frame(ws.OpPing, true, make([]byte, 126)))
	case 3:
		v.write(v.ws, frame(ws.OpPing, false, nil))
	case 4: // many pings at once
		for range 1 + v.below(30) {
			v.write(v.ws, frame(ws.OpPing, true, []byte("again")))
		}
	case 5:
		body := binary.BigEndian.AppendUint16(nil, uint16(v.below(6000)))
		v.write(v.ws, frame(ws.OpClose, true, append(body, v.bytes(10)...)[:v.below(3)]))
	}
}

func (v *vandal) tooBig() {
	v.write(v.ws, frame(ws.OpText, true, []byte(`42["echo","`+strings.Repeat("x", maxPayload-20+v.below(30))+`"]`)))
}

func (v *vandal) webSocketNoise() { v.write(v.ws, v.bytes(300)) }

// flood asks for much and reads nothing of it.
func (v *vandal) flood() {
	_ = v.ws.Conn.(*net.TCPConn).SetReadBuffer(4 << 10) // a wider one makes it less of a flood
	p := frame(ws.OpText, true, []byte(`420["echo","`+strings.Repeat("x", maxPayload-20)+`"]`))
	for range 1 + v.below(40) {
		v.write(v.ws, p)
	}
}

func (v *vandal) halfFrame() {
	p := frame(ws.OpText, true, []byte(event(v)))
	v.write(v.ws, p[:v.below(len(p))])
	if v.below(2) == 0 {
		v.drop(v.ws)
	}
}

func (v *vandal) goAway() {
	if v.below(2) == 0 {
		v.write(v.ws, frame(ws.OpClose, true, nil))
	}
	v.drop(v.ws)
}
