package hammer

import (
	"fmt"
	"io"
	"net"
	nethttp "net/http"
	"strings"

	"github.com/gobwas/ws"
)

// joined opens a session over polling and joins the user namespace, in a room.
func (s *server) joined() (l *line, sid string, err error) {
	if l, err = s.dial(); err != nil {
		return nil, "", err
	}
	if sid, err = l.handshake(); err != nil {
		return nil, "", err
	}
	for _, want := range []string{"40/user,", "room-1"} {
		body := "40/user,{\"user\":\"u1\"}"
		if want == "room-1" {
			body = `42/user,7["join","room-1"]`
		}
		if a, err := l.ask("POST", of(polling, sid), []byte(body)); err != nil || a.body != "ok" {
			return nil, "", fmt.Errorf("post: %+v, %w", a, err)
		}
		for got := ""; !strings.Contains(got, want); {
			a, err := l.ask("GET", of(polling, sid), nil)
			if err != nil || a.status != 200 {
				return nil, "", fmt.Errorf("poll: %+v, %w", a, err)
			}
			got += a.body
		}
	}
	return l, sid, nil
}

// pollingCycle says goodbye, or says nothing and cuts the connection; with polling a poll waits then.
func (s *server) pollingCycle(goodbye string, polls bool) error {
	l, sid, err := s.joined()
	if err != nil {
		return err
	}
	defer l.Close()
	if goodbye != "" {
		if a, err := l.ask("POST", of(polling, sid), []byte(goodbye)); err != nil || a.body != "ok" {
			return fmt.Errorf("goodbye: %+v, %w", a, err)
		}
	}
	if polls {
		return l.writeAndCut(string(request("GET", of(polling, sid), "", nil)))
	}
	return nil
}

func (s *server) halfClosedPoll() error {
	l, sid, err := s.joined()
	if err != nil {
		return err
	}
	defer l.Close()
	if _, err := l.Write(request("GET", of(polling, sid), "", nil)); err != nil {
		return err
	}
	return l.halfClosed()
}

func (s *server) cutPost() error {
	l, sid, err := s.joined()
	if err != nil {
		return err
	}
	p := request("POST", of(polling, sid), plain, []byte("42/user,[\"echo\",1]"))
	return l.writeAndCut(string(p[:len(p)-3]))
}

// cutWithin writes all of a request but some bytes, and cuts the connection.
func (s *server) cutWithin(request string, missing int) error {
	l, err := s.dial()
	if err != nil {
		return err
	}
	return l.writeAndCut(request[:len(request)-missing])
}

func (l *line) writeAndCut(p string) error {
	_, err := io.WriteString(l, p)
	l.cut()
	return err
}

// The ends of a connection.

func (l *line) reset() error {
	l.cut()
	return nil
}

// closed reads until the server has closed the connection.
func (l *line) closed() error {
	for {
		if _, _, err := l.next(); err != nil {
			return l.Close()
		}
	}
}

// halfClosed closes this side's direction and reads until the server has closed the other.
func (l *line) halfClosed() error {
	if err := l.Conn.(*net.TCPConn).CloseWrite(); err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, l.reader) // an end or a reset, both are the end
	return l.Close()
}

func (s *server) webSocketCycle(last []byte, end func(*line) error) error {
	l, err := s.dialWebSocket(websocket)
	if err != nil {
		return err
	}
	defer l.Close()
	if _, err := l.Write(append(frame(ws.OpText, true, []byte(`40/user,{"user":"u2"}`)), frame(ws.OpText, true, []byte("40"))...)); err != nil {
		return err
	}
	for got := ""; strings.Count(got, `{"sid"`) < 3; { // that of the handshake is the first
		_, data, err := l.next()
		if err != nil {
			return err
		}
		got += strings.ReplaceAll(string(data), `,"upgrades"`, "")
	}
	if _, err := l.Write(last); err != nil {
		return err
	}
	return end(l)
}

// upgradeCycle opens a session over polling and lets go have a WebSocket for it.
func (s *server) upgradeCycle(next func(l *line, query string) error) error {
	polls, sid, err := s.joined()
	if err != nil {
		return err
	}
	defer polls.Close()
	l, err := s.dial()
	if err != nil {
		return err
	}
	defer l.Close()
	return next(l, of(websocket, sid))
}

func probed(then func(*line) error) func(*line, string) error {
	return func(l *line, query string) error {
		if a, err := l.upgrade(query); err != nil || a.status != nethttp.StatusSwitchingProtocols {
			return fmt.Errorf("upgrade: %+v, %w", a, err)
		}
		if err := l.say("2probe"); err != nil {
			return err
		}
		if _, data, err := l.next(); err != nil || string(data) != "3probe" {
			return fmt.Errorf("probe: %q, %w", data, err)
		}
		return then(l)
	}
}

func upgraded(then func(*line) error) func(*line, string) error {
	return probed(func(l *line) error {
		if err := l.say("5"); err != nil {
			return err
		}
		if err := l.say(`42/user,8["echo"]`); err != nil {
			return err
		}
		for {
			_, data, err := l.next()
			if err != nil {
				return fmt.Errorf("no echo: %w", err)
			}
			if string(data) == "43/user,8[]" {
				return then(l)
			}
		}
	})
}
