package hammer

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	nethttp "net/http"
	"runtime"
	"strings"
	"time"

	"github.com/gobwas/ws"
)

// line is a TCP connection of a client, on which it writes requests or frames itself.
type line struct {
	net.Conn
	reader *bufio.Reader
}

// dial opens a connection that lasts for at most patience, unless its deadline is moved.
func (s *server) dial() (*line, error) {
	dialer := net.Dialer{Timeout: patience}
	if runtime.GOOS == "linux" {
		// Every address of 127/8 is this machine's. One alone has 28,000 ports, and each is kept for a minute after use.
		dialer.LocalAddr = &net.TCPAddr{IP: net.IPv4(127, byte(1+rand.N(250)), byte(rand.N(250)), byte(1+rand.N(250)))}
	}
	conn, err := dialer.Dial("tcp", s.addr)
	if err != nil {
		return nil, err
	}
	l := &line{Conn: conn, reader: bufio.NewReader(conn)}
	return l, l.SetDeadline(time.Now().Add(patience))
}

// cut resets the connection: the peer reads an error, not an end.
func (l *line) cut() {
	_ = l.Conn.(*net.TCPConn).SetLinger(0) // it is closed either way
	_ = l.Close()
}

// answer is what a request came to.
type answer struct {
	status int
	body   string
}

// request returns the bytes of a request. A nil body is none.
func request(method, query, contentType string, body []byte) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s /socket.io/?%s HTTP/1.1\r\nHost: hammer\r\n", method, query)
	if body != nil {
		fmt.Fprintf(&b, "Content-Type: %s\r\nContent-Length: %d\r\n", contentType, len(body))
	}
	b.WriteString("\r\n")
	b.Write(body)
	return b.Bytes()
}

const plain = "text/plain;charset=UTF-8"

// ask writes a request and reads its answer.
func (l *line) ask(method, query string, body []byte) (answer, error) {
	if _, err := l.Write(request(method, query, plain, body)); err != nil {
		return answer{}, err
	}
	return l.answer(method)
}

// answer reads the answer of a request.
func (l *line) answer(method string) (answer, error) {
	response, err := nethttp.ReadResponse(l.reader, &nethttp.Request{Method: method})
	if err != nil {
		return answer{}, err
	}
	body, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, string(body)}, err
}

// The queries of a handshake, and of a session's requests.
const (
	polling   = "EIO=4&transport=polling"
	websocket = "EIO=4&transport=websocket"
)

func of(transport, sid string) string { return transport + "&sid=" + sid }

// handshake opens a session over polling and returns its sid.
func (l *line) handshake() (sid string, err error) {
	a, err := l.ask("GET", polling, nil)
	if err != nil {
		return "", err
	}
	return sidOf(a.body, a)
}

func sidOf(open string, a any) (string, error) {
	_, rest, ok := strings.Cut(open, `"sid":"`)
	if !ok || len(rest) < 20 {
		return "", fmt.Errorf("handshake: %+v", a)
	}
	return rest[:20], nil
}

// upgradeRequest asks for a WebSocket.
func upgradeRequest(query string) string {
	return "GET /socket.io/?" + query + " HTTP/1.1\r\nHost: hammer\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
}

// upgrade makes the connection a WebSocket. The answer says why it did not become one.
func (l *line) upgrade(query string) (answer, error) {
	if _, err := io.WriteString(l, upgradeRequest(query)); err != nil {
		return answer{}, err
	}
	response, err := nethttp.ReadResponse(l.reader, nil)
	if err != nil {
		return answer{}, err
	}
	if response.StatusCode == nethttp.StatusSwitchingProtocols {
		return answer{status: response.StatusCode}, nil
	}
	body, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, string(body)}, err
}

// dialWebSocket opens a connection and makes it a WebSocket.
func (s *server) dialWebSocket(query string) (*line, error) {
	l, err := s.dial()
	if err != nil {
		return nil, err
	}
	if a, err := l.upgrade(query); err != nil || a.status != nethttp.StatusSwitchingProtocols {
		_ = l.Close()
		return nil, fmt.Errorf("upgrade: %+v, %w", a, err)
	}
	return l, nil
}

// frame returns the bytes of a frame as clients send them.
func frame(op ws.OpCode, final bool, payload []byte) []byte {
	return ws.MustCompileFrame(ws.MaskFrame(ws.NewFrame(op, final, payload)))
}

// say sends a text message.
func (l *line) say(text string) error {
	_, err := l.Write(frame(ws.OpText, true, []byte(text)))
	return err
}

// next reads a message, of which servers make one frame.
func (l *line) next() (op ws.OpCode, payload []byte, err error) {
	header, err := ws.ReadHeader(l.reader)
	if err != nil {
		return 0, nil, err
	}
	payload = make([]byte, header.Length)
	_, err = io.ReadFull(l.reader, payload)
	return header.OpCode, payload, err
}
